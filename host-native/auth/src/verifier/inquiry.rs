//! Asking the identity provider about tokens that say nothing themselves.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mxcp_core::call::Secret;
use mxcp_server::Refusal;
use mxcp_token::{Claims, Expectations, TokenError};

use crate::http::{Answer, Client, HttpError};
use crate::publisher::Published;

/// How long the provider is left alone after it did not answer, or refused this server.
const BETWEEN_FAILURES: Duration = Duration::from_secs(5);

/// Asks about tokens.
#[derive(Debug)]
pub(super) struct Inquiry {
    http: Client,
    client_id: String,
    client_secret: Secret,
    userinfo: Userinfo,
    /// Last time that asking was in vain whatever the token, and what was wrong.
    failed: Mutex<Option<(Instant, String)>>,
}

/// Whether the provider is asked whose a token is, where it does not say what tokens are worth. Its answer holds for tokens that
/// it gave to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Userinfo {
    /// It is.
    Ask,
    /// It is not.
    Never,
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Question {
    Introspection,
    Userinfo,
}

impl Inquiry {
    /// Asks as the client that this server is at the provider.
    pub(super) fn new(http: Client, client_id: &str, client_secret: Secret, userinfo: Userinfo) -> Self {
        Self { http, client_id: client_id.to_owned(), client_secret, userinfo, failed: Mutex::default() }
    }

    /// What the provider says of a token.
    ///
    /// # Errors
    /// The token is not good, or the provider can't be asked.
    pub(super) async fn ask(
        &self,
        token: &Secret,
        known: &Published,
        expected: &Expectations,
        now: i64,
    ) -> Result<Claims, Refusal> {
        self.spared()?;
        let (question, answer) = match (&known.introspection, &known.userinfo, self.userinfo) {
            (Some(endpoint), ..) => {
                let fields = [
                    ("token", token.reveal()),
                    ("token_type_hint", "access_token"),
                    ("client_id", self.client_id.as_str()),
                    ("client_secret", self.client_secret.reveal()),
                ];
                (Question::Introspection, self.http.post(endpoint, &fields).await)
            }
            (None, Some(endpoint), Userinfo::Ask) => {
                (Question::Userinfo, self.http.get(endpoint, Some(token)).await)
            }
            _ => {
                let reason = "the token is no JWT, and the identity provider can't be asked about it";
                return Err(Refusal::Unauthenticated(reason.to_owned()));
            }
        };
        let answer = self.judge(question, answer)?;
        let object = answer
            .object()
            .ok_or_else(|| Refusal::Unavailable(format!("the {} is no JSON object", question.answer())))?;
        let claims = match question {
            Question::Introspection => mxcp_token::introspected(object, expected, now),
            Question::Userinfo => mxcp_token::userinfo(object, &expected.required_scopes),
        };
        claims.map_err(|error| match error {
            TokenError::MissingScope(scope) => Refusal::InsufficientScope(scope),
            error => Refusal::Unauthenticated(error.to_string()),
        })
    }

    /// An answer that is about the token.
    fn judge(&self, question: Question, answer: Result<Answer, HttpError>) -> Result<Answer, Refusal> {
        let what = question.answer();
        let answer = match answer {
            Ok(answer) => answer,
            Err(error @ HttpError::Unsendable) => {
                return Err(Refusal::Unauthenticated(format!("can't ask for the {what}: {error}")));
            }
            Err(error) => {
                let reason = format!("can't get the {what}: {error}");
                if error != HttpError::Busy {
                    self.spare(&reason);
                }
                return Err(Refusal::Unavailable(reason));
            }
        };
        match (answer.status.as_u16(), question) {
            (200, _) => Ok(answer),
            (401 | 403, Question::Introspection) => {
                let reason = "the identity provider refuses `auth.oidc.client_id` and `client_secret`";
                self.spare(reason);
                Err(Refusal::Unavailable(reason.to_owned()))
            }
            (status @ (408 | 429 | 500..), _) => {
                Err(Refusal::Unavailable(format!("can't get the {what}: status {status}")))
            }
            (status, _) => Err(Refusal::Unauthenticated(format!("the {what} has the status {status}"))),
        }
    }

    /// Leaves the provider alone for a while.
    fn spare(&self, reason: &str) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed = Some((Instant::now(), reason.to_owned()));
    }

    fn spared(&self) -> Result<(), Refusal> {
        match &*self.failed.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((failed, reason)) if failed.elapsed() < BETWEEN_FAILURES => {
                Err(Refusal::Unavailable(reason.clone()))
            }
            _ => Ok(()),
        }
    }
}

impl Question {
    fn answer(self) -> &'static str {
        match self {
            Self::Introspection => "introspection of the token",
            Self::Userinfo => "userinfo of the token",
        }
    }
}
