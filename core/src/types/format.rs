//! What texts mean: one arm per format.

mod moment;

use super::fault::Fault;
use crate::schema::Format;
use crate::value::Value;

/// Converts an argument's text.
pub(super) fn convert(format: Format, text: String) -> Result<Value, Fault> {
    let (converted, what) = match format {
        Format::Date => (moment::date(&text).map(Value::Date), "date format"),
        Format::Time => (moment::time(&text).map(Value::Time), "time format"),
        Format::DateTime => (moment::date_time(&text), "date-time format"),
        Format::Timestamp => (moment::timestamp(&text).map(Value::DateTime), "timestamp"),
        Format::Email | Format::Uri | Format::Duration => {
            return match mismatch(format, &text) {
                None => Ok(Value::String(text)),
                Some((what, hint)) => Err(Fault::Invalid { what, got: text, hint }),
            };
        }
    };
    converted.map_err(|hint| Fault::Invalid { what, got: text, hint })
}

/// Checks the text of a result: the formats of time hold anything there (spec `types.md` section 4).
pub(super) fn check(format: Format, text: &str) -> Result<(), String> {
    match mismatch(format, text) {
        None => Ok(()),
        Some((what, hint)) => Err(Fault::Invalid { what, got: text.to_owned(), hint }.text(false)),
    }
}

/// What JSON Schema calls the format; none for `timestamp`, which it doesn't know.
pub(super) fn json_schema_word(format: Format) -> Option<&'static str> {
    match format {
        Format::Email => Some("email"),
        Format::Uri => Some("uri"),
        Format::Date => Some("date"),
        Format::Time => Some("time"),
        Format::DateTime => Some("date-time"),
        Format::Duration => Some("duration"),
        Format::Timestamp => None,
    }
}

/// For the formats that stay texts: what a text of another form is not, and what would be right.
fn mismatch(format: Format, text: &str) -> Option<(&'static str, &'static str)> {
    match format {
        Format::Email if !is_email(text) => Some(("email format", "")),
        Format::Uri if !is_uri(text) => Some(("URI format", "")),
        Format::Duration if !is_duration(text) => {
            Some(("duration format", "expected ISO 8601, such as P1DT2H30M"))
        }
        _ => None,
    }
}

/// Something, `@`, something with a dot inside.
pub(super) fn is_email(text: &str) -> bool {
    let mut parts = text.split('@');
    let name = parts.next().is_some_and(|name| !name.is_empty());
    // A dot at either end of the host has nothing on one side.
    let host = parts.next().map(str::as_bytes).and_then(|host| host.get(1..host.len().checked_sub(1)?));
    name && host.is_some_and(|inside| inside.contains(&b'.'))
}

/// A scheme, `:`, anything on the same line.
pub(super) fn is_uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
            && !rest.contains('\n')
    })
}

/// `P`, then amounts of years to days, then perhaps `T` and amounts of hours to seconds; at least one.
pub(super) fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else {
        return false;
    };
    match rest.split_once('T') {
        None => is_run_of(rest, "YMWD"),
        Some((days, time)) => (days.is_empty() || is_run_of(days, "YMWD")) && is_run_of(time, "HMS"),
    }
}

/// One or more amounts, each followed by one of `units`, which are used in order.
fn is_run_of(mut text: &str, mut units: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    while let Some(end) = text.find(|char: char| char.is_ascii_alphabetic()) {
        let (amount, rest) = text.split_at(end);
        let unit = rest.chars().next().and_then(|unit| units.find(unit));
        let (whole, fraction) = amount.split_once(['.', ',']).unwrap_or((amount, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let (Some(unit), true, true) = (unit, digits(whole), digits(fraction)) else {
            return false;
        };
        units = units.get(unit + 1..).unwrap_or_default();
        text = rest.get(1..).unwrap_or_default();
    }
    text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::testing::convert;

    #[test]
    fn emails() {
        for good in ["a@b.c", "first last@host.example", "ü@ü.ü", "a@b.c@d"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["nope", "@b.c", "a@b", "a@.c", "a@b.", "a@", "", "@"] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn uris() {
        for good in ["https://x.example/a b", "mailto:", "urn:isbn:1", "a+b.c-d:x"] {
            assert!(is_uri(good), "{good}");
        }
        for bad in ["nope", "1a:x", ":x", "a_b:x", "a:x\ny", ""] {
            assert!(!is_uri(bad), "{bad}");
        }
    }

    #[test]
    fn durations() {
        for good in ["P1D", "P1Y2M3DT4H5M6S", "PT0.5S", "P2W", "PT36H", "P1,5D", "P3M"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in
            ["1 day", "P", "PT", "P1DT", "P1", "P1S", "PT1D", "P1D1Y", "P-1D", "P.5D", "P1DX", "p1d", "P1é"]
        {
            assert!(!is_duration(bad), "{bad}");
        }
    }

    #[test]
    fn every_failure_names_the_parameter_and_the_format() {
        for (format, given, text) in [
            ("date", "29/02/2024", "Invalid date format: 29/02/2024 (expected YYYY-MM-DD)"),
            ("date", "2024-02-30", "Invalid date format: 2024-02-30 (day is out of range for month)"),
            ("time", "25:00", "Invalid time format: 25:00 (expected HH:MM:SS)"),
            (
                "date-time",
                "soon",
                "Invalid date-time format: soon (expected ISO 8601, such as 2024-02-29T13:14:15Z)",
            ),
            ("timestamp", "abc", "Invalid timestamp: abc (expected seconds since 1970)"),
            ("duration", "1 day", "Invalid duration format: 1 day (expected ISO 8601, such as P1DT2H30M)"),
            ("email", "nope", "Invalid email format: nope"),
            ("uri", "nope", "Invalid URI format: nope"),
        ] {
            assert_eq!(
                convert(&format!("{{type: string, format: {format}}}"), &format!("\"{given}\"")),
                Err(format!("Error validating parameter 'a': {text}"))
            );
        }
        assert_eq!(
            convert("{type: string, format: date}", "5"),
            Err("Error validating parameter 'a': Expected string for date format, got 5".into())
        );
        assert_eq!(
            convert("{type: string, format: email, sensitive: true}", r#""nope""#),
            Err("Error validating parameter 'a': Invalid email format".into())
        );
    }
}
