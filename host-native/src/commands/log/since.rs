//! How long ago.

use chrono::TimeDelta;

use crate::failure::Failure;

/// The time that a text such as `10m` says.
///
/// # Errors
/// It says none.
pub(super) fn parse(text: &str) -> Result<TimeDelta, Failure> {
    let problem =
        || Failure::message(format!("Invalid time format: {text}. Use format like '10m', '2h', '1d'"));
    let unit = text.chars().last().ok_or_else(problem)?;
    let digits = text.strip_suffix(unit).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    let count: i64 = digits.and_then(|digits| digits.parse().ok()).ok_or_else(problem)?;
    match unit.to_ascii_lowercase() {
        's' => TimeDelta::try_seconds(count),
        'm' => TimeDelta::try_minutes(count),
        'h' => TimeDelta::try_hours(count),
        'd' => TimeDelta::try_days(count),
        _ => None,
    }
    .ok_or_else(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_letter_are_a_time() {
        let seconds = |text| parse(text).ok().map(|time| time.num_seconds());
        assert_eq!([seconds("10s"), seconds("2M"), seconds("1h")], [Some(10), Some(120), Some(3600)]);
        assert_eq!(seconds("1d"), Some(86_400));
        for wrong in ["", "m", "10", "abc", "1w", "-1h", "1.5h", " 1h", "1é", "99999999999999999999d"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
