//! How often something may happen.

use std::fmt;
use std::time::Duration;

/// Longest time that a rate may be about, in seconds: a year.
const LONGEST: u64 = 366 * 24 * 60 * 60;

/// Most calls that a rate may be about.
const MOST: u64 = 1_000_000_000;

/// A number of calls in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    calls: u64,
    seconds: u64,
}

/// Why a text is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// It is not a number, a slash and a time.
    #[error("a rate is a number of calls, a slash and a time")]
    Form,
    /// The number of calls is 0, or beyond all measure.
    #[error("the calls of a rate are 1 to {MOST}")]
    Calls,
    /// The time is 0, or beyond all measure.
    #[error("the time of a rate is a second to a year")]
    Time,
}

impl Rate {
    /// Reads `60/minute`, `5/10s`, `1000 / day`.
    ///
    /// # Errors
    /// It has another form, or a number in it is 0 or too large.
    pub fn parse(text: &str) -> Result<Self, RateError> {
        let (calls, time) = text.split_once('/').ok_or(RateError::Form)?;
        let calls = number(calls.trim())?;
        let time = time.trim();
        let digits = time.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = time.split_at_checked(digits).ok_or(RateError::Form)?;
        let count = if count.is_empty() { 1 } else { number(count)? };
        let unit = match unit.trim() {
            "s" | "second" | "seconds" => 1,
            "m" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 60 * 60,
            "d" | "day" | "days" => 24 * 60 * 60,
            _ => return Err(RateError::Form),
        };
        let seconds = count.saturating_mul(unit);
        if !(1..=MOST).contains(&calls) {
            return Err(RateError::Calls);
        }
        if !(1..=LONGEST).contains(&seconds) {
            return Err(RateError::Time);
        }
        Ok(Self { calls, seconds })
    }

    /// So many calls in so many seconds; at least one of either.
    #[must_use]
    pub fn new(calls: u64, seconds: u64) -> Self {
        Self { calls: calls.clamp(1, MOST), seconds: seconds.clamp(1, LONGEST) }
    }

    /// The number of calls, which may come all at once.
    #[must_use]
    pub fn calls(self) -> u64 {
        self.calls
    }

    /// The time after which as many have room again.
    #[must_use]
    pub fn time(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

fn number(text: &str) -> Result<u64, RateError> {
    let digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    // What has too many digits for a number is too large as well.
    if digits { Ok(text.parse().unwrap_or(u64::MAX)) } else { Err(RateError::Form) }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}s", self.calls, self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, RateError> {
        Rate::parse(text).map(|rate| rate.to_string())
    }

    #[test]
    fn a_rate_is_calls_in_a_time() {
        for (text, rate) in [
            ("60/minute", "60/60s"),
            ("5/10s", "5/10s"),
            ("1000 / day", "1000/86400s"),
            ("1/2 hours", "1/7200s"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(rate), "{text}");
        }
    }

    #[test]
    fn a_rate_is_never_none_and_never_endless() {
        for (rate, text) in [
            (Rate::new(1000, 1000), "1000/1000s"),
            (Rate::new(0, 0), "1/1s"),
            (Rate::new(u64::MAX, u64::MAX), "1000000000/31622400s"),
        ] {
            assert_eq!(rate.to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in ["", "60", "/minute", "60/", "60/10", "-1/s", "1.5/s", "60 per minute", "1/s/s", "١/s"] {
            assert_eq!(shown(text), Err(RateError::Form), "{text}");
        }
        assert_eq!(shown("0/s"), Err(RateError::Calls));
        assert_eq!(shown("99999999999999999999999/s"), Err(RateError::Calls));
        assert_eq!(shown("1/0s"), Err(RateError::Time));
        assert_eq!(shown("1/367d"), Err(RateError::Time));
    }
}
