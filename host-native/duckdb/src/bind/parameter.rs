//! A value in DuckDB's form.

use chrono::{Datelike as _, NaiveDate, NaiveTime, Timelike as _};
use mxcp_core::value::{ExactNumber, Value};

use super::kind::Kind;
use crate::ffi::{Months, Parameter};

/// Days from year 1 to 1970.
const EPOCH_DAY: i32 = 719_163;

/// A value as a parameter of its own type.
///
/// # Errors
/// It has no SQL form, in DuckDB's form of a message.
pub(crate) fn parameter(value: &Value) -> Result<Parameter, String> {
    match value {
        Value::Array(_) | Value::Object(_) => as_kind(value, &Kind::of(value)?),
        scalar => self::scalar(scalar),
    }
}

/// A value as a parameter that DuckDB can cast to `kind`.
fn as_kind(value: &Value, kind: &Kind) -> Result<Parameter, String> {
    match (value, kind) {
        (Value::Array(items), Kind::List(item)) => {
            let items = items.iter().map(|value| as_kind(value, item)).collect::<Result<Vec<_>, _>>()?;
            Parameter::list(&item.logical_type()?, &items)
        }
        (Value::Object(object), Kind::Struct(fields)) => {
            let values = fields
                .iter()
                .map(|(name, kind)| {
                    object.get(name).map_or(Ok(Parameter::null()), |value| as_kind(value, kind))
                })
                .collect::<Result<Vec<_>, _>>()?;
            Parameter::structure(&kind.logical_type()?, &values)
        }
        (Value::Object(_), Kind::EmptyMap) => Parameter::empty_map(&kind.logical_type()?),
        // DuckDB makes the text.
        (other, _) => parameter(other),
    }
}

fn scalar(value: &Value) -> Result<Parameter, String> {
    Ok(match value {
        Value::Null | Value::Array(_) | Value::Object(_) => Parameter::null(),
        Value::Bool(value) => Parameter::boolean(*value),
        Value::Int(number) => integer(*number),
        Value::Float(number) => Parameter::double(*number),
        Value::Number(number) => exact(number)?,
        Value::String(text) => Parameter::text(text),
        Value::Bytes(bytes) => Parameter::bytes(bytes),
        Value::Date(date) => Parameter::date(epoch_days(*date)),
        Value::Time(time) => Parameter::time(micros_of_day(*time)),
        Value::DateTime(moment) => Parameter::timestamp(moment.and_utc().timestamp_micros()),
        Value::Timestamp(moment) => Parameter::timestamp_tz(moment.timestamp_micros()),
        Value::Interval(interval) => Parameter::interval(Months {
            months: interval.months,
            days: interval.days,
            micros: interval.microseconds,
        }),
    })
}

fn integer(number: i64) -> Parameter {
    i32::try_from(number).map_or_else(|_| Parameter::bigint(number), Parameter::integer)
}

fn exact(number: &ExactNumber) -> Result<Parameter, String> {
    let double = || Parameter::double(number.to_f64());
    Ok(match Kind::of(&Value::Number(number.clone()))? {
        Kind::Integer | Kind::BigInt => {
            number.as_i128().and_then(|value| i64::try_from(value).ok()).map_or_else(double, integer)
        }
        Kind::UBigInt => number
            .as_u128()
            .and_then(|value| u64::try_from(value).ok())
            .map_or_else(double, Parameter::ubigint),
        Kind::HugeInt => number.as_i128().map_or_else(double, Parameter::hugeint),
        Kind::UHugeInt => number.as_u128().map_or_else(double, Parameter::uhugeint),
        Kind::Decimal { whole, scale } => {
            let unscaled = number.as_str().replace('.', "").parse::<i128>();
            unscaled
                .map_or_else(|_| double(), |value| Parameter::decimal(value, (whole + scale).max(1), scale))
        }
        _ => double(),
    })
}

/// Days since 1970.
pub(crate) fn epoch_days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - EPOCH_DAY
}

/// Microseconds since midnight.
pub(crate) fn micros_of_day(time: NaiveTime) -> i64 {
    let seconds = i64::from(time.num_seconds_from_midnight());
    // A leap second has more than 999,999 of them; SQL has no leap seconds.
    seconds * 1_000_000 + i64::from(time.nanosecond() / 1_000).min(999_999)
}
