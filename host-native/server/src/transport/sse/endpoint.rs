//! The two paths of the transport.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::uri::Uri;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use rmcp::model::{ClientJsonRpcMessage, GetExtensions as _};
use tokio::time::timeout;

use super::sessions::Sessions;
use crate::authentication::Owner;
use crate::context::SessionId;
use crate::server::Server;
use crate::transport::http::entrance::Entrance;
use crate::transport::http::public_url::PublicUrl;
use crate::transport::http::{HttpOptions, body};

/// How often something is sent on a stream on which nothing happens, so that no proxy takes it for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Longest time that a message waits for a session that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// Serves both paths.
#[derive(Debug)]
pub(super) struct Endpoint {
    entrance: Entrance,
    server: Server,
    sessions: Arc<Sessions>,
    body_limit: usize,
}

/// A refusal: status and text.
type Refusal = (StatusCode, &'static str);

impl Endpoint {
    /// `public` is the URL by which clients reach the server.
    pub(super) fn new(options: &HttpOptions, public: &PublicUrl, server: Server) -> Self {
        Self {
            entrance: Entrance::new(options, public, &server),
            body_limit: server.pipeline().limits().request_bytes,
            server,
            sessions: Arc::default(),
        }
    }

    /// Waits until every request is answered.
    pub(super) async fn requests_finished(&self) {
        self.sessions.requests_finished().await;
    }

    /// Ends all sessions and, when they are read to the end, their streams.
    pub(super) fn end_sessions(&self) {
        self.sessions.end();
    }

    fn begin(&self, owner: Owner) -> Response {
        let Some(events) = self.sessions.begin(&self.server, owner) else {
            return (StatusCode::SERVICE_UNAVAILABLE, "Too many sessions").into_response();
        };
        let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
        ([("X-Accel-Buffering", "no")], stream).into_response()
    }

    async fn accept(&self, request: Request, owner: &Owner) -> Result<(), Response> {
        let id = session_id(request.uri()).map_err(axum::response::IntoResponse::into_response)?;
        let unknown = || (StatusCode::NOT_FOUND, "Could not find session").into_response();
        let inbox = self.sessions.inbox(&id, owner).ok_or_else(unknown)?;
        let (head, body) = request.into_parts();
        if !body::says_json(&head.headers) {
            let problem = "Unsupported Media Type: Content-Type must be application/json";
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, problem).into_response());
        }
        let body = body::read(body, self.body_limit).await?;
        let mut message: ClientJsonRpcMessage =
            serde_json::from_slice(&body).map_err(|_| body::malformed(&body))?;
        match &mut message {
            ClientJsonRpcMessage::Request(request) => {
                let extensions = request.request.extensions_mut();
                extensions.insert(head);
                extensions.insert(SessionId(id.into()));
            }
            ClientJsonRpcMessage::Notification(notification) => {
                notification.notification.extensions_mut().insert(head);
            }
            ClientJsonRpcMessage::Response(_) | ClientJsonRpcMessage::Error(_) => {}
        }
        match timeout(PATIENCE, inbox.put(message)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(unknown()),
            Err(_) => Err((StatusCode::SERVICE_UNAVAILABLE, "The session is busy").into_response()),
        }
    }
}

/// Begins a session and its stream.
pub(super) async fn stream(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    endpoint.entrance.pass(request, async |_, owner| endpoint.begin(owner)).await
}

/// Takes a message; what comes of it appears on the stream.
pub(super) async fn message(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    let accept = async |request, owner| match endpoint.accept(request, &owner).await {
        Ok(()) => (StatusCode::ACCEPTED, "Accepted").into_response(),
        Err(refusal) => refusal,
    };
    endpoint.entrance.pass(request, accept).await
}

/// Tells browsers what pages may do. Nobody else has a reason to ask.
pub(super) async fn preflight(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    endpoint.entrance.pass(request, async |_, _| StatusCode::METHOD_NOT_ALLOWED.into_response()).await
}

/// The session that the query part of an address names.
fn session_id(uri: &Uri) -> Result<String, Refusal> {
    let fields = uri.query().unwrap_or_default().split('&');
    let id = fields.filter_map(|field| field.split_once('=')).find(|(name, _)| *name == "session_id");
    match id {
        None => Err((StatusCode::BAD_REQUEST, "session_id is required")),
        Some((_, id)) if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(id.to_ascii_lowercase())
        }
        Some(_) => Err((StatusCode::BAD_REQUEST, "Invalid session ID")),
    }
}
