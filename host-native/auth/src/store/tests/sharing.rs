//! What servers that share PostgreSQL agree on: rates, and what was used.

use std::sync::Arc;

use mxcp_core::call::ExceededLimit;
use mxcp_core::definition::Kind;
use mxcp_core::limits::{Limit, Rate};
use mxcp_runtime::ports::{Demand, Exceeded, Limiter, Party, Scope};
use mxcp_server::{Item, UseError};
use sqlx::Connection as _;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::place::{Place, on_postgres};
use super::{KEY, NOW, grant, session};
use crate::store::{Digest, Shared};

async fn shared(place: &Place, project: &str) -> Shared {
    place.open_all([KEY]).await.share(project).await.unwrap().unwrap()
}

fn limit(rate: &str, concurrency: Option<u32>) -> Limit {
    Limit { rate: Rate::parse(rate).ok(), concurrency }
}

fn user(id: &str) -> Party {
    Party::User { provider: "corp".into(), id: id.into() }
}

/// One call by somebody of everybody.
async fn call(limiter: &dyn Limiter, who: &Party, each: &Limit, all: &Limit) -> Result<(), Exceeded> {
    let scope = Scope::Endpoint(Kind::Tool, "t");
    let demands =
        [Demand { scope, party: None, limit: all }, Demand { scope, party: Some(who), limit: each }];
    limiter.enter(&demands).await.map(drop)
}

async fn execute(place: &Place, statement: &'static str) {
    let mut connection = place.connect().await;
    sqlx::query(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_file_shares_nothing() {
    assert!(Place::file().open_all([KEY]).await.share("p").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn servers_count_rates_together_and_grant_exactly_as_many() {
    on_postgres(async |place| {
        let limiters = [shared(place, "p").await.limiter(), shared(place, "p").await.limiter()];
        let barrier = Arc::new(Barrier::new(16));
        let mut calls = JoinSet::new();
        for limiter in limiters.iter().cycle().take(16) {
            let (limiter, barrier) = (Arc::clone(limiter), Arc::clone(&barrier));
            calls.spawn(async move {
                barrier.wait().await;
                call(&*limiter, &user("ada"), &limit("7/day", None), &limit("100/day", None)).await
            });
        }
        let outcomes = calls.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 7);
        // Those that were refused are counted nowhere.
        for _ in 7..100 {
            let everybody = Demand {
                scope: Scope::Endpoint(Kind::Tool, "t"),
                party: None,
                limit: &limit("100/day", None),
            };
            assert!(limiters[1].enter(&[everybody]).await.is_ok());
        }
        let refused = call(&*limiters[0], &user("bob"), &limit("7/day", None), &limit("100/day", None)).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.limit, ExceededLimit::Rate);
        let wait = refused.retry_after.as_secs();
        assert!((800..=864).contains(&wait), "a hundredth of a day: {wait}");
    })
    .await;
}

#[tokio::test]
async fn parties_scopes_and_projects_are_counted_apart() {
    on_postgres(async |place| {
        let once = limit("1/day", None);
        let (one, other) = (shared(place, "p").await.limiter(), shared(place, "q").await.limiter());
        let parties = [
            user("ada"),
            user("bob"),
            Party::User { provider: "corpa".into(), id: "da".into() },
            Party::at("10.0.0.1".parse().unwrap()),
            Party::at("10.0.0.2".parse().unwrap()),
            Party::Local,
        ];
        let scopes = [
            Scope::Server,
            Scope::Endpoint(Kind::Tool, "a"),
            Scope::Endpoint(Kind::Prompt, "a"),
            Scope::Endpoint(Kind::Tool, "server"),
            Scope::Registrations,
            Scope::Documents,
        ];
        for limiter in [&one, &other] {
            for scope in scopes {
                for party in parties.iter().map(Some).chain([None]) {
                    let demands = [Demand { scope, party, limit: &once }];
                    assert!(limiter.enter(&demands).await.is_ok(), "{scope:?} {party:?}");
                    assert!(limiter.enter(&demands).await.is_err(), "{scope:?} {party:?}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn room_comes_back_and_parties_are_forgotten() {
    on_postgres(async |place| {
        let one = shared(place, "p").await;
        let limiter = one.limiter();
        let (many, none) = (limit("1000000000/s", None), Limit::default());
        for _ in 0..3 {
            assert_eq!(call(&*limiter, &user("ada"), &many, &none).await, Ok(()));
        }
        assert_eq!(call(&*limiter, &user("bob"), &limit("1/day", None), &none).await, Ok(()));
        assert!(call(&*limiter, &user("bob"), &limit("1/day", None), &none).await.is_err());
        // Another limit counts at once what was counted under this one.
        assert!(call(&*limiter, &user("bob"), &limit("2/day", None), &none).await.is_err());
        // Ada's calls have had their time, Bob's not.
        assert_eq!(one.sweep(NOW).await.unwrap(), 1);
        execute(place, "UPDATE mxcp_rates SET settled = settled - 86400000000000").await;
        // One that has not refused Bob yet, and knows nothing of when there would be room.
        let limiter = shared(place, "p").await.limiter();
        assert_eq!(call(&*limiter, &user("bob"), &limit("1/day", None), &none).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn calls_at_once_are_counted_by_each_server() {
    on_postgres(async |place| {
        let limiters = [shared(place, "p").await.limiter(), shared(place, "p").await.limiter()];
        let one = limit("1000/s", Some(1));
        let demands = [Demand { scope: Scope::Server, party: None, limit: &one }];
        let place = limiters[0].enter(&demands).await.unwrap();
        assert_eq!(limiters[0].enter(&demands).await.unwrap_err().limit, ExceededLimit::Concurrency);
        assert!(limiters[1].enter(&demands).await.is_ok());
        drop(place);
        assert!(limiters[0].enter(&demands).await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_good_once_is_used_once_at_all_servers() {
    on_postgres(async |place| {
        let memories = [shared(place, "p").await.single_use(), shared(place, "p").await.single_use()];
        assert_eq!(memories[0].name(), memories[1].name());
        let barrier = Arc::new(Barrier::new(12));
        let mut uses = JoinSet::new();
        for memory in memories.iter().cycle().take(12) {
            let (memory, barrier) = (Arc::clone(memory), Arc::clone(&barrier));
            uses.spawn(async move {
                barrier.wait().await;
                memory.use_up(Item { purpose: "a", id: "1", expires_at: NOW + 60 }, NOW).await
            });
        }
        let outcomes = uses.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(UseError::Used)).count(), 11);
        let item = Item { purpose: "b", id: "1", expires_at: NOW + 60 };
        assert_eq!(memories[1].use_up(item, NOW).await, Ok(()));
        // One that is over is not taken, whether it is remembered or not.
        assert_eq!(memories[1].use_up(Item { id: "2", ..item }, NOW + 60).await, Err(UseError::Used));
        let shared = shared(place, "p").await;
        assert_eq!(shared.sweep(NOW + 61).await.unwrap(), 0, "a server whose clock is behind may ask");
        assert_eq!(shared.sweep(NOW + 60 + 3600).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn without_the_database_nothing_goes_uncounted_or_is_used_twice() {
    on_postgres(async |place| {
        let shared = shared(place, "p").await;
        execute(place, "DROP TABLE mxcp_rates").await;
        execute(place, "DROP TABLE mxcp_used").await;
        let refused = call(&*shared.limiter(), &user("ada"), &limit("9/s", None), &Limit::default()).await;
        assert_eq!(refused.unwrap_err().limit, ExceededLimit::Rate);
        // What has no rate needs no database.
        let one = limit("", Some(1));
        assert_eq!(call(&*shared.limiter(), &user("ada"), &one, &Limit::default()).await, Ok(()));
        let item = Item { purpose: "a", id: "1", expires_at: NOW + 60 };
        let used = shared.single_use().use_up(item, NOW).await;
        assert!(matches!(used, Err(UseError::Unknown(_))), "{used:?}");
    })
    .await;
}

#[tokio::test]
async fn servers_of_a_project_share_a_key_and_other_projects_have_another() {
    on_postgres(async |place| {
        let (one, two, other) =
            (shared(place, "p").await, shared(place, "p").await, shared(place, "q").await);
        assert_eq!(one.state_key(), two.state_key());
        assert_ne!(one.state_key(), other.state_key());
        let [first, second, ..] = one.state_key();
        assert!(!format!("{one:?}").contains(&format!("{first}, {second}")), "{one:?}");
    })
    .await;
}

#[tokio::test]
async fn one_server_at_a_time_renews_a_session() {
    on_postgres(async |place| {
        let (one, other) = (place.open([KEY]).await, place.open([KEY]).await);
        for id in ["s", "t"] {
            one.put_code(Digest::of(id), grant(id), session(id)).await.unwrap();
        }
        assert!(one.begin_renewal("s", NOW, NOW + 30).await.unwrap());
        assert!(!other.begin_renewal("s", NOW + 29, NOW + 59).await.unwrap());
        assert!(other.begin_renewal("t", NOW, NOW + 30).await.unwrap());
        one.end_renewal("s").await.unwrap();
        assert!(other.begin_renewal("s", NOW + 29, NOW + 59).await.unwrap());
        // One that never ends it is not waited for.
        assert!(one.begin_renewal("s", NOW + 59, NOW + 89).await.unwrap());
        one.end_session("s").await.unwrap();
        one.end_renewal("s").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_database_of_before_gets_the_tables() {
    on_postgres(async |place| {
        place.open([KEY]).await;
        execute(place, "DROP TABLE mxcp_rates").await;
        execute(place, "DROP TABLE mxcp_used").await;
        execute(place, "DROP TABLE mxcp_renewals").await;
        let shared = shared(place, "p").await;
        assert_eq!(
            call(&*shared.limiter(), &user("ada"), &limit("9/s", None), &Limit::default()).await,
            Ok(())
        );
    })
    .await;
}
