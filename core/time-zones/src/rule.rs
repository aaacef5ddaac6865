//! The rule for the time after the last transition: the text that POSIX has in `TZ`, as in `CET-1CEST,M3.5.0,M10.5.0/3`.

use chrono::{DateTime, Datelike as _, NaiveDate};

use crate::DAY;

/// What is left to read of a rule.
struct Text(&'static [u8]);

/// A day of every year.
#[derive(Clone, Copy)]
enum Day {
    /// Of a month, the so-and-so-many-th of a weekday, of which 0 is Sunday; the fifth is the last.
    Weekday { month: u32, week: u32, day: u32 },
    /// Of the year, beginning with 1, where 29 February is never counted.
    Julian(i64),
    /// Of the year, beginning with 0.
    Ordinal(i64),
}

/// What is added to UTC at a moment, both in seconds; none if the rule is broken.
pub(crate) fn offset(rule: &'static [u8], moment: i64) -> Option<i32> {
    let mut text = Text(rule);
    text.name()?;
    let standard = -text.time()?;
    if text.0.is_empty() {
        return i32::try_from(standard).ok();
    }
    text.name()?;
    let summer = if text.0.starts_with(b",") { standard + 3600 } else { -text.time()? };
    let (begin, begin_time) = text.change()?;
    let (end, end_time) = text.change()?;
    let year = DateTime::from_timestamp(moment.checked_add(standard)?, 0)?.year();
    let begin = begin.of(year)? * DAY + begin_time - standard;
    let end = end.of(year)? * DAY + end_time - summer;
    let is_summer = match begin < end {
        true => (begin..end).contains(&moment),
        false => !(end..begin).contains(&moment),
    };
    i32::try_from(if is_summer { summer } else { standard }).ok()
}

impl Text {
    fn eat(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Skips a name: letters, or anything in angle brackets.
    fn name(&mut self) -> Option<()> {
        let end = if self.eat(b'<') {
            self.0.iter().position(|byte| *byte == b'>')? + 1
        } else {
            self.0.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(self.0.len())
        };
        self.0 = self.0.get(end..)?;
        Some(())
    }

    fn number(&mut self) -> Option<i64> {
        let end = self.0.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    /// `[+-]hh[:mm[:ss]]`, in seconds.
    fn time(&mut self) -> Option<i64> {
        let sign = if self.eat(b'-') { -1 } else { 1 };
        self.eat(b'+');
        let mut seconds = self.number()? * 3600;
        for unit in [60, 1] {
            if self.eat(b':') {
                seconds += self.number()? * unit;
            }
        }
        Some(sign * seconds)
    }

    /// `,day[/time]`: the day, and the time of it in seconds.
    fn change(&mut self) -> Option<(Day, i64)> {
        self.eat(b',').then_some(())?;
        let day = if self.eat(b'M') {
            let month = self.number()?.try_into().ok()?;
            self.eat(b'.').then_some(())?;
            let week = self.number()?.try_into().ok()?;
            self.eat(b'.').then_some(())?;
            Day::Weekday { month, week, day: self.number()?.try_into().ok()? }
        } else if self.eat(b'J') {
            Day::Julian(self.number()?)
        } else {
            Day::Ordinal(self.number()?)
        };
        Some((day, if self.eat(b'/') { self.time()? } else { 2 * 3600 }))
    }
}

impl Day {
    /// Which day it is of a year, in days since 1970.
    fn of(self, year: i32) -> Option<i64> {
        let since_1970 = |date: NaiveDate| date.signed_duration_since(NaiveDate::default()).num_days();
        let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
        match self {
            Self::Weekday { month, week, day } => {
                let first = NaiveDate::from_ymd_opt(year, month, 1)?;
                let ahead = (7 + day - first.weekday().num_days_from_sunday()) % 7;
                let date = since_1970(first) + i64::from(ahead) + 7 * (i64::from(week) - 1);
                let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                let end = since_1970(NaiveDate::from_ymd_opt(next_year, next, 1)?);
                Some(if date < end { date } else { date - 7 })
            }
            Self::Julian(day) => {
                Some(since_1970(first) + day - 1 + i64::from(first.leap_year() && day >= 60))
            }
            Self::Ordinal(day) => Some(since_1970(first) + day),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_in_three_ways() {
        let shown = |day: Day, year| {
            let date = NaiveDate::default() + chrono::TimeDelta::days(day.of(year).unwrap());
            date.to_string()
        };
        assert_eq!(shown(Day::Weekday { month: 3, week: 5, day: 0 }, 2024), "2024-03-31");
        assert_eq!(shown(Day::Weekday { month: 12, week: 5, day: 6 }, 2024), "2024-12-28");
        assert_eq!(shown(Day::Weekday { month: 11, week: 1, day: 0 }, 2026), "2026-11-01");
        assert_eq!(shown(Day::Julian(59), 2024), "2024-02-28");
        assert_eq!(shown(Day::Julian(60), 2024), "2024-03-01");
        assert_eq!(shown(Day::Julian(60), 2023), "2023-03-01");
        assert_eq!(shown(Day::Ordinal(59), 2024), "2024-02-29");
    }

    #[test]
    fn rules_are_those_of_posix_and_what_was_added_to_them() {
        let at = |rule: &'static str, moment: &str| {
            let moment: DateTime<chrono::Utc> = moment.parse().unwrap();
            offset(rule.as_bytes(), moment.timestamp())
        };
        assert_eq!(at("EST5", "2030-07-01T00:00:00Z"), Some(-5 * 3600));
        assert_eq!(at("EST5EDT,M3.2.0,M11.1.0", "2030-03-10T06:59:59Z"), Some(-5 * 3600));
        assert_eq!(at("EST5EDT,M3.2.0,M11.1.0", "2030-03-10T07:00:00Z"), Some(-4 * 3600));
        assert_eq!(at("EST5EDT,M3.2.0,M11.1.0", "2030-11-03T06:00:00Z"), Some(-5 * 3600));
        // Times before midnight and beyond a day, names with signs, and summer all year.
        assert_eq!(at("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T01:00:00Z"), Some(-3600));
        assert_eq!(at("EET-2EEST,M3.4.4/50,M10.4.4/50", "2030-03-30T00:00:00Z"), Some(3 * 3600));
        assert_eq!(at("EST5EDT,0/0,J365/25", "2030-01-01T05:00:00Z"), Some(-4 * 3600));
        assert_eq!(at("<+0545>-5:45", "2030-01-01T00:00:00Z"), Some(20_700));
        // What is none is told, and nothing is made up.
        for broken in ["", "X", "EST5EDT", "EST5EDT,M3.2", "EST5EDT,M13.1.0,M11.1.0"] {
            assert_eq!(at(broken, "2030-01-01T00:00:00Z"), None, "{broken}");
        }
    }
}
