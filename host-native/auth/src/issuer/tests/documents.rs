//! Clients with a document about themselves, and attacks by way of what is fetched.

use std::sync::Arc;

use axum::http::StatusCode;

use super::world::{Browser, World};
use crate::testing::Web;

const ID: &str = "https://client.example/oauth/client.json";
const DOCUMENT: &str = r#"{"client_id": "https://client.example/oauth/client.json", "client_name": "C",
    "redirect_uris": ["http://127.0.0.1/cb", "https://client.example/cb"]}"#;

async fn world(web: &Web) -> World {
    World::with(|options| options.documents = Arc::new(web.clone())).await
}

#[tokio::test]
async fn a_document_makes_a_client() {
    let web = Web::with(ID, DOCUMENT, 60);
    let world = world(&web).await;
    let code = world.code(&mut Browser::default(), &[("client_id", ID)]).await;
    let (access, refresh) = world.redeem(&code, &[("client_id", ID)]).await.tokens();
    assert!(world.admits(&access).await);
    world.refresh(&refresh, &[("client_id", ID)]).await.tokens();
    assert_eq!(web.fetched(), 1);
    assert_eq!(world.store.with(|memory| memory.clients.len()), 2, "nobody registered");
}

#[tokio::test]
async fn a_document_governs_where_people_are_sent() {
    let web = Web::with(ID, DOCUMENT, 60);
    let world = world(&web).await;
    let changes = [("client_id", ID), ("redirect_uri", "https://evil.example/cb")];
    let reply = world.authorize(&mut Browser::default(), &changes).await;
    assert_eq!(reply.error(), (400, "invalid_request".into()));
    let changes = [("client_id", ID), ("redirect_uri", "http://127.0.0.1:50123/cb")];
    assert_eq!(world.authorize(&mut Browser::default(), &changes).await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn nothing_is_fetched_from_addresses_of_ones_own() {
    let web = Web::with(ID, DOCUMENT, 60);
    let world = world(&web).await;
    for id in [
        "http://client.example/oauth/client.json",
        "https://127.0.0.1/c",
        "https://localhost/c",
        "https://10.1.2.3/c",
        "https://192.168.0.1/c",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/c",
        "https://[fe80::1]/c",
        "https://[::ffff:127.0.0.1]/c",
        "https://2130706433/c",
        "https://metadata.google.internal/c",
        "https://client.example/",
        "https://user:password@client.example/c",
        "file:///etc/passwd://",
        "gopher://client.example/c",
    ] {
        let reply = world.authorize(&mut Browser::default(), &[("client_id", id)]).await;
        assert_eq!(reply.error(), (400, "invalid_request".into()), "{id}");
        let reply = world.redeem("mcp_x", &[("client_id", id)]).await;
        assert_eq!(reply.error(), (401, "invalid_client".into()), "{id}");
    }
    assert_eq!(web.fetched(), 0);
}

#[tokio::test]
async fn a_document_of_somebody_else_makes_no_client() {
    let web = Web::with("https://evil.example/c", DOCUMENT, 60);
    let world = world(&web).await;
    for _ in 0..3 {
        let reply =
            world.authorize(&mut Browser::default(), &[("client_id", "https://evil.example/c")]).await;
        assert_eq!(reply.error(), (400, "invalid_request".into()));
    }
    assert_eq!(web.fetched(), 1, "nobody makes this server ask again and again");
}
