//! MCP over streamable HTTP.

mod bearer;
pub(in crate::transport) mod body;
pub(in crate::transport) mod connection;
mod cors;
mod direct;
mod docs;
mod endpoint;
pub(in crate::transport) mod entrance;
mod forwarded;
mod guard;
mod handshake;
mod lanes;
mod leftover;
pub(in crate::transport) mod listener;
pub(in crate::transport) mod login;
pub(in crate::transport) mod public_url;
mod refusal;
mod refusals;
pub(in crate::transport) mod results;
mod security;
mod sessions;
mod stream;
mod tls;
pub(in crate::transport) mod well_known;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::any;
use mxcp_core::schema::{Scheme, TrustProxy};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::connection::Connections;
use self::endpoint::Endpoint;
use self::listener::Listener;
use self::public_url::PublicUrl;
pub use self::tls::Tls;
use crate::authentication::Authenticator;
use crate::error::Error;
use crate::server::Server;

/// The path MCP is served at.
const PATH: &str = "/mcp";

/// How long streams may take to end after the last call did.
pub(in crate::transport) const STREAMS_END: Duration = Duration::from_secs(5);

/// Most connections at once, unless it is said otherwise.
const CONNECTIONS: usize = 8192;

/// How to serve over HTTP.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Name or address to listen on: `localhost`, `127.0.0.1`, `0.0.0.0`, `::`, ….
    pub host: String,
    /// Port to listen on; 0 takes any free one.
    pub port: u16,
    /// Whether requests stand alone, without a session. Since 2026-07-28 all of them do.
    pub stateless: bool,
    /// Further hosts that requests may call the server by, at any port unless they say one; `*` for all.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages that may use the server, beside its own; `*` for all.
    pub allowed_origins: Vec<String>,
    /// Whose word to take for what clients asked for and where they are.
    pub trust_proxy: TrustProxy,
    /// Most connections at once; more are told that there are too many.
    pub max_connections: usize,
    /// Certificate and key; none if connections are not encrypted here.
    pub tls: Option<Tls>,
    /// How long calls in flight may go on after the shutdown was asked for.
    pub drain: Duration,
    /// What the documentation under `/docs` says; none to serve none. It asks nobody who they are.
    pub docs: Option<mxcp_docs::Options>,
    /// Who decides who calls; none if everybody is unknown.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// URL by which clients reach the server; scheme, host and port if none.
    pub base_url: Option<String>,
    /// Scheme by which clients reach the server; that of its connections if none.
    pub scheme: Option<Scheme>,
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
            allowed_origins: Vec::new(),
            trust_proxy: TrustProxy::Nearest(false),
            max_connections: CONNECTIONS,
            tls: None,
            drain: Duration::from_secs(30),
            docs: None,
            authenticator: None,
            base_url: None,
            scheme: None,
        }
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
    let (closing, tasks) = (server.closing().clone(), server.tasks().clone());
    let public = PublicUrl::new(&options, address.port());
    let documentation = docs::router(&options, &public, &server);
    let metadata = well_known::router(options.authenticator.as_ref(), &public, PATH);
    let login = login::router(&options, &public, &server);
    let results = results::router(&options, &public, &server);
    let endpoint = Arc::new(Endpoint::new(&options, &public, server, streams.clone()));
    let routes =
        router(Arc::clone(&endpoint)).merge(documentation).merge(metadata).merge(login).merge(results);
    let connections =
        Connections::new(routes, options.max_connections, options.tls.clone(), shutdown.clone())?;
    ready(address);
    connections.accept(listener, &shutdown).await;
    closing.cancel();
    let finished = async { tokio::join!(endpoint.requests_finished(), tasks.finished()) };
    if timeout(options.drain, finished).await.is_err() {
        tracing::warn!("calls were still running at shutdown");
    }
    tasks.stop(STREAMS_END).await;
    streams.cancel();
    connections.close(STREAMS_END).await;
    Ok(())
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
