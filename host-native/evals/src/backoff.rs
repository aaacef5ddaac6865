//! How long to wait before a request is made again.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// The wait before the first repetition; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(500);

/// The longest wait that is chosen here.
const LONGEST: Duration = Duration::from_secs(20);

/// The longest wait that a service is granted. Whoever asks for more has had enough for today.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// What to do before a request is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// Wait.
    For(Duration),
    /// The service asks for a longer wait than anybody has patience for.
    TooLong(Duration),
}

/// The pause before repetition number `repetition`, from 0. `asked` is the header `Retry-After`, seconds or a date; `luck`, from 0
/// to 255, spreads those who were refused at the same time.
pub(crate) fn pause(repetition: u64, asked: Option<&str>, now: DateTime<Utc>, luck: u8) -> Pause {
    match asked.and_then(|asked| wait_asked(asked.trim(), now)) {
        Some(wait) if wait > LONGEST_ASKED => Pause::TooLong(wait),
        Some(wait) => Pause::For(wait),
        None => {
            let doublings = u32::try_from(repetition).unwrap_or(u32::MAX).min(16);
            let wait = FIRST.saturating_mul(1 << doublings).min(LONGEST);
            // Up to a quarter more.
            Pause::For(wait + wait * u32::from(luck) / 1024)
        }
    }
}

fn wait_asked(asked: &str, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(seconds) = asked.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let then = DateTime::parse_from_rfc2822(asked).ok()?;
    // What is past already asks for no wait.
    Some((then.with_timezone(&Utc) - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-03-01T12:00:00Z").unwrap().to_utc()
    }

    #[test]
    fn waits_double_up_to_a_limit_and_differ_by_luck() {
        let wait = |repetition, luck| pause(repetition, None, now(), luck);
        assert_eq!(wait(0, 0), Pause::For(Duration::from_millis(500)));
        assert_eq!(wait(2, 0), Pause::For(Duration::from_secs(2)));
        assert_eq!(wait(u64::MAX, 0), Pause::For(LONGEST));
        let Pause::For(longer) = wait(2, 255) else { panic!("a wait") };
        assert!(longer > Duration::from_secs(2) && longer < Duration::from_millis(2500), "{longer:?}");
    }

    #[test]
    fn a_service_says_how_long_in_seconds_or_until_when() {
        let wait = |asked| pause(0, Some(asked), now(), 0);
        assert_eq!(wait("3"), Pause::For(Duration::from_secs(3)));
        assert_eq!(wait(" 0.5 "), Pause::For(Duration::from_millis(500)));
        assert_eq!(wait("Sun, 01 Mar 2026 12:00:07 GMT"), Pause::For(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 01 Mar 2026 11:00:00 GMT"), Pause::For(Duration::ZERO));
        assert_eq!(wait("600"), Pause::TooLong(Duration::from_secs(600)));
        for nonsense in ["soon", "-1", "NaN", "inf"] {
            assert_eq!(wait(nonsense), Pause::For(FIRST), "{nonsense}");
        }
    }
}
