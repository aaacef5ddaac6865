//! Attacks on where browsers are sent.

use axum::http::StatusCode;

use super::world::{BASE, Browser, REDIRECT, World, callback_url};

/// Neither the person nor a code goes there.
async fn is_refused(world: &World, changes: &[(&str, &str)]) {
    let reply = world.authorize(&mut Browser::default(), changes).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{changes:?}");
    assert!(reply.header("location").is_empty());
    assert_eq!(reply.error().1, "invalid_request");
    assert_eq!(reply.json()["state"], "client state & more");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_is_never_followed() {
    let world = World::new().await;
    for uri in [
        "https://evil.example/cb",
        // Suffixes and prefixes.
        "https://client.example.evil.example/cb",
        "https://evilclient.example/cb",
        "https://client.example/cb/../evil",
        "https://client.example/cbx",
        "https://client.example/cb/",
        "https://client.example/",
        "https://client.example/cb?next=https://evil.example",
        // Users.
        "https://client.example@evil.example/cb",
        "https://client.example:443@evil.example/cb",
        "https://evil@client.example/cb",
        // Fragments.
        "https://client.example/cb#",
        "https://client.example/cb#@evil.example",
        // Ports and schemes.
        "https://client.example:8443/cb",
        "http://client.example/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        // Letters and their codes.
        "https://client.example/CB",
        "https://client.example/%63b",
        "https://client.example\\@evil.example/cb",
        "https:/\\evil.example/cb",
        "//evil.example/cb",
        "https://client.example/cb\u{ff0e}evil.example",
        "https://client.example%00.evil.example/cb",
        " https://client.example/cb",
    ] {
        is_refused(&world, &[("redirect_uri", uri)]).await;
    }
}

#[tokio::test]
async fn a_client_that_nobody_knows_gets_nobody_sent() {
    let world = World::new().await;
    is_refused(&world, &[("client_id", "nobody")]).await;
    is_refused(&world, &[("client_id", "")]).await;
    is_refused(&world, &[("client_id", "nobody"), ("redirect_uri", "https://evil.example")]).await;
}

#[tokio::test]
async fn a_parameter_that_is_there_twice_decides_nothing() {
    let world = World::new().await;
    let url = super::world::authorize_url(&[]);
    for more in ["redirect_uri=https://evil.example/cb", "client_id=other", "state=x", "code_challenge=x"] {
        let reply = world.get(&format!("{url}&{more}")).await;
        assert_eq!(reply.error(), (400, "invalid_request".into()), "{more}");
    }
}

#[tokio::test]
async fn one_of_several_urls_has_to_be_named() {
    let world = World::new().await;
    world.store.with(|memory| {
        let client = memory.clients.get_mut("public").unwrap();
        client.redirect_uris.push("https://client.example/second".into());
    });
    is_refused(&world, &[("redirect_uri", "")]).await;
    let reply =
        world.authorize(&mut Browser::default(), &[("redirect_uri", "https://client.example/second")]).await;
    assert_eq!(reply.status, StatusCode::FOUND);
}

#[tokio::test]
async fn only_programs_on_the_same_machine_choose_their_port() {
    let world = World::new().await;
    world.store.with(|memory| {
        memory.clients.get_mut("public").unwrap().redirect_uris = vec!["http://127.0.0.1:1/cb".into()];
    });
    let redirect = "http://127.0.0.1:50123/cb";
    let code = world.code(&mut Browser::default(), &[("redirect_uri", redirect)]).await;
    // The code went to this port, and to no other.
    let reply = world.redeem(&code, &[("redirect_uri", "http://127.0.0.1:1/cb")]).await;
    assert_eq!(reply.error(), (400, "invalid_request".into()));
    world.redeem(&code, &[("redirect_uri", redirect)]).await.tokens();
    is_refused(&world, &[("redirect_uri", "http://127.0.0.1:50123/evil")]).await;
    is_refused(&world, &[("redirect_uri", "http://localhost:1/cb")]).await;
}

#[tokio::test]
async fn other_errors_go_to_the_client_and_say_who_tells_them() {
    let world = World::new().await;
    for (changes, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", ""), "invalid_request"),
        (("code_challenge", "no challenge"), "invalid_request"),
        (("scope", "a\"b"), "invalid_scope"),
        (("resource", "https://evil.example/mcp"), "invalid_target"),
        (("resource", "https://mcp.example.evil.example/mcp"), "invalid_target"),
    ] {
        let reply = world.authorize(&mut Browser::default(), &[changes]).await;
        assert_eq!(reply.error(), (302, error.into()), "{changes:?}");
        assert!(reply.location().as_str().starts_with(REDIRECT));
    }
}

#[tokio::test]
async fn every_redirection_says_whose_it_is() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let away = world.authorize(&mut browser, &[]).await;
    let denied = format!("/callback?error=access_denied&state={}", away.parameter("state"));
    assert_eq!(browser.get(&world, &denied).await.parameter("iss"), BASE);
    let away = world.authorize(&mut browser, &[]).await;
    let failed = browser.get(&world, &callback_url(&away.parameter("state"), "forged")).await;
    assert_eq!(failed.error(), (307, "access_denied".into()));
    let refused = world.authorize(&mut browser, &[("scope", "\"")]).await;
    assert_eq!(refused.parameter("iss"), BASE);
}

#[tokio::test]
async fn the_query_of_a_registered_url_stays() {
    let world = World::new().await;
    world.store.with(|memory| {
        memory.clients.get_mut("public").unwrap().redirect_uris =
            vec!["https://client.example/cb?tenant=1".into()];
    });
    let mut browser = Browser::default();
    let away = world.authorize(&mut browser, &[("redirect_uri", "")]).await;
    let back = browser.get(&world, &callback_url(&away.parameter("state"), "idp-code-ada")).await;
    assert_eq!(back.parameter("tenant"), "1");
    back.parameter("code");
}
