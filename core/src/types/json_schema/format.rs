//! The formats of JSON Schema that are checked; others are notes.

use std::net::{Ipv4Addr, Ipv6Addr};

use chrono::{DateTime, NaiveDate, Timelike};

use super::super::format;

mod address;

use address::{is_email, is_hostname, is_uri};

/// A format, by its word and its test.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub(super) word: &'static str,
    pub(super) fits: fn(&str) -> bool,
}

const FORMATS: [Format; 11] = [
    Format { word: "date", fits: is_date },
    Format { word: "date-time", fits: is_date_time },
    Format { word: "duration", fits: is_duration },
    Format { word: "email", fits: is_email },
    Format { word: "hostname", fits: is_hostname },
    Format { word: "ipv4", fits: |text| text.parse::<Ipv4Addr>().is_ok() },
    Format { word: "ipv6", fits: |text| text.parse::<Ipv6Addr>().is_ok() },
    Format { word: "json-pointer", fits: is_json_pointer },
    Format { word: "time", fits: is_time },
    Format { word: "uri", fits: is_uri },
    Format { word: "uuid", fits: is_uuid },
];

impl Format {
    /// The format of this name, if it is one that is checked.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        FORMATS.iter().find(|format| format.word == word).copied()
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// RFC 3339, whose `T` may not be a blank, and whose second 60 is the last of a day in UTC.
fn is_date_time(text: &str) -> bool {
    let apart = text.as_bytes().get(10).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'T'));
    apart
        && DateTime::parse_from_rfc3339(text).is_ok_and(|moment| {
            let time = moment.naive_utc().time();
            // That is how chrono holds a leap second.
            time.nanosecond() < 1_000_000_000 || (time.hour(), time.minute()) == (23, 59)
        })
}

/// Whole amounts, and weeks by themselves (RFC 3339 appendix A): stricter than what types take.
fn is_duration(text: &str) -> bool {
    let weeks = text.split_once('W').is_none_or(|(amount, rest)| {
        rest.is_empty()
            && amount.strip_prefix('P').is_some_and(|amount| amount.bytes().all(|byte| byte.is_ascii_digit()))
    });
    weeks && !text.contains(['.', ',']) && format::is_duration(text)
}

fn is_time(text: &str) -> bool {
    is_date_time(&format!("1970-01-01T{text}"))
}

fn is_json_pointer(text: &str) -> bool {
    let escapes = || text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    (text.is_empty() || text.starts_with('/')) && escapes()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_fits() {
        for (word, good, bad) in [
            ("date", "2024-02-29", "2024-2-9"),
            ("date-time", "2024-02-29T13:14:15Z", "2024-02-29 13:14:15Z"),
            ("time", "13:14:15.5+02:00", "13:14:15"),
            ("duration", "P1DT2H", "1 day"),
            ("email", "a@b.ch", "a..b@c.ch"),
            ("hostname", "www.example.com", "-a.example"),
            ("ipv4", "127.0.0.1", "127.0.0.256"),
            ("ipv6", "::1", "1::2::3"),
            ("json-pointer", "/a~1b/0", "/a~2"),
            ("uri", "orders://7", "no uri"),
            ("uuid", "9ffd2d5e-6a3d-4b8e-8d5b-3c3f0c6c1d11", "9ffd2d5e6a3d4b8e8d5b3c3f0c6c1d11"),
        ] {
            let format = Format::of_word(word).unwrap();
            assert!((format.fits)(good), "{word}: {good}");
            assert!(!(format.fits)(bad), "{word}: {bad}");
        }
        assert!(Format::of_word("regex").is_none());
    }
}
