//! What is told when something is out of order: that it is, and nothing more.

use axum::http::StatusCode;
use mxcp_server::Refusal;

use super::world::{BASE, Browser, World, callback_url};
use crate::issuer::{Issuer, Options};
use crate::upstream::UpstreamError;

const UNAVAILABLE: &str = "temporarily_unavailable";

#[tokio::test]
async fn a_store_out_of_order_is_no_reason_to_let_anybody_in_or_to_tell_more() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let (access, refresh) = world.tokens().await;
    let code = world.code(&mut browser, &[]).await;
    let state = world.authorize(&mut browser, &[]).await.parameter("state");
    world.store.set_broken(true);
    let replies = [
        world.register(r#"{"redirect_uris": ["app:cb"]}"#).await,
        world.authorize(&mut browser, &[]).await,
        world.get(&callback_url(&state, "idp-code-ada")).await,
        world.redeem(&code, &[]).await,
        world.refresh(&refresh, &[]).await,
        world.post("/revoke", &[("client_id", "public"), ("token", &access)]).await,
    ];
    for reply in replies {
        assert_eq!(reply.error(), (503, UNAVAILABLE.into()));
        assert!(!reply.header("retry-after").is_empty());
        assert!(!reply.text.contains("oauth.db"));
    }
    assert!(matches!(world.issuer.verify(&access, BASE).await, Err(Refusal::Unavailable(_))));
    world.store.set_broken(false);
    assert!(world.admits(&access).await);
    world.redeem(&code, &[]).await.tokens();
}

#[tokio::test]
async fn a_store_out_of_order_prevents_the_start() {
    let world = World::asking().await;
    world.store.set_broken(true);
    let mut options = Options::new(world.upstream.clone(), world.store.clone());
    options.consent = crate::issuer::Consent::Asked;
    assert!(Issuer::open(options).await.is_err());
}

#[tokio::test]
async fn what_goes_wrong_at_the_provider_is_told_to_the_client() {
    let world = World::new().await;
    for (failure, error) in [
        (UpstreamError::Refused("secret detail".into()), "access_denied"),
        (UpstreamError::Unavailable("secret detail".into()), UNAVAILABLE),
        (UpstreamError::Unusable("secret detail".into()), "server_error"),
    ] {
        world.upstream.fail(Some(failure));
        let mut browser = Browser::default();
        let away = world.authorize(&mut browser, &[]).await;
        let back = browser.get(&world, &callback_url(&away.parameter("state"), "idp-code-ada")).await;
        assert_eq!(back.error(), (307, error.into()));
        assert!(!back.location().as_str().contains("detail"));
    }
}

#[tokio::test]
async fn somebody_without_an_id_is_nobody() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let away = world.authorize(&mut browser, &[]).await;
    let back = browser.get(&world, &callback_url(&away.parameter("state"), "idp-code-")).await;
    assert_eq!(back.error(), (307, "server_error".into()));
    assert_eq!(world.store.with(|memory| memory.sessions.len()), 0);
}

#[tokio::test]
async fn no_answer_is_an_internal_error() {
    let world = World::asking().await;
    let odd = [
        "%",
        "%ff",
        "%00",
        "a=%ff%fe",
        "=",
        "&&&",
        "client_id=%00",
        "state=%0d%0a",
        "scope=%20",
        "resource=%",
    ];
    for path in ["/authorize", "/callback", "/.well-known/oauth-authorization-server", "/token"] {
        for query in odd {
            let reply = world.get(&format!("{path}?{query}")).await;
            assert!(reply.status.as_u16() < 500, "{path}?{query}: {reply:?}");
        }
    }
    for path in ["/authorize", "/token", "/revoke", "/consent", "/register"] {
        for body in odd {
            let mut request = super::world::form(path, &[]);
            *request.body_mut() = axum::body::Body::from(body);
            let reply = world.send(request).await;
            assert!(reply.status.is_client_error(), "{path} {body}: {reply:?}");
        }
    }
    assert_eq!(world.get("/callback?code=x&state=%F0%9F%92%A3").await.status, StatusCode::BAD_REQUEST);
}
