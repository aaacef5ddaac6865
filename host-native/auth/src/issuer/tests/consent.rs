//! The question whether a client gets access, and attacks on it.

use axum::http::StatusCode;
use axum::http::header::ORIGIN;

use super::world::{Browser, World, callback_url, form_of};
use crate::store::Client;
use crate::testing::client;

const BROWSER: &str = "__Host-mxcp-browser";
const MEMORY: &str = "__Host-mxcp-consent";

fn logins(world: &World) -> usize {
    world.store.with(|memory| memory.logins.len())
}

#[tokio::test]
async fn nobody_is_sent_on_before_saying_yes() {
    let world = World::asking().await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[("scope", "read write")]).await;
    assert_eq!(page.status, StatusCode::OK);
    for shown in ["The Client", "client.example", "<li>read</li>", "<li>write</li>", "fake"] {
        assert!(page.text.contains(shown), "{shown}");
    }
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(logins(&world), 0);
    let away = browser.press(&world, &page, "allow").await;
    assert_eq!(away.status, StatusCode::SEE_OTHER);
    assert_eq!(logins(&world), 1);
    browser.get(&world, &callback_url(&away.parameter("state"), "idp-code-ada")).await.parameter("code");
}

#[tokio::test]
async fn a_no_is_told_to_the_client() {
    let world = World::asking().await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[]).await;
    assert_eq!(browser.press(&world, &page, "deny").await.error(), (303, "access_denied".into()));
    assert_eq!(logins(&world), 0);
    assert!(!browser.knows(MEMORY));
}

#[tokio::test]
async fn a_yes_is_remembered_for_this_client_this_place_and_these_scopes() {
    let world = World::asking().await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[]).await;
    browser.press(&world, &page, "allow").await;
    assert_eq!(world.authorize(&mut browser, &[]).await.status, StatusCode::FOUND);
    for other in [("client_id", "other"), ("scope", "write")] {
        assert_eq!(world.authorize(&mut browser, &[other]).await.status, StatusCode::OK, "{other:?}");
    }
    world.store.with(|memory| {
        let evil = Client { redirect_uris: vec!["https://evil.example/".into()], ..client("public") };
        memory.clients.insert("public".into(), evil);
    });
    let elsewhere = world.authorize(&mut browser, &[("redirect_uri", "https://evil.example/")]).await;
    assert_eq!(elsewhere.status, StatusCode::OK);
    assert_eq!(
        world.authorize(&mut Browser::default(), &[("redirect_uri", "")]).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_yes_is_forgotten_after_thirty_days() {
    let world = World::asking().await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[]).await;
    browser.press(&world, &page, "allow").await;
    world.pass(30 * 24 * 3600);
    assert_eq!(world.authorize(&mut browser, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_writes_that_somebody_said_yes() {
    let world = World::asking().await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[]).await;
    browser.press(&world, &page, "allow").await;
    let good = browser.cookie(MEMORY).clone();
    let (entries, signature) = good.split_once('~').unwrap();
    let (subject, until) = entries.split_once(':').unwrap();
    let longer = format!("{subject}:{}~{signature}", until.parse::<i64>().unwrap() + 1);
    let twice = format!("{entries}.{entries}~{signature}");
    for forged in
        [longer, twice, format!("{entries}~"), entries.to_owned(), format!("{entries}~{}", &signature[1..])]
    {
        browser.cookie(MEMORY).clone_from(&forged);
        assert_eq!(world.authorize(&mut browser, &[]).await.status, StatusCode::OK, "{forged}");
    }
    *browser.cookie(MEMORY) = good;
    assert_eq!(world.authorize(&mut browser, &[]).await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn a_form_of_another_page_says_nothing() {
    let world = World::asking().await;
    let (mut attacker, mut victim) = (Browser::default(), Browser::default());
    // The attacker has a page of its own, and makes the victim's browser send its fields.
    let page = world.authorize(&mut attacker, &[]).await;
    world.authorize(&mut victim, &[]).await;
    let stolen = victim.press(&world, &page, "allow").await;
    assert_eq!(stolen.status, StatusCode::FORBIDDEN);
    assert!(stolen.header("location").is_empty());
    // Without cookies, as browsers send forms of other sites.
    assert_eq!(Browser::default().press(&world, &page, "allow").await.status, StatusCode::FORBIDDEN);
    assert_eq!(logins(&world), 0);
}

#[tokio::test]
async fn a_form_says_what_was_asked_and_nothing_else() {
    let world = World::asking().await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[("scope", "read")]).await;
    for (name, value) in [
        ("client_id", "other"),
        ("scope", "read write"),
        ("state", "x"),
        ("code_challenge", "x"),
        ("ticket", "9999999999.AAAA"),
        ("ticket", ""),
        ("redirect_uri", "https://evil.example/"),
        ("response_type", "token"),
    ] {
        let mut fields = page.fields();
        fields.retain(|(field, _)| field != name);
        fields.push((name.to_owned(), value.to_owned()));
        fields.push(("decision".to_owned(), "allow".to_owned()));
        let reply = browser.send(&world, form_of("/consent", &fields)).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{name}={value}");
    }
    assert_eq!(browser.press(&world, &page, "maybe").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.press(&world, &page, "allow").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_of_another_origin_is_refused() {
    let world = World::asking().await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[]).await;
    let mut fields = page.fields();
    fields.push(("decision".to_owned(), "allow".to_owned()));
    for origin in [
        "https://evil.example",
        "null",
        "http://mcp.example",
        "https://mcp.example:444",
        "https://mcp.example.evil",
    ] {
        let mut request = form_of("/consent", &fields);
        request.headers_mut().insert(ORIGIN, origin.parse().unwrap());
        assert_eq!(browser.send(&world, request).await.status, StatusCode::FORBIDDEN, "{origin}");
    }
    let mut request = form_of("/consent", &fields);
    request.headers_mut().insert(ORIGIN, "https://mcp.example".parse().unwrap());
    assert_eq!(browser.send(&world, request).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_page_is_out_of_date_after_ten_minutes() {
    let world = World::asking().await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[]).await;
    world.pass(600);
    assert_eq!(browser.press(&world, &page, "allow").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_client_that_changed_since_is_asked_for_again() {
    let world = World::asking().await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[]).await;
    world.store.with(|memory| memory.clients.get_mut("public").unwrap().name = Some("Your Bank".into()));
    assert_eq!(browser.press(&world, &page, "allow").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_cookie_that_somebody_made_up_is_replaced() {
    let world = World::asking().await;
    let mut browser = Browser::default();
    world.authorize(&mut browser, &[]).await;
    *browser.cookie(BROWSER) = "fixed".to_owned();
    world.authorize(&mut browser, &[]).await;
    assert_eq!(browser.cookie(BROWSER).len(), 64);
}

#[tokio::test]
async fn names_and_states_can_not_write_html() {
    let world = World::asking().await;
    world.store.with(|memory| {
        memory.clients.get_mut("public").unwrap().name = Some("<script>alert(1)</script>".into());
    });
    let page = world.authorize(&mut Browser::default(), &[("state", r#""><script>alert(2)</script>"#)]).await;
    assert!(!page.text.contains("<script"));
    assert!(page.fields().contains(&("state".to_owned(), r#""><script>alert(2)</script>"#.to_owned())));
}

#[tokio::test]
async fn a_yes_at_a_bad_time_is_not_lost_for_good() {
    let world = World::asking().await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[]).await;
    world.store.set_broken(true);
    let reply = browser.press(&world, &page, "allow").await;
    assert_eq!(reply.error(), (503, "temporarily_unavailable".into()));
    world.store.set_broken(false);
    assert_eq!(browser.press(&world, &page, "allow").await.status, StatusCode::SEE_OTHER);
}
