//! Logins as they should be.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use mxcp_core::call::{Mappings, Secret};
use mxcp_core::value::Value;
use serde_json::json;

use super::world::{
    BASE, Browser, CHALLENGE, REDIRECT, VERIFIER, World, basic_form, callback_url, confidential, form,
};
use crate::issuer::Registration;

#[tokio::test]
async fn clients_learn_what_the_server_can_do() {
    let world = World::with(|options| options.required_scopes = vec!["mcp:use".into()]).await;
    let reply = world.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(reply.header("cache-control"), "public, max-age=3600");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(
        reply.json(),
        json!({
            "issuer": "https://mcp.example",
            "authorization_endpoint": "https://mcp.example/authorize",
            "token_endpoint": "https://mcp.example/token",
            "revocation_endpoint": "https://mcp.example/revoke",
            "registration_endpoint": "https://mcp.example/register",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
            "revocation_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "client_id_metadata_document_supported": true,
            "scopes_supported": ["mcp:use"],
        })
    );
    assert_eq!(world.issuer.identifier(BASE), reply.json()["issuer"]);
}

#[tokio::test]
async fn an_issuer_with_a_path_is_described_behind_the_well_known_path() {
    let world = World::new().await;
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let path = "/.well-known/oauth-authorization-server/x";
    let reply = world.send_to("https://h.example/x", get(path)).await;
    assert_eq!(reply.json()["issuer"], "https://h.example/x");
    assert_eq!(reply.json()["authorization_endpoint"], "https://h.example/x/authorize");
    assert_eq!(world.send_to("https://h.example/y", get(path)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get(path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_client_registers_logs_somebody_in_and_calls() {
    let world = World::new().await;
    let (id, secret) = confidential(&world, "client_secret_post").await;
    let mut browser = Browser::default();
    let away = world.authorize(&mut browser, &[("client_id", &id)]).await;
    assert_eq!(away.status, StatusCode::FOUND);
    assert_eq!(away.location().host_str(), Some("idp.example"));
    assert_eq!(away.parameter("redirect_uri"), "https://mcp.example/callback");
    assert_eq!(away.parameter("state").len(), 22);

    let back = browser.get(&world, &callback_url(&away.parameter("state"), "idp-code-ada")).await;
    assert_eq!(back.status, StatusCode::TEMPORARY_REDIRECT);
    assert!(back.location().as_str().starts_with(REDIRECT));
    assert_eq!(back.parameter("state"), "client state & more");
    assert_eq!(back.parameter("iss"), BASE);
    let code = back.parameter("code");
    assert_eq!((code.len(), &code[..4]), (36, "mcp_"));

    let reply = world.redeem(&code, &[("client_id", &id), ("client_secret", &secret)]).await;
    let (access, refresh) = reply.tokens();
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), ("no-store", "no-cache"));
    assert_eq!(reply.json()["token_type"], "Bearer");
    assert_eq!(reply.json()["expires_in"], 3600);
    assert_eq!((access.len(), refresh.len()), (68, 76));

    let user = world.issuer.verify(&access, BASE).await.unwrap();
    assert_eq!((user.user_id.as_str(), user.provider.as_str()), ("ada", "fake"));
    assert_eq!(user.email.as_deref(), Some("ada@example.com"));
    assert_eq!(user.external_token, Some(Secret::new("idp-access-1")));
}

#[tokio::test]
async fn a_login_may_be_asked_for_by_a_form() {
    let world = World::new().await;
    let fields = [
        ("response_type", "code"),
        ("client_id", "public"),
        ("code_challenge", CHALLENGE),
        ("resource", "https://mcp.example/mcp"),
    ];
    let away = world.post("/authorize", &fields).await;
    assert_eq!(away.status, StatusCode::FOUND);
    // The only URL of the client is used, and need not be named again.
    let back = world.get(&callback_url(&away.parameter("state"), "idp-code-ada")).await;
    assert!(!back.location().as_str().contains("state="));
    let reply = world.redeem(&back.parameter("code"), &[("redirect_uri", "")]).await;
    assert!(world.admits(&reply.tokens().0).await);
}

#[tokio::test]
async fn claims_give_capabilities_a_role_and_permissions() {
    let settings = r#"{"provider": "keycloak", "keycloak": {"client_id": "a", "client_secret": "b", "realm": "r",
        "server_url": "u", "callback_path": "/cb", "claim_mappings": {"role": {"admin": ["delete"]}},
        "role_mappings": {"role": {"admin": "boss"}}, "permission_mappings": {"role": {"admin": ["write"]}}}}"#;
    let auth = serde_json::from_str(settings).unwrap();
    let world = World::with(|options| options.mappings = Mappings::of(&auth)).await;
    let (access, _) = world.tokens().await;
    let user = world.issuer.verify(&access, BASE).await.unwrap();
    assert_eq!(user.capabilities, ["delete"]);
    assert_eq!(user.profile.get("role"), Some(&Value::string("boss")));
    assert_eq!(user.profile.get("permissions"), Some(&Value::Array(vec![Value::string("write")])));
}

#[tokio::test]
async fn a_login_goes_on_after_a_restart() {
    let mut world = World::asking().await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[]).await;
    world.restart().await;
    let away = browser.press(&world, &page, "allow").await;
    world.restart().await;
    let back = browser.get(&world, &callback_url(&away.parameter("state"), "idp-code-ada")).await;
    world.restart().await;
    let (access, refresh) = world.redeem(&back.parameter("code"), &[]).await.tokens();
    world.restart().await;
    assert!(world.admits(&access).await);
    assert!(world.refresh(&refresh, &[]).await.status.is_success());
}

#[tokio::test]
async fn operators_know_clients_beforehand() {
    let settings = r#"{"client_id": "desk", "name": "Desk", "client_secret": "s3cret", "redirect_uris": ["http://localhost/cb"]}"#;
    let world = World::with(|options| {
        options.clients = vec![serde_json::from_str(settings).unwrap()];
        options.registration = Registration::Closed;
    })
    .await;
    let redirect = "http://localhost:50123/cb";
    let code =
        world.code(&mut Browser::default(), &[("client_id", "desk"), ("redirect_uri", redirect)]).await;
    let who = [("client_id", "desk"), ("redirect_uri", redirect), ("client_secret", "s3cret")];
    let reply = world.redeem(&code, &who).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.json().get("refresh_token").is_none(), "it may not refresh");
    let again = world.refresh("mcp_refresh_x", &who).await;
    assert_eq!(again.error(), (400, "unsupported_grant_type".into()));
}

#[tokio::test]
async fn credentials_may_be_in_the_header_alone() {
    let world = World::new().await;
    let (id, secret) = confidential(&world, "client_secret_basic").await;
    let code = world.code(&mut Browser::default(), &[("client_id", &id)]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let reply = world.send(basic_form("/token", &format!("{id}:wrong"), &fields)).await;
    assert_eq!(reply.error(), (401, "invalid_client".into()));
    assert!(reply.header("www-authenticate").starts_with("Basic"));
    let reply = world.send(basic_form("/token", &format!("{id}:{secret}"), &fields)).await;
    assert!(world.admits(&reply.tokens().0).await);
}

#[tokio::test]
async fn pages_of_other_servers_may_ask_where_they_should() {
    let world = World::new().await;
    let preflight = |path: &str, method: &str, headers: &str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri(path)
            .header("origin", "https://app.example")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", headers)
            .body(Body::empty())
            .unwrap()
    };
    for path in ["/register", "/token", "/revoke", "/.well-known/oauth-authorization-server"] {
        let reply = world.send(preflight(path, "POST", "Content-Type, mcp-protocol-version")).await;
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (StatusCode::OK, "*"),
            "{path}"
        );
        assert_eq!(
            world.send(preflight(path, "POST", "authorization")).await.status,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(world.send(preflight(path, "PUT", "")).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.post("/token", &[]).await.header("access-control-allow-origin"), "*");
    for path in ["/authorize", "/callback"] {
        let reply = world.send(preflight(path, "GET", "")).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(world.get(path).await.header("access-control-allow-origin"), "");
    }
}

#[tokio::test]
async fn other_methods_and_paths_are_unknown() {
    let world = World::new().await;
    for path in ["/register", "/token", "/revoke"] {
        assert_eq!(world.get(path).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    assert_eq!(world.post("/callback", &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    for path in ["/consent", "/introspect", "/userinfo", "/.well-known/openid-configuration"] {
        assert_eq!(world.send(form(path, &[])).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn what_is_past_is_swept() {
    let world = World::new().await;
    world.authorize(&mut Browser::default(), &[]).await;
    assert_eq!(world.issuer.sweep().await.unwrap(), 0);
    world.pass(300);
    assert_eq!(world.issuer.sweep().await.unwrap(), 1);
}
