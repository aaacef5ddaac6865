//! Where clients get tokens.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use mxcp_core::call::Secret;
use mxcp_server::BaseUrl;
use serde_json::json;

use super::client::{AUTHORIZATION_CODE, REFRESH_TOKEN};
use super::problem::{Code, Problem};
use super::{Issuer, answer, body, secret};
use crate::store::{Client, IssuedTokens, UpstreamTokens};

/// How long an access token is good for if the identity provider does not say how long its own is, in seconds.
const LIFETIME: i64 = 3600;

/// Shortest time that one is good for, in seconds: a client has to be able to use it.
const SHORTEST: i64 = 60;

/// Tokens on their way to a client.
pub(super) struct Fresh {
    access: Secret,
    refresh: Option<Secret>,
    expires_at: i64,
    scopes: Vec<String>,
}

impl Fresh {
    /// Makes tokens with these scopes for a client that has `upstream` behind it.
    ///
    /// # Errors
    /// The machine gives no random bytes.
    pub(super) fn new(
        client: &Client,
        upstream: &UpstreamTokens,
        scopes: Vec<String>,
        now: i64,
    ) -> Result<Self, Problem> {
        let refreshes = client.grant_types.iter().any(|grant| grant == REFRESH_TOKEN);
        Ok(Self {
            access: secret::token(secret::ACCESS)?,
            refresh: if refreshes { Some(secret::token(secret::REFRESH)?) } else { None },
            expires_at: upstream.expires_at.unwrap_or(now + LIFETIME).max(now + SHORTEST),
            scopes,
        })
    }

    /// What the store remembers of them.
    pub(super) fn issued(&self) -> IssuedTokens {
        IssuedTokens {
            access: secret::digest(self.access.reveal()),
            access_expires_at: self.expires_at,
            refresh: self.refresh.as_ref().map(|refresh| secret::digest(refresh.reveal())),
            refresh_expires_at: None,
            scopes: self.scopes.clone(),
        }
    }

    /// What the client is told.
    pub(super) fn answer(&self, now: i64) -> Response {
        let mut document = json!({
            "access_token": self.access.reveal(),
            "token_type": "Bearer",
            "expires_in": self.expires_at - now,
            "scope": self.scopes.join(" "),
        });
        if let (Some(refresh), Some(fields)) = (&self.refresh, document.as_object_mut()) {
            fields.insert("refresh_token".to_owned(), json!(refresh.reveal()));
        }
        answer::json(StatusCode::OK, &document)
    }
}

/// Answers `POST /token`.
pub(super) async fn serve(
    State(issuer): State<Issuer>,
    Extension(base): Extension<BaseUrl>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let form = body::form(request).await?;
    let client = issuer.authenticate(&headers, &form).await?;
    let grant = form.required("grant_type")?;
    if grant != AUTHORIZATION_CODE && grant != REFRESH_TOKEN {
        return Err(Problem::invalid_request("grant_type: must be authorization_code or refresh_token"));
    }
    if !client.grant_types.iter().any(|own| own == grant) {
        let text = "grant_type: not one that the client was registered with";
        return Err(Problem::new(Code::UnsupportedGrantType, text));
    }
    if grant == REFRESH_TOKEN {
        issuer.exchange_refresh_token(client, &form, &base.0).await
    } else {
        issuer.exchange_code(&client, &form, &base.0).await
    }
}
