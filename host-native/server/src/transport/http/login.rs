//! The routes by which clients get tokens: an authenticator's own, behind what every request passes.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use mxcp_runtime::ports::Party;

use super::guard::Guard;
use super::public_url::PublicUrl;
use super::{HttpOptions, body, entrance, security};
use crate::authentication::BaseUrl;
use crate::context::ClientAddress;
use crate::server::Server;

/// Largest body of a request for a token or a registration, in bytes.
const LARGEST: usize = 64 * 1024;

#[derive(Debug)]
struct Porch {
    public: PublicUrl,
    guard: Guard,
    server: Server,
}

/// The routes, if there are any.
pub(in crate::transport) fn router(options: &HttpOptions, public: &PublicUrl, server: &Server) -> Router {
    let Some(authenticator) = &options.authenticator else { return Router::new() };
    let guard = Guard::new(options, public);
    let porch = Porch { public: public.clone(), guard, server: server.clone() };
    authenticator.routes().layer(from_fn_with_state(Arc::new(porch), pass))
}

/// Requests come by a name of the server, are small, arrive in time, and are not too many. From which page is up to the
/// routes: people come here from everywhere.
async fn pass(State(porch): State<Arc<Porch>>, request: Request, next: Next) -> Response {
    let reached = porch.public.reached(&request);
    if let Err(refusal) = porch.guard.check_host(&request, &reached) {
        return refusal.into_response();
    }
    if let Err(exceeded) = porch.server.pipeline().enter(&Party::at(reached.client)).await {
        return entrance::too_many(&exceeded);
    }
    let (mut head, body) = request.into_parts();
    let body = match body::read(body, LARGEST).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    head.extensions.insert(ClientAddress(reached.client));
    head.extensions.insert(BaseUrl(reached.base));
    let mut response = next.run(Request::from_parts(head, Body::from(body))).await;
    security::protect_login(&mut response);
    response
}
