//! Intervals as SQL knows them.

use std::fmt;

/// Months, days and microseconds, kept apart because none converts into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Months, years included.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds, hours included.
    pub microseconds: i64,
}

impl fmt::Display for Interval {
    /// ISO 8601 from the parts (`P1Y2M3DT4H5M6.5S`); an empty interval is `PT0S`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |formatter: &mut fmt::Formatter<'_>, amount: i64, unit: char| {
            if amount == 0 { Ok(()) } else { write!(formatter, "{amount}{unit}") }
        };
        formatter.write_str("P")?;
        part(formatter, i64::from(self.months / 12), 'Y')?;
        part(formatter, i64::from(self.months % 12), 'M')?;
        part(formatter, i64::from(self.days), 'D')?;
        let seconds = self.microseconds % 60_000_000;
        if self.microseconds != 0 {
            formatter.write_str("T")?;
            part(formatter, self.microseconds / 3_600_000_000, 'H')?;
            part(formatter, self.microseconds / 60_000_000 % 60, 'M')?;
            if seconds != 0 {
                let sign = if seconds < 0 { "-" } else { "" };
                let (whole, fraction) = (seconds.abs() / 1_000_000, seconds.abs() % 1_000_000);
                write!(formatter, "{sign}{whole}")?;
                if fraction != 0 {
                    write!(formatter, ".{}", format!("{fraction:06}").trim_end_matches('0'))?;
                }
                formatter.write_str("S")?;
            }
        } else if self.months == 0 && self.days == 0 {
            formatter.write_str("T0S")?;
        }
        Ok(())
    }
}
