//! What tokens and answers of an identity provider say of somebody.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value as Json};

/// What is said of somebody.
pub(super) type Claims = Map<String, Json>;

/// The claims of a token that is a JWT; none of any other. Nothing is verified: only for tokens that come from the provider's token
/// endpoint itself, over a connection that proves who answers.
pub(super) fn unverified(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// Claims with others laid over them.
pub(super) fn laid_over(mut claims: Claims, others: Option<Claims>) -> Claims {
    claims.extend(others.unwrap_or_default());
    claims
}

/// A text that is not empty, or a whole number as text, at a path.
pub(super) fn text(claims: &Claims, path: &[&str]) -> Option<String> {
    let (first, rest) = path.split_first()?;
    let found = rest.iter().try_fold(claims.get(*first)?, |value, key| value.get(key))?;
    match found {
        Json::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Json::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(json: Json) -> Claims {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_no_jwt_says_nothing() {
        let token = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(r#"{"a":1}"#));
        assert_eq!(unverified(&token), Some(claims(json!({ "a": 1 }))));
        for token in ["", "opaque", "a.b", "e30.e30.x.y", "e30.!.x", "e30.W10.x"] {
            assert_eq!(unverified(token), None, "{token}");
        }
    }

    #[test]
    fn texts_are_found_at_paths_and_numbers_are_ids() {
        let claims =
            claims(json!({ "id": 7, "half": 0.5, "no": "", "photos": { "picture": "p" }, "list": [] }));
        assert_eq!(text(&claims, &["id"]).as_deref(), Some("7"));
        assert_eq!(text(&claims, &["photos", "picture"]).as_deref(), Some("p"));
        for path in [&["half"][..], &["no"], &["list"], &["photos"], &["id", "x"], &["x", "y"], &[]] {
            assert_eq!(text(&claims, path), None, "{path:?}");
        }
    }
}
