//! The promises of the trait, one after the other.

use mxcp_core::call::Secret;

use super::place::everywhere;
use super::*;
use crate::store::RefreshState;

#[tokio::test]
async fn clients_are_known_by_their_id() {
    everywhere(async |place| {
        for key in [None, Some(KEY)] {
            let store = place.open(key).await;
            store.put_client(client("a")).await.unwrap();
            assert_eq!(store.client("a").await.unwrap(), Some(client("a")));
            let public = Client {
                secret: None,
                authentication: ClientAuthentication::None,
                scopes: None,
                name: None,
                redirect_uris: Vec::new(),
                ..client("a")
            };
            store.put_client(public.clone()).await.unwrap();
            assert_eq!(store.client("a").await.unwrap(), Some(public));
            for id in ["", "b", "A", "a' OR '1' = '1", "a\0"] {
                assert_eq!(store.client(id).await.unwrap(), None, "{id:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn text_that_a_database_has_no_room_for_is_no_error() {
    everywhere(async |place| {
        let store = place.open(None).await;
        store.put_client(Client { name: Some("a\0b".to_owned()), ..client("a") }).await.unwrap();
        assert_eq!(store.client("a").await.unwrap().and_then(|client| client.name).as_deref(), Some("ab"));
        store.put_login(Digest::of("state"), login()).await.unwrap();
        assert_eq!(store.take_login(Digest::of("state"), NOW).await.unwrap(), Some(login()));
    })
    .await;
}

#[tokio::test]
async fn a_login_is_taken_once() {
    everywhere(async |place| {
        let store = place.open(Some(KEY)).await;
        store.put_login(Digest::of("state"), login()).await.unwrap();
        assert_eq!(store.take_login(Digest::of("other"), NOW).await.unwrap(), None);
        assert_eq!(store.take_login(Digest::of("state"), NOW + 299).await.unwrap(), Some(login()));
        assert_eq!(store.take_login(Digest::of("state"), NOW).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_login_is_not_taken_after_its_time() {
    everywhere(async |place| {
        let store = place.open(None).await;
        store.put_login(Digest::of("state"), login()).await.unwrap();
        assert_eq!(store.take_login(Digest::of("state"), NOW + 300).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_code_gives_tokens_once_and_is_known_as_used() {
    everywhere(async |place| {
        let store = place.open(Some(KEY)).await;
        let code = Digest::of("code");
        store.put_code(code, grant("s"), session("s")).await.unwrap();
        assert_eq!(store.code(code, NOW + 299).await.unwrap(), Some(grant("s")));
        assert_eq!(store.code(code, NOW + 300).await.unwrap(), None);
        assert_eq!(store.code(Digest::of("other"), NOW).await.unwrap(), None);

        assert!(!store.redeem_code(Digest::of("other"), tokens(1), NOW).await.unwrap());
        assert!(!store.redeem_code(code, tokens(1), NOW + 300).await.unwrap());
        assert_eq!(store.session_by_access(access(1), NOW).await.unwrap(), None);

        assert!(store.redeem_code(code, tokens(1), NOW).await.unwrap());
        assert!(!store.redeem_code(code, tokens(2), NOW).await.unwrap());
        assert_eq!(store.code(code, NOW).await.unwrap(), Some(CodeGrant { used: true, ..grant("s") }));
        let opened =
            Session { access_expires_at: Some(NOW + 3600), scopes: vec!["read".to_owned()], ..session("s") };
        assert_eq!(store.session_by_access(access(1), NOW).await.unwrap(), Some(opened));
        assert_eq!(store.session_by_access(access(2), NOW).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn access_ends_with_its_token() {
    everywhere(async |place| {
        let store = place.open(None).await;
        store.put_code(Digest::of("code"), grant("s"), session("s")).await.unwrap();
        store.redeem_code(Digest::of("code"), tokens(1), NOW).await.unwrap();
        assert!(store.session_by_access(access(1), NOW + 3599).await.unwrap().is_some());
        assert_eq!(store.session_by_access(access(1), NOW + 3600).await.unwrap(), None);
        assert_eq!(store.session_by_access(refresh(1), NOW).await.unwrap(), None);
        assert_eq!(store.session_by_refresh(access(1), NOW).await.unwrap(), None);
        let state = store.session_by_refresh(refresh(1), NOW + 3600).await.unwrap().map(|(_, state)| state);
        assert_eq!(state, Some(RefreshState::Current));
    })
    .await;
}

#[tokio::test]
async fn an_exchanged_refresh_token_is_known_as_such() {
    everywhere(async |place| {
        let store = place.open(Some(KEY)).await;
        store.put_code(Digest::of("code"), grant("s"), session("s")).await.unwrap();
        store.redeem_code(Digest::of("code"), tokens(1), NOW).await.unwrap();
        assert!(store.rotate(refresh(1), tokens(2), NOW).await.unwrap());
        assert!(!store.rotate(refresh(1), tokens(3), NOW).await.unwrap());
        assert!(store.rotate(refresh(2), tokens(3), NOW).await.unwrap());

        for (number, expected) in
            [(1, RefreshState::Exchanged), (2, RefreshState::Exchanged), (3, RefreshState::Current)]
        {
            let (session, state) = store.session_by_refresh(refresh(number), NOW).await.unwrap().unwrap();
            assert_eq!((session.id.as_str(), state), ("s", expected), "{number}");
        }
        for number in [1, 2] {
            assert_eq!(store.session_by_access(access(number), NOW).await.unwrap(), None, "{number}");
        }
        assert!(store.session_by_access(access(3), NOW).await.unwrap().is_some());
        assert_eq!(store.session_by_refresh(refresh(4), NOW).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_may_have_an_end() {
    everywhere(async |place| {
        let store = place.open(None).await;
        store.put_code(Digest::of("code"), grant("s"), session("s")).await.unwrap();
        let limited = IssuedTokens { refresh_expires_at: Some(NOW + 7200), ..tokens(1) };
        store.redeem_code(Digest::of("code"), limited, NOW).await.unwrap();
        assert!(store.session_by_refresh(refresh(1), NOW + 7199).await.unwrap().is_some());
        assert_eq!(store.session_by_refresh(refresh(1), NOW + 7200).await.unwrap(), None);
        assert!(!store.rotate(refresh(1), tokens(2), NOW + 7200).await.unwrap());
        assert!(store.rotate(refresh(1), tokens(2), NOW + 7199).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn tokens_of_the_provider_are_replaced_by_who_knows_them() {
    everywhere(async |place| {
        let store = place.open(Some(KEY)).await;
        store.put_code(Digest::of("code"), grant("s"), session("s")).await.unwrap();
        store.redeem_code(Digest::of("code"), tokens(1), NOW).await.unwrap();
        let old = Secret::new("upstream-acc3ss");
        let replaced =
            store.replace_upstream("s", &old, upstream("second"), Some(user("new@s3cret.example"))).await;
        assert!(replaced.unwrap());
        assert!(!store.replace_upstream("s", &old, upstream("third"), None).await.unwrap());
        assert!(!store.replace_upstream("t", &Secret::new("second"), upstream("third"), None).await.unwrap());
        let found = store.session_by_access(access(1), NOW).await.unwrap().unwrap();
        assert_eq!((found.upstream, found.user), (upstream("second"), user("new@s3cret.example")));

        assert!(store.replace_upstream("s", &Secret::new("second"), upstream("third"), None).await.unwrap());
        let found = store.session_by_access(access(1), NOW).await.unwrap().unwrap();
        assert_eq!((found.upstream, found.user), (upstream("third"), user("new@s3cret.example")));
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_with_all_of_its_tokens() {
    everywhere(async |place| {
        let store = place.open(None).await;
        for id in ["s", "t"] {
            store.put_code(Digest::of(id), grant(id), session(id)).await.unwrap();
        }
        store.redeem_code(Digest::of("s"), tokens(1), NOW).await.unwrap();
        store.rotate(refresh(1), tokens(2), NOW).await.unwrap();
        store.redeem_code(Digest::of("t"), tokens(9), NOW).await.unwrap();
        for _ in 0..2 {
            store.end_session("s").await.unwrap();
        }
        assert_eq!(store.session_by_access(access(2), NOW).await.unwrap(), None);
        for number in [1, 2] {
            assert_eq!(store.session_by_refresh(refresh(number), NOW).await.unwrap(), None, "{number}");
        }
        assert!(!store.rotate(refresh(2), tokens(3), NOW).await.unwrap());
        assert_eq!(store.code(Digest::of("s"), NOW).await.unwrap(), None);
        assert!(store.session_by_access(access(9), NOW).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn what_is_past_its_time_is_forgotten() {
    everywhere(async |place| {
        let store = place.open(None).await;
        store.put_login(Digest::of("state"), login()).await.unwrap();
        store.put_code(Digest::of("unused"), grant("unused"), session("unused")).await.unwrap();
        store.put_code(Digest::of("s"), grant("s"), session("s")).await.unwrap();
        store.redeem_code(Digest::of("s"), tokens(1), NOW).await.unwrap();
        store.put_code(Digest::of("short"), grant("short"), session("short")).await.unwrap();
        let short = IssuedTokens { refresh: None, ..tokens(2) };
        store.redeem_code(Digest::of("short"), short, NOW).await.unwrap();
        assert_eq!(store.sweep(NOW + 299).await.unwrap(), 0);
        // A login, three codes, and the session whose code was never used.
        assert_eq!(store.sweep(NOW + 300).await.unwrap(), 5);
        assert!(store.session_by_access(access(2), NOW + 300).await.unwrap().is_some());
        // The session without a refresh token.
        assert_eq!(store.sweep(NOW + 3600).await.unwrap(), 1);
        assert!(store.rotate(refresh(1), tokens(3), NOW + 3600).await.unwrap());
        // Exchanged tokens are remembered for a month.
        let month = NOW + 3600 + 30 * 86_400;
        assert_eq!(store.sweep(month - 1).await.unwrap(), 0);
        assert_eq!(store.sweep(month).await.unwrap(), 1);
        assert!(store.session_by_refresh(refresh(3), month).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn shared_keys_are_random_and_told_apart_by_purpose() {
    everywhere(async |place| {
        for key in [Some(KEY), None] {
            let store = place.open(key).await;
            let made = store.shared_key("a").await.unwrap();
            assert_eq!(store.shared_key("a").await.unwrap(), made);
            assert_ne!(store.shared_key("b").await.unwrap(), made);
            assert_ne!(made, [0; 32]);
        }
    })
    .await;
}

#[tokio::test]
async fn everything_survives_a_restart() {
    everywhere(async |place| {
        for key in [None, Some(KEY)] {
            let id = key.unwrap_or("none");
            let number = id.len();
            let (state, code) = (Digest::of(&format!("state {id}")), Digest::of(&format!("code {id}")));
            let store = place.open(key).await;
            store.put_client(client(id)).await.unwrap();
            store.put_login(state, login()).await.unwrap();
            store.put_code(code, grant(id), session(id)).await.unwrap();
            store.redeem_code(code, tokens(number), NOW).await.unwrap();
            let shared = store.shared_key(id).await.unwrap();
            drop(store);

            let store = place.open(key).await;
            assert_eq!(store.client(id).await.unwrap(), Some(client(id)));
            assert_eq!(store.take_login(state, NOW).await.unwrap(), Some(login()));
            assert_eq!(store.code(code, NOW).await.unwrap(), Some(CodeGrant { used: true, ..grant(id) }));
            assert_eq!(
                store.session_by_access(access(number), NOW).await.unwrap().map(|s| s.user),
                Some(session(id).user)
            );
            assert_eq!(store.shared_key(id).await.unwrap(), shared);
        }
    })
    .await;
}

#[tokio::test]
async fn the_session_of_a_code_is_known_before_the_code_is_used() {
    everywhere(async |place| {
        let store = place.open(Some(KEY)).await;
        store.put_code(Digest::of("code"), grant("s1"), session("s1")).await.unwrap();
        assert_eq!(store.session("s1", NOW).await.unwrap(), Some(session("s1")));
        assert_eq!(store.session("s1", NOW + 300).await.unwrap(), None, "it is over with its code");
        assert_eq!(store.session("s2", NOW).await.unwrap(), None);
        store.end_session("s1").await.unwrap();
        assert_eq!(store.session("s1", NOW).await.unwrap(), None);
    })
    .await;
}
