//! Who calls.

use std::sync::Arc;

use mxcp_core::call::{Principal, Secret};
use mxcp_core::value::{Object, Value};
use mxcp_token::TokenError;
use serde_json::json;

use crate::host::Host;
use crate::http::{Request, Response};
use crate::keys::{Keys, Refused};
use crate::settings::{Access, Settings};

/// Where the metadata of the protected resource is (RFC 9728).
pub(crate) const METADATA: &str = "/.well-known/oauth-protected-resource";

/// The caller, as far as the request proves it; none where nobody has to.
///
/// # Errors
/// The answer to a request that proves nothing.
pub(crate) fn caller(
    request: &Request,
    settings: &Settings,
    keys: &Keys,
    host: &mut dyn Host,
) -> Result<Option<Arc<Principal>>, Response> {
    let Access::Tokens(tokens) = &settings.access else { return Ok(None) };
    let base = base(request, settings);
    let refuse = |error: &TokenError| refusal(error, &base);
    let token = bearer(request).ok_or_else(|| refuse(&TokenError::Malformed("there is none")))?;
    let claims = keys.verify(token, tokens, host).map_err(|refused| match refused {
        Refused::Token(error) => refuse(&error),
        Refused::NoKeys => Response::json(
            503,
            &json!({"error": "temporarily_unavailable", "error_description": "Tokens can't be verified now"}),
        ),
    })?;
    let user = Value::Object(Object::from_json(claims.user(&tokens.provider)));
    // An issuer that names a user by something else than a text is one whose users nobody knows.
    let principal =
        Principal::from_user(user).map_err(|_| refuse(&TokenError::Malformed("its user is none")))?;
    let mut principal = tokens.mappings.apply(principal);
    principal.external_token = Some(Secret::new(token));
    Ok(Some(Arc::new(principal)))
}

/// The metadata of the protected resource; none where no token is asked for.
pub(crate) fn metadata(request: &Request, settings: &Settings) -> Option<Response> {
    let Access::Tokens(tokens) = &settings.access else { return None };
    let metadata = json!({
        "resource": resource(request, settings),
        "authorization_servers": [tokens.expected.issuer],
        "bearer_methods_supported": ["header"],
    });
    Some(Response::json(200, &metadata).with_header("access-control-allow-origin", "*"))
}

/// The token of the one `Authorization` header.
fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn refusal(error: &TokenError, base: &str) -> Response {
    let (code, description) = (error.code(), error.description());
    let status = if matches!(error, TokenError::MissingScope(_)) { 403 } else { 401 };
    let challenge = format!(
        "Bearer error=\"{code}\", error_description=\"{description}\", resource_metadata=\"{base}{METADATA}/mcp\""
    );
    Response::json(status, &json!({ "error": code, "error_description": description }))
        .with_header("www-authenticate", challenge)
}

/// URL of the MCP endpoint as clients know it.
fn resource(request: &Request, settings: &Settings) -> String {
    settings.resource.clone().unwrap_or_else(|| format!("{}/mcp", base(request, settings)))
}

/// The part of it before the path.
fn base(request: &Request, settings: &Settings) -> String {
    if let Some(resource) = &settings.resource {
        let path =
            resource.find("://").and_then(|at| resource.get(at + 3..)?.find('/').map(|end| at + 3 + end));
        return path.and_then(|end| resource.get(..end)).unwrap_or(resource).to_owned();
    }
    let scheme = request.scheme.as_deref().unwrap_or("http");
    // It stands within quotes of a header: what is no name of a host is left out.
    let plain =
        |host: &&str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte));
    format!("{scheme}://{}", request.host().filter(plain).unwrap_or("localhost"))
}
