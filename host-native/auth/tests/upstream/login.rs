//! What is sent to each provider, and who comes back.

use std::collections::BTreeSet;

use super::*;

const ALL: [Kind; 7] =
    [Kind::Oidc, Kind::Github, Kind::Google, Kind::Atlassian, Kind::Salesforce, Kind::Keycloak, Kind::Entra];

#[tokio::test]
async fn everybody_knows_ada_by_an_own_name() {
    // Provider, id, username, provider of policies, whether tokens have a time.
    let expected = [
        (Kind::Oidc, "u1", "ada", "oidc", true),
        (Kind::Github, "583231", "ada", "github", false),
        (Kind::Google, "1077", "ada", "google", true),
        (Kind::Atlassian, "a-1", "ada", "atlassian", true),
        (Kind::Salesforce, "005", "ada@corp.example", "salesforce", false),
        (Kind::Keycloak, "u1", "ada", "keycloak", true),
        (Kind::Entra, "u1", "ada@corp.example", "oidc", true),
    ];
    for (kind, id, username, name, timed) in expected {
        let provider = Provider::start_as(kind).unwrap();
        let upstream = started(&provider, &json!({})).await;
        assert_eq!(upstream.name(), name);
        let Identity { user, tokens } = log_in(&provider, &upstream).await.unwrap();
        let known = (user.provider.as_str(), user.user_id.as_str(), user.username.as_str());
        assert_eq!(known, (name, id, username), "{kind:?}");
        assert_eq!(user.email.as_deref(), Some("ada@example.org"), "{kind:?}");
        assert_eq!((user.name.as_deref(), user.avatar_url.as_deref()), (Some("Ada"), Some("p")), "{kind:?}");
        assert_eq!(tokens.expires_at.is_some(), timed, "{kind:?}");
        assert_eq!(tokens.scopes, ["openid", "email"], "{kind:?}");
        assert!(tokens.refresh.is_some(), "{kind:?}");
    }
}

#[tokio::test]
async fn each_is_asked_as_it_wants_to_be() {
    let common = ["client_id", "redirect_uri", "response_type", "scope", "state"];
    let proof = ["code_challenge", "code_challenge_method"];
    let cases = [
        (Kind::Github, vec![], true),
        (Kind::Google, vec![("access_type", "offline"), ("prompt", "consent")], true),
        (Kind::Atlassian, vec![("audience", "api.atlassian.com"), ("prompt", "consent")], true),
        (Kind::Salesforce, vec![], false),
        (Kind::Keycloak, vec![], true),
        (Kind::Oidc, vec![("audience", "api"), ("login_hint", "a&b")], true),
    ];
    for (kind, own, pkce) in cases {
        let provider = Provider::start_as(kind).unwrap();
        let more = match kind {
            Kind::Oidc => json!({ "audience": "api", "extra_authorize_params": { "login_hint": "a&b" } }),
            _ => json!({}),
        };
        let upstream = started(&provider, &more).await;
        log_in(&provider, &upstream).await.unwrap();
        let asked = provider.requests_to(provider.paths().authorize).remove(0).query;
        let mut keys: BTreeSet<&str> = common.into_iter().chain(own.iter().map(|(key, _)| *key)).collect();
        keys.extend(proof.iter().filter(|_| pkce));
        keys.extend((kind == Kind::Oidc).then_some("nonce"));
        assert_eq!(asked.keys().map(String::as_str).collect::<BTreeSet<_>>(), keys, "{kind:?}");
        for (key, value) in own {
            assert_eq!(asked[key], value, "{kind:?}");
        }
        assert_eq!((asked["scope"].as_str(), asked["redirect_uri"].as_str()), ("openid email", CALLBACK));
        assert_eq!((asked["state"].as_str(), asked["response_type"].as_str()), (STATE, "code"));
        if pkce {
            assert_eq!(
                (asked["code_challenge"].len(), asked["code_challenge_method"].as_str()),
                (43, "S256")
            );
        }

        let exchange = provider.requests_to(provider.paths().token).remove(0);
        let mut keys = BTreeSet::from(["client_id", "client_secret", "code", "grant_type", "redirect_uri"]);
        keys.extend(pkce.then_some("code_verifier"));
        keys.extend((kind == Kind::Oidc).then_some("audience"));
        assert_eq!(exchange.form.keys().map(String::as_str).collect::<BTreeSet<_>>(), keys, "{kind:?}");
        assert_eq!(exchange.headers.get("authorization"), None);
        assert_eq!(exchange.headers["accept"], "application/json");
    }
}

#[tokio::test]
async fn the_secret_of_the_application_is_for_the_token_endpoint_only() {
    for kind in ALL {
        let provider = Provider::start_as(kind).unwrap();
        let upstream = started(&provider, &json!({})).await;
        let identity = log_in(&provider, &upstream).await.unwrap();
        for request in provider.requests() {
            let shown = format!("{request:?}");
            let is_exchange = request.path == provider.paths().token;
            assert_eq!(shown.contains(CLIENT_SECRET), is_exchange, "{kind:?} {}", request.path);
            let is_profile = request.path.starts_with(provider.paths().profile);
            let access = identity.tokens.access.reveal();
            assert_eq!(shown.contains(access), is_profile, "{kind:?} {}", request.path);
        }
        // Nor is any of them in what is logged.
        let shown = format!("{upstream:?} {identity:?}");
        for secret in [CLIENT_SECRET, identity.tokens.access.reveal(), "ada@example.org", "127.0.0.1"] {
            assert!(!shown.contains(secret), "{kind:?}: {secret} in {shown}");
        }
    }
}

#[tokio::test]
async fn tokens_go_to_the_address_of_the_settings_and_nowhere_else() {
    let (home, elsewhere) =
        (Provider::start_as(Kind::Github).unwrap(), Provider::start_as(Kind::Github).unwrap());
    elsewhere.set(|knobs| {
        knobs
            .answers
            .insert("/me".to_owned(), (200, r#"{"id":1,"login":"eve","email":"e@example.org"}"#.to_owned()));
    });
    let more = json!({ "userinfo_url": elsewhere.url("/me") });
    let upstream = started(&home, &more).await;
    assert_eq!(log_in(&home, &upstream).await.unwrap().user.username, "eve");
    assert!(home.requests_to(home.paths().profile).is_empty());
    let shown = format!("{:?}", elsewhere.requests());
    assert!(!shown.contains(CLIENT_SECRET) && !shown.contains("refresh-"), "{shown}");
}

#[tokio::test]
async fn proofs_can_be_switched_on_and_off_and_are_left_out_where_nobody_takes_them() {
    let salesforce = Provider::start_as(Kind::Salesforce).unwrap();
    let upstream = started(&salesforce, &json!({ "pkce": true })).await;
    assert!(upstream.begin(STATE, CALLBACK).verifier.is_some());
    assert!(log_in(&salesforce, &upstream).await.is_ok());
    let github = Provider::start_as(Kind::Github).unwrap();
    let upstream = started(&github, &json!({ "pkce": false })).await;
    assert!(upstream.begin(STATE, CALLBACK).verifier.is_none());
    assert!(log_in(&github, &upstream).await.is_ok());
    let oidc = Provider::start().unwrap();
    oidc.set(|knobs| knobs.discovery = json!({ "code_challenge_methods_supported": ["plain"] }));
    assert!(started(&oidc, &json!({})).await.begin(STATE, CALLBACK).verifier.is_none());
    let forced = started(&oidc, &json!({ "pkce": true })).await;
    assert!(forced.begin(STATE, CALLBACK).verifier.is_some());
}

#[tokio::test]
async fn logins_differ_in_their_proofs() {
    let provider = Provider::start().unwrap();
    let upstream = started(&provider, &json!({})).await;
    let (one, two) = (upstream.begin(STATE, CALLBACK), upstream.begin(STATE, CALLBACK));
    assert_ne!(one.verifier, two.verifier);
    assert_ne!(one.url, two.url);
    assert!(!one.url.contains(one.verifier.unwrap().reveal()));
}

#[tokio::test]
async fn what_is_said_last_of_a_person_counts() {
    let provider = Provider::start().unwrap();
    let upstream = started(&provider, &json!({})).await;
    let profile = log_in(&provider, &upstream).await.unwrap().user.profile;
    assert_eq!(profile["role"], "of the identity token");
    assert_eq!((&profile["only_access"], &profile["only_identity"]), (&json!(true), &json!(true)));
    provider.set(|knobs| knobs.person = json!({ "role": "of the profile" }));
    let profile = log_in(&provider, &upstream).await.unwrap().user.profile;
    assert_eq!(profile["role"], "of the profile");
}

#[tokio::test]
async fn names_that_are_missing_are_made_of_others() {
    let username = async |kind: Kind, person: Json| {
        let provider = Provider::start_as(kind).unwrap();
        provider.set(|knobs| {
            knobs.person = person;
            knobs.claims = json!({ "preferred_username": null, "email": null });
        });
        let upstream = started(&provider, &json!({})).await;
        log_in(&provider, &upstream).await.unwrap().user.username
    };
    let nothing = || json!({ "preferred_username": null, "email": null, "nickname": null, "username": null, "login": null });
    let address = || json!({ "preferred_username": null, "nickname": null, "username": null, "login": null, "email": "a@b" });
    assert_eq!(username(Kind::Keycloak, address()).await, "a");
    assert_eq!(username(Kind::Keycloak, nothing()).await, "u1");
    assert_eq!(username(Kind::Atlassian, address()).await, "a");
    assert_eq!(username(Kind::Atlassian, nothing()).await, "a-1");
    assert_eq!(username(Kind::Salesforce, address()).await, "a");
    assert_eq!(username(Kind::Google, nothing()).await, "1077");
    assert_eq!(username(Kind::Github, address()).await, "583231");
}

#[tokio::test]
async fn addresses_of_github_are_those_that_were_proven() {
    let provider = Provider::start_as(Kind::Github).unwrap();
    let upstream = started(&provider, &json!({})).await;
    let path = format!("{}/emails", provider.paths().profile);
    let proven = |primary: bool, verified: bool, email: &str| json!({ "email": email, "primary": primary, "verified": verified });
    let cases = [
        (200, json!([proven(false, true, "a@x"), proven(true, true, "b@x")]), Some("b@x")),
        (200, json!([proven(true, false, "a@x"), proven(false, true, "b@x")]), Some("b@x")),
        // Anybody can claim any address.
        (200, json!([proven(true, false, "boss@corp.example")]), None),
        (200, json!({}), None),
        (404, json!({}), None),
    ];
    for (status, answer, email) in cases {
        provider.set(|knobs| _ = knobs.answers.insert(path.clone(), (status, answer.to_string())));
        let identity = log_in(&provider, &upstream).await.unwrap();
        assert_eq!(identity.user.email.as_deref(), email, "{answer}");
    }
    let asked = provider.requests_to(&path).len();
    provider.set(|knobs| knobs.person = json!({ "email": "public@x" }));
    assert_eq!(log_in(&provider, &upstream).await.unwrap().user.email.as_deref(), Some("public@x"));
    assert_eq!(provider.requests_to(&path).len(), asked);
}
