//! MCP over streamable HTTP.

pub(in crate::transport) mod bearer;
pub(in crate::transport) mod body;
pub(in crate::transport) mod connection;
mod docs;
mod endpoint;
pub(in crate::transport) mod guard;
pub(in crate::transport) mod listener;
mod refusal;
mod sessions;
pub(in crate::transport) mod well_known;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::any;
use axum::{Extension, Router};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::connection::Connections;
use self::endpoint::Endpoint;
use self::listener::Listener;
use crate::authentication::{Authenticator, BaseUrl};
use crate::error::Error;
use crate::server::Server;

/// The path MCP is served at.
const PATH: &str = "/mcp";

/// How long streams may take to end after the last call did.
pub(in crate::transport) const STREAMS_END: Duration = Duration::from_secs(5);

/// How to serve over HTTP.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Name or address to listen on: `localhost`, `127.0.0.1`, `0.0.0.0`, `::`, ….
    pub host: String,
    /// Port to listen on; 0 takes any free one.
    pub port: u16,
    /// Whether requests stand alone, without a session. Since 2026-07-28 all of them do.
    pub stateless: bool,
    /// Further names that requests may call the server by, such as the public one behind a proxy.
    pub allowed_hosts: Vec<String>,
    /// How long calls in flight may go on after the shutdown was asked for.
    pub drain: Duration,
    /// What the documentation under `/docs` says; none to serve none. It asks nobody who they are.
    pub docs: Option<mxcp_docs::Options>,
    /// Who decides who calls; none if everybody is unknown.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// URL by which clients reach the server, without a slash at its end; `http`, host and port if none.
    pub base_url: Option<String>,
}

impl HttpOptions {
    /// Listens on a host and port, with sessions, 30 s for calls in flight and no documentation.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            stateless: false,
            allowed_hosts: Vec::new(),
            drain: Duration::from_secs(30),
            docs: None,
            authenticator: None,
            base_url: None,
        }
    }
}

impl HttpOptions {
    /// The URL by which clients reach a server that listens on a port.
    pub(in crate::transport) fn base(&self, port: u16) -> String {
        if let Some(url) = &self.base_url {
            return url.clone();
        }
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        if port == 80 { format!("http://{host}") } else { format!("http://{host}:{port}") }
    }
}

/// Serves clients over HTTP until `shutdown` is cancelled. `ready` is called with the address as soon as clients can
/// connect.
///
/// On shutdown no connection is accepted any more and no session begun; calls in flight are finished and answered, then
/// open streams are closed.
///
/// # Errors
/// The address can't be listened on.
pub async fn serve_http(
    options: HttpOptions,
    server: Server,
    shutdown: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Error> {
    let (listener, address) = Listener::bind(&options.host, options.port).await?;
    let streams = CancellationToken::new();
    let closing = server.closing().clone();
    let documentation = docs::router(&options, &server);
    let base = options.base(address.port());
    let metadata = well_known::router(options.authenticator.as_ref(), &base, PATH);
    let endpoint = Arc::new(Endpoint::new(&options, &base, server, streams.clone()));
    let routes =
        router(Arc::clone(&endpoint)).merge(documentation).merge(metadata).merge(login(&options, &base));
    let connections = Connections::new(routes, shutdown.clone());
    ready(address);
    connections.accept(listener, &shutdown).await;
    closing.cancel();
    if timeout(options.drain, endpoint.requests_finished()).await.is_err() {
        tracing::warn!("calls were still running at shutdown");
    }
    streams.cancel();
    connections.close(STREAMS_END).await;
    Ok(())
}

/// Where clients get tokens, if it is here.
pub(in crate::transport) fn login(options: &HttpOptions, base: &str) -> Router {
    let routes = options.authenticator.as_ref().map(|authenticator| authenticator.routes());
    routes.unwrap_or_default().layer(Extension(BaseUrl(base.into())))
}

fn router(endpoint: Arc<Endpoint>) -> Router {
    Router::new()
        .route(PATH, any(endpoint::serve))
        .route(&format!("{PATH}/"), any(|| async { Redirect::temporary(PATH) }))
        .fallback(|| async { (StatusCode::NOT_FOUND, "Not Found") })
        .with_state(endpoint)
}

#[cfg(test)]
mod tests;
