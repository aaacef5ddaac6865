//! Attacks on the way back from the identity provider.

use axum::body::Body;
use axum::http::header::ACCEPT;
use axum::http::{Request, StatusCode};

use super::world::{Browser, World, callback_url};

const REQUEST: (u16, &str) = (400, "invalid_request");

fn is(error: (u16, String), expected: (u16, &str)) -> bool {
    (error.0, error.1.as_str()) == expected
}

#[tokio::test]
async fn a_state_is_used_once() {
    let world = World::new().await;
    let state = world.authorize(&mut Browser::default(), &[]).await.parameter("state");
    world.get(&callback_url(&state, "idp-code-ada")).await.parameter("code");
    let again = world.get(&callback_url(&state, "idp-code-mallory")).await;
    assert!(is(again.error(), REQUEST));
}

#[tokio::test]
async fn two_servers_agree_that_a_state_was_used() {
    let world = World::new().await;
    let replica = world.replica().await;
    let state = world.authorize(&mut Browser::default(), &[]).await.parameter("state");
    let url = callback_url(&state, "idp-code-ada");
    let (one, other) = tokio::join!(world.get(&url), replica.get(&url));
    assert_eq!([one, other].iter().filter(|reply| reply.status.is_redirection()).count(), 1);
}

#[tokio::test]
async fn a_state_of_nobody_or_of_long_ago_is_refused() {
    let world = World::new().await;
    let state = world.authorize(&mut Browser::default(), &[]).await.parameter("state");
    world.pass(300);
    for state in [state.as_str(), "client state & more", "AAAAAAAAAAAAAAAAAAAAAA", ""] {
        let reply = world.get(&callback_url(state, "idp-code-ada")).await;
        assert!(is(reply.error(), REQUEST), "{state}");
    }
    let state = world.authorize(&mut Browser::default(), &[]).await.parameter("state");
    for path in ["/callback".to_owned(), "/callback?code=x".to_owned(), format!("/callback?state={state}")] {
        assert!(is(world.get(&path).await.error(), REQUEST), "{path}");
    }
    // What was incomplete used nothing up.
    world.get(&callback_url(&state, "idp-code-ada")).await.parameter("code");
}

#[tokio::test]
async fn an_error_without_a_login_is_shown_as_plain_data() {
    let world = World::new().await;
    let reply = world.get("/callback?error=%3Cscript%3E&error_description=%3Cscript%3E&state=x").await;
    assert!(is(reply.error(), REQUEST));
    assert!(!reply.text.contains("<script>"));
    assert!(is(world.get("/callback?error=access_denied").await.error(), REQUEST));
}

#[tokio::test]
async fn people_are_shown_a_page_and_programs_get_data() {
    let world = World::new().await;
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for path in
        ["/callback?code=x&state=%3Cscript%3E", "/authorize?client_id=%3Cscript%3E", "/callback?a=1&a=2"]
    {
        let request = Request::get(path).header(ACCEPT, browser).body(Body::empty()).unwrap();
        let page = world.send(request).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!((page.header("x-frame-options"), page.header("cache-control")), ("DENY", "no-store"));
        assert!(page.text.contains("<h1>The login can\u{2019}t go on</h1>"), "{}", page.text);
        assert!(page.text.contains("invalid_request") && !page.text.contains("script"), "{}", page.text);
        assert!(is(world.get(path).await.error(), REQUEST), "{path}");
    }
}

#[tokio::test]
async fn an_error_of_the_provider_is_told_to_the_client_once() {
    let world = World::new().await;
    let state = world.authorize(&mut Browser::default(), &[]).await.parameter("state");
    let path = format!("/callback?error=consent_required&error_description=a%22b%E2%80%AE&state={state}");
    let reply = world.get(&path).await;
    assert_eq!(reply.error(), (307, "consent_required".into()));
    assert_eq!(reply.parameter("error_description"), "ab");
    assert!(is(world.get(&path).await.error(), REQUEST));
    let state = world.authorize(&mut Browser::default(), &[]).await.parameter("state");
    let reply = world.get(&format!("/callback?error=%3Cb%3E&state={state}")).await;
    assert_eq!(reply.error(), (307, "server_error".into()));
}

#[tokio::test]
async fn a_login_does_not_come_back_in_another_browser() {
    let world = World::asking().await;
    let mut attacker = Browser::default();
    let page = world.authorize(&mut attacker, &[]).await;
    let state = attacker.press(&world, &page, "allow").await.parameter("state");
    // The victim is lured to the end of the attacker's login, and would be logged in as the attacker.
    let mut victim = Browser::default();
    world.authorize(&mut victim, &[]).await;
    let reply = victim.get(&world, &callback_url(&state, "idp-code-mallory")).await;
    assert!(is(reply.error(), REQUEST));
    // And the attacker can't use it any more either.
    assert!(is(attacker.get(&world, &callback_url(&state, "idp-code-mallory")).await.error(), REQUEST));
}

#[tokio::test]
async fn the_state_of_another_login_is_of_no_use() {
    let world = World::asking().await;
    let (mut attacker, mut victim) = (Browser::default(), Browser::default());
    let page = world.authorize(&mut victim, &[]).await;
    let state = victim.press(&world, &page, "allow").await.parameter("state");
    world.authorize(&mut attacker, &[]).await;
    for browser in [&mut attacker, &mut Browser::default()] {
        let reply = browser.get(&world, &format!("/callback?error=access_denied&state={state}")).await;
        assert!(is(reply.error(), REQUEST));
    }
}

#[tokio::test]
async fn a_login_from_before_browsers_were_told_apart_does_not_go_on() {
    let world = World::new().await;
    let state = world.authorize(&mut Browser::default(), &[]).await.parameter("state");
    let login = world.store.with(|memory| memory.logins.pop_first().unwrap());
    let asking = World::asking().await;
    asking.store.with(|memory| memory.logins.insert(login.0, login.1));
    let mut browser = Browser::default();
    asking.authorize(&mut browser, &[]).await;
    assert!(is(browser.get(&asking, &callback_url(&state, "idp-code-ada")).await.error(), REQUEST));
}

#[tokio::test]
async fn a_login_of_the_reference_goes_on_here() {
    let world = World::new().await;
    let state = world.authorize(&mut Browser::default(), &[]).await.parameter("state");
    world.store.with(|memory| {
        for login in memory.logins.values_mut() {
            login.resource.clear();
        }
    });
    let back = world.get(&callback_url(&state, "idp-code-ada")).await;
    let (access, _) = world.redeem(&back.parameter("code"), &[]).await.tokens();
    assert!(world.admits(&access).await);
    assert!(world.issuer.verify(&access, "https://other.example").await.is_err());
}
