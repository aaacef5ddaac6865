//! What may be done once is done once, however many servers try at the same moment.

use std::collections::BTreeSet;
use std::sync::Arc;

use mxcp_core::call::Secret;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::place::{Place, everywhere};
use super::*;
use crate::store::{Answer, RefreshState, Store};

const TASKS: usize = 8;

/// What every task got that did something at the same moment, half of them at one server and half at another.
async fn all_at_once<T: Send + 'static>(
    servers: &[Arc<dyn Store>; 2],
    act: impl for<'a> Fn(&'a dyn Store, usize) -> Answer<'a, T> + Send + Sync + Copy + 'static,
) -> Vec<T> {
    let barrier = Arc::new(Barrier::new(TASKS));
    let mut tasks = JoinSet::new();
    for (number, store) in (0..TASKS).zip(servers.iter().cycle().cloned()) {
        let barrier = Arc::clone(&barrier);
        tasks.spawn(async move {
            barrier.wait().await;
            act(&*store, number).await.unwrap()
        });
    }
    tasks.join_all().await
}

async fn two(place: &Place) -> [Arc<dyn Store>; 2] {
    [place.open(Some(KEY)).await, place.open(Some(KEY)).await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_takes_a_login() {
    everywhere(async |place| {
        let servers = two(place).await;
        servers[0].put_login(Digest::of("state"), login()).await.unwrap();
        let taken = all_at_once(&servers, |store, _| store.take_login(Digest::of("state"), NOW)).await;
        assert_eq!(taken.iter().flatten().count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_redeems_a_code() {
    everywhere(async |place| {
        let servers = two(place).await;
        servers[0].put_code(Digest::of("code"), grant("s"), session("s")).await.unwrap();
        let redeemed =
            all_at_once(&servers, |store, number| store.redeem_code(Digest::of("code"), tokens(number), NOW))
                .await;
        assert_eq!(redeemed.iter().filter(|redeemed| **redeemed).count(), 1);
        let mut good = 0;
        for number in 0..TASKS {
            good += usize::from(servers[1].session_by_access(access(number), NOW).await.unwrap().is_some());
        }
        assert_eq!(good, 1, "tokens of one redemption only are good");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_exchanges_a_refresh_token() {
    everywhere(async |place| {
        let servers = two(place).await;
        servers[0].put_code(Digest::of("code"), grant("s"), session("s")).await.unwrap();
        servers[0].redeem_code(Digest::of("code"), tokens(100), NOW).await.unwrap();
        let rotated =
            all_at_once(&servers, |store, number| store.rotate(refresh(100), tokens(number), NOW)).await;
        assert_eq!(rotated.iter().filter(|rotated| **rotated).count(), 1);
        let state = servers[1].session_by_refresh(refresh(100), NOW).await.unwrap().map(|(_, state)| state);
        assert_eq!(state, Some(RefreshState::Exchanged));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_replaces_the_tokens_of_the_provider() {
    everywhere(async |place| {
        let servers = two(place).await;
        servers[0].put_code(Digest::of("code"), grant("s"), session("s")).await.unwrap();
        let replaced = all_at_once(&servers, |store, number| {
            let fresh = upstream(&format!("fresh{number}"));
            store.replace_upstream("s", &Secret::new("upstream-acc3ss"), fresh, None)
        })
        .await;
        assert_eq!(replaced.iter().filter(|replaced| **replaced).count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_get_the_same_shared_key() {
    everywhere(async |place| {
        let servers = two(place).await;
        let keys = all_at_once(&servers, |store, _| store.shared_key("cookies")).await;
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn servers_that_start_together_make_the_tables_once() {
    everywhere(async |place| {
        let (first, second, third) =
            tokio::join!(place.open(Some(KEY)), place.open(Some(KEY)), place.open(Some(KEY)));
        first.put_client(client("a")).await.unwrap();
        for store in [second, third] {
            assert!(store.client("a").await.unwrap().is_some());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_logins_at_once_are_not_mixed_up() {
    everywhere(async |place| {
        let servers = two(place).await;
        all_at_once(&servers, |store, number| {
            let id = format!("session{number}");
            let code = Digest::of(&id);
            Box::pin(async move {
                let session = Session { user: user(&format!("{number}@s3cret.example")), ..session(&id) };
                store.put_code(code, grant(&id), session).await?;
                assert!(store.redeem_code(code, tokens(number), NOW).await?);
                store.sweep(NOW).await?;
                Ok(())
            })
        })
        .await;
        for number in 0..TASKS {
            let session = servers[1].session_by_access(access(number), NOW).await.unwrap().unwrap();
            assert_eq!(session.user, user(&format!("{number}@s3cret.example")));
        }
    })
    .await;
}
