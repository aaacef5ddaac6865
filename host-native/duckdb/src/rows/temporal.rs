//! Dates and times.
//!
//! What the calendar of ISO 8601 has no form for (infinities, years before 1 and after 9999, `24:00:00`) becomes
//! DuckDB's text.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime};
use mxcp_core::value::Value;

const SECONDS_PER_DAY: i64 = 86_400;
/// The largest offset of a TIME WITH TIME ZONE in seconds, from which the offset is subtracted when it is stored.
const LARGEST_OFFSET: i32 = 16 * 3_600 - 1;

/// Days since 1970.
pub(super) fn date(days: i64) -> Value {
    if let Some(text) = infinity(days, i64::from(i32::MAX)) {
        return text;
    }
    match iso_date(days) {
        Some(date) => Value::Date(date),
        None => Value::String(date_text(days)),
    }
}

/// Microseconds since midnight.
pub(super) fn time(micros: i64) -> Value {
    time_ns(micros.saturating_mul(1_000))
}

/// Nanoseconds since midnight.
pub(super) fn time_ns(nanos: i64) -> Value {
    match iso_time(nanos) {
        Some(time) => Value::Time(time),
        None => Value::string("24:00:00"),
    }
}

/// Microseconds since midnight in the upper 40 bits, the offset in the lower 24.
pub(super) fn time_tz(bits: u64) -> Value {
    let micros = i64::try_from(bits >> 24).unwrap_or(0);
    let offset = LARGEST_OFFSET - i32::try_from(bits & 0xff_ffff).unwrap_or(0);
    let clock = match time(micros) {
        Value::String(text) => text,
        other => other.text_form().unwrap_or_default(),
    };
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes, seconds) = (offset.abs() / 3_600, offset.abs() / 60 % 60, offset.abs() % 60);
    let seconds = if seconds == 0 {
        String::new()
    } else {
        format!(":{seconds:02}")
    };
    Value::String(format!("{clock}{sign}{hours:02}:{minutes:02}{seconds}"))
}

/// Microseconds since 1970, without a zone.
pub(super) fn timestamp(micros: i64) -> Value {
    moment(micros, 1_000_000)
}

/// Seconds since 1970, without a zone.
pub(super) fn timestamp_s(seconds: i64) -> Value {
    moment(seconds, 1)
}

/// Milliseconds since 1970, without a zone.
pub(super) fn timestamp_ms(millis: i64) -> Value {
    moment(millis, 1_000)
}

/// Nanoseconds since 1970, without a zone.
pub(super) fn timestamp_ns(nanos: i64) -> Value {
    moment(nanos, 1_000_000_000)
}

/// Microseconds since 1970 UTC.
pub(super) fn timestamp_tz(micros: i64) -> Value {
    match moment(micros, 1_000_000) {
        Value::DateTime(moment) => Value::Timestamp(moment.and_utc().fixed_offset()),
        Value::String(text) if !text.ends_with("infinity") => Value::String(text + "+00"),
        other => other,
    }
}

/// `count` units since 1970, of which a second has `per_second`.
fn moment(count: i64, per_second: i64) -> Value {
    if let Some(text) = infinity(count, i64::MAX) {
        return text;
    }
    let seconds = count.div_euclid(per_second);
    let nanos = count.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let iso = u32::try_from(nanos)
        .ok()
        .and_then(|nanos| DateTime::from_timestamp(seconds, nanos));
    match iso
        .map(|moment| moment.naive_utc())
        .filter(|moment| is_iso_year(moment.year()))
    {
        Some(moment) => Value::DateTime(moment),
        None => {
            let date = date_text(seconds.div_euclid(SECONDS_PER_DAY));
            Value::String(format!(
                "{date} {}",
                clock_text(seconds.rem_euclid(SECONDS_PER_DAY), nanos)
            ))
        }
    }
}

fn infinity(count: i64, infinity: i64) -> Option<Value> {
    match count {
        count if count == infinity => Some(Value::string("infinity")),
        count if count == -infinity => Some(Value::string("-infinity")),
        _ => None,
    }
}

fn is_iso_year(year: i32) -> bool {
    (1..=9_999).contains(&year)
}

fn iso_date(days: i64) -> Option<NaiveDate> {
    let date = DateTime::from_timestamp(days.checked_mul(SECONDS_PER_DAY)?, 0)?.date_naive();
    Some(date).filter(|date| is_iso_year(date.year()))
}

fn iso_time(nanos: i64) -> Option<NaiveTime> {
    let (seconds, nanos) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    NaiveTime::from_num_seconds_from_midnight_opt(u32::try_from(seconds).ok()?, u32::try_from(nanos).ok()?)
}

/// `12345-01-31`, `0044-03-15 (BC)`.
fn date_text(days: i64) -> String {
    let (year, month, day) = civil(days);
    if year > 0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{:04}-{month:02}-{day:02} (BC)", 1 - year)
    }
}

/// `13:14:15`, `13:14:15.5`.
fn clock_text(seconds: i64, nanos: i64) -> String {
    let clock = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    );
    if nanos == 0 {
        return clock;
    }
    let fraction = format!("{nanos:09}");
    format!("{clock}.{}", fraction.trim_end_matches('0'))
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar without end.
///
/// Years are counted from March, so that the leap day is the last of its year, and in eras of 400 years, all of which
/// have as many days.
fn civil(days: i64) -> (i64, i64, i64) {
    let since_march_0 = days + 719_468;
    let era = since_march_0.div_euclid(146_097);
    let day_of_era = since_march_0.rem_euclid(146_097);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike as _, Days, NaiveDate};

    use super::civil;

    #[test]
    fn days_become_dates_as_the_calendar_has_them() {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for days in (0_u64..150_000).step_by(17) {
            let date = epoch + Days::new(days);
            let expected = (
                i64::from(date.year()),
                i64::from(date.month()),
                i64::from(date.day()),
            );
            assert_eq!(civil(i64::try_from(days).unwrap()), expected);
        }
        assert_eq!(civil(-719_468), (0, 3, 1));
        assert_eq!(civil(-719_469), (0, 2, 29));
    }
}
