//! What an issuer answers when it is asked about a token that says nothing itself.

use serde_json::{Map, Value as Json};

use crate::claims::Claims;
use crate::error::TokenError;
use crate::expectations::Expectations;
use crate::verify::{is_for, within_time};

/// What an introspection endpoint says of a token (RFC 7662), if it is what is expected. `now` is in seconds since 1970.
///
/// The answer may leave out who issued the token, since it is the issuer who answers; it may not leave out whom the token is
/// for, where that is expected. Algorithms play no part.
///
/// # Errors
/// The token is not active, or is not what is expected.
pub fn introspected(
    answer: Map<String, Json>,
    expected: &Expectations,
    now: i64,
) -> Result<Claims, TokenError> {
    if answer.get("active") != Some(&Json::Bool(true)) {
        return Err(TokenError::Inactive);
    }
    let expires_at = within_time(&answer, expected.leeway, now)?;
    if answer.get("iss").is_some_and(|issuer| issuer.as_str() != Some(&expected.issuer)) {
        return Err(TokenError::WrongIssuer);
    }
    if !is_for(answer.get("aud"), &expected.audiences) {
        return Err(TokenError::WrongAudience);
    }
    Claims::of(answer, expires_at.unwrap_or(i64::MAX))?.carrying(&expected.required_scopes)
}

/// What a userinfo endpoint says of whose token it is (OpenID Connect Core section 5.3). It does not say whom the token is for,
/// nor what it may be used for: `required_scopes` that are not in the answer are missing.
///
/// # Errors
/// It names nobody, or a scope is missing.
pub fn userinfo(answer: Map<String, Json>, required_scopes: &[String]) -> Result<Claims, TokenError> {
    Claims::of(answer, i64::MAX)?.carrying(required_scopes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_000_000;

    fn expected() -> Expectations {
        Expectations::new("https://id.example", "mxcp")
    }

    /// An answer that is good, with changes; null takes a claim away.
    fn answer(changes: &Json) -> Map<String, Json> {
        let mut answer = json!({ "active": true, "sub": "u1", "aud": "mxcp", "exp": NOW + 60 });
        for (key, value) in changes.as_object().unwrap() {
            answer[key] = value.clone();
        }
        let answer = answer.as_object().unwrap().clone();
        answer.into_iter().filter(|(_, value)| !value.is_null()).collect()
    }

    fn asked(changes: &Json) -> Result<Claims, TokenError> {
        introspected(answer(changes), &expected(), NOW)
    }

    #[test]
    fn an_active_token_is_its_subjects() {
        let claims = asked(&json!({ "iss": "https://id.example", "scope": "a b" })).unwrap();
        assert_eq!((claims.subject(), claims.expires_at()), ("u1", NOW + 60));
        assert_eq!(claims.scopes(), ["a", "b"]);
        assert_eq!(asked(&json!({ "exp": null })).unwrap().expires_at(), i64::MAX);
        assert_eq!(asked(&json!({ "exp": (NOW + 5).to_string() })).unwrap().expires_at(), NOW + 5);
    }

    #[test]
    fn only_true_is_active() {
        for active in [json!(false), json!("true"), json!(1), json!(null)] {
            assert_eq!(asked(&json!({ "active": active })), Err(TokenError::Inactive));
        }
    }

    #[test]
    fn times_issuer_and_audience_count_as_in_signed_tokens() {
        let cases = [
            (json!({ "exp": NOW }), TokenError::Expired),
            (json!({ "exp": NOW.to_string() }), TokenError::Expired),
            (json!({ "nbf": NOW + 1 }), TokenError::NotYetValid),
            (json!({ "iss": "https://id.example/" }), TokenError::WrongIssuer),
            (json!({ "iss": 5 }), TokenError::WrongIssuer),
            (json!({ "aud": "other" }), TokenError::WrongAudience),
            (json!({ "aud": null }), TokenError::WrongAudience),
            (json!({ "sub": "" }), TokenError::Malformed("it names no subject")),
            (json!({ "exp": "soon" }), TokenError::Malformed("a time in it is none")),
        ];
        for (changes, error) in cases {
            assert_eq!(asked(&changes), Err(error), "{changes}");
        }
        assert!(asked(&json!({ "aud": ["x", "mxcp"] })).is_ok());
    }

    #[test]
    fn no_scope_is_carried_that_is_not_named() {
        let expected = Expectations { required_scopes: vec!["a".to_owned()], ..expected() };
        let missing = TokenError::MissingScope("a".to_owned());
        assert_eq!(introspected(answer(&json!({})), &expected, NOW), Err(missing.clone()));
        assert!(introspected(answer(&json!({ "scp": ["a"] })), &expected, NOW).is_ok());
        assert_eq!(userinfo(answer(&json!({})), &expected.required_scopes), Err(missing));
        assert_eq!(userinfo(answer(&json!({})), &[]).unwrap().subject(), "u1");
    }
}
