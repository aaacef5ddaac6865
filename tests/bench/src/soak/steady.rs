//! People who call all day, at a pace of their own, and whose answers are all looked at.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::caller::Caller;
use super::ground::Ground;
use super::{calls, rounds};

/// Calls one thing after the other until everybody goes home.
pub(super) async fn run(ground: Arc<Ground>, number: usize, pace: Duration) {
    let mut caller = Caller::new(&ground, number);
    // Not all at the same time.
    ground.rest(caller.dice.millis(0, 500)).await;
    let mut next = Instant::now();
    while !ground.is_over() {
        let (what, outcome) = match (caller.renew(), caller.dice.below(100)) {
            (Err(error), _) => ("a token", Err(error)),
            (Ok(()), 0..2) => ("result in parts", rounds::parts(&mut caller).await),
            (Ok(()), 2..3) => ("question", rounds::question(&mut caller).await),
            // Few, as each is kept for a quarter of an hour, and nobody may have more than 100.
            (Ok(()), 3) if caller.dice.below(5) == 0 => ("task", rounds::task(&mut caller).await),
            (Ok(()), _) => ("call", calls::make(&mut caller).await),
        };
        if let Err(error) = outcome {
            ground.tally.failed(&format!("{}, {what}", caller.person.id), &error);
            ground.rest(Duration::from_millis(200)).await;
        }
        next += pace;
        let now = Instant::now();
        match next.checked_duration_since(now) {
            Some(left) => tokio::time::sleep(left).await,
            // What was missed is not made up for.
            None => next = now,
        }
    }
}
