//! What keeps a provider from being used at all.

use super::*;

async fn problem(provider: &Provider, more: &Json) -> String {
    upstream::of(&settings(provider, more), &Trust::default()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn discovery_fails_with_words() {
    const WHY: &str = "OAuth server initialization failed:";
    let path = "/.well-known/openid-configuration";
    let provider = Provider::start().unwrap();
    let cases = [
        (404, "{}", "OIDC discovery request failed: status 404"),
        (200, "<html>", "OIDC discovery request failed: the document is no JSON object"),
        (200, "{}", "OIDC discovery document missing authorization_endpoint"),
    ];
    for (status, body, expected) in cases {
        provider.set(|knobs| _ = knobs.answers.insert(path.to_owned(), (status, body.to_owned())));
        assert_eq!(problem(&provider, &json!({})).await, format!("{WHY} {expected}"));
    }
    provider.set(|knobs| knobs.answers.clear());
    for (changes, expected) in [
        (json!({ "userinfo_endpoint": null }), "missing userinfo_endpoint"),
        (json!({ "token_endpoint": null }), "missing token_endpoint"),
        (
            json!({ "token_endpoint": "http://id.example/token" }),
            "names a `token_endpoint` that is no https URL",
        ),
    ] {
        provider.set(|knobs| knobs.discovery = changes);
        let said = problem(&provider, &json!({})).await;
        assert_eq!(said, format!("{WHY} OIDC discovery document {expected}"));
    }
    let nobody = json!({ "config_url": "http://127.0.0.1:1/secret-path" });
    let said = problem(&provider, &nobody).await;
    assert_eq!(said, format!("{WHY} OIDC discovery request failed: it can't be connected to"));
}

#[tokio::test]
async fn settings_that_are_not_safe_are_refused() {
    let plain = "http://id.example/secret-path";
    let address = |key: &str| format!("`auth.{key}` must be an https URL, or an http URL of this machine");
    let cases = [
        (Kind::Oidc, json!({ "config_url": plain }), address("oidc.config_url")),
        (Kind::Github, json!({ "auth_url": plain }), address("github.auth_url")),
        (Kind::Google, json!({ "token_url": plain }), address("google.token_url")),
        (Kind::Atlassian, json!({ "userinfo_url": plain }), address("atlassian.userinfo_url")),
        (Kind::Salesforce, json!({ "token_url": "u" }), address("salesforce.token_url")),
        (Kind::Keycloak, json!({ "server_url": plain }), address("keycloak.server_url")),
        (
            Kind::Oidc,
            json!({ "extra_authorize_params": { "state": "mine" } }),
            "`auth.oidc.extra_authorize_params` can't set `state`".to_owned(),
        ),
        (Kind::Oidc, json!({ "scope": "email" }), "OIDC scope must include 'openid'".to_owned()),
        (
            Kind::Oidc,
            json!({ "callback_path": null }),
            "`auth.oidc.callback_path` is needed in issuer mode".to_owned(),
        ),
    ];
    for (kind, more, expected) in cases {
        let provider = Provider::start_as(kind).unwrap();
        assert_eq!(problem(&provider, &more).await, expected);
    }
    for (name, expected) in [
        ("none", "no identity provider is selected"),
        ("github", "GitHub provider selected but no GitHub configuration found"),
        ("oidc", "OIDC provider selected but no OIDC configuration found"),
    ] {
        let auth = serde_json::from_value(json!({ "provider": name })).unwrap();
        assert_eq!(upstream::of(&auth, &Trust::default()).await.unwrap_err().to_string(), expected);
    }
}

#[tokio::test]
async fn a_realm_is_one_step_of_a_path() {
    let provider = Provider::start_as(Kind::Keycloak).unwrap();
    let upstream = started(&provider, &json!({ "realm": "a/../b?c" })).await;
    let url = upstream.begin(STATE, CALLBACK).url;
    assert!(url.starts_with(&provider.url("/realms/a%2F..%2Fb%3Fc/protocol/openid-connect/auth?")), "{url}");
}

#[tokio::test]
async fn a_path_may_lack_its_slash_and_scopes_may_be_none() {
    let provider = Provider::start_as(Kind::Github).unwrap();
    let more = json!({ "callback_path": "github/callback", "scope": null });
    let upstream = started(&provider, &more).await;
    assert_eq!(upstream.callback_path(), "/github/callback");
    let url = upstream.begin(STATE, CALLBACK).url;
    assert!(url.contains("&scope=&") || url.ends_with("&scope="), "{url}");
    let tokens = log_in(&provider, &upstream).await.unwrap().tokens;
    assert!(tokens.scopes.is_empty());
}

#[tokio::test]
async fn people_of_any_tenant_log_in_where_the_registration_lets_them() {
    let provider = Provider::start_as(Kind::Entra).unwrap();
    let shared = provider.url("/{tenantid}/v2.0");
    provider.set(|knobs| knobs.discovery = json!({ "issuer": shared }));
    let upstream = started(&provider, &json!({ "provider_name": "entra" })).await;
    let user = log_in(&provider, &upstream).await.unwrap().user;
    assert_eq!((user.provider.as_str(), user.username.as_str()), ("entra", "ada@corp.example"));
    assert_eq!((&user.profile["oid"], &user.profile["sub"]), (&json!("0a1b"), &json!("u1")));
    // The issuer is that of the tenant which the token names, and no other.
    provider.set(|knobs| knobs.claims = json!({ "tid": "another-tenant" }));
    let error = log_in(&provider, &upstream).await.unwrap_err().to_string();
    assert!(error.ends_with("its id_token: the token is of another issuer"), "{error}");
}
