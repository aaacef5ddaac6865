//! One count.

use std::time::Duration;

use mxcp_core::call::ExceededLimit;
use mxcp_core::limits::{Limit, Rate};

use crate::ports::Exceeded;

/// What is told to whoever has too many calls at once: nobody knows when one of them ends.
const SOON: Duration = Duration::from_secs(1);

/// Counts the calls of one party, by the generic cell rate algorithm: all there is to remember is when the calls so far
/// will have had their time.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    /// In nanoseconds.
    settled: u64,
    running: u32,
}

impl Meter {
    /// Whether there is room for one more call.
    pub(super) fn admits(&self, limit: &Limit, now: u64) -> Result<(), Exceeded> {
        if limit.concurrency.is_some_and(|most| self.running >= most) {
            return Err(Exceeded { limit: ExceededLimit::Concurrency, retry_after: SOON });
        }
        let Some(rate) = limit.rate else { return Ok(()) };
        let (period, share) = nanoseconds(rate);
        let after = self.settled.max(now).saturating_add(share);
        let latest = now.saturating_add(period);
        if after > latest {
            let retry_after = Duration::from_nanos(after - latest);
            return Err(Exceeded { limit: ExceededLimit::Rate, retry_after });
        }
        Ok(())
    }

    /// Counts one more call.
    pub(super) fn enter(&mut self, limit: &Limit, now: u64) {
        self.running = self.running.saturating_add(1);
        if let Some(rate) = limit.rate {
            self.settled = self.settled.max(now).saturating_add(nanoseconds(rate).1);
        }
    }

    /// One of the calls has ended.
    pub(super) fn leave(&mut self) {
        self.running = self.running.saturating_sub(1);
    }

    /// Whether it is as if there had been no call.
    pub(super) fn is_idle(&self, now: u64) -> bool {
        self.running == 0 && self.settled <= now
    }
}

/// The time of a rate, and one call's share of it. A share is rounded down, so that all the calls fit into the time.
fn nanoseconds(rate: Rate) -> (u64, u64) {
    let period = u64::try_from(rate.time().as_nanos()).unwrap_or(u64::MAX);
    (period, period.checked_div(rate.calls()).unwrap_or(period))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn limit(rate: &str, concurrency: Option<u32>) -> Limit {
        Limit { rate: Rate::parse(rate).ok(), concurrency }
    }

    fn call(meter: &mut Meter, limit: &Limit, now: u64) -> Result<(), Exceeded> {
        meter.admits(limit, now)?;
        meter.enter(limit, now);
        Ok(())
    }

    #[test]
    fn all_calls_of_a_rate_may_come_at_once_and_room_comes_back_evenly() {
        let limit = limit("3/30s", None);
        let mut meter = Meter::default();
        for _ in 0..3 {
            assert_eq!(call(&mut meter, &limit, 0), Ok(()));
        }
        let exceeded = Exceeded { limit: ExceededLimit::Rate, retry_after: Duration::from_secs(10) };
        assert_eq!(call(&mut meter, &limit, 0), Err(exceeded));
        let exceeded = Exceeded { limit: ExceededLimit::Rate, retry_after: Duration::from_secs(4) };
        assert_eq!(call(&mut meter, &limit, 6 * SECOND), Err(exceeded));
        assert_eq!(call(&mut meter, &limit, 10 * SECOND), Ok(()));
        assert!(call(&mut meter, &limit, 10 * SECOND).is_err());
    }

    #[test]
    fn nothing_is_saved_up_beyond_a_rate() {
        let limit = limit("2/s", None);
        let mut meter = Meter::default();
        let later = 1000 * SECOND;
        assert!(call(&mut meter, &limit, 0).is_ok());
        assert!(call(&mut meter, &limit, later).is_ok() && call(&mut meter, &limit, later).is_ok());
        assert!(call(&mut meter, &limit, later).is_err());
    }

    #[test]
    fn a_rate_that_does_not_divide_evenly_is_granted_in_full() {
        let limit = limit("7/s", None);
        let mut meter = Meter::default();
        let granted = (0..20).filter(|_| call(&mut meter, &limit, 0).is_ok()).count();
        assert_eq!(granted, 7);
    }

    #[test]
    fn a_refused_call_is_not_counted_anywhere() {
        let limit = limit("10/s", Some(1));
        let mut meter = Meter::default();
        assert!(call(&mut meter, &limit, 0).is_ok());
        let before = meter.clone();
        assert!(call(&mut meter, &limit, 0).is_err());
        assert_eq!((meter.settled, meter.running), (before.settled, before.running));
    }

    #[test]
    fn a_meter_is_idle_when_its_calls_have_ended_and_had_their_time() {
        let limit = limit("1/s", Some(5));
        let mut meter = Meter::default();
        assert!(meter.is_idle(0));
        call(&mut meter, &limit, 0).unwrap();
        assert!(!meter.is_idle(2 * SECOND));
        meter.leave();
        assert!(!meter.is_idle(0) && meter.is_idle(SECOND));
    }
}
