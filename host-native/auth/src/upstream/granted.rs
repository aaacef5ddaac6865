//! What a token endpoint answers, and why it does not.

use oauth2::basic::{BasicErrorResponse, BasicErrorResponseType, BasicTokenType};
use oauth2::{AccessToken, HttpRequest, HttpResponse, RefreshToken, RequestTokenError, Scope, TokenResponse};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::UpstreamError;
use crate::http::{HttpError, Sender};

/// Tokens that a provider gives. Only the access token has to be there: providers differ in the rest.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Granted {
    access_token: AccessToken,
    #[serde(default)]
    refresh_token: Option<RefreshToken>,
    #[serde(default)]
    expires_in: Json,
    #[serde(default)]
    scope: Json,
    #[serde(default)]
    id_token: Option<AccessToken>,
    /// What Salesforce says of where the person is.
    #[serde(default)]
    id: Json,
    #[serde(default)]
    instance_url: Json,
}

/// Why a token endpoint gave no answer of its protocol.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    /// It gave none at all.
    #[error(transparent)]
    Http(HttpError),
    /// It gave one with this status and without a word about it.
    #[error("status {0}")]
    Status(u16),
}

/// Errors of providers that are known, and so may be quoted.
const KNOWN: [&str; 10] = [
    "access_denied",
    "bad_refresh_token",
    "bad_verification_code",
    "incorrect_client_credentials",
    "interaction_required",
    "invalid_client_id",
    "invalid_target",
    "redirect_uri_mismatch",
    "unverified_user_email",
    "consent_required",
];

impl Granted {
    /// The access token.
    pub(super) fn access(&self) -> &str {
        self.access_token.secret()
    }

    /// The refresh token.
    pub(super) fn refresh(&self) -> Option<&str> {
        self.refresh_token.as_ref().map(|token| token.secret().as_str()).filter(|token| !token.is_empty())
    }

    /// The token about the person.
    pub(super) fn identity(&self) -> Option<&str> {
        self.id_token.as_ref().map(|token| token.secret().as_str()).filter(|token| !token.is_empty())
    }

    /// How many seconds the access token is good for.
    pub(super) fn lifetime(&self) -> Option<i64> {
        match &self.expires_in {
            Json::Number(number) => number.as_i64(),
            Json::String(text) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|seconds| *seconds >= 0)
    }

    /// The scopes that were granted, if the provider says which.
    pub(super) fn granted_scopes(&self, separators: &[char]) -> Option<Vec<String>> {
        match &self.scope {
            Json::String(text) => {
                let words = text.split(separators).filter(|word| !word.is_empty());
                Some(words.map(str::to_owned).collect())
            }
            Json::Array(words) => Some(words.iter().filter_map(Json::as_str).map(str::to_owned).collect()),
            _ => None,
        }
    }

    /// Addresses at which the provider says that the person is, the most telling one first.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        [&self.id, &self.instance_url].into_iter().filter_map(Json::as_str)
    }
}

impl std::fmt::Debug for Granted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Granted").finish_non_exhaustive()
    }
}

impl TokenResponse for Granted {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// Some providers leave it out, and no other one is asked for.
    fn token_type(&self) -> &BasicTokenType {
        static BEARER: BasicTokenType = BasicTokenType::Bearer;
        &BEARER
    }

    fn expires_in(&self) -> Option<std::time::Duration> {
        self.lifetime().and_then(|seconds| u64::try_from(seconds).ok()).map(std::time::Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    /// How they are separated depends on the provider: see [`Granted::granted_scopes`].
    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

/// Sends a request to a token endpoint. GitHub says of its errors that all is well: they are made errors here.
pub(super) fn send(sender: &Sender, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    let answer = sender.send(request).map_err(NoAnswer::Http)?;
    let status = answer.status.as_u16();
    let object = answer.object();
    let told = object.as_ref().is_some_and(|object| object.get("error").is_some_and(Json::is_string));
    if status == 429 || status >= 500 || (status != 200 && !told) {
        return Err(NoAnswer::Status(status));
    }
    let failed = object.is_some_and(|object| object.contains_key("error"));
    let mut response = HttpResponse::new(answer.body);
    if failed {
        *response.status_mut() = oauth2::http::StatusCode::BAD_REQUEST;
    }
    Ok(response)
}

/// Why there are no tokens. What the provider wrote is quoted only where it is a word of the protocol.
pub(super) fn explain(error: &RequestTokenError<NoAnswer, BasicErrorResponse>) -> UpstreamError {
    match error {
        RequestTokenError::Request(NoAnswer::Http(error)) => UpstreamError::Unavailable(error.to_string()),
        RequestTokenError::Request(NoAnswer::Status(status @ (429 | 500..))) => {
            UpstreamError::Unavailable(format!("its token endpoint has the status {status}"))
        }
        RequestTokenError::Request(NoAnswer::Status(status)) => {
            UpstreamError::Refused(format!("its token endpoint has the status {status}"))
        }
        RequestTokenError::ServerResponse(response) => match response.error() {
            BasicErrorResponseType::Extension(word) => match word.as_str() {
                "temporarily_unavailable" | "server_error" | "slow_down" => {
                    UpstreamError::Unavailable("its token endpoint is out of order".to_owned())
                }
                word => {
                    let known = KNOWN.into_iter().find(|known| *known == word);
                    UpstreamError::Refused(known.unwrap_or("an error of its own").to_owned())
                }
            },
            word => UpstreamError::Refused(word.as_ref().to_owned()),
        },
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            UpstreamError::Unusable("its token endpoint gives no access token".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn granted(json: Json) -> Granted {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn only_the_access_token_has_to_be_there() {
        let least = granted(json!({ "access_token": "s3cr3t" }));
        assert_eq!(least.access(), "s3cr3t");
        assert_eq!((least.refresh(), least.identity(), least.lifetime()), (None, None, None));
        assert_eq!(least.granted_scopes(&[' ']), None);
        assert!(!format!("{least:?}").contains("s3cr3t"));
        assert!(serde_json::from_value::<Granted>(json!({ "access_token": null })).is_err());
        let empty = granted(json!({ "access_token": "a", "refresh_token": "", "id_token": null, "id": 5 }));
        assert_eq!((empty.refresh(), empty.identity(), empty.places().count()), (None, None, 0));
    }

    #[test]
    fn scopes_and_times_come_in_several_ways() {
        let scopes = |scope: Json, separators: &[char]| {
            granted(json!({ "access_token": "a", "scope": scope })).granted_scopes(separators)
        };
        assert_eq!(scopes(json!("a b,c"), &[' ']).unwrap(), ["a", "b,c"]);
        assert_eq!(scopes(json!("a,b"), &[',', ' ']).unwrap(), ["a", "b"]);
        assert_eq!(scopes(json!(""), &[',']).unwrap(), [""; 0]);
        assert_eq!(scopes(json!(["a", "b"]), &[' ']).unwrap(), ["a", "b"]);
        let lifetime = |time: Json| granted(json!({ "access_token": "a", "expires_in": time })).lifetime();
        assert_eq!((lifetime(json!(60)), lifetime(json!("60"))), (Some(60), Some(60)));
        assert_eq!((lifetime(json!(-1)), lifetime(json!("soon"))), (None, None));
    }

    #[test]
    fn only_words_of_the_protocol_are_quoted() {
        let told = |word: &str| {
            let error = BasicErrorResponse::new(
                serde_json::from_value(json!(word)).unwrap(),
                Some("s3cr3t".to_owned()),
                None,
            );
            explain(&RequestTokenError::ServerResponse(error))
        };
        assert_eq!(told("invalid_grant"), UpstreamError::Refused("invalid_grant".to_owned()));
        assert_eq!(told("bad_verification_code"), UpstreamError::Refused("bad_verification_code".to_owned()));
        assert_eq!(told("s3cr3t"), UpstreamError::Refused("an error of its own".to_owned()));
        assert!(matches!(told("temporarily_unavailable"), UpstreamError::Unavailable(_)));
    }
}
