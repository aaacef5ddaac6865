//! Calls and lists that are answered right where they arrive.
//!
//! rmcp gives every request a service of its own, with four tasks and as many channels, tries it as each kind of message that
//! there is, and writes it out once more to compare it with its headers. A request since 2026-07-28 that is written just as MCP says, and
//! wants nothing but its answer, needs none of that ([decision 9](../../../../../docs/decisions/0009-direct-answers.md)).
//!
//! What is in any way unusual is left to rmcp, which knows what is wrong with it: nothing is refused here. Methods are the same
//! for both, so answers are, too.

mod finishing;
mod items;
mod joined;
mod plain;

use std::fmt;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use hyper::body::Bytes;
use mxcp_core::registry::Success;
use rmcp::model::{
    ClientRequest, ErrorCode, RequestId, RequestMetaObject, ServerJsonRpcMessage, ServerResult,
};
use rmcp::service::{Peer, RequestContext, Service, serve_directly};
use rmcp::{ErrorData, RoleServer};
use tokio_util::sync::CancellationToken;

use self::finishing::Finishing;
use self::items::Items;
use self::joined::Joined;
use self::plain::{Plain, Wanted};
use crate::long::Long;
use crate::panic::{Panicked, caught};
use crate::server::Server;
use crate::tools;

/// Answers requests that are plain.
pub(super) struct Direct {
    server: Server,
    /// Methods are given a client to send to. Plain requests want nothing sent, and to this one nothing can be.
    nobody: Peer<RoleServer>,
}

impl Direct {
    /// Answers with the methods of a server, within a runtime.
    pub(super) fn new(server: Server) -> Self {
        let nothing = (tokio::io::empty(), tokio::io::sink());
        let nobody = serve_directly(server.clone(), nothing, None).peer().clone();
        Self { server, nobody }
    }

    /// Answers a request of which the body was read.
    ///
    /// # Errors
    /// The head: it is no plain request.
    pub(super) async fn answer(&self, head: Parts, body: &[u8]) -> Result<Response, Parts> {
        let Some(Plain { id, meta, wanted }) = Plain::read(&self.server, &head.headers, body) else {
            return Err(head);
        };
        Ok(match wanted {
            Wanted::FirstTools(request) => match tools::first_page(&self.server) {
                Some(page) => prepared(&id, page),
                None => self.ask(head, id, meta, request).await,
            },
            Wanted::Other(request) => self.ask(head, id, meta, request).await,
        })
    }

    /// Has a method answer. If nobody waits for that any more, it is taken back, and ends in its own way.
    async fn ask(
        &self,
        head: Parts,
        id: RequestId,
        meta: RequestMetaObject,
        request: ClientRequest,
    ) -> Response {
        let cancel = CancellationToken::new();
        let mut context = RequestContext::new(id.clone(), self.nobody.clone());
        context.ct = cancel.clone();
        context.meta = meta;
        context.extensions.insert(head);
        let long = Long::default();
        context.extensions.insert(long.clone());
        let server = self.server.clone();
        let work = Box::pin(async move { server.handle_request(request, context).await });
        let outcome = Finishing::new(Box::pin(caught(work)), cancel).await;
        let outcome =
            outcome.unwrap_or_else(|Panicked| Err(ErrorData::internal_error("Internal error", None)));
        written(id, outcome, long.take())
    }
}

impl fmt::Debug for Direct {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Direct").field("server", &self.server).finish_non_exhaustive()
    }
}

/// The answer, with the items of a list that was put aside.
fn written(id: RequestId, outcome: Result<ServerResult, ErrorData>, long: Option<Success>) -> Response {
    let (status, message) = match outcome {
        Ok(result) => (StatusCode::OK, ServerJsonRpcMessage::response(result, id)),
        Err(error) => (status(error.code), ServerJsonRpcMessage::error(error, Some(id))),
    };
    let body = serde_json::to_string(&message).ok().and_then(|text| match long {
        None => Some(Body::from(text)),
        Some(list) => Some(Body::new(Items::new(&text, list)?)),
    });
    match body {
        Some(body) => json(status, body),
        None => {
            tracing::error!("an answer can't be written");
            super::refusal::refuse(StatusCode::INTERNAL_SERVER_ERROR, "Internal error")
        }
    }
}

/// The answer whose result was written before.
fn prepared(id: &RequestId, result: Bytes) -> Response {
    let start = format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":", id.clone().into_json_value());
    let body = Joined::new([Bytes::from(start), result, Bytes::from_static(b"}")]);
    json(StatusCode::OK, Body::new(body))
}

/// The status of an error, as the transport's revision 2026-07-28 has it. That the request describes itself was found before.
fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
        | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
        | ErrorCode::HEADER_MISMATCH => StatusCode::BAD_REQUEST,
        ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    }
}

fn json(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
