//! Tokens of a provider on this machine.

use mxcp_test_support::provider::{CLIENT_ID, CLIENT_SECRET, Kind, Provider};
use serde_json::json;

use super::*;

/// A verifier for a provider; `more` are further settings of `auth.oidc`.
fn verifier(provider: &Provider, more: &Json) -> Verifier {
    let mut oidc = json!({
        "config_url": provider.config_url(), "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
        "scope": "openid", "audience": "mxcp",
    });
    for (key, value) in more.as_object().unwrap() {
        oidc[key] = value.clone();
    }
    let scopes = oidc.as_object_mut().unwrap().remove("required_scopes");
    let auth = json!({
        "provider": "oidc", "mode": "verifier", "oidc": oidc, "authorization": { "required_scopes": scopes },
    });
    Verifier::new(&serde_json::from_value(auth).unwrap(), &Trust::default()).unwrap()
}

fn questions(provider: &Provider) -> usize {
    provider.requests_to("/introspect").len()
}

fn unauthenticated(outcome: Result<Arc<Principal>, Refusal>) -> String {
    match outcome {
        Err(Refusal::Unauthenticated(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

fn unavailable(outcome: Result<Arc<Principal>, Refusal>) -> String {
    match outcome {
        Err(Refusal::Unavailable(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_provider_is_asked_about_tokens_that_say_nothing() {
    let provider = Provider::start().unwrap();
    let verifier = verifier(&provider, &json!({ "claim_mappings": { "roles": { "writer": ["write"] } } }));
    let said = json!({ "username": "ada", "email": "a@example.org", "roles": ["writer"], "scope": "a b" });
    let token = provider.opaque("u1", &said).unwrap();
    let principal = verifier.verify(&token, "").await.unwrap();
    assert_eq!((principal.user_id.as_str(), principal.username.as_str()), ("u1", "ada"));
    assert_eq!(
        (principal.provider.as_str(), &principal.capabilities[..]),
        ("oidc", &["write".to_owned()][..])
    );
    assert_eq!(principal.external_token, Some(Secret::new(&token)));
    let question = provider.requests_to("/introspect").remove(0);
    let sent: Vec<_> = question.form.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(
        sent,
        [
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
            ("token", token.as_str()),
            ("token_type_hint", "access_token"),
        ]
    );
    assert_eq!((question.method.as_str(), question.headers.get("authorization")), ("POST", None));
}

#[tokio::test]
async fn its_answer_holds_for_a_minute_and_not_beyond_the_end_of_the_token() {
    let provider = Provider::start().unwrap();
    let verifier = verifier(&provider, &json!({}));
    let now = now();
    let long = provider.opaque("u1", &json!({})).unwrap();
    for (second, asked) in [(0, 1), (59, 1), (60, 2)] {
        verifier.verify_at(&long, now + second).await.unwrap();
        assert_eq!(questions(&provider), asked, "{second}");
    }
    // What was taken back is known for as long as the answer holds.
    provider.revoke(&long);
    assert!(verifier.verify_at(&long, now + 119).await.is_ok());
    assert_eq!(unauthenticated(verifier.verify_at(&long, now + 120).await), "the token is not active");
    let short = provider.opaque("u1", &json!({ "exp": (now + 10).to_string() })).unwrap();
    assert!(verifier.verify_at(&short, now).await.is_ok());
    assert_eq!(unauthenticated(verifier.verify_at(&short, now + 10).await), "the token has expired");
}

#[tokio::test]
async fn a_refused_token_is_not_asked_about_again_for_a_moment() {
    let provider = Provider::start().unwrap();
    let verifier = verifier(&provider, &json!({}));
    let now = now();
    for (second, asked) in [(0, 1), (4, 1), (5, 2)] {
        assert_eq!(
            unauthenticated(verifier.verify_at("made-up", now + second).await),
            "the token is not active"
        );
        assert_eq!(questions(&provider), asked, "{second}");
    }
}

#[tokio::test]
async fn many_who_bring_one_token_ask_once() {
    let provider = Provider::start().unwrap();
    provider.set(|knobs| knobs.delay = Some(std::time::Duration::from_millis(50)));
    let verifier = verifier(&provider, &json!({}));
    let token = provider.opaque("u1", &json!({})).unwrap();
    let calls = [(); 20].map(|()| {
        let (verifier, token) = (Verifier(Arc::clone(&verifier.0)), token.clone());
        tokio::spawn(async move { verifier.verify(&token, "").await.is_ok() })
    });
    for call in calls {
        assert!(call.await.unwrap());
    }
    assert_eq!(questions(&provider), 1);
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn a_jwt_that_fails_is_not_tried_elsewhere() {
    let provider = Provider::start().unwrap();
    let verifier = verifier(&provider, &json!({ "userinfo_fallback": true }));
    let tokens = [
        provider.token("u1", &json!({ "aud": "other" })).unwrap(),
        provider.token("u1", &json!({ "exp": 1 })).unwrap(),
        provider.forged("u1", "made-up").unwrap(),
        provider.forged("u1", "key-1").unwrap(),
        "a.b.c".to_owned(),
        // Without a signature, and signed with the public key as if it was shared.
        "eyJhbGciOiJub25lIn0.e30.".to_owned(),
        "eyJhbGciOiJIUzI1NiIsImtpZCI6ImtleS0xIn0.e30.AAAA".to_owned(),
    ];
    for token in tokens {
        unauthenticated(verifier.verify(&token, "").await);
    }
    assert_eq!(questions(&provider), 0);
    assert!(provider.requests_to("/userinfo").is_empty());
}

#[tokio::test]
async fn a_verified_token_is_known_again_until_its_end_and_until_the_keys_change() {
    let provider = Provider::start().unwrap();
    let verifier = verifier(&provider, &json!({}));
    let now = now();
    let token = provider.token("u1", &json!({ "exp": now + 100 })).unwrap();
    let first = verifier.verify_at(&token, now).await.unwrap();
    assert!(Arc::ptr_eq(&first, &verifier.verify_at(&token, now + 99).await.unwrap()));
    assert_eq!(unauthenticated(verifier.verify_at(&token, now + 100).await), "the token has expired");
    // One byte more or less is another token.
    unauthenticated(verifier.verify_at(&format!("{token}A"), now).await);
    provider.rotate();
    assert!(Arc::ptr_eq(&first, &verifier.verify_at(&token, now).await.unwrap()));
    let new = provider.token("u1", &json!({})).unwrap();
    assert!(verifier.verify_at(&new, now).await.is_ok());
    let reason = unauthenticated(verifier.verify_at(&token, now).await);
    assert_eq!(reason, "the token is signed with an unknown key");
}

#[tokio::test]
async fn a_made_up_key_does_not_lock_out_those_whose_key_is_new() {
    let provider = Provider::start().unwrap();
    let verifier = verifier(&provider, &json!({}));
    unauthenticated(verifier.verify(&provider.forged("u1", "made-up").unwrap(), "").await);
    provider.rotate();
    assert!(verifier.verify(&provider.token("u1", &json!({})).unwrap(), "").await.is_ok());
    let asked = provider.asked();
    for key in ["made-up-2", "made-up-3", "made-up-4"] {
        unauthenticated(verifier.verify(&provider.forged("u1", key).unwrap(), "").await);
    }
    assert_eq!(provider.asked(), asked);
}

#[tokio::test]
async fn clocks_may_differ_only_as_the_operator_says() {
    let provider = Provider::start().unwrap();
    let (strict, lenient) =
        (verifier(&provider, &json!({})), verifier(&provider, &json!({ "clock_leeway": 30 })));
    let now = now();
    let over = provider.token("u1", &json!({ "exp": now })).unwrap();
    let early = provider.token("u1", &json!({ "nbf": now + 30 })).unwrap();
    let opaque = provider.opaque("u1", &json!({ "exp": now })).unwrap();
    for token in [&over, &early, &opaque] {
        unauthenticated(strict.verify_at(token, now).await);
        assert!(lenient.verify_at(token, now).await.is_ok());
    }
    for token in [&over, &opaque] {
        unauthenticated(lenient.verify_at(token, now + 30).await);
    }
}

#[tokio::test]
async fn answers_for_somebody_else_are_refused() {
    let provider = Provider::start().unwrap();
    let verifier = verifier(&provider, &json!({}));
    let cases = [
        (json!({ "aud": "other" }), "the token is for another audience"),
        (json!({ "aud": null }), "the token is for another audience"),
        (json!({ "iss": "https://other.example" }), "the token is of another issuer"),
        (json!({ "active": "true" }), "the token is not active"),
        (json!({ "sub": null }), "the token is malformed: it names no subject"),
    ];
    for (said, reason) in cases {
        let token = provider.opaque("u1", &said).unwrap();
        assert_eq!(unauthenticated(verifier.verify(&token, "").await), reason, "{said}");
    }
}

#[tokio::test]
async fn scopes_that_nobody_names_are_none() {
    let provider = Provider::start().unwrap();
    let verifier = verifier(&provider, &json!({ "required_scopes": ["read"], "scope": "openid read" }));
    let missing = Refusal::InsufficientScope("read".to_owned());
    let none = provider.opaque("u1", &json!({})).unwrap();
    assert_eq!(verifier.verify(&none, "").await.unwrap_err(), missing);
    assert_eq!(verifier.verify(&provider.token("u1", &json!({})).unwrap(), "").await.unwrap_err(), missing);
    for said in [json!({ "scope": "a read" }), json!({ "scope": ["read"] }), json!({ "scp": "read" })] {
        assert!(verifier.verify(&provider.opaque("u1", &said).unwrap(), "").await.is_ok(), "{said}");
        assert!(verifier.verify(&provider.token("u1", &said).unwrap(), "").await.is_ok(), "{said}");
    }
}

#[tokio::test]
async fn whose_a_token_is_is_asked_only_if_the_operator_says_so() {
    let provider = Provider::start().unwrap();
    provider.set(|knobs| knobs.discovery = json!({ "introspection_endpoint": null }));
    let token = provider.opaque("u1", &json!({})).unwrap();
    let never = verifier(&provider, &json!({}));
    unauthenticated(never.verify(&token, "").await);
    assert!(provider.requests_to("/userinfo").is_empty());

    let asks = verifier(&provider, &json!({ "userinfo_fallback": true }));
    assert_eq!(asks.verify(&token, "").await.unwrap().username, "ada");
    assert!(asks.verify(&token, "").await.is_ok());
    let requests = provider.requests_to("/userinfo");
    assert_eq!((requests.len(), requests[0].bearer()), (1, Some(token.as_str())));
    assert_eq!(
        unauthenticated(asks.verify("made-up", "").await),
        "the userinfo of the token has the status 401"
    );
    let scoped = verifier(&provider, &json!({ "userinfo_fallback": true, "required_scopes": ["read"] }));
    assert!(matches!(scoped.verify(&token, "").await, Err(Refusal::InsufficientScope(_))));

    // Where there is introspection, it has the last word.
    provider.set(|knobs| knobs.discovery = json!({}));
    provider.set(|knobs| {
        _ = knobs.answers.insert("/introspect".to_owned(), (200, r#"{"active":false}"#.to_owned()))
    });
    let both = verifier(&provider, &json!({ "userinfo_fallback": true }));
    assert_eq!(unauthenticated(both.verify(&token, "").await), "the token is not active");
}

#[tokio::test]
async fn an_outage_refuses_nobody_for_longer_than_it_lasts() {
    let provider = Provider::start().unwrap();
    let token = provider.opaque("u1", &json!({})).unwrap();
    let answer = |status: u16, body: &'static str| {
        provider.set(|knobs| _ = knobs.answers.insert("/introspect".to_owned(), (status, body.to_owned())));
    };
    let patient = verifier(&provider, &json!({}));
    for (status, body, reason) in [
        (500, "{}", "can't get the introspection of the token: status 500"),
        (429, "{}", "can't get the introspection of the token: status 429"),
        (200, "<html>", "the introspection of the token is no JSON object"),
        (200, "[]", "the introspection of the token is no JSON object"),
    ] {
        answer(status, body);
        assert_eq!(unavailable(patient.verify(&token, "").await), reason);
    }
    provider.set(|knobs| knobs.answers.clear());
    assert!(patient.verify(&token, "").await.is_ok());

    // A client that is refused is refused for every token: the provider is left alone for a moment.
    let other = verifier(&provider, &json!({ "client_secret": "wrong" }));
    let asked = questions(&provider);
    for token in [&token, "made-up"] {
        let reason = unavailable(other.verify(token, "").await);
        assert_eq!(reason, "the identity provider refuses `auth.oidc.client_id` and `client_secret`");
    }
    assert_eq!(questions(&provider), asked + 1);
}

#[tokio::test]
async fn discovery_that_fails_is_tried_again_later_and_says_what_is_wrong() {
    let provider = Provider::start().unwrap();
    let path = "/.well-known/openid-configuration";
    let cases = [
        ((503, "{}"), "OIDC discovery request failed: status 503"),
        ((200, "<html>"), "OIDC discovery request failed: the document is no JSON object"),
        ((200, "{}"), "the OIDC discovery document names no issuer"),
        (
            (200, r#"{"issuer":"i","jwks_uri":"http://keys.example/"}"#),
            "OIDC discovery document names a `jwks_uri` that is no https URL",
        ),
    ];
    for ((status, body), expected) in cases {
        provider.set(|knobs| _ = knobs.answers.insert(path.to_owned(), (status, body.to_owned())));
        let verifier = verifier(&provider, &json!({}));
        let token = provider.token("u1", &json!({})).unwrap();
        assert_eq!(unavailable(verifier.verify(&token, "").await), expected);
        // Asked a moment ago.
        let asked = provider.requests_to(path).len();
        assert_eq!(unavailable(verifier.verify(&token, "").await), expected);
        assert_eq!(provider.requests_to(path).len(), asked);
        verifier.0.provider.forgive().await;
        provider.set(|knobs| knobs.answers.clear());
        assert!(verifier.verify(&token, "").await.is_ok());
    }
}

#[tokio::test]
async fn tokens_of_a_tenant_of_entra_are_taken() {
    let provider = Provider::start_as(Kind::Entra).unwrap();
    let verifier = verifier(&provider, &json!({ "provider_name": "entra" }));
    let claims = json!({ "oid": "0a1b", "preferred_username": "ada@corp.example", "scp": "User.Read" });
    let principal = verifier.verify(&provider.token("u1", &claims).unwrap(), "").await.unwrap();
    assert_eq!((principal.user_id.as_str(), principal.username.as_str()), ("u1", "ada@corp.example"));
    assert_eq!(principal.profile.get("oid"), Some(&Value::string("0a1b")));
    let elsewhere = json!({ "iss": provider.url("/another-tenant/v2.0") });
    let reason = unauthenticated(verifier.verify(&provider.token("u1", &elsewhere).unwrap(), "").await);
    assert_eq!(reason, "the token is of another issuer");
}

#[tokio::test]
async fn a_document_for_all_tenants_lets_nobody_in() {
    let provider = Provider::start().unwrap();
    let issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
    provider.set(|knobs| knobs.discovery = json!({ "issuer": issuer }));
    let token = provider.token("u1", &json!({ "iss": issuer })).unwrap();
    let reason = unavailable(verifier(&provider, &json!({})).verify(&token, "").await);
    assert!(reason.contains("must be the document of one tenant"), "{reason}");
}

#[test]
fn nothing_of_the_settings_is_shown() {
    let provider = Provider::start().unwrap();
    let shown = format!("{:?}", verifier(&provider, &json!({})));
    assert!(!shown.contains(CLIENT_SECRET) && !shown.contains("127.0.0.1"), "{shown}");
}

#[test]
fn addresses_on_the_way_to_which_others_can_answer_are_refused() {
    let auth = json!({
        "provider": "oidc", "mode": "verifier",
        "oidc": { "config_url": "http://id.example/x", "client_id": "a", "client_secret": "b", "scope": "openid" },
    });
    let error = Verifier::new(&serde_json::from_value(auth).unwrap(), &Trust::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`auth.oidc.config_url` must be an https URL, or an http URL of this machine"
    );
}
