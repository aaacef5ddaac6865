//! How often the provider is asked for keys that nobody knows.

use std::time::{Duration, Instant};

/// Looks that are allowed at once: a key that somebody made up must not lock out those whose key is new.
const AT_ONCE: u32 = 2;

/// Time after which one more is allowed: anybody can make up a key's name, and as often as they like.
const ONE_MORE: Duration = Duration::from_secs(30);

/// The looks that are left.
#[derive(Debug)]
pub(super) struct Looks {
    left: u32,
    /// Since when the next one is on its way; none as long as all are left.
    since: Option<Instant>,
}

impl Default for Looks {
    fn default() -> Self {
        Self { left: AT_ONCE, since: None }
    }
}

impl Looks {
    /// Whether there may be one more look.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        while let Some(since) = self.since
            && now.saturating_duration_since(since) >= ONE_MORE
        {
            self.left += 1;
            self.since = (self.left < AT_ONCE).then(|| since + ONE_MORE);
        }
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.since.get_or_insert(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_looks_at_once_and_one_more_every_half_minute() {
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let mut looks = Looks::default();
        let taken: Vec<_> =
            [0, 0, 0, 29, 30, 31, 59, 60, 61].map(|second| looks.take(after(second))).to_vec();
        assert_eq!(taken, [true, true, false, false, true, false, false, true, false]);
        // However long nobody looks, no more than two are saved.
        let taken = [9000, 9000, 9000].map(|second| looks.take(after(second)));
        assert_eq!(taken, [true, true, false]);
    }
}
