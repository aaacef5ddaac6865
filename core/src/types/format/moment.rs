//! Dates and times of arguments. Errors are hints: what is wrong, or what would be right.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

use crate::types::number;
use crate::value::Value;

const DATE: &str = "expected YYYY-MM-DD";
const DAY: &str = "day is out of range for month";
const TIME: &str = "expected HH:MM:SS";
const DATE_TIME: &str = "expected ISO 8601, such as 2024-02-29T13:14:15Z";
const TIMESTAMP: &str = "expected seconds since 1970";

/// Seconds of the years 1 to 9999, which are those that ISO 8601 writes with four digits.
const SECONDS: std::ops::Range<f64> = -62_135_596_800.0..253_402_300_800.0;

/// `2024-02-29`; month and day may have one digit.
pub(super) fn date(text: &str) -> Result<NaiveDate, &'static str> {
    let mut parts = text.split('-');
    let mut number = |width: std::ops::RangeInclusive<usize>| digits(parts.next()?, width);
    let (Some(year), Some(month), Some(day)) = (number(4..=4), number(1..=2), number(1..=2)) else {
        return Err(DATE);
    };
    if parts.next().is_some() || year == 0 || !(1..=12).contains(&month) {
        return Err(DATE);
    }
    i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, day)).ok_or(DAY)
}

/// `13:14`, `13:14:15` or `13:14:15.123456`. A `Z`, or an offset of zero, is allowed, as JSON Schema asks for
/// one; a time of day has no place for another offset.
pub(super) fn time(text: &str) -> Result<NaiveTime, &'static str> {
    let (clock, offset) = split_offset(text).ok_or(TIME)?;
    match offset {
        None | Some(0) => time_of_day(clock).ok_or(TIME),
        Some(_) => Err("a time of day can't have an offset"),
    }
}

/// A date, perhaps a time after `T` or a blank, perhaps an offset: a point in time if it has one.
pub(super) fn date_time(text: &str) -> Result<Value, &'static str> {
    let Some((day, clock)) = text.split_once(['T', 't', ' ']) else {
        return date(text).map(|date| Value::DateTime(date.and_time(NaiveTime::MIN))).map_err(date_time_hint);
    };
    let date = date(day).map_err(date_time_hint)?;
    let (clock, offset) = split_offset(clock).ok_or(DATE_TIME)?;
    let local = date.and_time(time_of_day(clock).ok_or(DATE_TIME)?);
    match offset {
        None => Ok(Value::DateTime(local)),
        Some(seconds) => FixedOffset::east_opt(seconds)
            .and_then(|offset| local.and_local_timezone(offset).single())
            .map(Value::Timestamp)
            .ok_or(DATE_TIME),
    }
}

fn date_time_hint(hint: &'static str) -> &'static str {
    if hint == DATE { DATE_TIME } else { hint }
}

/// Seconds since 1970 in UTC, fractions to the microsecond.
pub(super) fn timestamp(text: &str) -> Result<NaiveDateTime, &'static str> {
    let seconds = number::parse(text).ok_or(TIMESTAMP)?;
    if !SECONDS.contains(&seconds) {
        return Err("only years 1 to 9999 are allowed");
    }
    // In these years a double has the microseconds exactly or nearly so, and an i64 has room for them.
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked above")]
    let microseconds = (seconds * 1_000_000.0).round() as i64;
    DateTime::from_timestamp_micros(microseconds).map(|moment| moment.naive_utc()).ok_or(TIMESTAMP)
}

/// A time without an offset; digits of a fraction behind the sixth are left out, as SQL's are.
fn time_of_day(text: &str) -> Option<NaiveTime> {
    let (clock, fraction) = match text.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let hour = digits(parts.next()?, 1..=2)?;
    let minute = digits(parts.next()?, 1..=2)?;
    let second = parts.next().map(|second| digits(second, 1..=2));
    let microsecond = match fraction {
        None => 0,
        // A fraction belongs to seconds.
        Some(_) if second.is_none() => return None,
        Some(fraction) => {
            digits(fraction.get(..1)?, 1..=1)?;
            let all_digits = fraction.len() <= 30 && fraction.bytes().all(|byte| byte.is_ascii_digit());
            let six: String = fraction.chars().chain("000000".chars()).take(6).collect();
            all_digits.then(|| six.parse().ok())??
        }
    };
    if parts.next().is_some() {
        return None;
    }
    NaiveTime::from_hms_micro_opt(hour, minute, second.unwrap_or(Some(0))?, microsecond)
}

/// Splits `Z`, `+02`, `+0200` or `+02:00` off the end; the offset is in seconds east. None if what follows a
/// sign is no offset.
fn split_offset(text: &str) -> Option<(&str, Option<i32>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Some(0)));
    }
    let Some(at) = text.find(['+', '-']) else {
        return Some((text, None));
    };
    let (clock, offset) = text.split_at(at);
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let offset = offset.get(1..)?;
    let (hours, minutes) = match offset.split_once(':') {
        Some(parts) => parts,
        None if offset.is_ascii() && offset.len() == 4 => offset.split_at(2),
        None => (offset, "00"),
    };
    let (hours, minutes) = (digits(hours, 2..=2)?, digits(minutes, 2..=2)?);
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok().filter(|_| hours < 24 && minutes < 60)?;
    Some((clock.trim_end(), Some(sign * seconds)))
}

/// A number of so many decimal digits.
fn digits(text: &str, width: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let valid = width.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(value: Result<Value, &'static str>) -> String {
        match value {
            Ok(Value::Timestamp(moment)) => format!("zoned {}", moment.to_rfc3339()),
            Ok(value) => value.text_form().unwrap(),
            Err(hint) => format!("error: {hint}"),
        }
    }

    #[test]
    fn dates() {
        for (given, expected) in [
            ("2024-02-29", "2024-02-29"),
            ("2024-2-9", "2024-02-09"),
            ("0001-01-01", "0001-01-01"),
            ("2024-02-30", "error: day is out of range for month"),
            ("2024-13-01", "error: expected YYYY-MM-DD"),
            ("29/02/2024", "error: expected YYYY-MM-DD"),
            ("24-02-01", "error: expected YYYY-MM-DD"),
            ("2024-02-01-1", "error: expected YYYY-MM-DD"),
            ("2024-02-01T00:00:00", "error: expected YYYY-MM-DD"),
            ("", "error: expected YYYY-MM-DD"),
        ] {
            assert_eq!(show(date(given).map(Value::Date)), expected, "{given}");
        }
    }

    #[test]
    fn times() {
        for (given, expected) in [
            ("13:14:15", "13:14:15"),
            ("13:14", "13:14:00"),
            ("13:14:15.5", "13:14:15.500000"),
            ("13:14:15.1234567", "13:14:15.123456"),
            ("13:14:15Z", "13:14:15"),
            ("13:14:15+02:00", "error: a time of day can't have an offset"),
            ("24:00:00", "error: expected HH:MM:SS"),
            ("13:14.5", "error: expected HH:MM:SS"),
            ("13:14:15.", "error: expected HH:MM:SS"),
            ("13", "error: expected HH:MM:SS"),
            ("13:14:15:16", "error: expected HH:MM:SS"),
        ] {
            assert_eq!(show(time(given).map(Value::Time)), expected, "{given}");
        }
    }

    #[test]
    fn dates_with_times() {
        for (given, expected) in [
            ("2024-02-29", "2024-02-29T00:00:00"),
            ("2024-02-29 12:00", "2024-02-29T12:00:00"),
            ("2024-02-29T12:00:00.25", "2024-02-29T12:00:00.250000"),
            ("2024-02-29T12:00:00Z", "zoned 2024-02-29T12:00:00+00:00"),
            ("2024-02-29T12:00:00+02:00", "zoned 2024-02-29T12:00:00+02:00"),
            ("2024-02-29T12:00:00 -0530", "zoned 2024-02-29T12:00:00-05:30"),
            ("2024-02-29T12:00+02", "zoned 2024-02-29T12:00:00+02:00"),
            ("2024-02-30T12:00", "error: day is out of range for month"),
            ("2024-02-29T12:00:00+25:00", "error: expected ISO 8601, such as 2024-02-29T13:14:15Z"),
            ("2024-02-29T", "error: expected ISO 8601, such as 2024-02-29T13:14:15Z"),
            ("soon", "error: expected ISO 8601, such as 2024-02-29T13:14:15Z"),
            ("2024-02-29T1é", "error: expected ISO 8601, such as 2024-02-29T13:14:15Z"),
        ] {
            assert_eq!(show(date_time(given)), expected, "{given}");
        }
    }

    #[test]
    fn seconds_since_1970_in_utc() {
        for (given, expected) in [
            ("0", "1970-01-01T00:00:00"),
            (" 1709212455.25 ", "2024-02-29T13:14:15.250000"),
            ("-1", "1969-12-31T23:59:59"),
            ("abc", "error: expected seconds since 1970"),
            ("NaN", "error: expected seconds since 1970"),
            ("1e20", "error: only years 1 to 9999 are allowed"),
        ] {
            assert_eq!(show(timestamp(given).map(Value::DateTime)), expected, "{given}");
        }
    }
}
