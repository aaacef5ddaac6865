//! What orchestrators and collectors ask, on a port of its own.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::{Method, Request, StatusCode};
use serde_json::json;
use tokio::net::{TcpListener, lookup_host};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::connections;
use crate::error::Error;
use crate::problem::{Problem, Reply, json_reply, reply};

/// Metrics in the text format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Says whether calls would be answered now.
pub type Ready = Arc<dyn Fn() -> Readiness + Send + Sync>;

/// Gives metrics, in the text format of Prometheus.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// Whether calls would be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// They would.
    Ready,
    /// They would not, for this reason.
    Not(&'static str),
}

/// Answers `/healthz`, `/readyz` and `/metrics`, until it is closed.
pub struct Monitor {
    stop: CancellationToken,
    serving: JoinHandle<()>,
    address: SocketAddr,
}

impl fmt::Debug for Monitor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Monitor").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Monitor {
    /// Listens on a host and port; port 0 takes any free one.
    ///
    /// # Errors
    /// It can't be listened there.
    pub async fn open(host: &str, port: u16, ready: Ready, metrics: Metrics) -> Result<Self, Error> {
        let listener = bind(host, port).await;
        let failed = |source| Error::Port { host: host.to_owned(), port, source };
        let listener = listener.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let stop = CancellationToken::new();
        let answer = move |request: Request<_>| {
            let answered = answer(request.method(), request.uri().path(), &ready, &metrics);
            async move { answered }
        };
        let serving = tokio::spawn(connections::serve(listener, answer, stop.clone()));
        Ok(Self { stop, serving, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens no longer.
    pub async fn close(self) {
        self.stop.cancel();
        // It never panics; if it did, there would be nothing left to wait for.
        let _ended = self.serving.await;
    }
}

/// Listens on the first address of a host, IPv4 before IPv6.
async fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let mut addresses: Vec<SocketAddr> = lookup_host((name, port)).await?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    TcpListener::bind(addresses.as_slice()).await
}

fn answer(method: &Method, path: &str, ready: &Ready, metrics: &Metrics) -> Reply {
    if !matches!(path, "/healthz" | "/readyz" | "/metrics") {
        return Problem::NotFound.into_reply();
    }
    if method != Method::GET && method != Method::HEAD {
        return Problem::MethodNotAllowed("GET, HEAD").into_reply();
    }
    match path {
        // Who can answer lives.
        "/healthz" => json_reply(StatusCode::OK, &json!({ "status": "ok" })),
        "/readyz" => match ready() {
            Readiness::Ready => json_reply(StatusCode::OK, &json!({ "status": "ok" })),
            Readiness::Not(reason) => {
                let body = json!({ "status": "error", "reason": reason });
                json_reply(StatusCode::SERVICE_UNAVAILABLE, &body)
            }
        },
        _ => reply(StatusCode::OK, METRICS, metrics()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, path: &str, readiness: Readiness) -> (u16, String) {
        let ready: Ready = Arc::new(move || readiness);
        let metrics: Metrics = Arc::new(|| "mxcp_up 1\n".to_owned());
        let reply = answer(&method, path, &ready, &metrics);
        let kind = reply.headers().get("content-type").map(|it| it.to_str().unwrap().to_owned());
        (reply.status().as_u16(), kind.unwrap_or_default())
    }

    #[test]
    fn who_is_not_ready_is_alive_all_the_same() {
        let not = Readiness::Not("reloading");
        assert_eq!(asked(Method::GET, "/healthz", not).0, 200);
        assert_eq!(asked(Method::GET, "/readyz", not).0, 503);
        assert_eq!(asked(Method::GET, "/readyz", Readiness::Ready).0, 200);
    }

    #[test]
    fn metrics_are_text_and_there_is_nothing_else() {
        assert_eq!(asked(Method::GET, "/metrics", Readiness::Ready), (200, METRICS.to_owned()));
        assert_eq!(asked(Method::POST, "/metrics", Readiness::Ready).0, 405);
        assert_eq!(asked(Method::GET, "/", Readiness::Ready).0, 404);
    }
}
