//! Attacks on registration, and on whatever takes bodies.

use axum::body::Body;
use axum::http::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde_json::json;

use super::world::{Browser, World};
use crate::issuer::{Issuer, Registration};
use crate::testing::{FakeUpstream, MemoryStore};

#[tokio::test]
async fn a_client_gets_what_it_needs() {
    let world = World::with(|options| options.required_scopes = vec!["mcp:use".into()]).await;
    let document =
        json!({"redirect_uris": ["http://localhost:9/cb"], "client_name": "C", "software_id": "s", "x": 1});
    let reply = world.register(&document.to_string()).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    let mut answer = reply.json();
    let fields = answer.as_object_mut().unwrap();
    assert_eq!(fields.remove("client_id").unwrap().as_str().unwrap().len(), 36);
    assert_eq!(fields.remove("client_secret").unwrap().as_str().unwrap().len(), 64);
    assert_eq!(
        answer,
        json!({
            "redirect_uris": ["http://localhost:9/cb"],
            "client_name": "C",
            "software_id": "s",
            "token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": "mcp:use",
            "client_id_issued_at": 1_000_000,
        })
    );
}

#[tokio::test]
async fn nonsense_is_refused_as_metadata() {
    let world = World::new().await;
    for body in [
        "",
        "{",
        "null",
        "[]",
        "\"x\"",
        "{}",
        r#"{"redirect_uris": null}"#,
        r#"{"redirect_uris": [null]}"#,
        r#"{"redirect_uris": [{}]}"#,
        r#"{"redirect_uris": ["app:cb"], "grant_types": 1}"#,
        r#"{"redirect_uris": ["app:cb"], "client_name": {"a": 1}}"#,
        "\u{0}",
        &"[".repeat(10_000),
    ] {
        assert_eq!(world.register(body).await.error(), (400, "invalid_client_metadata".into()), "{body:.40}");
    }
    assert_eq!(world.store.with(|memory| memory.clients.len()), 2);
}

#[tokio::test]
async fn redirect_uris_that_run_something_are_refused() {
    let world = World::new().await;
    for uri in [
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///x",
        "blob:https://x/y",
        "https://client.example/#x",
        "http://client.example/",
        "http://10.0.0.1/",
        "nowhere",
    ] {
        let document = json!({"redirect_uris": [uri]}).to_string();
        assert_eq!(world.register(&document).await.error(), (400, "invalid_redirect_uri".into()), "{uri}");
    }
}

#[tokio::test]
async fn bodies_that_are_too_large_are_refused_everywhere() {
    let world = World::asking().await;
    let large = "x".repeat(16 * 1024 + 1);
    for path in ["/register", "/token", "/revoke", "/authorize", "/consent"] {
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(large.clone()))
            .unwrap();
        let reply = world.send(request).await;
        assert_eq!(reply.error(), (413, "invalid_request".into()), "{path}");
        // Without saying so beforehand.
        let stream = futures_util::stream::iter([large.clone()].map(Ok::<_, std::io::Error>));
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from_stream(stream))
            .unwrap();
        assert_eq!(world.send(request).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

#[tokio::test]
async fn forms_are_forms() {
    let world = World::new().await;
    for path in ["/token", "/revoke", "/authorize"] {
        let request =
            Request::post(path).header(CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap();
        assert_eq!(world.send(request).await.error(), (400, "invalid_request".into()), "{path}");
    }
}

#[tokio::test]
async fn a_flood_of_registrations_ends() {
    let world = World::new().await;
    let document = json!({"redirect_uris": ["app:cb"]}).to_string();
    let mut registered = 0;
    let reply = loop {
        let reply = world.register(&document).await;
        if reply.status != StatusCode::CREATED {
            break reply;
        }
        registered += 1;
        assert!(registered < 5000, "there is no end");
    };
    assert!(registered >= 1000, "{registered}");
    assert_eq!(reply.error(), (429, "temporarily_unavailable".into()));
    assert_eq!(reply.header("retry-after"), "1");
}

#[tokio::test]
async fn a_flood_is_counted_by_the_limiter_and_so_with_what_other_servers_count() {
    let limiter = std::sync::Arc::new(mxcp_runtime::ProcessLimiter::new());
    let options = |options: &mut super::super::Options| options.limiter = limiter.clone();
    let (one, other) = (World::with(options).await, World::with(options).await);
    let document = json!({"redirect_uris": ["app:cb"]}).to_string();
    let mut registered = 0;
    for world in [&one, &other].into_iter().cycle().take(1500) {
        registered += usize::from(world.register(&document).await.status == StatusCode::CREATED);
    }
    assert!((1000..1250).contains(&registered), "{registered}");
}

#[tokio::test]
async fn registration_can_be_switched_off() {
    let world = World::with(|options| options.registration = Registration::Closed).await;
    assert_eq!(world.register(r#"{"redirect_uris": ["app:cb"]}"#).await.status, StatusCode::NOT_FOUND);
    let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
    assert!(metadata.get("registration_endpoint").is_none());
    assert_eq!(metadata["client_id_metadata_document_supported"], false);
    let id = "https://client.example/c.json";
    let reply = world.authorize(&mut Browser::default(), &[("client_id", id)]).await;
    assert_eq!(reply.error(), (400, "invalid_request".into()));
}

#[tokio::test]
async fn a_client_of_the_operator_without_redirect_uris_prevents_the_start() {
    let (store, clock) = (std::sync::Arc::new(MemoryStore::default()), std::sync::Arc::default());
    let mut options = super::super::Options::new(std::sync::Arc::new(FakeUpstream::new(clock)), store);
    options.clients = vec![serde_json::from_str(r#"{"client_id": "c", "name": "C"}"#).unwrap()];
    assert!(Issuer::open(options).await.is_err());
}

#[tokio::test]
async fn a_client_names_no_scope_that_it_did_not_register() {
    let world = World::new().await;
    let document = json!({
        "redirect_uris": ["https://client.example/cb"], "scope": "read", "token_endpoint_auth_method": "none",
    });
    let id = world.register(&document.to_string()).await.json()["client_id"].as_str().unwrap().to_owned();
    let reply =
        world.authorize(&mut Browser::default(), &[("client_id", &id), ("scope", "read admin")]).await;
    assert_eq!(reply.error(), (302, "invalid_scope".into()));
    let code = world.code(&mut Browser::default(), &[("client_id", &id)]).await;
    assert_eq!(world.redeem(&code, &[("client_id", &id)]).await.json()["scope"], "read");
}
