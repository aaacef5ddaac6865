//! Attacks on the proof that binds a code to who asked for it (RFC 7636).

use super::world::{Browser, CHALLENGE, VERIFIER, World};

#[tokio::test]
async fn a_login_without_a_challenge_is_refused() {
    let world = World::new().await;
    let reply = world.authorize(&mut Browser::default(), &[("code_challenge", "")]).await;
    assert_eq!(reply.error(), (302, "invalid_request".into()));
}

#[tokio::test]
async fn a_challenge_in_clear_is_refused() {
    let world = World::new().await;
    for method in ["plain", "s256", "none"] {
        let reply = world.authorize(&mut Browser::default(), &[("code_challenge_method", method)]).await;
        assert_eq!(reply.error(), (302, "invalid_request".into()), "{method}");
    }
}

#[tokio::test]
async fn s256_is_meant_where_no_method_is_named() {
    let world = World::new().await;
    let code = world.code(&mut Browser::default(), &[("code_challenge_method", "")]).await;
    // As if it had been `plain`.
    assert_eq!(
        world.redeem(&code, &[("code_verifier", CHALLENGE)]).await.error(),
        (400, "invalid_grant".into())
    );
    world.redeem(&code, &[]).await.tokens();
}

#[tokio::test]
async fn a_code_is_good_with_its_verifier_only() {
    let world = World::new().await;
    let code = world.code(&mut Browser::default(), &[]).await;
    let reply = world.redeem(&code, &[("code_verifier", "")]).await;
    assert_eq!(reply.error(), (400, "invalid_request".into()));
    for wrong in ["x", CHALLENGE, &VERIFIER[1..], &format!("{VERIFIER}x"), &VERIFIER.to_lowercase()] {
        let reply = world.redeem(&code, &[("code_verifier", wrong)]).await;
        assert_eq!(reply.error(), (400, "invalid_grant".into()), "{wrong}");
        assert_eq!(reply.json()["error_description"], "incorrect code_verifier");
    }
    // Whoever tries does not use it up.
    world.redeem(&code, &[]).await.tokens();
}
