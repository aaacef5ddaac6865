//! What a verified token says.

use serde_json::{Map, Value as Json, json};

use crate::error::TokenError;

/// What a token says of the caller; made by [`verify`](crate::verify), or from what its issuer answers when asked.
///
/// `Debug` shows the names of claims only.
#[derive(Clone, PartialEq)]
pub struct Claims {
    pub(crate) claims: Map<String, Json>,
    pub(crate) subject: String,
    pub(crate) expires_at: i64,
}

impl Claims {
    /// Claims about somebody.
    ///
    /// # Errors
    /// They name nobody.
    pub(crate) fn of(claims: Map<String, Json>, expires_at: i64) -> Result<Self, TokenError> {
        let subject = claims.get("sub").and_then(Json::as_str).filter(|subject| !subject.is_empty());
        let subject = subject.ok_or(TokenError::Malformed("it names no subject"))?.to_owned();
        Ok(Self { claims, subject, expires_at })
    }

    /// The same claims, if they carry all of these scopes.
    ///
    /// # Errors
    /// They lack one.
    pub(crate) fn carrying(self, required: &[String]) -> Result<Self, TokenError> {
        match required.iter().find(|scope| !self.scopes().contains(&scope.as_str())) {
            None => Ok(self),
            Some(missing) => Err(TokenError::MissingScope(missing.clone())),
        }
    }

    /// The issuer's id of the caller, never empty.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When it stops being good, in seconds since 1970; the end of time if its issuer was asked and does not say.
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// All claims, as the issuer wrote them.
    #[must_use]
    pub fn all(&self) -> &Map<String, Json> {
        &self.claims
    }

    /// The scopes it carries: those of `scope`, without it those of `scp`; each a text with blanks, or a list.
    #[must_use]
    pub fn scopes(&self) -> Vec<&str> {
        match self.claims.get("scope").or_else(|| self.claims.get("scp")) {
            Some(Json::String(words)) => words.split_whitespace().collect(),
            Some(Json::Array(words)) => words.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The caller as `mxcp_core::call::Principal::from_user` takes one: `user_id`, `username`, `email`, `name`, `picture`,
    /// `provider` and, as `raw_profile`, all claims. No claim makes capabilities: mappings do.
    #[must_use]
    pub fn user(&self, provider: &str) -> Map<String, Json> {
        let text = |key: &str| self.claims.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
        let email = text("email");
        let username = text("preferred_username")
            .or_else(|| text("username"))
            .or_else(|| email?.split('@').next().filter(|local| !local.is_empty()))
            .unwrap_or(&self.subject);
        let fields = [
            ("user_id", json!(self.subject)),
            ("username", json!(username)),
            ("email", json!(email)),
            ("name", json!(text("name"))),
            ("picture", json!(text("picture"))),
            ("provider", json!(provider)),
            ("raw_profile", Json::Object(self.claims.clone())),
        ];
        fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

impl std::fmt::Debug for Claims {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.claims.keys()).finish()
    }
}
