use std::time::Duration;

use mxcp_core::value::Value;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn kept(text: &str, expires: Instant, changes: u64) -> Arc<Kept> {
    Arc::new(Kept { output: Output::Value(Value::string(text)), expires, changes })
}

fn text(kept: &Kept) -> &str {
    match &kept.output {
        Output::Value(Value::String(text)) => text,
        other => panic!("no text: {other:?}"),
    }
}

/// Makes a call that gives a text.
fn fill(results: &Arc<ResultCache>, key: &str, given: &str, now: Instant, ttl: Duration) {
    let epoch = results.epoch().unwrap();
    match results.enter(epoch, Key::of(key), 0, now) {
        Turn::Lead(leader) => leader.shares(&kept(given, now + ttl, 0)),
        other => panic!("{key} is not to be made: {other:?}"),
    }
}

/// The text that a call finds.
fn found(results: &Arc<ResultCache>, key: &str, now: Instant) -> Option<String> {
    match results.enter(results.epoch()?, Key::of(key), 0, now) {
        Turn::Hit(kept) => Some(text(&kept).to_owned()),
        _ => None,
    }
}

#[test]
fn a_result_is_found_until_its_time_is_over() {
    let (results, now) = (Arc::new(ResultCache::new(10_000)), Instant::now());
    fill(&results, "a", "one", now, SECOND);
    let last = now + SECOND - Duration::from_nanos(1);
    assert_eq!(found(&results, "a", last).as_deref(), Some("one"));
    assert_eq!(found(&results, "b", now), None);
    assert_eq!(found(&results, "a", now + SECOND), None);
    assert_eq!(results.bytes(), 0, "it takes no room any more");
}

#[test]
fn memory_is_bounded_and_what_is_used_stays() {
    let (results, now) = (Arc::new(ResultCache::new(8_000)), Instant::now());
    let large = "x".repeat(800);
    for key in ["a", "b", "c", "d", "e", "f", "g"] {
        fill(&results, key, &large, now, SECOND);
    }
    assert!(found(&results, "a", now).is_some());
    for key in ["h", "i", "j"] {
        fill(&results, key, &large, now, SECOND);
    }
    assert!(results.bytes() <= 8_000, "{}", results.bytes());
    assert!(found(&results, "a", now).is_some() && found(&results, "j", now).is_some());
    assert_eq!(found(&results, "b", now), None, "it was not used for longest");
    results.resize(1_000);
    assert!(results.bytes() <= 1_000);
    results.resize(0);
    assert!(results.bytes() == 0 && results.epoch().is_none());
}

#[test]
fn a_result_that_would_push_out_many_is_not_kept() {
    let (results, now) = (Arc::new(ResultCache::new(8_000)), Instant::now());
    fill(&results, "a", &"x".repeat(1_000), now, SECOND);
    assert_eq!((found(&results, "a", now), results.bytes()), (None, 0));
}

#[test]
fn what_was_read_before_data_changed_is_not_found_and_not_waited_for() {
    let (results, now) = (Arc::new(ResultCache::new(10_000)), Instant::now());
    fill(&results, "a", "old", now, SECOND);
    let epoch = results.epoch().unwrap();
    let Turn::Lead(_leader) = results.enter(epoch, Key::of("a"), 1, now) else { panic!("it is outdated") };
    assert!(matches!(results.enter(epoch, Key::of("a"), 1, now), Turn::Follow(_)));
    assert!(matches!(results.enter(epoch, Key::of("a"), 2, now), Turn::Lead(_)));
}

#[tokio::test]
async fn whoever_waits_has_the_result_even_if_it_is_not_kept() {
    let (results, now) = (Arc::new(ResultCache::new(80)), Instant::now());
    let epoch = results.epoch().unwrap();
    let Turn::Lead(leader) = results.enter(epoch, Key::of("a"), 0, now) else { panic!("nobody leads") };
    let Turn::Follow(flight) = results.enter(epoch, Key::of("a"), 0, now) else { panic!("nobody follows") };
    leader.shares(&kept(&"x".repeat(500), now + SECOND, 0));
    let Some(Landing::Shared(kept)) = flight.landed().await else { panic!("nothing came of it") };
    assert_eq!(text(&kept).len(), 500);
    assert_eq!(results.bytes(), 0);
}

#[tokio::test]
async fn a_leader_that_goes_away_leaves_the_call_to_others() {
    let (results, now) = (Arc::new(ResultCache::new(10_000)), Instant::now());
    let epoch = results.epoch().unwrap();
    let Turn::Lead(leader) = results.enter(epoch, Key::of("a"), 0, now) else { panic!("nobody leads") };
    let Turn::Follow(flight) = results.enter(epoch, Key::of("a"), 0, now) else { panic!("nobody follows") };
    drop(leader);
    assert!(flight.landed().await.is_none());
    assert!(matches!(results.enter(epoch, Key::of("a"), 0, now), Turn::Lead(_)));
}

#[test]
fn nothing_of_another_epoch_is_found_or_left() {
    let (results, now) = (Arc::new(ResultCache::new(10_000)), Instant::now());
    fill(&results, "a", "old", now, SECOND);
    let before = results.epoch().unwrap();
    let Turn::Lead(late) = results.enter(before, Key::of("b"), 0, now) else { panic!("nobody leads") };
    results.clear();
    assert!(matches!(results.enter(before, Key::of("a"), 0, now), Turn::Alone));
    let after = results.epoch().unwrap();
    let Turn::Lead(leader) = results.enter(after, Key::of("b"), 0, now) else {
        panic!("waits for another epoch")
    };
    late.shares(&kept("late", now + SECOND, 0));
    assert!(matches!(results.enter(after, Key::of("b"), 0, now), Turn::Follow(_)));
    leader.shares(&kept("new", now + SECOND, 0));
    assert_eq!(found(&results, "b", now).as_deref(), Some("new"));
    assert_eq!(found(&results, "a", now), None);
}
