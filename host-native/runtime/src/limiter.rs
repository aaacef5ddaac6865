//! Counting calls in this process.

mod meter;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mxcp_core::definition::Kind;

use self::meter::Meter;
use crate::ports::{BoxFuture, Demand, Exceeded, Limiter, Party, Place, Scope};

/// Most parties that are told apart. Those beyond share one count: what is held in memory has an end, and whoever comes
/// under ever new addresses gains nothing.
const PARTIES: usize = 100_000;

/// Nanoseconds between two searches for parties that can be forgotten.
const PAUSE: u64 = 1_000_000_000;

/// Counts calls in the memory of this process.
#[derive(Clone, Debug)]
pub struct ProcessLimiter {
    begun: Instant,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug)]
struct Counts {
    meters: HashMap<Key, Meter>,
    most: usize,
    search_again: u64,
}

/// Whose calls of what are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    what: What,
    who: Who,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum What {
    Server,
    Endpoint(Kind, String),
    Registrations,
    Documents,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    Everybody,
    One(Party),
    /// Those for whom there was no room.
    Others,
}

/// Gives the places of a call back.
#[derive(Debug)]
struct Held {
    counts: Arc<Mutex<Counts>>,
    keys: Vec<Key>,
}

impl ProcessLimiter {
    /// Nothing is counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self { begun: Instant::now(), counts: Arc::new(Mutex::new(Counts::new(PARTIES))) }
    }

    fn take(&self, demands: &[Demand<'_>]) -> Result<Place, Exceeded> {
        // More than five centuries have no nanosecond.
        let now = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let keys = lock(&self.counts).enter(demands, now)?;
        Ok(Place::new(Held { counts: Arc::clone(&self.counts), keys }))
    }
}

impl Default for ProcessLimiter {
    fn default() -> Self {
        Self::new()
    }
}

impl Limiter for ProcessLimiter {
    fn enter<'a>(&'a self, demands: &'a [Demand<'a>]) -> BoxFuture<'a, Result<Place, Exceeded>> {
        Box::pin(async move { self.take(demands) })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        self.keys.iter().for_each(|key| counts.leave(key));
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Counts {
    fn new(most: usize) -> Self {
        Self { meters: HashMap::new(), most, search_again: 0 }
    }

    /// Counts a call at a time in nanoseconds, and gives what it is counted under.
    fn enter(&mut self, demands: &[Demand<'_>], now: u64) -> Result<Vec<Key>, Exceeded> {
        let keys: Vec<Key> = demands.iter().map(|demand| self.key(demand, now)).collect();
        for (key, demand) in keys.iter().zip(demands) {
            self.meters.get(key).unwrap_or(&Meter::default()).admits(demand.limit, now)?;
        }
        for (key, demand) in keys.iter().zip(demands) {
            self.meters.entry(key.clone()).or_default().enter(demand.limit, now);
        }
        Ok(keys)
    }

    /// A call that is counted has ended.
    fn leave(&mut self, key: &Key) {
        if let Some(meter) = self.meters.get_mut(key) {
            meter.leave();
        }
    }

    fn key(&mut self, demand: &Demand<'_>, now: u64) -> Key {
        let what = match demand.scope {
            Scope::Server => What::Server,
            Scope::Endpoint(kind, name) => What::Endpoint(kind, name.to_owned()),
            Scope::Registrations => What::Registrations,
            Scope::Documents => What::Documents,
        };
        let Some(party) = demand.party else { return Key { what, who: Who::Everybody } };
        let key = Key { what, who: Who::One(party.clone()) };
        if self.meters.len() < self.most || self.meters.contains_key(&key) {
            return key;
        }
        if now >= self.search_again {
            self.meters.retain(|_, meter| !meter.is_idle(now));
            self.search_again = now.saturating_add(PAUSE);
        }
        if self.meters.len() < self.most { key } else { Key { who: Who::Others, ..key } }
    }
}

#[cfg(test)]
mod tests {
    use mxcp_core::call::ExceededLimit;
    use mxcp_core::limits::{Limit, Rate};

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn limit(rate: &str, concurrency: Option<u32>) -> Limit {
        Limit { rate: Rate::parse(rate).ok(), concurrency }
    }

    fn user(id: &str) -> Party {
        Party::User { provider: "corp".into(), id: id.into() }
    }

    fn demand<'a>(party: Option<&'a Party>, limit: &'a Limit) -> Demand<'a> {
        Demand { scope: Scope::Endpoint(Kind::Tool, "t"), party, limit }
    }

    #[test]
    fn everyone_has_a_count_of_their_own_and_one_together() {
        let mut counts = Counts::new(10);
        let (all, each) = (limit("3/s", None), limit("2/s", None));
        let (ada, bob) = (user("ada"), user("bob"));
        let mut call = |party, now| {
            counts.enter(&[demand(None, &all), demand(Some(party), &each)], now).map(drop).is_ok()
        };
        assert!(call(&ada, 0) && call(&ada, 0) && !call(&ada, 0));
        // What was refused has not been counted for all.
        assert!(call(&bob, 0) && !call(&bob, 0));
        assert!(call(&ada, SECOND));
    }

    #[test]
    fn another_endpoint_and_the_server_count_apart() {
        let mut counts = Counts::new(10);
        let once = limit("1/s", None);
        for scope in [
            Scope::Server,
            Scope::Endpoint(Kind::Tool, "a"),
            Scope::Endpoint(Kind::Prompt, "a"),
            Scope::Registrations,
            Scope::Documents,
        ] {
            let demands = [Demand { scope, party: None, limit: &once }];
            assert!(counts.enter(&demands, 0).is_ok());
            assert!(counts.enter(&demands, 0).is_err());
        }
    }

    #[test]
    fn the_same_name_at_another_provider_is_somebody_else() {
        let mut counts = Counts::new(10);
        let once = limit("1/s", None);
        let other = Party::User { provider: "other".into(), id: "ada".into() };
        assert!(counts.enter(&[demand(Some(&user("ada")), &once)], 0).is_ok());
        assert!(counts.enter(&[demand(Some(&other), &once)], 0).is_ok());
    }

    #[tokio::test]
    async fn a_call_runs_until_its_place_is_dropped() {
        let limiter = ProcessLimiter::new();
        let one = limit("", Some(1));
        let ada = user("ada");
        let demands = [demand(Some(&ada), &one)];
        let place = limiter.enter(&demands).await.unwrap();
        assert_eq!(limiter.enter(&demands).await.unwrap_err().limit, ExceededLimit::Concurrency);
        drop(place);
        assert!(limiter.enter(&demands).await.is_ok());
    }

    #[test]
    fn memory_has_an_end_and_new_names_gain_nothing() {
        let mut counts = Counts::new(3);
        let once = limit("1/s", None);
        let mut call = |number: u32, now| {
            let entered = counts.enter(&[demand(Some(&user(&number.to_string())), &once)], now);
            let keys = entered.unwrap_or_default();
            keys.iter().for_each(|key| counts.leave(key));
            !keys.is_empty()
        };
        assert!(call(1, 0) && call(2, 0) && call(3, 0));
        // One more shares its count with all who are too many.
        assert!(call(4, 0) && !call(5, 0) && !call(6, 0));
        assert!(!call(1, 0));
        // When those before have had their time, there is room again.
        assert!(call(7, 2 * SECOND) && call(8, 2 * SECOND) && call(9, 2 * SECOND));
        assert!(counts.meters.len() <= 4, "{}", counts.meters.len());
    }
}
