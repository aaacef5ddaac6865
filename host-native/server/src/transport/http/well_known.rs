//! What clients read to learn how to get tokens (RFC 9728).

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE, RETRY_AFTER,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::json;

use super::public_url::PublicUrl;
use crate::authentication::Authenticator;

/// Where it is read.
pub(in crate::transport) const PATH: &str = "/.well-known/oauth-protected-resource";

#[derive(Clone, Debug)]
struct Metadata {
    authenticator: Arc<dyn Authenticator>,
    public: PublicUrl,
    endpoint: &'static str,
}

/// The routes of the document, if there is one. `endpoint` is the path of the resource under the URL of the server.
pub(in crate::transport) fn router(
    authenticator: Option<&Arc<dyn Authenticator>>,
    public: &PublicUrl,
    endpoint: &'static str,
) -> Router {
    let Some(authenticator) = authenticator.filter(|known| known.guidance(public.base()).is_some()) else {
        return Router::new();
    };
    let metadata = Metadata { authenticator: Arc::clone(authenticator), public: public.clone(), endpoint };
    let route = || get(serve).options(beforehand);
    Router::new().route(PATH, route()).route(&format!("{PATH}{endpoint}"), route()).with_state(metadata)
}

/// What browsers ask before a page sends the revision of the protocol with its request.
async fn beforehand() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, OPTIONS")),
        (ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type, mcp-protocol-version")),
        (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
    ];
    (StatusCode::OK, headers).into_response()
}

/// Everybody may read it, pages of other servers too.
async fn serve(
    State(Metadata { authenticator, public, endpoint }): State<Metadata>,
    request: Request,
) -> Response {
    let base = public.reached(&request).base;
    let Some(guidance) = authenticator.guidance(&base) else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = match guidance.await {
        Ok(guidance) => {
            let mut document = json!({
                "resource": format!("{base}{endpoint}"),
                "authorization_servers": guidance.issuers,
                "bearer_methods_supported": ["header"],
            });
            let scopes = authenticator.required_scopes();
            if !scopes.is_empty()
                && let Some(fields) = document.as_object_mut()
            {
                fields.insert("scopes_supported".to_owned(), json!(scopes));
            }
            let kind = HeaderValue::from_static("application/json");
            ([(CONTENT_TYPE, kind)], document.to_string()).into_response()
        }
        Err(refusal) => {
            tracing::error!(?refusal, "can't tell where tokens are issued");
            let document = json!({ "error": "temporarily_unavailable" });
            let later = [(CONTENT_TYPE, "application/json"), (RETRY_AFTER, "5")];
            (StatusCode::SERVICE_UNAVAILABLE, later, document.to_string()).into_response()
        }
    };
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
