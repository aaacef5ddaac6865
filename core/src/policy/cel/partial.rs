//! What a condition comes to while the arguments are unknown and the caller is known.
//!
//! The parts that read nothing unknown are evaluated as ever; what joins them to the others is
//! done on [sets of outcomes](Outcomes). Such a set is never too small, so what it says holds for every
//! argument and at any time: a condition that can't come to false denies whatever the call is. It may be too large:
//! that `n > 5 && n < 3` never holds, or what is in a list that was built of unknown parts, is not found out.

mod outcomes;
mod outline;

use std::cell::Cell;

use cel_interpreter::common::types::CelBool;
use cel_interpreter::{Context, IdedExpr, Value as Evaluator};

pub(in crate::policy) use outcomes::Outcomes;

use super::lower::Lowered;
use super::meter::Meter;
use super::{Environment, Facts, Frame};
use crate::policy::limits;
use outline::{Fold, Loop, Names, Part};

/// A condition cut into what is known without the arguments and what is not.
#[derive(Debug)]
pub(super) struct Outline {
    root: Part,
    always: Outcomes,
}

impl Outline {
    /// Cuts a condition; `unknown` says which of its variables have no value yet.
    pub(super) fn of(lowered: &Lowered, unknown: &dyn Fn(&str) -> bool) -> Self {
        let root = Part::of(&lowered.expression, &mut Names::new(unknown));
        Self { always: root.always(), root }
    }

    /// The outcomes that stay possible whoever calls.
    pub(super) fn always(&self) -> Outcomes {
        self.always
    }

    /// What the condition may come to, given the variables that are known.
    pub(super) fn outcomes(
        &self,
        lowered: &Lowered,
        environment: &Environment,
        facts: &Facts<'_>,
    ) -> Outcomes {
        let meter = Meter::of(limits::LISTING_WORK);
        let frame = Frame { facts, patterns: &lowered.patterns, meter: &meter };
        let mut context = environment.root.new_inner_scope();
        context.set_variable_resolver(&frame);
        let walk = Walk { meter: &meter, metered: Cell::new(false) };
        let outcomes = walk.part(&self.root, &context);
        match (meter.is_exhausted(), walk.metered.get()) {
            (true, _) => Outcomes::ANY,
            // With arguments large enough it may be cut off, and then it fails.
            (false, true) => outcomes.or_else(Outcomes::FAILURE),
            (false, false) => outcomes,
        }
    }
}

/// Whether an expression reads a variable that `unknown` names. The time counts as one of them.
pub(super) fn occurs(expression: &IdedExpr, unknown: &dyn Fn(&str) -> bool) -> bool {
    Names::new(unknown).occur_in(expression)
}

/// One walk over an outline.
struct Walk<'a> {
    meter: &'a Meter,
    /// Whether something on the way counts work that depends on the arguments.
    metered: Cell<bool>,
}

impl Walk<'_> {
    fn part<'v>(&self, part: &'v Part, context: &Context<'_, 'v>) -> Outcomes {
        match part {
            Part::Known(expression) => known(expression, context),
            Part::Unknown { outcomes, metered } => self.open(*outcomes, *metered),
            Part::And(operands) => self.and(operands, context),
            Part::Or(operands) => {
                let [left, right] = &**operands;
                match self.part(left, context) {
                    Outcomes::TRUE => Outcomes::TRUE,
                    left => left.or(self.part(right, context)),
                }
            }
            Part::Not(operand) => self.part(operand, context).not(),
            Part::NotStrictlyFalse(operand) => self.part(operand, context).not_strictly_false(),
            Part::Choice(parts) => {
                let [condition, then, otherwise] = &**parts;
                let condition = self.part(condition, context);
                let branch = |taken, part| {
                    if condition.include(taken) { self.part(part, context) } else { Outcomes::NONE }
                };
                condition.choose(branch(Outcomes::TRUE, then), branch(Outcomes::FALSE, otherwise))
            }
            Part::Strict { parts, outcomes, metered } => {
                let fails = |part| self.part(part, context) == Outcomes::FAILURE;
                if parts.iter().any(fails) { Outcomes::FAILURE } else { self.open(*outcomes, *metered) }
            }
            Part::Loop(inner) => self.each(inner, context),
        }
    }

    fn open(&self, outcomes: Outcomes, metered: bool) -> Outcomes {
        self.metered.set(self.metered.get() || metered);
        outcomes
    }

    fn and<'v>(&self, operands: &'v [Part; 2], context: &Context<'_, 'v>) -> Outcomes {
        let [left, right] = operands;
        match self.part(left, context) {
            Outcomes::FALSE => Outcomes::FALSE,
            left => left.and(self.part(right, context)),
        }
    }

    /// `all` and `exists`: the bodies for each item, joined.
    fn each<'v>(&self, inner: &'v Loop, context: &Context<'_, 'v>) -> Outcomes {
        let Ok(range) = Evaluator::resolve_val(&inner.range, context) else {
            return Outcomes::FAILURE;
        };
        let Some(items) = range.as_iterable() else {
            return Outcomes::FAILURE;
        };
        let (mut result, decided) = match inner.fold {
            Fold::And => (Outcomes::TRUE, Outcomes::FALSE),
            Fold::Or => (Outcomes::FALSE, Outcomes::TRUE),
        };
        let mut scope = context.new_inner_scope();
        let mut items = items.iter();
        while let Some(item) = items.next() {
            if result == decided || self.meter.charge(1).is_err() {
                break;
            }
            scope.add_variable_as_val(&inner.variable, item.clone_as_boxed());
            let body = self.part(&inner.body, &scope);
            result = match inner.fold {
                Fold::And => result.and(body),
                Fold::Or => result.or(body),
            };
        }
        result
    }
}

/// What a part comes to that reads nothing unknown.
fn known<'v>(expression: &'v IdedExpr, context: &Context<'_, 'v>) -> Outcomes {
    match Evaluator::resolve_val(expression, context) {
        Err(_) => Outcomes::FAILURE,
        Ok(value) => match value.downcast_ref::<CelBool>().map(|value| *value.inner()) {
            Some(true) => Outcomes::TRUE,
            Some(false) => Outcomes::FALSE,
            None => Outcomes::OTHER,
        },
    }
}
