//! How fast a call may speak.

use std::time::{Duration, Instant};

/// Lets some messages pass at once, and after that one in each interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    burst: u32,
    interval: Duration,
    left: u32,
    refilled: Option<Instant>,
}

impl Pace {
    pub(super) fn new(burst: u32, interval: Duration) -> Self {
        Self { burst, interval, left: burst, refilled: None }
    }

    /// Whether a message may pass now.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        let refilled = *self.refilled.get_or_insert(now);
        let intervals = now.saturating_duration_since(refilled).as_nanos() / self.interval.as_nanos().max(1);
        let intervals = u32::try_from(intervals).unwrap_or(u32::MAX);
        if intervals > 0 {
            self.left = self.left.saturating_add(intervals).min(self.burst);
            // What is left of a begun interval counts for the next.
            self.refilled =
                Some(self.interval.checked_mul(intervals).map_or(now, |passed| refilled + passed));
        }
        let allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(100);

    #[test]
    fn after_a_burst_one_message_passes_in_each_interval() {
        let mut pace = Pace::new(3, INTERVAL);
        let start = Instant::now();
        let mut passed = |milliseconds, tries: usize| {
            let now = start + Duration::from_millis(milliseconds);
            (0..tries).filter(|_| pace.allows(now)).count()
        };
        assert_eq!(passed(0, 10), 3);
        assert_eq!(passed(99, 10), 0);
        assert_eq!(passed(100, 10), 1);
        assert_eq!(passed(150, 10), 0);
        assert_eq!(passed(200, 10), 1, "half an interval was not forgotten");
        assert_eq!(passed(100_000, 10), 3, "silence is saved up for one burst only");
    }
}
