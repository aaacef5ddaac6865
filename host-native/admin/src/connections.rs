//! Connections of an endpoint that few use, from the first to the last.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::problem::Reply;

/// Most connections at once; more wait.
const CONNECTIONS: usize = 64;

/// Longest wait for a complete request head, the pause between two requests included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// How long answers may take to be written at the end.
const FAREWELL: Duration = Duration::from_secs(5);

/// Time to wait after the system could not accept.
const RECOVERY: Duration = Duration::from_millis(100);

/// Where connections come from.
pub(crate) trait Listener: Send + Sync + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// The next one.
    fn next(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

#[cfg(unix)]
impl Listener for UnixListener {
    type Stream = tokio::net::UnixStream;

    async fn next(&self) -> io::Result<Self::Stream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

impl Listener for TcpListener {
    type Stream = tokio::net::TcpStream;

    async fn next(&self) -> io::Result<Self::Stream> {
        let (stream, _) = self.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// Has the requests of all connections answered until `stop`; those that were read by then are answered.
pub(crate) async fn serve<L, A, F>(listener: L, answer: A, stop: CancellationToken)
where
    L: Listener,
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let (tasks, abort) = (TaskTracker::new(), CancellationToken::new());
    let next = async || {
        let place = Arc::clone(&places).acquire_owned().await.ok();
        (place, listener.next().await)
    };
    while let Some((place, next)) = stop.run_until_cancelled(next()).await {
        match next {
            Ok(stream) => {
                let talk = talk(stream, answer.clone(), stop.clone());
                let abort = abort.clone();
                tasks.spawn(async move {
                    let _place = place;
                    abort.run_until_cancelled(talk).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "can't accept a connection");
                sleep(RECOVERY).await;
            }
        }
    }
    tasks.close();
    if timeout(FAREWELL, tasks.wait()).await.is_err() {
        abort.cancel();
        tasks.wait().await;
    }
}

/// Answers the requests of one connection.
async fn talk<S, A, F>(stream: S, answer: A, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Reply>,
{
    let service = service_fn(move |request| {
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
    }
}
