//! Dates and times, with the attributes and methods that Python's have.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use chrono::format::{Item, StrftimeItems};
use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use minijinja::value::{DynObject, Object, ObjectRepr, from_args};
use minijinja::{Error, ErrorKind, State, Value};

/// A date, a time of day, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Date(NaiveDate),
    Time(NaiveTime),
    /// With the distance to UTC of its zone, if it has one.
    DateTime(NaiveDateTime, Option<FixedOffset>),
}

impl Moment {
    fn date(&self) -> Option<NaiveDate> {
        match self {
            Moment::Date(date) => Some(*date),
            Moment::Time(_) => None,
            Moment::DateTime(moment, _) => Some(moment.date()),
        }
    }

    fn time(&self) -> Option<NaiveTime> {
        match self {
            Moment::Date(_) => None,
            Moment::Time(time) => Some(*time),
            Moment::DateTime(moment, _) => Some(moment.time()),
        }
    }

    fn attribute(&self, name: &str) -> Option<u64> {
        let date = |part: fn(&NaiveDate) -> u32| self.date().as_ref().map(part).map(u64::from);
        let time = |part: fn(&NaiveTime) -> u32| self.time().as_ref().map(part).map(u64::from);
        match name {
            "year" => self.date().and_then(|date| u64::try_from(date.year()).ok()),
            "month" => date(Datelike::month),
            "day" => date(Datelike::day),
            "hour" => time(Timelike::hour),
            "minute" => time(Timelike::minute),
            "second" => time(Timelike::second),
            "microsecond" => time(|time| time.nanosecond() / 1_000 % 1_000_000),
            _ => None,
        }
    }

    fn iso(&self, separator: char) -> String {
        let mut text = self.date().map(|date| date.format("%Y-%m-%d").to_string()).unwrap_or_default();
        if let Some(time) = self.time() {
            if !text.is_empty() {
                text.push(separator);
            }
            text += &time.format("%H:%M:%S").to_string();
            if let microseconds @ 1.. = self.attribute("microsecond").unwrap_or(0) {
                text += &format!(".{microseconds:06}");
            }
        }
        if let Moment::DateTime(_, Some(offset)) = self {
            text += &offset.to_string();
        }
        text
    }

    /// As Python's `repr` has it.
    pub(super) fn represent(&self) -> String {
        let (name, mut parts): (_, &[&str]) = match self {
            Moment::Date(_) => ("date", &["year", "month", "day"]),
            Moment::Time(_) => ("time", &["hour", "minute", "second", "microsecond"]),
            Moment::DateTime(..) => {
                ("datetime", &["year", "month", "day", "hour", "minute", "second", "microsecond"])
            }
        };
        // Seconds and their fractions are left out where they are zero.
        let kept = parts.len().min(if matches!(self, Moment::Time(_)) { 2 } else { 5 });
        while let Some((last, before)) = parts.split_last()
            && parts.len() > kept
            && self.attribute(last) == Some(0)
        {
            parts = before;
        }
        let mut numbers: Vec<String> =
            parts.iter().filter_map(|part| self.attribute(part)).map(|number| number.to_string()).collect();
        if let Moment::DateTime(_, Some(offset)) = self {
            numbers.push(match offset.local_minus_utc() {
                0 => "tzinfo=datetime.timezone.utc".to_owned(),
                seconds => format!("tzinfo=datetime.timezone(datetime.timedelta(seconds={seconds}))"),
            });
        }
        format!("datetime.{name}({})", numbers.join(", "))
    }

    fn formatted(&self, pattern: &str) -> Result<String, Error> {
        let invalid = || Error::new(ErrorKind::InvalidOperation, format!("invalid date format `{pattern}`"));
        let items: Vec<Item<'_>> = StrftimeItems::new(pattern).collect();
        if items.iter().any(|item| matches!(item, Item::Error)) {
            return Err(invalid());
        }
        let mut text = String::new();
        // Python reads a time of day as one of the first of January 1900.
        let date = self.date().or_else(|| NaiveDate::from_ymd_opt(1900, 1, 1)).ok_or_else(invalid)?;
        let moment = date.and_time(self.time().unwrap_or_default());
        let written = match self {
            Moment::DateTime(_, Some(offset)) => match moment.and_local_timezone(*offset).single() {
                Some(moment) => {
                    fmt::write(&mut text, format_args!("{}", moment.format_with_items(items.iter())))
                }
                None => Err(fmt::Error),
            },
            _ => fmt::write(&mut text, format_args!("{}", moment.format_with_items(items.iter()))),
        };
        written.map_err(|_| invalid())?;
        Ok(text)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.iso(' '))
    }
}

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.attribute(key.as_str()?).map(Value::from)
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let date = |value: fn(NaiveDate) -> u32| match self.date() {
            Some(date) => from_args::<()>(args).map(|()| Value::from(value(date))),
            None => Err(Error::from(ErrorKind::UnknownMethod)),
        };
        let part = |part: Option<Moment>| match part {
            Some(part) => from_args::<()>(args).map(|()| Value::from_object(part)),
            None => Err(Error::from(ErrorKind::UnknownMethod)),
        };
        match method {
            "isoformat" => {
                let (separator,): (Option<char>,) = from_args(args)?;
                Ok(Value::from(self.iso(separator.unwrap_or('T'))))
            }
            "strftime" => {
                let (pattern,): (&str,) = from_args(args)?;
                self.formatted(pattern).map(Value::from)
            }
            "weekday" => date(|date| date.weekday().num_days_from_monday()),
            "isoweekday" => date(|date| date.weekday().number_from_monday()),
            "date" if matches!(**self, Moment::DateTime(..)) => part(self.date().map(Moment::Date)),
            "time" if matches!(**self, Moment::DateTime(..)) => part(self.time().map(Moment::Time)),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        match (**self, *other.downcast_ref::<Moment>()?) {
            (Moment::Date(one), Moment::Date(other)) => Some(one.cmp(&other)),
            (Moment::Time(one), Moment::Time(other)) => Some(one.cmp(&other)),
            (Moment::DateTime(one, here), Moment::DateTime(other, there)) => {
                let utc = |moment: NaiveDateTime, offset: Option<FixedOffset>| match offset {
                    Some(offset) => moment.checked_sub_offset(offset).unwrap_or(moment),
                    None => moment,
                };
                Some(utc(one, here).cmp(&utc(other, there)))
            }
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, formatter)
    }
}
