//! The functions that conditions call besides those of the CEL library.
//!
//! Their names start with `@`, so no author can spell them: [`super::lower`] puts them in place of what was
//! written. The first argument is always the [`Meter`] of the evaluation.

mod number;
mod text;
mod time;

use cel_interpreter::common::types::{CelBool, CelInt, CelString, DURATION_TYPE, DYN_TYPE, NULL_TYPE};
use cel_interpreter::common::value::{CowVal, Val};
use cel_interpreter::{DeclarationError, Env, ExecutionError};

use super::equality;
use super::meter::Meter;
use super::pattern::Pattern;

pub(crate) use time::parse_duration;
pub(in crate::policy) use time::parse_timestamp;

type Evaluated<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

/// Declares all of them.
///
/// # Errors
/// A function is declared twice.
pub(super) fn declare(environment: &mut Env) -> Result<(), DeclarationError> {
    let mut metered = |name: &str, arguments: usize, function| {
        let types = (0..=arguments).map(|_| DYN_TYPE).collect();
        environment.add_overload(name, &format!("{name}/{arguments}"), types, function)
    };
    metered("@tick", 1, tick)?;
    metered("@equals", 2, equals)?;
    metered("@in", 2, is_in)?;
    metered("@contains", 2, contains)?;
    metered("@matches", 2, matches)?;
    metered("@plus", 2, number::plus)?;
    metered("@minus", 2, number::minus)?;
    metered("@times", 2, number::times)?;
    metered("@over", 2, number::over)?;
    metered("@timestamp", 1, time::timestamp)?;
    metered("@duration", 1, time::duration)?;
    metered("@lowerAscii", 1, text::lower_ascii)?;
    metered("@upperAscii", 1, text::upper_ascii)?;
    metered("@trim", 1, text::trim)?;
    metered("@split", 2, text::split)?;
    metered("@split", 3, text::split)?;
    metered("@replace", 3, text::replace)?;
    metered("@replace", 4, text::replace)?;
    metered("@substring", 2, text::substring)?;
    metered("@substring", 3, text::substring)?;
    metered("@charAt", 2, text::char_at)?;
    metered("@indexOf", 2, text::index_of)?;
    metered("@indexOf", 3, text::index_of)?;
    metered("@lastIndexOf", 2, text::last_index_of)?;
    metered("@join", 1, text::join)?;
    metered("@join", 2, text::join)?;
    environment.add_member_overload("getDays", "duration_days", DURATION_TYPE, vec![], time::days)?;
    environment.add_overload("size", "size_null", vec![NULL_TYPE], |_| Ok(int(0)))?;
    environment.add_member_overload("size", "null_size", NULL_TYPE, vec![], |_| Ok(int(0)))
}

/// The arguments of one call.
struct Arguments<'b, 'v> {
    function: &'static str,
    values: Vec<CowVal<'b, 'v>>,
}

impl<'b, 'v> Arguments<'b, 'v> {
    fn new(function: &'static str, values: Vec<CowVal<'b, 'v>>) -> Self {
        Self { function, values }
    }

    /// Whether there is an argument at `index`, counted without the meter.
    fn has(&self, index: usize) -> bool {
        self.values.len() > index + 1
    }

    fn meter(&self) -> Result<&Meter, ExecutionError> {
        self.values.first().and_then(|value| value.downcast_ref()).ok_or_else(|| self.mismatch())
    }

    fn value(&self, index: usize) -> Result<&(dyn Val + 'v), ExecutionError> {
        self.values.get(index + 1).map(CowVal::as_ref).ok_or_else(|| self.mismatch())
    }

    fn text(&self, index: usize) -> Result<&str, ExecutionError> {
        self.value(index)?
            .downcast_ref::<CelString<'_>>()
            .map(CelString::inner)
            .ok_or_else(|| self.mismatch())
    }

    fn int(&self, index: usize) -> Result<i64, ExecutionError> {
        self.value(index)?.downcast_ref::<CelInt>().map(|int| *int.inner()).ok_or_else(|| self.mismatch())
    }

    /// No such function for arguments of these types.
    fn mismatch(&self) -> ExecutionError {
        let types = self.values.iter().skip(1).map(|value| value.get_type().name().to_owned()).collect();
        ExecutionError::no_such_overload(self.function, types)
    }

    fn failure(&self, why: &str) -> ExecutionError {
        ExecutionError::function_error(self.function, why)
    }

    /// Gives back the argument at `index`.
    fn into_value(self, index: usize) -> Evaluated<'b, 'v> {
        let mismatch = self.mismatch();
        self.values.into_iter().nth(index + 1).ok_or(mismatch)
    }
}

fn boolean<'b, 'v>(value: bool) -> CowVal<'b, 'v> {
    CowVal::owned(CelBool::from(value))
}

fn int<'b, 'v>(value: i64) -> CowVal<'b, 'v> {
    CowVal::owned(CelInt::from(value))
}

/// Gives its argument back, and counts the work of copying it.
fn tick<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("tick", arguments);
    arguments.meter()?.charge_copy(arguments.value(0)?)?;
    arguments.into_value(0)
}

fn equals<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("==", arguments);
    equality::compare(arguments.value(0)?, arguments.value(1)?, arguments.meter()?).map(boolean)
}

fn is_in<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("in", arguments);
    equality::contains(arguments.value(1)?, arguments.value(0)?, arguments.meter()?).map(boolean)
}

/// A part of a text, or a member of a list.
fn contains<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("contains", arguments);
    let container = arguments.value(0)?;
    if let Some(text) = container.downcast_ref::<CelString<'_>>() {
        arguments.meter()?.charge_text(text.inner().len())?;
        return Ok(boolean(text.inner().contains(arguments.text(1)?)));
    }
    if container.as_adder().is_none() || container.as_iterable().is_none() {
        return Err(arguments.mismatch());
    }
    equality::contains(container, arguments.value(1)?, arguments.meter()?).map(boolean)
}

/// Whether a regular expression matches anywhere in a text.
fn matches<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Evaluated<'b, 'v> {
    let arguments = Arguments::new("matches", arguments);
    let text = arguments.text(0)?;
    arguments.meter()?.charge_text(text.len().saturating_mul(8))?;
    if let Some(pattern) = arguments.value(1)?.downcast_ref::<Pattern>() {
        return Ok(boolean(pattern.is_match(text)));
    }
    // Compiling is far more work than matching.
    arguments.meter()?.charge(1000)?;
    let pattern = Pattern::compile(arguments.text(1)?).map_err(|why| arguments.failure(&why))?;
    Ok(boolean(pattern.is_match(text)))
}
