//! The project's data as CEL values. There is no value that has none, so no odd column can switch the rules
//! off (spec `policies.md` section 12, item 2).

use cel_interpreter::common::types::{
    CelBool, CelBytes, CelDouble, CelDuration, CelInt, CelNull, CelString, CelTimestamp, CelUInt,
};
use cel_interpreter::common::value::Val;
use chrono::{DateTime, Datelike as _, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::list::ListView;
use super::map::MapView;
use crate::policy::user::Fact;
use crate::value::{ExactNumber, Interval, Value};

/// Something that has a CEL form.
#[derive(Clone, Copy)]
pub(super) enum Item<'v> {
    /// A value, and what it is of.
    Value(&'v Value, Part),
    /// A fact about the caller.
    Fact(Fact<'v>),
    /// A text.
    Text(&'v str),
}

/// What of a result a value is. Times in columns are times; within a struct or list of a column they are texts, as in MXCP 0.12
/// (spec `policies.md` section 4.1).
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// All of it: a row, or rows.
    Whole,
    /// A row of several.
    Row,
    /// What stands in a column.
    Column,
    /// What is within that.
    Within,
}

impl Part {
    /// What the parts of such a value are.
    fn parts(self, value: &Value) -> Self {
        match (self, value) {
            (Self::Whole, Value::Array(_)) => Self::Row,
            (Self::Whole | Self::Row, Value::Object(_)) => Self::Column,
            _ => Self::Within,
        }
    }
}

impl<'v> Item<'v> {
    /// Its CEL form; lists and objects are views that convert their parts on demand.
    pub(super) fn to_cel(self) -> Box<dyn Val + 'v> {
        match self {
            Item::Value(value, part) => from_value(value, part),
            Item::Fact(Fact::Value(value)) => from_value(value, Part::Column),
            Item::Fact(Fact::Null) => Box::new(CelNull),
            Item::Text(text) | Item::Fact(Fact::Text(text)) => Box::new(CelString::from(text)),
            Item::Fact(Fact::Texts(texts)) => {
                Box::new(ListView::new(texts.iter().map(|text| Item::Text(text))))
            }
        }
    }
}

fn from_value(value: &Value, part: Part) -> Box<dyn Val + '_> {
    let parts = part.parts(value);
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Int(value) => Box::new(CelInt::from(*value)),
        Value::Float(value) => Box::new(CelDouble::from(*value)),
        Value::Number(number) => from_number(number),
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Bytes(bytes) => Box::new(CelBytes::from(bytes.as_slice())),
        Value::Date(_) | Value::DateTime(_) | Value::Timestamp(_) if matches!(part, Part::Within) => {
            text_form(value)
        }
        Value::Date(date) => from_utc(date.and_time(NaiveTime::MIN)).unwrap_or_else(|| text_form(value)),
        Value::DateTime(moment) => from_utc(*moment).unwrap_or_else(|| text_form(value)),
        Value::Timestamp(moment) => from_moment(moment.to_utc()).unwrap_or_else(|| text_form(value)),
        Value::Interval(interval) => from_interval(interval).unwrap_or_else(|| text_form(value)),
        Value::Time(_) => text_form(value),
        Value::Array(items) => Box::new(ListView::new(items.iter().map(|item| Item::Value(item, parts)))),
        Value::Object(object) => {
            Box::new(MapView::new(object.iter().map(|(key, value)| (&**key, Item::Value(value, parts)))))
        }
    }
}

/// Integers that fit are exact, everything else is the nearest double.
fn from_number<'v>(number: &ExactNumber) -> Box<dyn Val + 'v> {
    if let Some(value) = number.as_i128().and_then(|value| i64::try_from(value).ok()) {
        return Box::new(CelInt::from(value));
    }
    if let Some(value) = number.as_u128().and_then(|value| u64::try_from(value).ok()) {
        return Box::new(CelUInt::from(value));
    }
    Box::new(CelDouble::from(number.to_f64()))
}

fn from_utc<'v>(moment: NaiveDateTime) -> Option<Box<dyn Val + 'v>> {
    from_moment(moment.and_utc())
}

/// CEL's timestamps lie in the years 1 to 9999, and their hours are those of UTC.
fn from_moment<'v>(moment: DateTime<Utc>) -> Option<Box<dyn Val + 'v>> {
    let in_range = (1..=9999).contains(&moment.year());
    in_range.then(|| Box::new(CelTimestamp::from(moment.fixed_offset())) as Box<dyn Val>)
}

/// Months have no fixed length, and CEL's durations are 64-bit nanoseconds.
fn from_interval<'v>(interval: &Interval) -> Option<Box<dyn Val + 'v>> {
    let days = TimeDelta::try_days(i64::from(interval.days))?;
    let span = days.checked_add(&TimeDelta::microseconds(interval.microseconds))?;
    let fits = interval.months == 0 && span.num_nanoseconds().is_some();
    fits.then(|| Box::new(CelDuration::from(span)) as Box<dyn Val>)
}

fn text_form(value: &Value) -> Box<dyn Val + '_> {
    Box::new(CelString::from(value.text_form().unwrap_or_default()))
}
