//! What every request to an endpoint passes before anything of it is done: by which name it comes, from which page, from whom,
//! and how many there are.

use std::future::Future;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::RETRY_AFTER;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use mxcp_core::call::CallError;
use mxcp_runtime::ports::{Exceeded, Party, Place};

use super::bearer::Gate;
use super::guard::Guard;
use super::public_url::{PublicUrl, Reached};
use super::{HttpOptions, cors, refusal, stream};
use crate::authentication::{BaseUrl, Owner};
use crate::context::{ClientAddress, InFlight};
use crate::server::Server;

/// What a client says that listens for news: its request lasts as long as it listens.
const LISTENS: &str = "subscriptions/listen";

/// What a client says that calls a tool.
const CALLS: &str = "tools/call";

/// The way in.
#[derive(Debug)]
pub(in crate::transport) struct Entrance {
    public: PublicUrl,
    guard: Guard,
    gate: Gate,
    server: Server,
}

impl Entrance {
    pub(in crate::transport) fn new(options: &HttpOptions, public: &PublicUrl, server: &Server) -> Self {
        Self {
            public: public.clone(),
            guard: Guard::new(options, public),
            gate: Gate::new(
                options.authenticator.clone(),
                public.base(),
                server.pipeline().limits().request_bytes,
                Arc::clone(server.pipeline().audit()),
            ),
            server: server.clone(),
        }
    }

    /// Answers a request: by `serve` if it may come in.
    pub(in crate::transport) async fn pass<F>(
        &self,
        request: Request,
        serve: impl FnOnce(Request, Owner) -> F,
    ) -> Response
    where
        F: Future<Output = Response>,
    {
        let reached = self.public.reached(&request);
        let origin = match self.guard.check(&request, &reached) {
            Ok(origin) => origin,
            Err(refusal) => return refusal.into_response(),
        };
        let Some(origin) = origin else { return self.enter(request, &reached, serve).await };
        if cors::is_preflight(&request) {
            return cors::answer(request.headers(), origin);
        }
        let mut response = self.enter(request, &reached, serve).await;
        cors::open(&mut response, origin);
        response
    }

    async fn enter<F>(
        &self,
        mut request: Request,
        reached: &Reached,
        serve: impl FnOnce(Request, Owner) -> F,
    ) -> Response
    where
        F: Future<Output = Response>,
    {
        request.extensions_mut().insert(ClientAddress(reached.client));
        let stranger = || Party::at(reached.client);
        request.extensions_mut().insert(BaseUrl(Arc::clone(&reached.base)));
        let (mut request, owner) = match self.gate.admit(request, &reached.base).await {
            Ok(admitted) => admitted,
            // Whoever guesses tokens has an address at least.
            Err(refusal) => {
                let counted = self.server.pipeline().enter(&stranger()).await;
                return counted.map_or_else(|exceeded| too_many(&exceeded), |_place| refusal);
            }
        };
        if request.method() != Method::POST {
            return serve(request, owner).await;
        }
        let party = match owner.clone() {
            Some((provider, id)) => Party::User { provider, id },
            None => stranger(),
        };
        match self.server.pipeline().enter(&party).await {
            Err(exceeded) => too_many(&exceeded),
            Ok(place) => {
                let listens = request.headers().get("mcp-method").is_some_and(|method| method == LISTENS);
                let place = Arc::new(if listens { Place::unlimited() } else { place });
                // What a call begins may go on when it has been answered.
                if request.headers().get("mcp-method").is_some_and(|method| method == CALLS) {
                    request.extensions_mut().insert(InFlight(Arc::clone(&place)));
                }
                stream::keep(serve(request, owner).await, place)
            }
        }
    }
}

/// The answer to a request that is one too many.
pub(in crate::transport) fn too_many(exceeded: &Exceeded) -> Response {
    let retry_after_seconds = exceeded.retry_after_seconds();
    let error = CallError::LimitExceeded { limit: exceeded.limit, retry_after_seconds };
    let mut response = refusal::refuse(StatusCode::TOO_MANY_REQUESTS, &error.to_string());
    response.headers_mut().insert(RETRY_AFTER, retry_after_seconds.into());
    response
}
