//! What clients read to learn what this server can do (RFC 8414).

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue, PRAGMA};
use axum::response::{IntoResponse as _, Response};
use mxcp_server::BaseUrl;
use serde_json::{Value as Json, json};
use url::Url;

use super::options::Registration;
use super::{Issuer, answer, route};

/// Answers at the well-known path.
pub(super) async fn serve(State(issuer): State<Issuer>, Extension(base): Extension<BaseUrl>) -> Response {
    let mut response = answer::json(StatusCode::OK, &issuer.metadata(&base.0));
    let headers = response.headers_mut();
    headers.remove(PRAGMA);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

/// Answers at the well-known path with that of the issuer behind it, which is where clients look if it has one.
pub(super) async fn serve_for_path(
    State(issuer): State<Issuer>,
    Extension(base): Extension<BaseUrl>,
    Path(path): Path<String>,
) -> Response {
    let own = Url::parse(&base.0).is_ok_and(|url| {
        let own = url.path().trim_matches('/');
        !own.is_empty() && own == path.trim_matches('/')
    });
    if !own {
        return StatusCode::NOT_FOUND.into_response();
    }
    serve(State(issuer), Extension(base)).await
}

impl Issuer {
    fn metadata(&self, base: &str) -> Json {
        let methods = ["none", "client_secret_post", "client_secret_basic"];
        let open = self.options().registration == Registration::Open;
        let mut document = json!({
            "issuer": self.identifier(base),
            "authorization_endpoint": format!("{base}{}", route::AUTHORIZE),
            "token_endpoint": format!("{base}{}", route::TOKEN),
            "revocation_endpoint": format!("{base}{}", route::REVOKE),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "client_id_metadata_document_supported": open,
        });
        if let Some(fields) = document.as_object_mut() {
            if open {
                let endpoint = format!("{base}{}", route::REGISTER);
                fields.insert("registration_endpoint".to_owned(), json!(endpoint));
            }
            if !self.required_scopes().is_empty() {
                fields.insert("scopes_supported".to_owned(), json!(self.required_scopes()));
            }
        }
        document
    }
}
