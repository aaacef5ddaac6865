//! MCP over HTTP as it was in 2024-11-05: one stream of events for each client, and a path to post its messages to.

mod channel;
mod endpoint;
mod events;
mod sessions;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::endpoint::Endpoint;
use crate::error::Error;
use crate::server::Server;
use crate::transport::http::connection::Connections;
use crate::transport::http::listener::Listener;
use crate::transport::http::public_url::PublicUrl;
use crate::transport::http::results;
use crate::transport::http::{HttpOptions, STREAMS_END, login, well_known};

/// The path of the streams.
const STREAM_PATH: &str = "/sse";

/// The path messages are posted to.
const MESSAGES_PATH: &str = "/messages/";

/// Serves clients over HTTP with server-sent events until `shutdown` is cancelled. `ready` is called with the address as
/// soon as clients can connect. There is always a session, whatever the options say.
///
/// On shutdown no connection is accepted any more; calls in flight are finished and answered, then the streams are closed.
///
/// # Errors
/// The address can't be listened on.
pub async fn serve_sse(
    options: HttpOptions,
    server: Server,
    shutdown: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Error> {
    let (listener, address) = Listener::bind(&options.host, options.port).await?;
    let closing = server.closing().clone();
    let public = PublicUrl::new(&options, address.port());
    let metadata = well_known::router(options.authenticator.as_ref(), &public, STREAM_PATH);
    let login = login::router(&options, &public, &server);
    let results = results::router(&options, &public, &server);
    let endpoint = Arc::new(Endpoint::new(&options, &public, server));
    let routes = router(Arc::clone(&endpoint)).merge(metadata).merge(login).merge(results);
    let connections =
        Connections::new(routes, options.max_connections, options.tls.clone(), shutdown.clone())?;
    ready(address);
    connections.accept(listener, &shutdown).await;
    closing.cancel();
    if timeout(options.drain, endpoint.requests_finished()).await.is_err() {
        tracing::warn!("calls were still running at shutdown");
    }
    endpoint.end_sessions();
    connections.close(STREAMS_END).await;
    Ok(())
}

fn router(endpoint: Arc<Endpoint>) -> Router {
    Router::new()
        .route(STREAM_PATH, get(endpoint::stream).options(endpoint::preflight))
        .route(MESSAGES_PATH, post(endpoint::message).options(endpoint::preflight))
        .fallback(|| async { (StatusCode::NOT_FOUND, "Not Found") })
        .with_state(endpoint)
}

#[cfg(test)]
mod tests;
