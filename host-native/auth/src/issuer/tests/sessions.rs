//! Attacks with tokens, and what becomes of sessions.

use std::sync::atomic::Ordering;

use mxcp_core::call::Secret;
use mxcp_server::Refusal;

use super::world::{BASE, Browser, World};
use crate::upstream::UpstreamError;

const GRANT: (u16, &str) = (400, "invalid_grant");

fn is(error: (u16, String), expected: (u16, &str)) -> bool {
    (error.0, error.1.as_str()) == expected
}

fn sessions(world: &World) -> usize {
    world.store.with(|memory| memory.sessions.len())
}

#[tokio::test]
async fn a_refresh_exchanges_both_tokens() {
    let world = World::new().await;
    let (access, refresh) = world.tokens().await;
    world.pass(5000);
    assert!(!world.admits(&access).await);
    let (fresh, next) = world.refresh(&refresh, &[]).await.tokens();
    assert!(fresh != access && next != refresh);
    assert!(world.admits(&fresh).await);
    assert_eq!(
        world.issuer.verify(&fresh, BASE).await.unwrap().external_token,
        Some(Secret::new("idp-access-2"))
    );
    world.refresh(&next, &[]).await.tokens();
    assert!(!world.admits(&fresh).await, "the old one is over at once");
}

#[tokio::test]
async fn a_refresh_token_that_is_used_again_ends_the_session() {
    let world = World::new().await;
    let (_, refresh) = world.tokens().await;
    let (access, next) = world.refresh(&refresh, &[]).await.tokens();
    let reply = world.refresh(&refresh, &[]).await;
    assert!(is(reply.error(), GRANT));
    assert_eq!(reply.json()["error_description"], "refresh token does not exist");
    assert!(!world.admits(&access).await);
    assert!(is(world.refresh(&next, &[]).await.error(), GRANT));
    assert_eq!(sessions(&world), 0);
}

#[tokio::test]
async fn of_two_refreshes_at_once_none_is_left_with_tokens() {
    let world = World::new().await;
    let (_, refresh) = world.tokens().await;
    let (one, other) = tokio::join!(world.refresh(&refresh, &[]), world.refresh(&refresh, &[]));
    assert_eq!([one, other].iter().filter(|reply| reply.status.is_success()).count(), 1);
    assert_eq!(sessions(&world), 0);
    assert_eq!(world.upstream.refreshed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn two_servers_agree_that_a_refresh_token_was_used() {
    let world = World::new().await;
    let replica = world.replica().await;
    let (_, refresh) = world.tokens().await;
    let (one, other) = tokio::join!(world.refresh(&refresh, &[]), replica.refresh(&refresh, &[]));
    assert_eq!([one, other].iter().filter(|reply| reply.status.is_success()).count(), 1);
    assert_eq!(sessions(&world), 0);
}

#[tokio::test]
async fn a_refresh_token_of_another_client_changes_nothing() {
    let world = World::new().await;
    let (access, refresh) = world.tokens().await;
    assert!(is(world.refresh(&refresh, &[("client_id", "other")]).await.error(), GRANT));
    assert!(world.admits(&access).await);
    let (_, next) = world.refresh(&refresh, &[]).await.tokens();
    // Not even one that is over.
    assert!(is(world.refresh(&refresh, &[("client_id", "other")]).await.error(), GRANT));
    world.refresh(&next, &[]).await.tokens();
}

#[tokio::test]
async fn tokens_are_what_they_are() {
    let world = World::new().await;
    let (access, refresh) = world.tokens().await;
    assert!(is(world.refresh(&access, &[]).await.error(), GRANT));
    for token in [refresh.as_str(), "", "mcp_", "idp-access-1", &access[1..], &access.to_uppercase()] {
        assert!(
            matches!(world.issuer.verify(token, BASE).await, Err(Refusal::Unauthenticated(_))),
            "{token}"
        );
    }
    assert!(world.admits(&access).await);
}

#[tokio::test]
async fn a_token_is_good_at_its_own_server_only() {
    let world = World::new().await;
    let (access, refresh) = world.tokens().await;
    for base in
        ["https://other.example", "http://mcp.example", "https://mcp.example:8443", "https://mcp.example/x"]
    {
        assert!(
            matches!(world.issuer.verify(&access, base).await, Err(Refusal::Unauthenticated(_))),
            "{base}"
        );
    }
    let reply = world.refresh(&refresh, &[("resource", "https://other.example/mcp")]).await;
    assert!(is(reply.error(), (400, "invalid_target")));
    // A refusal uses nothing up.
    world.refresh(&refresh, &[("resource", "https://mcp.example/mcp")]).await.tokens();
}

#[tokio::test]
async fn a_token_needs_the_required_scopes() {
    let world = World::with(|options| options.required_scopes = vec!["read".into(), "write".into()]).await;
    let code = world.code(&mut Browser::default(), &[("scope", "read")]).await;
    let (access, _) = world.redeem(&code, &[]).await.tokens();
    let refusal = world.issuer.verify(&access, BASE).await.unwrap_err();
    assert_eq!(refusal, Refusal::InsufficientScope("write".into()));
    let (access, refresh) = world.tokens().await;
    assert!(world.admits(&access).await);
    assert!(is(world.refresh(&refresh, &[("scope", "read admin")]).await.error(), (400, "invalid_scope")));
    let narrowed = world.refresh(&refresh, &[("scope", "write")]).await;
    assert_eq!(narrowed.json()["scope"], "write");
    let refusal = world.issuer.verify(&narrowed.tokens().0, BASE).await.unwrap_err();
    assert_eq!(refusal, Refusal::InsufficientScope("read".into()));
}

#[tokio::test]
async fn either_token_ends_the_session_for_its_own_client() {
    let world = World::new().await;
    for which in [0, 1] {
        let (access, refresh) = world.tokens().await;
        let token = [&access, &refresh][which];
        let foreign = world.post("/revoke", &[("client_id", "other"), ("token", token)]).await;
        assert_eq!((foreign.status.as_u16(), foreign.text.as_str()), (200, ""));
        assert!(world.admits(&access).await);
        let own = world.post("/revoke", &[("client_id", "public"), ("token", token)]).await;
        assert_eq!(own.status.as_u16(), 200);
        assert!(!world.admits(&access).await);
        assert!(is(world.refresh(&refresh, &[]).await.error(), GRANT));
    }
    for token in ["x", "mcp_refresh_x", "idp-access-1"] {
        assert_eq!(
            world.post("/revoke", &[("client_id", "public"), ("token", token)]).await.status.as_u16(),
            200
        );
    }
    assert!(is(world.post("/revoke", &[("token", "x")]).await.error(), (401, "invalid_client")));
    assert!(is(world.post("/revoke", &[("client_id", "public")]).await.error(), (400, "invalid_request")));
}

#[tokio::test]
async fn the_provider_decides_whether_a_session_goes_on() {
    let world = World::new().await;
    let (access, refresh) = world.tokens().await;
    world.upstream.fail(Some(UpstreamError::Refused("revoked".into())));
    let reply = world.refresh(&refresh, &[]).await;
    assert!(is(reply.error(), GRANT));
    assert_eq!(reply.json()["error_description"], "Provider refresh failed");
    assert!(world.admits(&access).await, "the session is as it was");
    world.upstream.fail(Some(UpstreamError::Unavailable("down".into())));
    assert!(is(world.refresh(&refresh, &[]).await.error(), (503, "temporarily_unavailable")));
    world.upstream.fail(None);
    world.refresh(&refresh, &[]).await.tokens();
}

#[tokio::test]
async fn a_provider_without_refresh_tokens_gives_no_second_session() {
    let world = World::new().await;
    world.upstream.lifetime.store(0, Ordering::SeqCst);
    let (access, refresh) = world.tokens().await;
    let reply = world.refresh(&refresh, &[]).await;
    assert!(is(reply.error(), GRANT));
    assert_eq!(reply.json()["error_description"], "Provider refresh token missing");
    world.pass(3599);
    assert!(world.admits(&access).await);
    world.pass(1);
    assert!(!world.admits(&access).await);
}

#[tokio::test]
async fn people_of_another_provider_are_not_let_in() {
    let world = World::new().await;
    let (access, refresh) = world.tokens().await;
    world.store.with(|memory| {
        for kept in memory.sessions.values_mut() {
            kept.session.user.provider = "former".into();
        }
    });
    assert!(!world.admits(&access).await);
    assert!(is(world.refresh(&refresh, &[]).await.error(), GRANT));
    assert_eq!(world.upstream.refreshed.load(Ordering::SeqCst), 0, "it does not learn the other's token");
}

#[tokio::test]
async fn calls_at_once_refresh_the_providers_token_once() {
    let world = World::new().await;
    let (access, _) = world.tokens().await;
    world.pass(3550);
    world.upstream.gate.forget_permits(usize::MAX >> 4);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (issuer, access) = (world.issuer.clone(), access.clone());
            tokio::spawn(async move { issuer.verify(&access, BASE).await })
        })
        .collect();
    while world.upstream.refreshed.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    world.upstream.gate.add_permits(100);
    for call in calls {
        let user = call.await.unwrap().unwrap();
        assert_eq!(user.external_token, Some(Secret::new("idp-access-2")));
    }
    assert_eq!(world.upstream.refreshed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_call_goes_on_while_the_providers_token_is_good() {
    let world = World::new().await;
    let (access, _) = world.tokens().await;
    world.pass(3550);
    world.upstream.fail(Some(UpstreamError::Unavailable("down".into())));
    for _ in 0..3 {
        let user = world.issuer.verify(&access, BASE).await.unwrap();
        assert_eq!(user.external_token, Some(Secret::new("idp-access-1")));
    }
    assert_eq!(world.upstream.refreshed.load(Ordering::SeqCst), 1, "it is left alone for a moment");
}

#[tokio::test]
async fn a_short_token_of_the_provider_is_renewed_or_the_call_refused() {
    let world = World::new().await;
    world.upstream.lifetime.store(20, Ordering::SeqCst);
    let (access, _) = world.tokens().await;
    world.pass(30);
    world.upstream.fail(Some(UpstreamError::Refused("revoked".into())));
    let refusal = world.issuer.verify(&access, BASE).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Unauthenticated(_)), "{refusal:?}");
    world.pass(10);
    world.upstream.fail(None);
    assert!(world.admits(&access).await);
}

#[tokio::test]
async fn another_server_that_was_faster_is_believed() {
    // Whether the provider gives tokens to both, or to the first one only.
    for answer in [Some(UpstreamError::Refused("used".into())), None] {
        let world = World::new().await;
        let (access, _) = world.tokens().await;
        world.pass(3550);
        world.upstream.gate.forget_permits(usize::MAX >> 4);
        let call = tokio::spawn({
            let (issuer, access) = (world.issuer.clone(), access.clone());
            async move { issuer.verify(&access, BASE).await }
        });
        while world.upstream.refreshed.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        // Meanwhile, elsewhere.
        world.store.with(|memory| {
            for kept in memory.sessions.values_mut() {
                kept.session.upstream.access = Secret::new("idp-access-elsewhere");
            }
        });
        world.upstream.fail(answer);
        world.upstream.gate.add_permits(100);
        let user = call.await.unwrap().unwrap();
        assert_eq!(user.external_token, Some(Secret::new("idp-access-elsewhere")));
    }
}

#[tokio::test]
async fn a_token_that_is_known_is_not_looked_up_and_not_known_for_long() {
    let world = World::new().await;
    let (access, _) = world.tokens().await;
    assert!(world.admits(&access).await);
    world.store.set_broken(true);
    world.pass(1);
    assert!(world.admits(&access).await);
    let elsewhere = world.issuer.verify(&access, "https://other.example").await;
    assert!(matches!(elsewhere, Err(Refusal::Unauthenticated(_))), "{elsewhere:?}");
    world.pass(1);
    assert!(matches!(world.issuer.verify(&access, BASE).await, Err(Refusal::Unavailable(_))));
}

#[tokio::test]
async fn what_another_server_ends_is_over_two_seconds_later_and_at_once_where_it_is_ended() {
    let world = World::new().await;
    let replica = world.replica().await;
    let (access, _) = world.tokens().await;
    assert!(world.admits(&access).await && replica.admits(&access).await);
    world.post("/revoke", &[("client_id", "public"), ("token", &access)]).await;
    assert!(!world.admits(&access).await);
    world.pass(2);
    assert!(!replica.admits(&access).await);
}

#[tokio::test]
async fn sessions_of_the_reference_are_good_at_the_server_with_its_database() {
    let world = World::new().await;
    let (access, _) = world.tokens().await;
    world.store.with(|memory| {
        for kept in memory.sessions.values_mut() {
            kept.session.resource.clear();
        }
    });
    assert!(world.admits(&access).await);
}
