//! Open connections, from their first request to the end of the process.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::listener::Listener;

/// Longest wait for a complete request head, which includes the pause between two requests. Longer than clients keep
/// idle connections, so that it is always they who close first.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);

/// Serves connections and knows when they are done.
#[derive(Debug)]
pub(in crate::transport) struct Connections {
    router: Router,
    tasks: TaskTracker,
    /// Connections take no further request.
    stop: CancellationToken,
    /// Connections are dropped.
    abort: CancellationToken,
}

impl Connections {
    /// After `stop` is cancelled, connections close as soon as their request is answered.
    pub(in crate::transport) fn new(router: Router, stop: CancellationToken) -> Self {
        Self { router, tasks: TaskTracker::new(), stop, abort: CancellationToken::new() }
    }

    /// Serves every connection that comes until `shutdown` is cancelled; after that none comes any more.
    pub(in crate::transport) async fn accept(&self, listener: Listener, shutdown: &CancellationToken) {
        while let Some(stream) = shutdown.run_until_cancelled(listener.accept()).await {
            self.serve(stream);
        }
    }

    fn serve(&self, stream: TcpStream) {
        let service = TowerToHyperService::new(self.router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        let (stop, abort) = (self.stop.clone(), self.abort.clone());
        self.tasks.spawn(async move {
            let mut connection = pin!(connection);
            let outcome = tokio::select! {
                outcome = connection.as_mut() => outcome,
                () = abort.cancelled() => return,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    tokio::select! {
                        outcome = connection.as_mut() => outcome,
                        () = abort.cancelled() => return,
                    }
                }
            };
            if let Err(error) = outcome {
                tracing::debug!(%error, "connection ended early");
            }
        });
    }

    /// Waits until all connections are closed, and drops those that are not by then.
    pub(in crate::transport) async fn close(self, patience: Duration) {
        self.tasks.close();
        if timeout(patience, self.tasks.wait()).await.is_err() {
            self.abort.cancel();
            self.tasks.wait().await;
        }
    }
}
