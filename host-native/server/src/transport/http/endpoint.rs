//! The one path MCP is served at.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::HeaderMap;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use http_body_util::Full;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::direct::Direct;
use super::entrance::Entrance;
use super::public_url::PublicUrl;
use super::sessions::Sessions;
use super::{HttpOptions, body, handshake, refusal, stream};
use crate::authentication::Owner;
use crate::server::Server;
use crate::session::Reach;

const SESSION_HEADER: &str = "mcp-session-id";

/// How long a session may be without any message: people leave a conversation and come back.
const SESSION_IDLE: Duration = Duration::from_secs(3600);

/// Most sessions at once: each holds a task and buffers until it is closed or idle.
const SESSIONS: usize = 10_000;

/// Serves requests of both eras: with a handshake and a session, and self-contained ones since 2026-07-28.
#[derive(Debug)]
pub(super) struct Endpoint {
    entrance: Entrance,
    direct: Direct,
    service: Service,
    sessions: Arc<Sessions>,
    body_limit: usize,
    requests: TaskTracker,
}

struct Service(StreamableHttpService<Server, Sessions>);

impl std::fmt::Debug for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Service").field(&self.0.config).finish()
    }
}

impl Endpoint {
    /// `public` is the URL by which clients reach the server; `streams` closes all sessions and streams.
    pub(super) fn new(
        options: &HttpOptions,
        public: &PublicUrl,
        server: Server,
        streams: CancellationToken,
    ) -> Self {
        let body_limit = server.pipeline().limits().request_bytes;
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(!options.stateless)
            .with_json_response(true)
            .with_cancellation_token(streams)
            .with_max_request_body_bytes(body_limit)
            // No empty first events: older clients take them for messages.
            .with_sse_retry(None)
            // Both are checked by the guard, which knows the rules for every kind of host.
            .disable_allowed_hosts()
            .disable_allowed_origins();
        let sessions = Arc::new(Sessions::new(SESSION_IDLE));
        let reach = if options.stateless { Reach::WithAnswers } else { Reach::Anytime };
        Self {
            entrance: Entrance::new(options, public, &server),
            direct: Direct::new(server.connected(reach)),
            service: Service(StreamableHttpService::new(
                move || Ok(server.connected(reach)),
                Arc::clone(&sessions),
                config,
            )),
            sessions,
            body_limit,
            requests: TaskTracker::new(),
        }
    }

    /// Waits until every request with a message in it is answered to the end.
    pub(super) async fn requests_finished(&self) {
        self.requests.close();
        self.requests.wait().await;
    }

    async fn post(&self, request: Request, owner: Owner) -> Response {
        if self.sessions_exhausted(request.headers()).await {
            return refusal::refuse(StatusCode::SERVICE_UNAVAILABLE, "Too many sessions");
        }
        let (head, body) = request.into_parts();
        let body = match body::read(body, self.body_limit).await {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        if let Some(refusal) = handshake::of_later_revision(&head.headers, &body) {
            return refusal;
        }
        // Only now: nobody waits at shutdown for a message that may never be complete.
        let begun = self.requests.token();
        let head = match self.direct.answer(head, &body).await {
            Ok(response) => return stream::keep(response, begun),
            Err(head) => head,
        };
        let says_json = body::says_json(&head.headers);
        let request = Request::from_parts(head, Full::new(body.clone()));
        let response = self.handle(request).await;
        self.remember(response.headers(), owner);
        if response.extensions().get::<refusal::SessionMissing>().is_some()
            && let Some(refusal) = handshake::malformed(&body)
        {
            return refusal;
        }
        if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE && says_json {
            return body::malformed(&body);
        }
        // A streamed answer counts as a request in flight until its end.
        stream::keep(response, begun)
    }

    async fn handle<B>(&self, request: axum::http::Request<B>) -> Response
    where
        B: HttpBody + Send + 'static,
        B::Error: std::fmt::Display,
    {
        let response = self.service.0.handle(request).await.map(Body::new);
        refusal::in_words(refusal::as_error(response).await).await
    }

    /// Whether the request could only begin a session, and there is no room for one.
    async fn sessions_exhausted(&self, headers: &HeaderMap) -> bool {
        self.service.0.config.legacy_session_mode
            && !headers.contains_key(SESSION_HEADER)
            && !headers.contains_key("mcp-method")
            && self.sessions.count().await >= SESSIONS
    }

    /// A session belongs to whoever began it. Nobody else knows its id before this answer is sent.
    fn remember(&self, headers: &HeaderMap, owner: Owner) {
        if let Some(id) = session_of(headers) {
            self.sessions.belongs_to(id, owner);
        }
    }

    /// Whether the request names an open session.
    async fn has_session_of(&self, headers: &HeaderMap) -> bool {
        let Some(id) = session_of(headers) else { return false };
        self.sessions.contains(id).await
    }

    /// Whether the request names an open session that is somebody else's.
    async fn is_foreign(&self, headers: &HeaderMap, owner: &Owner) -> bool {
        let Some(id) = session_of(headers) else { return false };
        self.sessions.contains(id).await && !self.sessions.is_of(id, owner)
    }
}

/// Answers a request.
pub(super) async fn serve(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    endpoint.entrance.pass(request, |request, owner| answer(&endpoint, request, owner)).await
}

async fn answer(endpoint: &Endpoint, request: Request, owner: Owner) -> Response {
    if endpoint.is_foreign(request.headers(), &owner).await {
        tracing::warn!("request in a session of another user refused");
        return refusal::refuse(StatusCode::NOT_FOUND, "Not Found: Session not found");
    }
    let method = request.method().clone();
    if method == Method::POST {
        return endpoint.post(request, owner).await;
    }
    let session_open = endpoint.has_session_of(request.headers()).await;
    let mut response = endpoint.handle(request).await;
    if method == Method::DELETE && response.status() == StatusCode::ACCEPTED {
        if !session_open {
            return refusal::refuse(StatusCode::NOT_FOUND, "Not Found: Session not found");
        }
        // A session that was closed is closed at once: there is nothing left to accept.
        *response.status_mut() = StatusCode::OK;
    }
    response
}

fn session_of(headers: &HeaderMap) -> Option<&str> {
    headers.get(SESSION_HEADER)?.to_str().ok()
}
