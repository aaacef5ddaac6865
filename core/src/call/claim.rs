//! What a definition takes from the caller: `from: user.email`.

use std::fmt;

use super::Principal;
use crate::policy;
use crate::value::Value;

/// The name that everything known of the caller goes under.
const ROOT: &str = "user";

/// A part of what is known of the caller, under the names that conditions know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What follows `user.`.
    path: String,
}

/// A text that names no claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// It begins with something else than `user.`.
    #[error("is not known of the caller: claims begin with `user.`")]
    UnknownRoot,
    /// A name in it is empty, or all of it is.
    #[error("names no claim")]
    NoName,
    /// The caller's token is for identity providers only, and must not become an argument, which is recorded.
    #[error("is no claim: code asks for the caller's token itself")]
    Token,
}

impl Claim {
    /// Reads `user.email`, `user.address.country` or `user.https://corp.example/tenant`.
    ///
    /// # Errors
    /// It names no claim.
    pub fn parse(text: &str) -> Result<Self, ClaimError> {
        let path = match text.split_once('.') {
            Some((ROOT, path)) => path,
            _ if text == ROOT => return Err(ClaimError::NoName),
            _ => return Err(ClaimError::UnknownRoot),
        };
        if path.trim() != path || path.split('.').any(str::is_empty) {
            return Err(ClaimError::NoName);
        }
        if path == "external_token" {
            return Err(ClaimError::Token);
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Its name, without `user.`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it is of a caller; none if nothing, or null, is known.
    #[must_use]
    pub fn of(&self, caller: Option<&Principal>) -> Option<Value> {
        policy::known(caller, &self.path)
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{ROOT}.{}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(profile: &str) -> Principal {
        Principal::from_context(Value::parse_json(profile).unwrap(), "test").unwrap()
    }

    fn of(claim: &str, profile: &str) -> Option<String> {
        let found = Claim::parse(claim).unwrap().of(Some(&caller(profile)));
        found.map(|value| value.to_json_text())
    }

    #[test]
    fn claims_have_the_names_that_conditions_know() {
        let profile = r#"{"user_id": "u1", "email": "ada@example.org", "team": {"id": 7}, "a.b": 1,
            "https://corp.example/tenant": "t1", "a": {"b": 2}}"#;
        assert_eq!(of("user.email", profile).as_deref(), Some(r#""ada@example.org""#));
        assert_eq!(of("user.id", profile).as_deref(), Some(r#""u1""#));
        assert_eq!(of("user.provider", profile).as_deref(), Some(r#""test""#));
        assert_eq!(of("user.role", profile).as_deref(), Some(r#""user""#));
        assert_eq!(of("user.team.id", profile).as_deref(), Some("7"));
        assert_eq!(of("user.https://corp.example/tenant", profile).as_deref(), Some(r#""t1""#));
        assert_eq!(of("user.a.b", profile).as_deref(), Some("1"), "a claim of this very name wins");
    }

    #[test]
    fn what_is_unknown_or_null_is_no_claim() {
        assert_eq!(of("user.team.id", r#"{"team": {"name": "x"}}"#), None);
        assert_eq!(of("user.team.id", r#"{"team": [7]}"#), None);
        assert_eq!(of("user.email", r#"{"email": null}"#), None);
        assert_eq!(Claim::parse("user.email").unwrap().of(None), None);
        assert_eq!(Claim::parse("user.role").unwrap().of(None), Some(Value::string("anonymous")));
    }

    #[test]
    fn a_profile_can_not_redefine_who_somebody_is() {
        let user = r#"{"user_id": "u1", "raw_profile": {"user_id": "u2", "id": "u2", "provider": "other"}}"#;
        let user = Principal::from_user(Value::parse_json(user).unwrap()).unwrap();
        for (claim, expected) in [("user.user_id", "u1"), ("user.id", "u1"), ("user.provider", "")] {
            assert_eq!(Claim::parse(claim).unwrap().of(Some(&user)), Some(Value::string(expected)));
        }
    }

    #[test]
    fn other_texts_name_no_claim() {
        assert_eq!(Claim::parse("email"), Err(ClaimError::UnknownRoot));
        assert_eq!(Claim::parse("users.email"), Err(ClaimError::UnknownRoot));
        assert_eq!(Claim::parse("User.email"), Err(ClaimError::UnknownRoot));
        for text in ["user", "user.", "user..a", "user.a.", "user. a", "user.a "] {
            assert_eq!(Claim::parse(text), Err(ClaimError::NoName), "{text}");
        }
        assert_eq!(Claim::parse("user.external_token"), Err(ClaimError::Token));
    }
}
