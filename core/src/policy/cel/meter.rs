//! Counting the work of an evaluation, so that no data makes it run away.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};

use cel_interpreter::ExecutionError;
use cel_interpreter::common::types::{CelBytes, CelList, CelMap, CelString, Type};
use cel_interpreter::common::value::{StaticVal, Val};

use super::failure;
use crate::policy::limits;

static METER_TYPE: Type = Type::new_unspecified_type("mxcp.meter");

/// The work done in one evaluation. Expressions hand it to the functions of [`super::functions`] as a value
/// that no author can name.
#[derive(Debug)]
pub(in crate::policy) struct Meter {
    spent: AtomicU64,
    limit: u64,
}

impl Default for Meter {
    fn default() -> Self {
        Self::of(limits::WORK)
    }
}

impl Meter {
    /// One that runs out after `units` of work.
    pub(in crate::policy) fn of(units: u64) -> Self {
        Self { spent: AtomicU64::new(0), limit: units }
    }

    /// The work that was done, as far as it was allowed.
    pub(in crate::policy) fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed).min(self.limit)
    }

    /// Counts `units` of work.
    ///
    /// # Errors
    /// The evaluation has done as much as it may.
    pub(super) fn charge(&self, units: u64) -> Result<(), ExecutionError> {
        let before = self.spent.fetch_add(units.min(self.limit + 1), Ordering::Relaxed);
        if before.saturating_add(units) > self.limit { Err(exhausted()) } else { Ok(()) }
    }

    /// Counts the work of going over a text.
    pub(super) fn charge_text(&self, bytes: usize) -> Result<(), ExecutionError> {
        self.charge(text_units(bytes))
    }

    /// Counts the work of copying a value.
    pub(super) fn charge_copy(&self, value: &dyn Val) -> Result<(), ExecutionError> {
        if let Some(list) = value.downcast_ref::<CelList<'_>>() {
            self.charge(1)?;
            return list.inner().iter().try_for_each(|item| self.charge_copy(item.as_ref()));
        }
        if let Some(map) = value.downcast_ref::<CelMap<'_>>() {
            self.charge(1)?;
            return map.inner().values().try_for_each(|item| self.charge_copy(item.as_ref()));
        }
        let bytes = if let Some(text) = value.downcast_ref::<CelString<'_>>() {
            text.inner().len()
        } else if let Some(bytes) = value.downcast_ref::<CelBytes<'_>>() {
            bytes.inner().len()
        } else {
            // Scalars, and views of data, which share what they show.
            0
        };
        self.charge(text_units(bytes))
    }

    /// Whether the evaluation was cut off: errors may have been absorbed by `||` and the like since.
    pub(super) fn is_exhausted(&self) -> bool {
        self.spent.load(Ordering::Relaxed) > self.limit
    }
}

fn text_units(bytes: usize) -> u64 {
    1 + u64::try_from(bytes / 64).unwrap_or(u64::MAX - 1)
}

/// The error of an evaluation that is cut off.
pub(super) fn exhausted() -> ExecutionError {
    ExecutionError::InternalError(failure::TOO_MUCH_WORK.to_owned())
}

impl Val for Meter {
    fn get_type(&self) -> &Type {
        &METER_TYPE
    }

    fn cel_type() -> &'static Type {
        &METER_TYPE
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(Meter { spent: AtomicU64::new(self.spent.load(Ordering::Relaxed)), limit: self.limit })
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Meter {}
