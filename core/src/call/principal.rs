//! The authenticated caller.

use std::hint::black_box;

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

/// A text that is never printed. How long it takes to compare two of the same length tells nothing of them.
#[derive(Clone, Eq)]
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
    /// Nobody says who it is.
    #[error("user context has no `user_id`")]
    Nobody,
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

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (self.0.as_bytes(), other.0.as_bytes());
        let differences = one.iter().zip(other).fold(0, |found, (one, other)| found | (one ^ other));
        // Nobody is to find out that one difference is enough.
        one.len() == other.len() && black_box(differences) == 0
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
    /// It is no object, or an id, name or address is no text; the last two may be null.
    pub fn from_context(context: Value, provider: &str) -> Result<Self, PrincipalError> {
        let Value::Object(mut profile) = context else { return Err(PrincipalError::NotAnObject) };
        let external_token = match profile.remove("external_token") {
            Some(Value::String(token)) => Some(Secret::new(token)),
            None | Some(Value::Null) => None,
            Some(_) => return Err(PrincipalError::NotAString("external_token")),
        };
        let default = format!("{provider}_user");
        let text = |field: &'static str| match profile.get(field) {
            None => Ok(None),
            Some(Value::Null) if matches!(field, "email" | "name") => Ok(None),
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

    /// The user whom an identity provider vouches for: `user_id`, `username`, `email`, `name`, `provider`, `capabilities` and,
    /// under `raw_profile`, everything that the provider says. It is the inverse of [`Principal::to_user`].
    ///
    /// # Errors
    /// It is no object, its id is missing or empty, or a name or address is no text.
    pub fn from_user(user: Value) -> Result<Self, PrincipalError> {
        let Value::Object(mut user) = user else { return Err(PrincipalError::NotAnObject) };
        let mut text = |field: &'static str| match user.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(PrincipalError::NotAString(field)),
        };
        let user_id = text("user_id")?.filter(|id| !id.is_empty()).ok_or(PrincipalError::Nobody)?;
        let username = text("username")?.unwrap_or_else(|| user_id.clone());
        let (email, name) = (text("email")?, text("name")?);
        let provider = text("provider")?.unwrap_or_default();
        let capabilities = match user.remove("capabilities") {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let profile = match user.remove("raw_profile") {
            Some(Value::Object(profile)) => profile,
            _ => Object::new(),
        };
        Ok(Self { user_id, username, email, name, provider, profile, capabilities, external_token: None })
    }

    /// What one host tells another of the user; the token of the identity provider is not part of it.
    #[must_use]
    pub fn to_user(&self) -> Object {
        let optional = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
        let capabilities = self.capabilities.iter().map(Value::string).collect();
        [
            ("user_id", Value::string(&self.user_id)),
            ("username", Value::string(&self.username)),
            ("email", optional(&self.email)),
            ("name", optional(&self.name)),
            ("provider", Value::string(&self.provider)),
            ("capabilities", Value::Array(capabilities)),
            ("raw_profile", Value::Object(self.profile.clone())),
        ]
        .into_iter()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> Result<Principal, PrincipalError> {
        Principal::from_user(Value::parse_json(text).unwrap())
    }

    #[test]
    fn secrets_are_the_same_if_all_of_them_is() {
        let same = |one: &str, other: &str| Secret::new(one) == Secret::new(other);
        assert!(same("", "") && same("secret", "secret"));
        for other in ["", "s", "secre", "secrets", "Secret", "secreT", "secrez", "terces"] {
            assert!(!same("secret", other) && !same(other, "secret"), "{other}");
        }
    }

    #[test]
    fn a_user_is_the_same_on_the_other_host() {
        let text = r#"{"user_id":"u1","username":"ada","email":null,"name":"Ada","provider":"oidc","capabilities":["a"],"raw_profile":{"role":"admin","capabilities":["root"],"external_token":"x"}}"#;
        let user = user(text).unwrap();
        assert_eq!(Value::Object(user.to_user()).to_json_text(), text);
        // What the provider claims is no capability and no token.
        assert_eq!(user.capabilities, ["a"]);
        assert!(user.external_token.is_none());
        assert!(user.profile.contains_key("role"));
    }

    #[test]
    fn a_context_may_say_nothing_of_who_it_is_but_not_null() {
        let context = |text: &str| Principal::from_context(Value::parse_json(text).unwrap(), "cli");
        assert_eq!(context("{}").unwrap().user_id, "cli_user");
        assert_eq!(context(r#"{"user_id":5}"#).unwrap().user_id, "5");
        assert_eq!(context(r#"{"email":null,"name":null}"#).unwrap().email, None);
        for field in ["user_id", "username"] {
            let error = context(&format!(r#"{{"{field}":null}}"#)).unwrap_err();
            assert_eq!(error, PrincipalError::NotAString(field));
        }
    }

    #[test]
    fn a_user_has_an_id_and_names_are_text() {
        let error = |text| user(text).unwrap_err();
        assert_eq!(error("{}"), PrincipalError::Nobody);
        assert_eq!(error(r#"{"user_id":""}"#), PrincipalError::Nobody);
        assert_eq!(error(r#"{"user_id":5}"#), PrincipalError::NotAString("user_id"));
        assert_eq!(error(r#"{"user_id":"a","email":[]}"#), PrincipalError::NotAString("email"));
        assert_eq!(error("[]"), PrincipalError::NotAnObject);
        assert_eq!(user(r#"{"user_id":"a"}"#).unwrap().username, "a");
    }
}
