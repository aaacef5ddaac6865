//! Conditions part by part: what each came to, and which of them made the whole come to what it did.
//!
//! For authors who ask. Nothing is decided here: each part is evaluated on its own, with the facts that the rule had. What
//! is computed from something sensitive is shown only if it is true or false, which is what the rule is about.

use std::cell::Cell;
use std::collections::BTreeSet;

use cel_interpreter::IdedExpr;
use cel_interpreter::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, operators};

use super::cel::meter::Meter;
use super::cel::parse::{Parsed, parse};
use super::cel::{Environment, Facts, Fragment, Outcomes, as_loop, is_credential};
use super::limits;
use crate::value::Value;

/// Most work to find out what all parts of a condition come to.
const WORK: u64 = 5 * limits::WORK;

/// Most parts of a condition that are told apart.
const PARTS: usize = 200;

/// A part of a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// As written.
    pub text: String,
    /// What it came to.
    pub outcome: Outcome,
    /// Whether the condition came to what it did because of this part.
    pub decisive: bool,
    /// The parts it consists of, as far as they are worth telling.
    pub parts: Vec<Part>,
}

/// What a part of a condition came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// This; long texts and lists are cut.
    Value(Value),
    /// Something that is computed from what is sensitive.
    Sensitive,
    /// It can't be evaluated; why.
    Failed(String),
    /// Nobody said what these are.
    Unknown(Vec<String>),
}

/// What is known when a condition is taken apart.
pub(super) struct Knowledge<'a> {
    pub(super) environment: &'a Environment,
    pub(super) facts: &'a Facts<'a>,
    /// Variables that nobody said.
    pub(super) unknown: &'a dyn Fn(&str) -> bool,
    /// Variables, or keys of them, that are sensitive.
    pub(super) sensitive: &'a dyn Fn(&str, Option<&str>) -> bool,
}

/// Takes a condition apart; none if it has errors.
pub(super) fn dissect(source: &str, knowledge: &Knowledge<'_>) -> Option<Part> {
    limits::check(source).ok()?;
    let parsed = parse(source).ok()?;
    let dissection =
        Dissection { parsed: &parsed, source, knowledge, left: Cell::new(WORK), parts: Cell::new(0) };
    let mut root = dissection.part(&parsed.expression)?;
    blame(&mut root, &parsed.expression);
    Some(root)
}

struct Dissection<'a> {
    parsed: &'a Parsed,
    source: &'a str,
    knowledge: &'a Knowledge<'a>,
    left: Cell<u64>,
    parts: Cell<usize>,
}

impl Dissection<'_> {
    fn part(&self, expression: &IdedExpr) -> Option<Part> {
        let fragment = Fragment::new(expression)?;
        self.parts.set(self.parts.get() + 1);
        let outcome = self.outcome(&fragment, expression);
        let operands = operands(expression).into_iter();
        let operands = operands.filter(|operand| reads(operand) && self.parts.get() < PARTS);
        let parts = operands.filter_map(|operand| self.part(operand)).collect();
        Some(Part { text: self.parsed.text(expression).to_owned(), outcome, decisive: false, parts })
    }

    fn outcome(&self, fragment: &Fragment, expression: &IdedExpr) -> Outcome {
        let Knowledge { environment, facts, unknown, sensitive } = self.knowledge;
        let missing: BTreeSet<&str> = fragment.variables().filter(|name| unknown(name)).collect();
        if !missing.is_empty() {
            return match fragment.outcomes(unknown, environment, facts) {
                Outcomes::TRUE => Outcome::Value(Value::Bool(true)),
                Outcomes::FALSE => Outcome::Value(Value::Bool(false)),
                Outcomes::FAILURE => Outcome::Failed("whatever the arguments are".to_owned()),
                _ => Outcome::Unknown(missing.into_iter().map(str::to_owned).collect()),
            };
        }
        let meter = Meter::of(self.left.get().min(limits::WORK));
        let value = fragment.value(&meter, environment, facts, self.source);
        self.left.set(self.left.get().saturating_sub(meter.spent()));
        match value {
            Ok(value @ Value::Bool(_)) => Outcome::Value(value),
            Ok(_) if is_sensitive(expression, sensitive) => Outcome::Sensitive,
            Ok(value) => Outcome::Value(value),
            Err(why) => Outcome::Failed(why),
        }
    }
}

/// The parts of an expression that are worth telling. `a && b && c` has three; what is in a loop is different for each
/// item, so only what it goes through is told.
fn operands(expression: &IdedExpr) -> Vec<&IdedExpr> {
    let Expr::Call(call) = &expression.expr else { return Vec::new() };
    match call.func_name.as_str() {
        operator @ (operators::LOGICAL_AND | operators::LOGICAL_OR) => {
            let mut chain = Vec::new();
            call.args.iter().for_each(|operand| flatten(operand, operator, &mut chain));
            chain
        }
        "has" => Vec::new(),
        _ if as_loop(call).is_some() => call.target.as_deref().into_iter().collect(),
        // `timestamp.now()`: what it is called on is no value.
        "now" => Vec::new(),
        operators::INDEX => Vec::new(),
        _ => call.target.as_deref().into_iter().chain(&call.args).collect(),
    }
}

fn flatten<'e>(expression: &'e IdedExpr, operator: &str, chain: &mut Vec<&'e IdedExpr>) {
    match &expression.expr {
        Expr::Call(CallExpr { func_name, args, .. }) if func_name == operator => {
            args.iter().for_each(|operand| flatten(operand, operator, chain));
        }
        _ => chain.push(expression),
    }
}

/// Whether a part has a value that its text does not already tell.
fn reads(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Literal(_) => false,
        Expr::List(list) => list.elements.iter().any(reads),
        _ => Fragment::new(expression).is_some(),
    }
}

/// Whether a part reads something that must not be shown.
fn is_sensitive(expression: &IdedExpr, sensitive: &dyn Fn(&str, Option<&str>) -> bool) -> bool {
    let inner = |expression: &IdedExpr| is_sensitive(expression, sensitive);
    let key = |operand: &IdedExpr, key: &str| {
        is_credential(key)
            || match &operand.expr {
                Expr::Ident(variable) => sensitive(variable, Some(key)),
                _ => inner(operand),
            }
    };
    match &expression.expr {
        Expr::Ident(variable) => sensitive(variable, None),
        Expr::Select(select) => key(&select.operand, &select.field),
        Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
            (
                operators::INDEX,
                [operand, IdedExpr { expr: Expr::Literal(LiteralValue::String(name)), .. }],
            ) => key(operand, name.inner()),
            _ => call.target.as_deref().into_iter().chain(&call.args).any(inner),
        },
        Expr::List(list) => list.elements.iter().any(inner),
        Expr::Map(map) => map.entries.iter().any(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => inner(&entry.key) || inner(&entry.value),
            EntryExpr::StructField(_) => true,
        }),
        Expr::Literal(_) => false,
        Expr::Comprehension(_) | Expr::Struct(_) | Expr::Unspecified => true,
    }
}

/// Marks the parts that made an expression come to what it did: of a conjunction that is false the first part that is
/// false, of one that is true all of them.
fn blame(part: &mut Part, expression: &IdedExpr) {
    part.decisive = true;
    let operator = match &expression.expr {
        Expr::Call(call) => call.func_name.as_str(),
        _ => "",
    };
    let written = operands(expression);
    let inner = |part: &mut Part, index: usize, known: &[usize]| {
        if let (Some(inner), Some(expression)) =
            (part.parts.get_mut(index), known.get(index).and_then(|at| written.get(*at)))
        {
            blame(inner, expression);
        }
    };
    // Parts without a value of their own were left out.
    let known: Vec<usize> =
        written.iter().enumerate().filter(|(_, operand)| reads(operand)).map(|(index, _)| index).collect();
    let is = |part: &Part, value: bool| part.outcome == Outcome::Value(Value::Bool(value));
    let first = match operator {
        operators::LOGICAL_AND if is(part, false) => part.parts.iter().position(|part| is(part, false)),
        operators::LOGICAL_OR if is(part, true) => part.parts.iter().position(|part| is(part, true)),
        _ if matches!(part.outcome, Outcome::Failed(_)) => {
            part.parts.iter().position(|part| matches!(part.outcome, Outcome::Failed(_)))
        }
        _ => None,
    };
    if let Some(first) = first {
        return inner(part, first, &known);
    }
    let waits = matches!(part.outcome, Outcome::Unknown(_));
    for index in 0..part.parts.len() {
        // What waits for something waits because of the parts that do.
        let takes_part =
            part.parts.get(index).is_some_and(|part| !waits || matches!(part.outcome, Outcome::Unknown(_)));
        let taken = operator != operators::CONDITIONAL || takes(part, index);
        if takes_part && taken {
            inner(part, index, &known);
        }
    }
}

/// Whether a part of `x ? y : z` has a say in what it comes to.
fn takes(part: &Part, index: usize) -> bool {
    let [condition, rest @ ..] = part.parts.as_slice() else { return true };
    // Branches that are literals are not parts: then nobody can be blamed but the condition.
    if index == 0 || rest.len() < 2 {
        return index == 0;
    }
    (index == 1) == (condition.outcome == Outcome::Value(Value::Bool(true)))
}
