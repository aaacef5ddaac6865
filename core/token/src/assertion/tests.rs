use jsonwebtoken::EncodingKey;
use serde_json::{Map, Value as Json, json};

use crate::testing::part;
use crate::{
    Asserted, Assertion, AssertionKey, CallDigest, CallKind, ISSUER, LIFETIME, ShortKey, TokenError,
    is_assertion,
};

const NOW: i64 = 1_800_000_000;
const KEY: [u8; 32] = [3; 32];

fn key() -> AssertionKey {
    AssertionKey::new(&KEY).unwrap()
}

fn call(name: &str) -> CallDigest {
    CallDigest::of(CallKind::Tool, name, &Map::new())
}

fn sign(user: Option<&Json>) -> String {
    let user = user.and_then(Json::as_object);
    Assertion { user, audience: "origin", call: call("t"), issued_at: NOW, id: "id-1" }.sign(&key()).unwrap()
}

fn verify(token: &str, now: i64) -> Result<Asserted, TokenError> {
    Assertion::verify(&key(), token, "origin", now, &call("t"))
}

/// An assertion whose claims are changed, with a good signature.
fn changed(changes: Json) -> String {
    let mut claims = json!({
        "iss": ISSUER, "aud": "origin", "iat": NOW, "exp": NOW + LIFETIME, "jti": "id-1",
        "call": call("t").to_hex(), "user": null,
    });
    for (key, value) in changes.as_object().unwrap() {
        claims[key] = value.clone();
    }
    let signed = format!("{}.{}", part(&json!({ "alg": "HS256" })), part(&claims));
    let secret = EncodingKey::from_secret(&KEY);
    let signature =
        jsonwebtoken::crypto::sign(signed.as_bytes(), &secret, jsonwebtoken::Algorithm::HS256).unwrap();
    format!("{signed}.{signature}")
}

#[test]
fn an_assertion_tells_who_calls() {
    let user = json!({ "user_id": "u1", "raw_profile": { "role": "admin" } });
    let token = sign(Some(&user));
    assert!(is_assertion(&token));
    let asserted = verify(&token, NOW).unwrap();
    assert_eq!(asserted.user.map(Json::Object), Some(user));
    assert_eq!((&*asserted.id, asserted.expires_at), ("id-1", NOW + LIFETIME));
    assert_eq!(verify(&sign(None), NOW).unwrap().user, None);
}

#[test]
fn it_is_good_for_one_call_at_one_origin_for_a_minute() {
    let token = sign(None);
    let other_call = Assertion::verify(&key(), &token, "origin", NOW, &call("u"));
    assert_eq!(other_call, Err(TokenError::WrongCall));
    let other_origin = Assertion::verify(&key(), &token, "other", NOW, &call("t"));
    assert_eq!(other_origin, Err(TokenError::WrongAudience));
    let other_key = AssertionKey::new(&[4; 32]).unwrap();
    let found = Assertion::verify(&other_key, &token, "origin", NOW, &call("t"));
    assert_eq!(found, Err(TokenError::BadSignature));
    assert!(verify(&token, NOW + LIFETIME - 1).is_ok());
    assert_eq!(verify(&token, NOW + LIFETIME), Err(TokenError::Expired));
    assert!(verify(&token, NOW - 30).is_ok());
    assert_eq!(verify(&token, NOW - 31), Err(TokenError::NotYetValid));
}

#[test]
fn claims_that_an_edge_would_not_write_are_refused() {
    assert!(verify(&changed(json!({})), NOW).is_ok());
    for changes in [
        json!({ "iss": "https://id.example" }),
        json!({ "aud": ["origin"] }),
        json!({ "exp": NOW + LIFETIME + 1 }),
        json!({ "exp": null }),
        json!({ "iat": null }),
        json!({ "jti": "" }),
        json!({ "jti": "x".repeat(129) }),
        json!({ "jti": 1 }),
        json!({ "call": null }),
        json!({ "call": call("t").to_hex().to_uppercase() }),
        json!({ "user": "u1" }),
        json!({ "user": [] }),
    ] {
        assert!(verify(&changed(changes.clone()), NOW).is_err(), "{changes}");
    }
}

#[test]
fn no_byte_of_it_can_be_changed() {
    let token = sign(Some(&json!({ "user_id": "u1" })));
    for place in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(verify(&changed, NOW).is_err(), "byte {place}, bit {bit}");
        }
    }
}

#[test]
fn another_algorithm_is_refused_whatever_the_signature() {
    for name in ["none", "HS512", "RS256", "ES256"] {
        let token = sign(None);
        let (_, rest) = token.split_once('.').unwrap();
        let token = format!("{}.{rest}", part(&json!({ "alg": name })));
        assert_eq!(verify(&token, NOW), Err(TokenError::WrongAlgorithm), "{name}");
        assert!(!is_assertion(&token));
    }
}

#[test]
fn keys_are_long_and_never_shown() {
    assert_eq!(AssertionKey::new(&[0; 31]).err(), Some(ShortKey));
    assert_eq!(ShortKey.to_string(), "the key must have 32 bytes or more");
    let key = AssertionKey::new(b"a very secret text of 32 letters").unwrap();
    assert_eq!(format!("{key:?}"), "AssertionKey([redacted])");
    let user = json!({ "user_id": "u1", "email": "ada@example.org" });
    let asserted = verify(&sign(Some(&user)), NOW).unwrap();
    assert!(!format!("{asserted:?}").contains("ada@"));
}

#[test]
fn an_assertion_without_a_usable_id_is_not_made() {
    for id in [String::new(), "x".repeat(129)] {
        let assertion = Assertion { user: None, audience: "o", call: call("t"), issued_at: NOW, id: &id };
        assert!(assertion.sign(&key()).is_err());
    }
}
