//! The border to the CEL crate: everything in here may name it, and nothing outside but
//! [`super::check`], which walks its trees.
//!
//! A condition is parsed ([`parse`]), and after its check lowered ([`lower`]) to what the crate evaluates.
//! The project's data takes part as views ([`list`], [`map`]) that convert what an expression looks at.

mod convert;
mod equality;
mod failure;
mod functions;
mod list;
mod lower;
mod map;
pub(super) mod meter;
pub(super) mod parse;
mod partial;
pub(super) mod pattern;
mod row_test;
mod shown;
mod written;

use std::fmt;

use cel_interpreter::common::types::{CelBool, CelTimestamp};
use cel_interpreter::common::value::{CowVal, Val};
use cel_interpreter::context::VariableResolver;
use cel_interpreter::{Context, Env, IdedExpr, Value as Evaluator};
use chrono::{DateTime, Utc};

pub(crate) use functions::parse_duration;
pub(super) use functions::parse_timestamp;
pub(super) use lower::as_loop;
pub(super) use partial::Outcomes;
pub(super) use shown::is_credential;

use convert::{Item, Part};
use lower::Lowered;
use map::MapView;
use meter::Meter;
use parse::Parsed;
use partial::Outline;
use pattern::Pattern;

use super::user::{self, Fact};
use crate::call::Principal;
use crate::value::Value;

/// The functions that conditions can call. Costly to make, so there is one for all rules of a project.
pub struct Environment {
    root: Context<'static, 'static>,
}

impl Environment {
    /// The functions of the CEL library and of this crate.
    #[must_use]
    pub fn new() -> Self {
        let mut environment = Env::default().with_optional_support(false).with_stdlib();
        #[expect(clippy::expect_used, reason = "the declarations are constant, and a test makes them")]
        functions::declare(&mut environment).expect("no function is declared twice");
        Self { root: Context::with_env(environment.into()) }
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Environment").finish_non_exhaustive()
    }
}

/// A condition that was checked.
#[derive(Debug)]
pub(super) struct Condition {
    source: String,
    lowered: Lowered,
    outline: Option<Outline>,
}

impl Condition {
    /// From a tree that was checked; none if it has no meaning all the same.
    pub(super) fn new(parsed: &Parsed) -> Option<Self> {
        let lowered = lower::lower(&parsed.expression)?;
        Some(Self { source: parsed.source.clone(), lowered, outline: None })
    }

    /// Prepares it to be asked what it comes to before the variables that `unknown` names have values.
    pub(super) fn outline(&mut self, unknown: &dyn Fn(&str) -> bool) {
        self.outline = Some(Outline::of(&self.lowered, unknown));
    }

    /// What it may come to whatever the unknown variables are, and whoever calls.
    pub(super) fn possible(&self) -> Outcomes {
        self.outline.as_ref().map_or(Outcomes::ANY, Outline::always)
    }

    /// What it may come to whatever the unknown variables are: `facts` has the others.
    pub(super) fn outcomes(&self, environment: &Environment, facts: &Facts<'_>) -> Outcomes {
        let outline = self.outline.as_ref();
        outline.map_or(Outcomes::ANY, |outline| outline.outcomes(&self.lowered, environment, facts))
    }

    /// What it may come to whatever the variables are that `unknown` names: `facts` has the others.
    pub(super) fn outcomes_without(
        &self,
        unknown: &dyn Fn(&str) -> bool,
        environment: &Environment,
        facts: &Facts<'_>,
    ) -> Outcomes {
        Outline::of(&self.lowered, unknown).outcomes(&self.lowered, environment, facts)
    }

    /// The names of the variables it reads.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.lowered.variables.iter().map(String::as_str)
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// Why it can't be said, without any of the data.
    pub(super) fn evaluate(&self, environment: &Environment, facts: &Facts<'_>) -> Result<bool, String> {
        self.evaluate_within(&Meter::default(), environment, facts)
    }

    /// Whether it holds, found out with as much work as `meter` allows.
    ///
    /// # Errors
    /// Why it can't be said, without any of the data.
    pub(super) fn evaluate_within(
        &self,
        meter: &Meter,
        environment: &Environment,
        facts: &Facts<'_>,
    ) -> Result<bool, String> {
        let frame = Frame { facts, patterns: &self.lowered.patterns, meter };
        let mut context = environment.root.new_inner_scope();
        context.set_variable_resolver(&frame);
        let result = Evaluator::resolve_val(&self.lowered.expression, &context);
        if meter.is_exhausted() {
            // The error may have been absorbed on the way.
            return Err(failure::describe(&meter::exhausted(), &self.source));
        }
        let value = result.map_err(|error| failure::describe(&error, &self.source))?;
        match value.downcast_ref::<CelBool>() {
            Some(value) => Ok(*value.inner()),
            None => Err(format!("the condition is {}, not a boolean", value.get_type().name())),
        }
    }
}

/// A part of a condition on its own.
pub(super) struct Fragment {
    lowered: Lowered,
}

impl Fragment {
    /// From a part of a tree that was checked; none if it has no meaning on its own.
    pub(super) fn new(part: &IdedExpr) -> Option<Self> {
        Some(Self { lowered: lower::lower(part)? })
    }

    /// The names of the variables it reads.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.lowered.variables.iter().map(String::as_str)
    }

    /// What it comes to, as authors are shown it, found out with as much work as `meter` allows.
    ///
    /// # Errors
    /// Why that can't be said, without any of the data.
    pub(super) fn value(
        &self,
        meter: &Meter,
        environment: &Environment,
        facts: &Facts<'_>,
        source: &str,
    ) -> Result<Value, String> {
        let frame = Frame { facts, patterns: &self.lowered.patterns, meter };
        let mut context = environment.root.new_inner_scope();
        context.set_variable_resolver(&frame);
        let result = Evaluator::resolve_val(&self.lowered.expression, &context);
        if meter.is_exhausted() {
            return Err(failure::describe(&meter::exhausted(), source));
        }
        result.map(|value| shown::shown(value.as_ref())).map_err(|error| failure::describe(&error, source))
    }

    /// What it may come to whatever the variables are that `unknown` names: `facts` has the others.
    pub(super) fn outcomes(
        &self,
        unknown: &dyn Fn(&str) -> bool,
        environment: &Environment,
        facts: &Facts<'_>,
    ) -> Outcomes {
        Outline::of(&self.lowered, unknown).outcomes(&self.lowered, environment, facts)
    }
}

/// What conditions can refer to in one call.
pub(super) struct Facts<'a> {
    variables: Vec<(&'a str, Box<dyn Val + 'a>)>,
    now: CelTimestamp,
}

impl<'a> Facts<'a> {
    /// No variables yet.
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self { variables: Vec::new(), now: CelTimestamp::from(now.fixed_offset()) }
    }

    /// Adds a value.
    pub(super) fn add(&mut self, name: &'a str, value: &'a Value) {
        self.variables.push((name, Item::Value(value, Part::Whole).to_cel()));
    }

    /// Gives a variable another value, or a first one.
    pub(super) fn set(&mut self, name: &'a str, value: &'a Value) {
        let value = Item::Value(value, Part::Whole).to_cel();
        match self.variables.iter_mut().find(|(known, _)| *known == name) {
            Some((_, slot)) => *slot = value,
            None => self.variables.push((name, value)),
        }
    }

    /// Adds the caller.
    pub(super) fn add_user(&mut self, name: &'a str, principal: Option<&'a Principal>) {
        let facts: Vec<(&str, Fact<'_>)> = user::facts(principal);
        let view = MapView::new(facts.into_iter().map(|(key, fact)| (key, Item::Fact(fact))));
        self.variables.push((name, Box::new(view)));
    }
}

/// The variables of one evaluation.
struct Frame<'a> {
    facts: &'a Facts<'a>,
    patterns: &'a [Pattern],
    meter: &'a Meter,
}

impl VariableResolver for Frame<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        if name.starts_with('@') {
            if name == lower::METER {
                return Some(CowVal::Borrowed(self.meter));
            }
            if name == lower::NOW {
                return Some(CowVal::Borrowed(&self.facts.now));
            }
            let number: usize = name.strip_prefix(lower::PATTERN)?.parse().ok()?;
            return self.patterns.get(number).map(|pattern| CowVal::Borrowed(pattern as &dyn Val));
        }
        let (_, value) = self.facts.variables.iter().find(|(variable, _)| *variable == name)?;
        Some(CowVal::Borrowed(value.as_ref()))
    }
}
