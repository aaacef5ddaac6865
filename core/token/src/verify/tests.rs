use serde_json::{Value as Json, json};

use crate::testing::{Signer, part, set};
use crate::{Algorithm, Audiences, Claims, Expectations, Jwks, JwksError, TokenError, verify};

const NOW: i64 = 1_800_000_000;

fn signer() -> Signer {
    Signer::es256("k1", 7)
}

fn keys() -> Jwks {
    set(&[signer().jwk()])
}

fn expected() -> Expectations {
    Expectations::new("https://id.example", "https://mcp.example/mcp")
}

fn claims() -> Json {
    json!({
        "iss": "https://id.example", "aud": "https://mcp.example/mcp", "sub": "u1", "exp": NOW + 60, "iat": NOW,
        "email": "ada@example.org", "name": "Ada", "role": "admin", "scope": "read write",
    })
}

/// The claims with some of them replaced; null takes one away.
fn with(changes: Json) -> Json {
    let mut claims = claims();
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(key);
        } else {
            claims[key] = value.clone();
        }
    }
    claims
}

fn check(claims: &Json) -> Result<Claims, TokenError> {
    verify(&signer().sign(claims), &keys(), &expected(), NOW)
}

#[test]
fn a_good_token_is_taken_and_its_claims_are_the_user() {
    let claims = check(&claims()).unwrap();
    assert_eq!((claims.subject(), claims.expires_at()), ("u1", NOW + 60));
    let user = claims.user("oidc");
    let user = Json::Object(user);
    assert_eq!(user["user_id"], "u1");
    assert_eq!(user["username"], "ada");
    assert_eq!(user["email"], "ada@example.org");
    assert_eq!(user["name"], "Ada");
    assert_eq!(user["picture"], Json::Null);
    assert_eq!(user["provider"], "oidc");
    assert_eq!(user["raw_profile"]["role"], "admin");
    assert!(!format!("{claims:?}").contains("ada@"));
}

#[test]
fn every_algorithm_verifies_what_it_signed() {
    use jsonwebtoken::Algorithm as Library;
    let signers = [Signer::es256("k", 1), Signer::es384("k"), Signer::ed25519("k")];
    let rsa =
        [Library::RS256, Library::RS384, Library::RS512, Library::PS256, Library::PS384, Library::PS512];
    for signer in signers.into_iter().chain(rsa.map(|algorithm| Signer::rsa("k", algorithm))) {
        let token = signer.sign(&claims());
        let found = verify(&token, &set(&[signer.jwk()]), &expected(), NOW);
        assert!(found.is_ok(), "{} {found:?}", signer.jwk());
        // The same key without a say in the algorithm, and with a say for another.
        let mut key = signer.jwk();
        key.as_object_mut().unwrap().remove("alg");
        assert!(verify(&token, &set(&[key.clone()]), &expected(), NOW).is_ok());
        for other in ["ES512", "HS256", "none", "RSA-OAEP"] {
            key["alg"] = json!(other);
            let found = verify(&token, &set(&[key.clone()]), &expected(), NOW);
            assert_eq!(found, Err(TokenError::WrongAlgorithm), "{other}");
        }
    }
}

#[test]
fn no_byte_of_a_token_can_be_changed() {
    let token = signer().sign(&claims());
    let (keys, expected) = (keys(), expected());
    // Verifying a signature takes its time: some bytes of each part are enough, and all of the last ones.
    let places = (0..token.len()).filter(|place| place % 7 == 0 || place + 8 > token.len());
    for place in places {
        for bit in [0, 1, 4] {
            let mut bytes = token.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(verify(&changed, &keys, &expected, NOW).is_err(), "byte {place}, bit {bit}");
        }
    }
}

#[test]
fn shared_keys_and_no_signature_are_no_way_around() {
    let public = signer().jwk();
    let headers = ["none", "None", "HS256", "HS384", "HS512", "ES512", "es256", ""];
    for name in headers {
        let header = json!({ "alg": name, "kid": "k1" });
        for signature in ["AA", public["x"].as_str().unwrap()] {
            let token = format!("{}.{}.{signature}", part(&header), part(&claims()));
            assert_eq!(verify(&token, &keys(), &expected(), NOW), Err(TokenError::WrongAlgorithm), "{name}");
        }
        let unsigned = format!("{}.{}.", part(&header), part(&claims()));
        assert!(verify(&unsigned, &keys(), &expected(), NOW).is_err());
    }
    // Signed with the public key as if it was shared, which is what a confused verifier would take.
    let secret = jsonwebtoken::EncodingKey::from_secret(public["x"].as_str().unwrap().as_bytes());
    let signed = format!("{}.{}", part(&json!({ "alg": "HS256", "kid": "k1" })), part(&claims()));
    let signature =
        jsonwebtoken::crypto::sign(signed.as_bytes(), &secret, jsonwebtoken::Algorithm::HS256).unwrap();
    let found = verify(&format!("{signed}.{signature}"), &keys(), &expected(), NOW);
    assert_eq!(found, Err(TokenError::WrongAlgorithm));
}

#[test]
fn a_key_is_used_for_its_own_kind_only() {
    let token = signer().sign_with(&json!({ "alg": "RS256", "kid": "k1" }), &claims());
    assert_eq!(verify(&token, &keys(), &expected(), NOW), Err(TokenError::WrongAlgorithm));
    let token = signer().sign_with(&json!({ "alg": "EdDSA", "kid": "k1" }), &claims());
    assert_eq!(verify(&token, &keys(), &expected(), NOW), Err(TokenError::WrongAlgorithm));
    let narrow = Expectations { algorithms: vec![Algorithm::Rs256], ..expected() };
    let token = signer().sign(&claims());
    assert_eq!(verify(&token, &keys(), &narrow, NOW), Err(TokenError::WrongAlgorithm));
}

#[test]
fn a_key_or_an_address_in_the_token_itself_is_not_looked_at() {
    let stranger = Signer::es256("k1", 9);
    let address = "https://evil.example/keys";
    for (key, value) in
        [("jwk", stranger.jwk()), ("jku", json!(address)), ("x5u", json!(address)), ("x5c", json!(["MIIB"]))]
    {
        let header = json!({ "alg": "ES256", "kid": "k1", key: value });
        let token = stranger.sign_with(&header, &claims());
        assert_eq!(verify(&token, &keys(), &expected(), NOW), Err(TokenError::BadSignature), "{key}");
    }
}

#[test]
fn the_name_of_a_key_is_compared_and_means_nothing_else() {
    let injected = [
        "",
        "K1",
        " k1",
        "k1\0",
        "k1\nx",
        "../k1",
        "/dev/null",
        "k1' OR '1'='1",
        "k1; cat /etc/passwd",
        "https://evil.example/keys#k1",
    ];
    for name in injected {
        let token = signer().sign_with(&json!({ "alg": "ES256", "kid": name }), &claims());
        assert_eq!(verify(&token, &keys(), &expected(), NOW), Err(TokenError::UnknownKey), "{name}");
    }
    for name in [json!(1), json!(null), json!(["k1"]), json!({ "kid": "k1" })] {
        let token = signer().sign_with(&json!({ "alg": "ES256", "kid": name }), &claims());
        let malformed = TokenError::Malformed("its header has a value of a wrong type");
        assert_eq!(verify(&token, &keys(), &expected(), NOW), Err(malformed), "{name}");
    }
}

#[test]
fn keys_that_are_not_for_verifying_are_not_there() {
    let changed = |key: &str, value: Json| {
        let mut jwk = signer().jwk();
        jwk.as_object_mut().unwrap().remove("use");
        jwk[key] = value;
        set(&[jwk]).len()
    };
    assert_eq!(changed("use", json!("enc")), 0);
    assert_eq!(changed("use", json!(1)), 0);
    assert_eq!(changed("key_ops", json!(["encrypt"])), 0);
    assert_eq!(changed("key_ops", json!("verify")), 0);
    assert_eq!(changed("key_ops", json!(["sign", "verify"])), 1);
    assert_eq!(changed("kty", json!("RSA")), 0);
    assert_eq!(changed("crv", json!("P-521")), 0);
    assert_eq!(changed("crv", json!("P-384")), 0);
    assert_eq!(changed("x", json!("AAAA")), 0);
    assert_eq!(changed("y", json!("not base64!")), 0);
    // Of 1024 bits.
    let weak = json!({ "kty": "RSA", "e": "AQAB", "n": "A".repeat(171) });
    assert_eq!(set(&[weak, json!(1), json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" })]).len(), 0);
}

#[test]
fn a_set_of_keys_must_be_one_and_public() {
    for text in ["", "[]", "{}", r#"{"keys": {}}"#, r#"{"keys": null}"#] {
        assert_eq!(Jwks::parse(text).err(), Some(JwksError::NotASet), "{text}");
    }
    for key in [json!({ "kty": "EC", "d": "AA" }), json!({ "kty": "oct", "k": "AA" })] {
        let text = json!({ "keys": [signer().jwk(), key] }).to_string();
        assert_eq!(Jwks::parse(&text).err(), Some(JwksError::Private));
    }
    assert_eq!(Jwks::parse(&" ".repeat(600_000)).err(), Some(JwksError::TooLong));
    assert!(set(&[]).is_empty());
}

#[test]
fn the_key_is_the_one_that_is_named_or_the_only_one_it_could_be() {
    let (one, other) = (Signer::es256("k1", 1), Signer::es256("k2", 2));
    let both = set(&[one.jwk(), other.jwk()]);
    assert!(verify(&other.sign(&claims()), &both, &expected(), NOW).is_ok());
    let unknown = verify(&Signer::es256("k3", 1).sign(&claims()), &both, &expected(), NOW).unwrap_err();
    assert_eq!(unknown, TokenError::UnknownKey);
    assert!(unknown.asks_for_fresh_keys());
    let mixed = verify(&Signer::es256("k2", 1).sign(&claims()), &both, &expected(), NOW);
    assert_eq!(mixed, Err(TokenError::BadSignature));
    let unnamed = one.sign_with(&json!({ "alg": "ES256" }), &claims());
    assert_eq!(verify(&unnamed, &both, &expected(), NOW), Err(TokenError::UnknownKey));
    assert!(verify(&unnamed, &set(&[one.jwk(), Signer::ed25519("k2").jwk()]), &expected(), NOW).is_ok());
}

#[test]
fn times_are_checked_to_the_second() {
    let at = |now| verify(&signer().sign(&claims()), &keys(), &expected(), now).err();
    assert_eq!(at(NOW), None);
    assert_eq!(at(NOW + 59), None);
    assert_eq!(at(NOW + 60), Some(TokenError::Expired));
    assert_eq!(at(NOW - 1), Some(TokenError::NotYetValid));
    assert_eq!(check(&with(json!({ "nbf": NOW + 1 }))).err(), Some(TokenError::NotYetValid));
    assert_eq!(check(&with(json!({ "nbf": NOW }))).err(), None);
    let lenient = Expectations { leeway: 5, ..expected() };
    let at = |now| verify(&signer().sign(&claims()), &keys(), &lenient, now).err();
    assert_eq!((at(NOW + 64), at(NOW - 5)), (None, None));
    assert_eq!((at(NOW + 65), at(NOW - 6)), (Some(TokenError::Expired), Some(TokenError::NotYetValid)));
}

#[test]
fn times_may_be_text_and_must_be_times() {
    assert!(check(&with(json!({ "exp": (NOW + 1).to_string(), "iat": null }))).is_ok());
    assert!(check(&with(json!({ "exp": format!("{}.5", NOW + 1) }))).is_ok());
    assert_eq!(check(&with(json!({ "exp": NOW.to_string() }))).err(), Some(TokenError::Expired));
    let huge: Json = serde_json::from_str("1e400").unwrap();
    for wrong in
        [json!("soon"), json!("inf"), json!("NaN"), json!(-1), json!(true), json!([NOW]), huge, json!(1e18)]
    {
        let found = check(&with(json!({ "exp": wrong }))).err();
        assert!(matches!(found, Some(TokenError::Malformed(_))), "{wrong} {found:?}");
    }
    let absent = check(&with(json!({ "exp": null }))).err();
    assert!(matches!(absent, Some(TokenError::Malformed(_))), "{absent:?}");
}

#[test]
fn issuer_and_audience_are_compared_exactly() {
    for issuer in [json!(null), json!("https://id.example/"), json!(["https://id.example"]), json!("")] {
        let found = check(&with(json!({ "iss": issuer }))).err();
        assert_eq!(found, Some(TokenError::WrongIssuer), "{issuer}");
    }
    let audience = "https://mcp.example/mcp";
    assert!(check(&with(json!({ "aud": ["x", audience] }))).is_ok());
    for other in [json!(null), json!("x"), json!([]), json!([[audience]]), json!({ audience: 1 })] {
        let found = check(&with(json!({ "aud": other }))).err();
        assert_eq!(found, Some(TokenError::WrongAudience), "{other}");
    }
    let token = signer().sign(&with(json!({ "aud": null })));
    let any = Expectations { audiences: Audiences::Any, ..expected() };
    assert!(verify(&token, &keys(), &any, NOW).is_ok());
    let none = Expectations { audiences: Audiences::OneOf(Vec::new()), ..expected() };
    assert_eq!(verify(&signer().sign(&claims()), &keys(), &none, NOW), Err(TokenError::WrongAudience));
}

#[test]
fn scopes_come_in_four_ways_and_absent_ones_are_none() {
    let asking = Expectations { required_scopes: vec!["read".into(), "write".into()], ..expected() };
    let found = |scopes: Json| {
        let mut changes = json!({ "scope": null });
        changes.as_object_mut().unwrap().extend(scopes.as_object().unwrap().clone());
        verify(&signer().sign(&with(changes)), &keys(), &asking, NOW).err()
    };
    assert_eq!(found(json!({ "scope": "write read" })), None);
    assert_eq!(found(json!({ "scope": ["read", "write"] })), None);
    assert_eq!(found(json!({ "scp": "read write" })), None);
    assert_eq!(found(json!({ "scp": ["read", "write", 1] })), None);
    assert_eq!(found(json!({ "scope": "read" })), Some(TokenError::MissingScope("write".into())));
    for none in [
        json!({}),
        json!({ "scope": "readwrite" }),
        json!({ "scope": 1 }),
        json!({ "scope": ["read write"] }),
    ] {
        let error = found(none.clone()).unwrap();
        assert_eq!(error, TokenError::MissingScope("read".into()), "{none}");
        assert_eq!((error.code(), &*error.description()), ("insufficient_scope", "Required scope: read"));
    }
}

#[test]
fn a_subject_is_a_text_that_is_not_empty() {
    for subject in [json!(null), json!(""), json!(7), json!(["u1"])] {
        let found = check(&with(json!({ "sub": subject }))).err();
        assert!(matches!(found, Some(TokenError::Malformed(_))), "{subject} {found:?}");
    }
}

#[test]
fn names_are_found_in_the_order_of_the_specification() {
    let username = |changes: Json| check(&with(changes)).unwrap().user("p")["username"].clone();
    assert_eq!(username(json!({ "preferred_username": "a", "username": "b" })), "a");
    assert_eq!(username(json!({ "username": "b" })), "b");
    assert_eq!(username(json!({ "preferred_username": 5, "email": "c@d" })), "c");
    assert_eq!(username(json!({ "email": null })), "u1");
    assert_eq!(username(json!({ "email": "@d" })), "u1");
}

#[test]
fn what_is_no_access_token_is_malformed() {
    let good = signer().sign(&claims());
    let header = |header: Json| signer().sign_with(&header, &claims());
    let tokens = [
        String::new(),
        "abc".into(),
        "a.b".into(),
        "..".into(),
        format!("{good}.x"),
        format!("{good}="),
        header(json!({ "kid": "k1" })),
        header(json!({ "alg": 1, "kid": "k1" })),
        header(json!({ "alg": "ES256", "kid": 1 })),
        header(json!({ "alg": "ES256", "kid": "k1", "crit": ["b64"], "b64": false })),
        header(json!({ "alg": "ES256", "kid": "k1", "typ": "logout+jwt" })),
        header(json!([])),
        signer().sign(&json!([])),
        signer().sign(&with(json!({ "long": "x".repeat(crate::MOST_BYTES) }))),
    ];
    for token in &tokens {
        let found = verify(token, &keys(), &expected(), NOW).err();
        let fine = matches!(found, Some(TokenError::Malformed(_) | TokenError::BadSignature));
        assert!(fine, "{found:?} {}", token.get(..40).unwrap_or(token));
    }
    for kind in ["at+jwt", "application/at+jwt", "jwt"] {
        let token = header(json!({ "alg": "ES256", "kid": "k1", "typ": kind }));
        assert!(verify(&token, &keys(), &expected(), NOW).is_ok(), "{kind}");
    }
}

#[test]
fn what_callers_are_told_of_a_bad_token_is_always_the_same() {
    for error in
        [TokenError::Expired, TokenError::BadSignature, TokenError::UnknownKey, TokenError::WrongAudience]
    {
        assert_eq!((error.code(), &*error.description()), ("invalid_token", "Authentication required"));
    }
}
