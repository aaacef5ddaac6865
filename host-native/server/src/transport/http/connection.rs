//! Open connections, from their first request to the end of the process.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::lanes::Lanes;
use super::leftover;
use super::listener::Listener;
use super::public_url::Peer;
use super::tls::Tls;
use crate::error::Error;

/// Longest wait for a complete request head, which includes the pause between two requests. Longer than clients keep
/// idle connections, so that it is always they who close first.
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(120);

/// Largest head of a request, in bytes. A larger one is refused with status 431, as is one with more than 100 headers.
const HEAD_BYTES: usize = 64 * 1024;

/// Most connections at once that are told that there are too many; more are closed without a word.
const TURNED_AWAY: usize = 64;

/// How long a connection that is one too many may take to read that.
const FAREWELL: Duration = Duration::from_secs(2);

/// What is said to a connection that is one too many.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Length: 20\r\n\r\nToo many connections";

/// Serves connections and knows when they are done.
#[derive(Debug)]
pub(in crate::transport) struct Connections {
    router: Router,
    tls: Option<Tls>,
    lanes: Lanes,
    places: Arc<Semaphore>,
    farewells: Arc<Semaphore>,
    tasks: TaskTracker,
    ends: Ends,
}

/// How connections end.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    /// They take no further request.
    stop: CancellationToken,
    /// They are dropped.
    abort: CancellationToken,
}

impl Connections {
    /// After `stop` is cancelled, connections close as soon as their request is answered. There are `most` at once, encrypted
    /// if there is a certificate.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(in crate::transport) fn new(
        router: Router,
        most: usize,
        tls: Option<Tls>,
        stop: CancellationToken,
    ) -> Result<Self, Error> {
        Ok(Self {
            router,
            tls,
            lanes: Lanes::start().map_err(Error::Thread)?,
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            farewells: Arc::new(Semaphore::new(TURNED_AWAY)),
            tasks: TaskTracker::new(),
            ends: Ends { stop, abort: CancellationToken::new() },
        })
    }

    /// Serves every connection that comes until `shutdown` is cancelled; after that none comes any more.
    pub(in crate::transport) async fn accept(&self, listener: Listener, shutdown: &CancellationToken) {
        while let Some((stream, peer)) = shutdown.run_until_cancelled(listener.accept()).await {
            self.serve(stream, peer);
        }
    }

    fn serve(&self, stream: TcpStream, peer: IpAddr) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return self.turn_away(stream) };
        let (router, ends, tls) = (self.router.clone(), self.ends.clone(), self.tls.clone());
        // Its readiness is to be told to the thread that talks.
        let Ok(stream) = stream.into_std() else { return };
        self.lanes.spawn(self.tasks.track_future(async move {
            let Ok(stream) = TcpStream::from_std(stream) else { return };
            match tls {
                None => talk(stream, peer, router, ends, HEAD_TIMEOUT).await,
                Some(tls) => {
                    let greeted = tokio::select! {
                        greeted = tls.accept(stream) => greeted,
                        () = ends.stop.cancelled() => return,
                    };
                    match greeted {
                        Ok(stream) => talk(stream, peer, router, ends, HEAD_TIMEOUT).await,
                        Err(error) => tracing::debug!(%error, "a connection could not be encrypted"),
                    }
                }
            }
            drop(place);
        }));
    }

    /// Says that there are too many connections.
    fn turn_away(&self, mut stream: TcpStream) {
        tracing::warn!("a connection is turned away: there are as many as there may be");
        // Who expects encryption can't be told.
        if self.tls.is_some() {
            return;
        }
        let Ok(place) = Arc::clone(&self.farewells).try_acquire_owned() else { return };
        self.tasks.spawn(async move {
            let said = async {
                stream.write_all(BUSY).await?;
                stream.shutdown().await?;
                // Closed with something unread, the connection would be reset and the answer lost.
                let mut unread = [0; 4096];
                while stream.read(&mut unread).await? > 0 {}
                std::io::Result::Ok(())
            };
            // A client that left has heard enough.
            let _heard = timeout(FAREWELL, said).await;
            drop(place);
        });
    }

    /// Waits until all connections are closed, and drops those that are not by then.
    pub(in crate::transport) async fn close(self, patience: Duration) {
        self.tasks.close();
        if timeout(patience, self.tasks.wait()).await.is_err() {
            self.ends.abort.cancel();
            self.tasks.wait().await;
        }
    }
}

/// Answers the requests of one connection, whose heads arrive within `patience`.
pub(super) async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: IpAddr,
    router: Router,
    ends: Ends,
    patience: Duration,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let router = router.clone();
        request.extensions_mut().insert(Peer(peer));
        async move {
            if is_ambiguous(&request) {
                return Ok::<Response, Infallible>(ambiguous());
            }
            let (request, leftover) = leftover::watch(request);
            let mut response = router.call(request).await?;
            if !leftover.clear().await {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_header_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = ends.abort.cancelled() => return,
        () = ends.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                outcome = connection.as_mut() => outcome,
                () = ends.abort.cancelled() => return,
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "connection ended early");
    }
}

/// Whether a request says in two ways where it ends: a proxy in front may go by the other one, and take the rest of this
/// request for the next.
fn is_ambiguous(request: &Request<Incoming>) -> bool {
    let headers = request.headers();
    headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH)
}

fn ambiguous() -> Response {
    let problem = "A request has Transfer-Encoding or Content-Length, not both";
    let mut response = (StatusCode::BAD_REQUEST, problem).into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests;
