//! The authenticated caller.

use crate::value::{Object, Value};

/// Who calls, as far as policies, SQL functions and the audit log may know.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The provider's id of the user.
    pub user_id: String,
    /// Login or handle.
    pub username: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// Identity provider: `github`, …; `cli` for `--user-context`, `test` for a test's `user_context`.
    pub provider: String,
    /// What the identity provider says of the user, as it says it.
    pub profile: Object,
    /// What the user may do, from `claim_mappings` or the context given.
    pub capabilities: Vec<String>,
    /// The identity provider's access token.
    pub external_token: Option<Secret>,
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// A user context that can't be a caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalError {
    /// It is no JSON object.
    #[error("user context must be a JSON object")]
    NotAnObject,
    /// A field that must be text is something else.
    #[error("user context field `{0}` must be a string")]
    NotAString(&'static str),
}

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl Principal {
    /// The caller a `--user-context` or a test's `user_context` describes (spec `policies.md` section 3.4).
    ///
    /// `provider` is `cli` or `test`; ids default to `<provider>_user`. A number as id becomes text.
    ///
    /// # Errors
    /// It is no object, or a name or address is no text.
    pub fn from_context(context: Value, provider: &str) -> Result<Self, PrincipalError> {
        let Value::Object(mut profile) = context else { return Err(PrincipalError::NotAnObject) };
        let external_token = match profile.remove("external_token") {
            Some(Value::String(token)) => Some(Secret::new(token)),
            None | Some(Value::Null) => None,
            Some(_) => return Err(PrincipalError::NotAString("external_token")),
        };
        let default = format!("{provider}_user");
        let text = |field: &'static str| match profile.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Int(number)) if field == "user_id" => Ok(Some(number.to_string())),
            Some(_) => Err(PrincipalError::NotAString(field)),
        };
        let capabilities = match profile.get("capabilities") {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Ok(Self {
            user_id: text("user_id")?.unwrap_or_else(|| default.clone()),
            username: text("username")?.unwrap_or(default),
            email: text("email")?,
            name: text("name")?,
            provider: provider.to_owned(),
            capabilities,
            external_token,
            profile,
        })
    }
}
