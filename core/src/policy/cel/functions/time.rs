//! Points in time and spans of it.

use cel_interpreter::common::types::{CelDuration, CelInt, CelTimestamp};
use cel_interpreter::common::value::CowVal;
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::{Arguments, Evaluated, int};

/// From a text (see [`parse_timestamp`]), from seconds since 1970, or a timestamp as it is.
pub(super) fn timestamp<'b, 'v>(values: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("timestamp", values);
    let value = arguments.value(0)?;
    if value.downcast_ref::<CelTimestamp>().is_some() {
        return arguments.into_value(0);
    }
    let moment = if let Some(seconds) = value.downcast_ref::<CelInt>() {
        DateTime::from_timestamp(*seconds.inner(), 0)
    } else {
        parse_timestamp(arguments.text(0)?)
    };
    let moment = moment.filter(|moment| (1..=9999).contains(&moment.year()));
    moment
        .map(|moment| CowVal::owned(CelTimestamp::from(moment.fixed_offset())))
        .ok_or_else(|| arguments.failure("it is no point in time"))
}

/// From a text (see [`parse_duration`]), or a duration as it is.
pub(super) fn duration<'b, 'v>(values: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("duration", values);
    if arguments.value(0)?.downcast_ref::<CelDuration>().is_some() {
        return arguments.into_value(0);
    }
    let span = parse_duration(arguments.text(0)?);
    span.map(|span| CowVal::owned(CelDuration::from(span)))
        .ok_or_else(|| arguments.failure("it is no duration"))
}

/// The whole days of a duration.
pub(super) fn days<'b, 'v>(values: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    let span = values.first().and_then(|value| value.downcast_ref::<CelDuration>());
    let span = span.ok_or_else(cel_interpreter::ExecutionError::missing_argument_or_target)?;
    Ok(int(span.inner().num_days()))
}

/// RFC 3339; without a zone, or without a time, in UTC.
pub(in crate::policy) fn parse_timestamp(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|date| date.and_time(NaiveTime::MIN));
    let read = |form| NaiveDateTime::parse_from_str(text, form).ok();
    let moment = read("%Y-%m-%dT%H:%M:%S%.f").or_else(|| read("%Y-%m-%d %H:%M:%S%.f")).or_else(date);
    moment.map(|moment| moment.and_utc())
}

/// Numbers with units from days to nanoseconds, `1d2h30m`, `-1.5h`; a lone `0` needs none.
pub(crate) fn parse_duration(text: &str) -> Option<TimeDelta> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(TimeDelta::zero());
    }
    let mut nanoseconds: i128 = 0;
    let mut parts = 0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (unit, after) =
            after.split_at(after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len()));
        let scale: i128 = match unit {
            "d" => 86_400_000_000_000,
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" | "μs" => 1_000,
            "ns" => 1,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || whole.len() > 19 || fraction.len() > 18 {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let fraction_value: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        let divisor = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
        nanoseconds = nanoseconds.checked_add(whole.checked_mul(scale)?)?;
        nanoseconds = nanoseconds.checked_add(fraction_value.checked_mul(scale)? / divisor)?;
        rest = after;
        parts += 1;
    }
    let nanoseconds = i64::try_from(sign * nanoseconds).ok().filter(|_| parts > 0)?;
    Some(TimeDelta::nanoseconds(nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_from_days_to_nanoseconds() {
        let seconds = |text: &str| parse_duration(text).map(|span| span.num_milliseconds());
        assert_eq!(seconds("1d"), Some(86_400_000));
        assert_eq!(seconds("1h30m"), Some(5_400_000));
        assert_eq!(seconds("-1.5h"), Some(-5_400_000));
        assert_eq!(seconds("1s500ms"), Some(1500));
        assert_eq!(seconds("0"), Some(0));
        assert_eq!(seconds("2000us3000000ns"), Some(5));
        for text in ["", "-", "1", "d", "1w", "1.2.3s", ".s", "1 h", "999999999999d", "1hh"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn timestamps_without_zone_or_time_are_in_utc() {
        let text = |text: &str| parse_timestamp(text).map(|moment| moment.to_rfc3339());
        assert_eq!(text("2024-02-29").as_deref(), Some("2024-02-29T00:00:00+00:00"));
        assert_eq!(text("2024-02-29T10:00:00").as_deref(), Some("2024-02-29T10:00:00+00:00"));
        assert_eq!(text("2024-02-29T10:00:00+02:00").as_deref(), Some("2024-02-29T08:00:00+00:00"));
        assert_eq!(text("2023-02-29"), None);
        assert_eq!(text("29.2.2024"), None);
    }
}
