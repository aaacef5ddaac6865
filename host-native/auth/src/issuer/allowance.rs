//! How often something may be done that anybody can ask for.

use std::sync::{Mutex, PoisonError};

/// So many at once.
const AT_ONCE: i64 = 1000;

/// So many more each second.
const PER_SECOND: i64 = 1;

/// An allowance that is used up, and comes back over time.
#[derive(Debug)]
pub(super) struct Allowance(Mutex<Left>);

#[derive(Debug)]
struct Left {
    /// What may still be done.
    count: i64,
    /// As of when, in seconds since 1970; none if nothing was done yet.
    at: Option<i64>,
}

impl Allowance {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Left { count: AT_ONCE, at: None }))
    }

    /// Uses it, and says whether it was there.
    pub(super) fn take(&self, now: i64) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_sub(left.at.unwrap_or(now)).max(0);
        left.count = left.count.saturating_add(passed.saturating_mul(PER_SECOND)).min(AT_ONCE);
        left.at = Some(now);
        let there = left.count > 0;
        left.count -= i64::from(there);
        there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_up_comes_back_over_time() {
        let allowance = Allowance::new();
        assert!((0..AT_ONCE).all(|_| allowance.take(100)));
        assert!(!allowance.take(100));
        assert!(!allowance.take(50), "a clock that goes back gives nothing");
        assert!(allowance.take(51));
        assert!(!allowance.take(51));
        assert_eq!((0..2 * AT_ONCE).filter(|_| allowance.take(1_000_000)).count(), 1000);
    }
}
