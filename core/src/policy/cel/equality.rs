//! Equality as CEL defines it, whatever a list or map is made of: values of different types are unequal,
//! numbers compare by value (spec `policies.md` section 12, item 8).

use cel_interpreter::ExecutionError;
use cel_interpreter::common::types::{CelString, CelTimestamp, Kind};
use cel_interpreter::common::value::Val;

use super::functions::parse_timestamp;
use super::meter::Meter;
use crate::policy::limits;

/// Whether two values are equal; for places that have no meter, and bound by a fresh one.
pub(super) fn equal(left: &dyn Val, right: &dyn Val) -> bool {
    // Running out of work here means "not equal"; whoever compares on behalf of an author's expression has
    // a meter and uses `compare`.
    compare(left, right, &Meter::default()).unwrap_or(false)
}

/// Whether two values are equal.
///
/// # Errors
/// The evaluation has done as much as it may.
pub(super) fn compare(left: &dyn Val, right: &dyn Val, meter: &Meter) -> Result<bool, ExecutionError> {
    compare_at(0, left, right, meter)
}

/// How deep values are compared: beyond, the stack is in danger.
const DEPTH: usize = 128;

fn compare_at(depth: usize, left: &dyn Val, right: &dyn Val, meter: &Meter) -> Result<bool, ExecutionError> {
    meter.charge(if depth > DEPTH { limits::WORK + 1 } else { 1 })?;
    match (left.get_type().kind(), right.get_type().kind()) {
        (Kind::List, Kind::List) => lists(depth + 1, left, right, meter),
        (Kind::Map, Kind::Map) => maps(depth + 1, left, right, meter),
        (Kind::String, Kind::String) => {
            let (left, right) = (left.downcast_ref::<CelString<'_>>(), right.downcast_ref::<CelString<'_>>());
            if let (Some(left), Some(right)) = (left, right) {
                meter.charge_text(left.inner().len().min(right.inner().len()))?;
            }
            Ok(left == right)
        }
        (Kind::List | Kind::Map, _) | (_, Kind::List | Kind::Map) => Ok(false),
        (Kind::Timestamp, Kind::String) => written(left, right, meter),
        (Kind::String, Kind::Timestamp) => written(right, left, meter),
        _ => Ok(left.equals(right)),
    }
}

/// Whether a time is the one that a text writes: a rule that compares a column with `'2024-01-31'` must not silently never hold
/// because the column is a date.
fn written(time: &dyn Val, text: &dyn Val, meter: &Meter) -> Result<bool, ExecutionError> {
    let (Some(time), Some(text)) =
        (time.downcast_ref::<CelTimestamp>(), text.downcast_ref::<CelString<'_>>())
    else {
        return Ok(false);
    };
    meter.charge_text(text.inner().len())?;
    Ok(parse_timestamp(text.inner()).is_some_and(|moment| moment == *time.inner()))
}

/// Whether `item` is in a list, a key of a map, or neither because the container is a text: texts have no
/// members.
///
/// # Errors
/// The container is none, or the evaluation has done as much as it may.
pub(super) fn contains(container: &dyn Val, item: &dyn Val, meter: &Meter) -> Result<bool, ExecutionError> {
    match container.get_type().kind() {
        Kind::List => {
            let Some(items) = container.as_iterable() else {
                return Ok(false);
            };
            let mut items = items.iter();
            while let Some(member) = items.next() {
                if compare(member, item, meter)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        // A key of a type that no map has is not in it.
        Kind::Map => {
            meter.charge(1)?;
            Ok(container.as_container().is_some_and(|keys| keys.contains(item).unwrap_or(false)))
        }
        Kind::String => Ok(false),
        _ => {
            let types = vec![item.get_type().name().to_owned(), container.get_type().name().to_owned()];
            Err(ExecutionError::no_such_overload("in", types))
        }
    }
}

fn size(value: &dyn Val) -> Option<i64> {
    value.as_sizer().map(|sizer| *sizer.size().inner())
}

fn lists(depth: usize, left: &dyn Val, right: &dyn Val, meter: &Meter) -> Result<bool, ExecutionError> {
    let (Some(left_items), Some(right_items)) = (left.as_iterable(), right.as_iterable()) else {
        return Ok(false);
    };
    if size(left) != size(right) {
        return Ok(false);
    }
    let (mut left_items, mut right_items) = (left_items.iter(), right_items.iter());
    while let (Some(left), Some(right)) = (left_items.next(), right_items.next()) {
        if !compare_at(depth, left, right, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps(depth: usize, left: &dyn Val, right: &dyn Val, meter: &Meter) -> Result<bool, ExecutionError> {
    let (Some(keys), Some(left_entries), Some(right_entries)) =
        (left.as_iterable(), left.as_indexer(), right.as_indexer())
    else {
        return Ok(false);
    };
    if size(left) != size(right) {
        return Ok(false);
    }
    let mut keys = keys.iter();
    while let Some(key) = keys.next() {
        let (Ok(left), Ok(right)) = (left_entries.get(key), right_entries.get(key)) else {
            return Ok(false);
        };
        if !compare_at(depth, left.as_ref(), right.as_ref(), meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}
