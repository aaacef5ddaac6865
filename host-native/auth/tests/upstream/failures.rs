//! What goes wrong at a provider.

use super::*;

/// What a login says when an endpoint answers like this.
async fn answered(kind: Kind, path: fn(&Provider) -> &'static str, status: u16, body: &str) -> String {
    let provider = Provider::start_as(kind).unwrap();
    let upstream = started(&provider, &json!({})).await;
    provider.set(|knobs| _ = knobs.answers.insert(path(&provider).to_owned(), (status, body.to_owned())));
    log_in(&provider, &upstream).await.unwrap_err().to_string()
}

fn token(provider: &Provider) -> &'static str {
    provider.paths().token
}

fn profile(provider: &Provider) -> &'static str {
    provider.paths().profile
}

#[tokio::test]
async fn token_endpoints_fail_in_many_ways() {
    let cases = [
        (400, r#"{"error":"invalid_grant","error_description":"s3cr3t"}"#, "refuses: invalid_grant"),
        // What GitHub does.
        (200, r#"{"error":"bad_verification_code","access_token":"x"}"#, "refuses: bad_verification_code"),
        (401, r#"{"error":"invalid_client"}"#, "refuses: invalid_client"),
        (400, r#"{"error":"s3cr3t"}"#, "refuses: an error of its own"),
        (400, r#"{"error":{"code":1}}"#, "refuses: its token endpoint has the status 400"),
        (404, "<html>s3cr3t", "refuses: its token endpoint has the status 404"),
        (302, "", "refuses: its token endpoint has the status 302"),
        (503, r#"{"error":"invalid_grant"}"#, "does not answer: its token endpoint has the status 503"),
        (429, "", "does not answer: its token endpoint has the status 429"),
        (
            400,
            r#"{"error":"temporarily_unavailable"}"#,
            "does not answer: its token endpoint is out of order",
        ),
        (200, "s3cr3t", "answer can't be used: its token endpoint gives no access token"),
        (200, "[]", "answer can't be used: its token endpoint gives no access token"),
        (200, "{}", "answer can't be used: its token endpoint gives no access token"),
        (200, r#"{"access_token":""}"#, "answer can't be used: its token endpoint gives no access token"),
        (
            200,
            r#"{"access_token":["s3cr3t"]}"#,
            "answer can't be used: its token endpoint gives no access token",
        ),
        (201, r#"{"access_token":"s3cr3t"}"#, "refuses: its token endpoint has the status 201"),
        (200, r#"{"error":["s3cr3t"],"access_token":"x"}"#, "answer can't be used"),
    ];
    for (status, body, expected) in cases {
        for kind in [Kind::Github, Kind::Oidc] {
            let said = answered(kind, token, status, body).await;
            assert!(said.contains(expected), "{status} {body}: {said}");
            assert!(!said.contains("s3cr3t") && !said.contains("127.0.0.1"), "{said}");
        }
    }
}

#[tokio::test]
async fn who_it_is_may_not_be_learned() {
    let cases = [
        (401, "{}", "refuses: what it says of the person has the status 401"),
        (302, "{}", "refuses: what it says of the person has the status 302"),
        (500, "s3cr3t", "does not answer: what it says of the person has the status 500"),
        (200, "s3cr3t", "answer can't be used: what it says of the person is no JSON object"),
        (200, "[]", "answer can't be used: what it says of the person is no JSON object"),
    ];
    for (status, body, expected) in cases {
        for kind in [Kind::Github, Kind::Salesforce, Kind::Oidc] {
            let said = answered(kind, profile, status, body).await;
            assert!(said.contains(expected), "{status} {body}: {said}");
        }
    }
    for (kind, body) in [
        (Kind::Github, r#"{"login":"ada"}"#),
        (Kind::Github, r#"{"id":"","login":"ada"}"#),
        (Kind::Github, r#"{"id":{},"login":"ada"}"#),
        (Kind::Atlassian, r#"{"email":"ada@example.org"}"#),
        (Kind::Salesforce, r#"{"sub":"x"}"#),
    ] {
        let said = answered(kind, profile, 200, body).await;
        assert!(said.ends_with("can't be used: it does not say who it is"), "{kind:?} {body}: {said}");
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_not_there() {
    for kind in [Kind::Github, Kind::Keycloak, Kind::Oidc] {
        let provider = Provider::start_as(kind).unwrap();
        let upstream = started(&provider, &json!({})).await;
        let departure = upstream.begin(STATE, CALLBACK);
        provider.go_down();
        let arrival = Arrival {
            code: &Secret::new("code"),
            callback_url: CALLBACK,
            verifier: departure.verifier.as_ref(),
            scopes: &[],
        };
        assert!(matches!(upstream.finish(arrival).await, Err(UpstreamError::Unavailable(_))), "{kind:?}");
    }
    let nobody: Auth = serde_json::from_value(json!({ "provider": "github", "github": {
        "client_id": "a", "client_secret": "b", "callback_path": "c", "scope": "",
        "auth_url": "http://127.0.0.1:1/secret-path", "token_url": "http://127.0.0.1:1/secret-path",
    } }))
    .unwrap();
    let upstream = upstream::of(&nobody, &Trust::default()).await.unwrap();
    let arrival = Arrival { code: &Secret::new("code"), callback_url: CALLBACK, verifier: None, scopes: &[] };
    let error = upstream.finish(arrival).await.unwrap_err();
    assert_eq!(error, UpstreamError::Unavailable("it can't be connected to".to_owned()));
}

#[tokio::test]
async fn codes_are_good_once_in_time_and_with_their_proof() {
    let provider = Provider::start().unwrap();
    let upstream = started(&provider, &json!({})).await;
    let refused = UpstreamError::Refused("invalid_grant".to_owned());
    provider.set(|knobs| knobs.codes_expired = true);
    assert_eq!(log_in(&provider, &upstream).await.unwrap_err(), refused);
    provider.set(|knobs| knobs.codes_expired = false);

    let departure = upstream.begin(STATE, CALLBACK);
    let back = provider.visit(&departure.url).unwrap();
    let code = back.split_once("code=").unwrap().1.split_once('&').unwrap().0;
    let code = Secret::new(code);
    let with = |verifier| Arrival { code: &code, callback_url: CALLBACK, verifier, scopes: &[] };
    // Somebody who has seen the code has not seen the proof.
    let other = upstream.begin(STATE, CALLBACK).verifier;
    assert_eq!(upstream.finish(with(other.as_ref())).await.unwrap_err(), refused);
    assert_eq!(upstream.finish(with(departure.verifier.as_ref())).await.unwrap_err(), refused);
    let wrong = json!({ "client_secret": "wrong" });
    let wrong = started(&provider, &wrong).await;
    let error = log_in(&provider, &wrong).await.unwrap_err();
    assert_eq!(error, UpstreamError::Refused("invalid_client".to_owned()));
}

#[tokio::test]
async fn tokens_about_people_are_for_this_client_and_this_login() {
    let provider = Provider::start().unwrap();
    let upstream = started(&provider, &json!({})).await;
    let cases = [
        (json!({ "aud": "another-client" }), "its id_token: the token is for another audience"),
        (json!({ "iss": "https://other.example" }), "its id_token: the token is of another issuer"),
        (json!({ "exp": 1 }), "its id_token: the token has expired"),
        (json!({ "aud": [CLIENT_ID, "x"], "azp": "x" }), "its id_token is for another client"),
        (json!({ "nonce": "another" }), "its id_token is of another login"),
        (json!({ "nonce": null }), "its id_token is of another login"),
    ];
    for (claims, expected) in cases {
        provider.set(|knobs| knobs.claims = claims.clone());
        let error = log_in(&provider, &upstream).await.unwrap_err();
        assert_eq!(error, UpstreamError::Unusable(expected.to_owned()), "{claims}");
    }
    provider.set(|knobs| knobs.claims = json!({}));
    assert!(log_in(&provider, &upstream).await.is_ok());
    // New keys are found.
    provider.rotate();
    assert!(log_in(&provider, &upstream).await.is_ok());
    let forged = provider.forged("u1", "made-up").unwrap();
    provider.set(|knobs| knobs.grant = json!({ "id_token": forged }));
    let error = log_in(&provider, &upstream).await.unwrap_err().to_string();
    assert!(error.ends_with("its id_token: the token is signed with an unknown key"), "{error}");
    let unsigned = json!({ "id_token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSJ9." });
    provider.set(|knobs| knobs.grant = unsigned);
    assert!(log_in(&provider, &upstream).await.is_err());
    // Without one, who it is is asked.
    provider.set(|knobs| knobs.grant = json!({ "id_token": null }));
    assert_eq!(log_in(&provider, &upstream).await.unwrap().user.user_id, "u1");
}

#[tokio::test]
async fn an_access_token_alone_does_not_say_who_it_is() {
    let provider = Provider::start().unwrap();
    let upstream = started(&provider, &json!({})).await;
    provider.set(|knobs| {
        knobs.person = json!({ "sub": null });
        knobs.grant = json!({ "id_token": null });
    });
    let error = log_in(&provider, &upstream).await.unwrap_err();
    assert_eq!(error, UpstreamError::Unusable("it does not say who it is".to_owned()));
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_not_used() {
    let provider = Provider::start().unwrap();
    let upstream = started(&provider, &json!({})).await;
    provider.set(|knobs| knobs.person = json!({ "sub": "eve", "email": "eve@example.org", "role": "admin" }));
    let user = log_in(&provider, &upstream).await.unwrap().user;
    assert_eq!((user.user_id.as_str(), user.email), ("u1", None));
    assert_eq!(user.profile["role"], "of the identity token");
}
