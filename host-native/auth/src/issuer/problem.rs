//! Why a request is refused, as OAuth says it.

use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::answer;
use crate::store::StoreError;
use crate::upstream::UpstreamError;

/// Seconds after which a request that can't be decided now may be made again.
const PATIENCE: u64 = 5;

/// Why a request is refused. What it says is meant for the client and tells nothing of other people, secrets or this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: Code,
    pub(super) description: String,
    status: StatusCode,
    /// Whether the client tried to prove who it is by the header that a challenge asks for.
    challenge: bool,
    /// Seconds after which it may be asked again, where that helps.
    patience: u64,
}

/// The word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    AccessDenied,
    InvalidClient,
    InvalidClientMetadata,
    InvalidGrant,
    InvalidRedirectUri,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    ServerError,
    TemporarilyUnavailable,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
}

impl Code {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Code::AccessDenied => "access_denied",
            Code::InvalidClient => "invalid_client",
            Code::InvalidClientMetadata => "invalid_client_metadata",
            Code::InvalidGrant => "invalid_grant",
            Code::InvalidRedirectUri => "invalid_redirect_uri",
            Code::InvalidRequest => "invalid_request",
            Code::InvalidScope => "invalid_scope",
            Code::InvalidTarget => "invalid_target",
            Code::ServerError => "server_error",
            Code::TemporarilyUnavailable => "temporarily_unavailable",
            Code::UnauthorizedClient => "unauthorized_client",
            Code::UnsupportedGrantType => "unsupported_grant_type",
            Code::UnsupportedResponseType => "unsupported_response_type",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Code::InvalidClient => StatusCode::UNAUTHORIZED,
            Code::ServerError | Code::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl Problem {
    pub(super) fn new(code: Code, description: impl Into<String>) -> Self {
        Self {
            code,
            description: description.into(),
            status: code.status(),
            challenge: false,
            patience: PATIENCE,
        }
    }

    pub(super) fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest, description)
    }

    pub(super) fn invalid_grant(description: impl Into<String>) -> Self {
        Self::new(Code::InvalidGrant, description)
    }

    /// Nobody can decide now; why is in the log.
    pub(super) fn unavailable() -> Self {
        Self::new(Code::TemporarilyUnavailable, "The server can't decide this at the moment")
    }

    /// What it is, as clients are told.
    pub(super) fn description(&self) -> &str {
        &self.description
    }

    /// The same with another status.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same, where it is known after how many seconds to ask again.
    pub(super) fn with_patience(self, patience: u64) -> Self {
        Self { patience, ..self }
    }

    /// The same, and it asks for credentials in the header.
    pub(super) fn with_challenge(self) -> Self {
        Self { challenge: true, ..self }
    }

    /// The answer to whoever asked, with the state of the request if it had one.
    pub(super) fn answer(&self, state: Option<&str>) -> Response {
        let mut document = json!({ "error": self.code.as_str(), "error_description": self.description });
        if let (Some(state), Some(fields)) = (state, document.as_object_mut()) {
            fields.insert("state".to_owned(), json!(state));
        }
        let mut response = answer::json(self.status, &document);
        // For `page::for_people`, which may say it in another way.
        response.extensions_mut().insert(self.clone());
        let headers = response.headers_mut();
        if self.status == StatusCode::SERVICE_UNAVAILABLE || self.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(RETRY_AFTER, HeaderValue::from(self.patience));
        }
        if self.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="token endpoint""#));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.answer(None)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store of logins gives no answer");
        Self::unavailable()
    }
}

/// What a client is told of an identity provider: whether it helps to try again, and nothing else.
impl From<UpstreamError> for Problem {
    fn from(error: UpstreamError) -> Self {
        tracing::warn!(%error, "a login failed");
        match error {
            UpstreamError::Refused(_) => {
                Self::new(Code::AccessDenied, "The identity provider refused the login")
            }
            UpstreamError::Unavailable(_) => {
                Self::new(Code::TemporarilyUnavailable, "The identity provider does not answer")
            }
            UpstreamError::Unusable(_) => {
                Self::new(Code::ServerError, "The identity provider gave no usable answer")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_store_says_stays_here() {
        let problem = Problem::from(StoreError::Unavailable("/home/x/oauth.db is locked".into()));
        assert_eq!(problem.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(!problem.description.contains("oauth.db"));
        assert_eq!(problem.answer(None).headers()[RETRY_AFTER], "5");
    }

    #[test]
    fn a_client_that_can_not_be_trusted_is_unauthorized() {
        let problem = Problem::new(Code::InvalidClient, "Invalid client_secret");
        assert_eq!(problem.answer(None).status(), StatusCode::UNAUTHORIZED);
        assert!(problem.answer(None).headers().get(WWW_AUTHENTICATE).is_none());
        assert!(problem.with_challenge().answer(None).headers().contains_key(WWW_AUTHENTICATE));
    }
}
