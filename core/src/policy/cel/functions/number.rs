//! Arithmetic. Standard CEL has none between integers and doubles; data has: a `number` is one or the other
//! from row to row. Mixed operands are doubles here, as in the reference.

use cel_interpreter::ExecutionError;
use cel_interpreter::common::types::{CelDouble, CelInt, CelUInt};
use cel_interpreter::common::value::{CowVal, Val};

use super::{Arguments, Evaluated};

pub(super) fn plus<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    apply(Arguments::new("_+_", arguments), |left, right, arguments| {
        let result = left.as_adder().ok_or_else(|| arguments.mismatch())?.add(right)?.into_owned();
        arguments.meter()?.charge_copy(result.as_ref())?;
        Ok(result)
    })
}

pub(super) fn minus<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    apply(Arguments::new("_-_", arguments), |left, right, arguments| {
        Ok(left.as_subtractor().ok_or_else(|| arguments.mismatch())?.sub(right)?.into_owned())
    })
}

pub(super) fn times<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    apply(Arguments::new("_*_", arguments), |left, right, arguments| {
        Ok(left.as_multiplier().ok_or_else(|| arguments.mismatch())?.mul(right)?.into_owned())
    })
}

pub(super) fn over<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    apply(Arguments::new("_/_", arguments), |left, right, arguments| {
        Ok(left.as_divider().ok_or_else(|| arguments.mismatch())?.div(right)?.into_owned())
    })
}

type Operation = for<'v> fn(
    &(dyn Val + 'v),
    &(dyn Val + 'v),
    &Arguments<'_, 'v>,
) -> Result<Box<dyn Val + 'v>, ExecutionError>;

/// Applies an operation, to doubles if exactly one operand is one.
fn apply<'b, 'v>(arguments: Arguments<'b, 'v>, operation: Operation) -> Evaluated<'b, 'v> {
    let (left, right) = (arguments.value(0)?, arguments.value(1)?);
    let is_double = |value: &dyn Val| value.downcast_ref::<CelDouble>().is_some();
    let result = match (is_double(left), is_double(right)) {
        (true, false) => match to_double(right) {
            Some(right) => operation(left, &right, &arguments),
            None => operation(left, right, &arguments),
        },
        (false, true) => match to_double(left) {
            Some(left) => operation(&left, right, &arguments),
            None => operation(left, right, &arguments),
        },
        _ => operation(left, right, &arguments),
    };
    result.map(CowVal::Owned)
}

/// An integer as the nearest double.
#[expect(clippy::cast_precision_loss, reason = "the nearest double is what is asked for")]
fn to_double(value: &dyn Val) -> Option<CelDouble> {
    if let Some(int) = value.downcast_ref::<CelInt>() {
        return Some(CelDouble::from(*int.inner() as f64));
    }
    value.downcast_ref::<CelUInt>().map(|uint| CelDouble::from(*uint.inner() as f64))
}
