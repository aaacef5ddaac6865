//! Attacks with codes.

use super::world::{BASE, Browser, REDIRECT, World, confidential};

const GRANT: (u16, &str) = (400, "invalid_grant");

fn is(error: (u16, String), expected: (u16, &str)) -> bool {
    (error.0, error.1.as_str()) == expected
}

#[tokio::test]
async fn a_code_that_is_used_again_ends_what_it_began() {
    let world = World::new().await;
    let code = world.code(&mut Browser::default(), &[]).await;
    let (access, refresh) = world.redeem(&code, &[]).await.tokens();
    assert!(world.admits(&access).await);
    // The thief does not even know the verifier.
    let reply = world.redeem(&code, &[("code_verifier", "x")]).await;
    assert!(is(reply.error(), GRANT));
    assert_eq!(reply.json()["error_description"], "authorization code does not exist");
    assert!(!world.admits(&access).await);
    assert!(is(world.refresh(&refresh, &[]).await.error(), GRANT));
}

#[tokio::test]
async fn of_two_requests_with_a_code_none_is_left_with_tokens() {
    let world = World::new().await;
    let code = world.code(&mut Browser::default(), &[]).await;
    let (one, other) = tokio::join!(world.redeem(&code, &[]), world.redeem(&code, &[]));
    let good: Vec<_> = [&one, &other].into_iter().filter(|reply| reply.status.is_success()).collect();
    assert_eq!(good.len(), 1);
    assert!(!world.admits(&good[0].tokens().0).await);
}

#[tokio::test]
async fn a_code_of_another_client_does_not_exist() {
    let world = World::new().await;
    let code = world.code(&mut Browser::default(), &[]).await;
    let reply = world.redeem(&code, &[("client_id", "other")]).await;
    assert!(is(reply.error(), GRANT));
    let (access, _) = world.redeem(&code, &[]).await.tokens();
    // Nor does showing it end anything, once it is used.
    assert!(is(world.redeem(&code, &[("client_id", "other")]).await.error(), GRANT));
    assert!(world.admits(&access).await);
}

#[tokio::test]
async fn a_code_is_over_after_five_minutes() {
    let world = World::new().await;
    let code = world.code(&mut Browser::default(), &[]).await;
    world.pass(300);
    assert!(is(world.redeem(&code, &[]).await.error(), GRANT));
    assert!(is(world.redeem("mcp_00000000000000000000000000000000", &[]).await.error(), GRANT));
}

#[tokio::test]
async fn a_code_is_good_with_the_redirect_uri_that_it_went_to() {
    let world = World::new().await;
    let code = world.code(&mut Browser::default(), &[]).await;
    for uri in ["", "https://client.example/other", "https://evil.example/cb", "javascript:x"] {
        let reply = world.redeem(&code, &[("redirect_uri", uri)]).await;
        assert!(is(reply.error(), (400, "invalid_request")), "{uri}");
    }
    world.redeem(&code, &[]).await.tokens();
}

#[tokio::test]
async fn a_code_is_good_for_the_server_that_it_was_asked_for() {
    let world = World::new().await;
    let code = world.code(&mut Browser::default(), &[("resource", BASE)]).await;
    let reply = world.redeem(&code, &[("resource", "https://evil.example/mcp")]).await;
    assert!(is(reply.error(), (400, "invalid_target")));
    world.redeem(&code, &[("resource", "https://mcp.example/mcp/")]).await.tokens();
}

#[tokio::test]
async fn a_confidential_client_proves_itself_as_it_registered() {
    let world = World::new().await;
    let (id, secret) = confidential(&world, "client_secret_post").await;
    let code = world.code(&mut Browser::default(), &[("client_id", &id)]).await;
    for (changes, description) in [
        (vec![("client_id", id.as_str())], "Client secret is required"),
        (vec![("client_id", &id), ("client_secret", "wrong")], "Invalid client_secret"),
        (vec![("client_id", "nobody"), ("client_secret", &secret)], "Invalid client_id"),
        (vec![("client_id", ""), ("client_secret", &secret)], "Missing client_id"),
    ] {
        let reply = world.redeem(&code, &changes).await;
        assert!(is(reply.error(), (401, "invalid_client")), "{description}");
        assert_eq!(reply.json()["error_description"], description);
    }
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    let by_header = super::world::basic_form("/token", &format!("{id}:{secret}"), &fields);
    assert!(is(world.send(by_header).await.error(), (401, "invalid_client")));
    let mixed = [("client_id", "other"), ("grant_type", "authorization_code"), ("code", code.as_str())];
    let mixed = super::world::basic_form("/token", &format!("{id}:{secret}"), &mixed);
    assert!(is(world.send(mixed).await.error(), (401, "invalid_client")));
}

#[tokio::test]
async fn grants_that_nobody_knows_are_refused() {
    let world = World::new().await;
    for grant in ["password", "client_credentials", ""] {
        let reply = world.post("/token", &[("client_id", "public"), ("grant_type", grant)]).await;
        assert!(is(reply.error(), (400, "invalid_request")), "{grant}");
    }
}
