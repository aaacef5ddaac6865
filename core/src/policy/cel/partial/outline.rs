//! A condition cut into the parts that are known without the arguments and what joins them to the others.
//!
//! Made once, when the condition is compiled.

use cel_interpreter::IdedExpr;
use cel_interpreter::common::ast::{ComprehensionExpr, EntryExpr, Expr, operators};

use super::outcomes::Outcomes;
use crate::policy::cel::lower;

/// A part of a condition.
#[derive(Debug)]
pub(super) enum Part {
    /// Everything in it is known: the evaluator says what it comes to.
    Known(IdedExpr),
    /// Nothing in it that is known decides anything.
    Unknown { outcomes: Outcomes, metered: bool },
    /// `x && y`.
    And(Box<[Part; 2]>),
    /// `x || y`.
    Or(Box<[Part; 2]>),
    /// `!x`.
    Not(Box<Part>),
    /// `x ? y : z`.
    Choice(Box<[Part; 3]>),
    /// Whether a part is anything but false.
    NotStrictlyFalse(Box<Part>),
    /// It fails if one of its parts does, and may come to anything else.
    Strict { parts: Vec<Part>, outcomes: Outcomes, metered: bool },
    /// `all` or `exists` over items that are known.
    Loop(Box<Loop>),
}

/// A loop over items that are known, whose body is not.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) fold: Fold,
    pub(super) range: IdedExpr,
    pub(super) variable: String,
    pub(super) body: Part,
}

/// What joins the results of a loop's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    /// `all`.
    And,
    /// `exists`.
    Or,
}

impl Part {
    /// Cuts a lowered expression. `unknown` are the names of the variables without a value.
    pub(super) fn of(expression: &IdedExpr, unknown: &mut Names<'_>) -> Self {
        if !unknown.occur_in(expression) {
            return Part::Known(expression.clone());
        }
        match &expression.expr {
            Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
                (operators::LOGICAL_AND, [left, right]) => {
                    Part::And(Box::new([Part::of(left, unknown), Part::of(right, unknown)]))
                }
                (operators::LOGICAL_OR, [left, right]) => {
                    Part::Or(Box::new([Part::of(left, unknown), Part::of(right, unknown)]))
                }
                (operators::LOGICAL_NOT, [operand]) => Part::Not(Box::new(Part::of(operand, unknown))),
                (operators::NOT_STRICTLY_FALSE, [operand]) => {
                    Part::NotStrictlyFalse(Box::new(Part::of(operand, unknown)))
                }
                (operators::CONDITIONAL, [condition, then, otherwise]) => {
                    let parts = [condition, then, otherwise].map(|part| Part::of(part, unknown));
                    Part::Choice(Box::new(parts))
                }
                (name, arguments) => {
                    // Functions of this crate count their work, which arguments may make too much.
                    let metered = name.starts_with('@');
                    let operands = call.target.as_deref().into_iter().chain(arguments);
                    Part::strict(operands, Outcomes::ANY, metered, unknown)
                }
            },
            Expr::Select(select) => {
                Part::strict(std::iter::once(&*select.operand), Outcomes::ANY, false, unknown)
            }
            Expr::List(list) => Part::strict(list.elements.iter(), MADE, false, unknown),
            Expr::Map(map) => {
                let entries = map.entries.iter().filter_map(|entry| match &entry.expr {
                    EntryExpr::MapEntry(entry) => Some([&entry.key, &entry.value]),
                    EntryExpr::StructField(_) => None,
                });
                Part::strict(entries.flatten(), MADE, false, unknown)
            }
            Expr::Comprehension(comprehension) => Part::comprehension(comprehension, unknown),
            Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => {
                Part::Unknown { outcomes: Outcomes::ANY, metered: false }
            }
        }
    }

    fn strict<'e>(
        operands: impl Iterator<Item = &'e IdedExpr>,
        outcomes: Outcomes,
        metered: bool,
        unknown: &mut Names<'_>,
    ) -> Self {
        let mut counted = metered;
        let parts: Vec<Part> = operands
            .filter(|operand| !is_constant(operand))
            .filter_map(|operand| match Part::of(operand, unknown) {
                Part::Unknown { metered, .. } => {
                    counted |= metered;
                    None
                }
                part => Some(part),
            })
            .collect();
        if parts.is_empty() {
            return Part::Unknown { outcomes, metered: counted };
        }
        Part::Strict { parts, outcomes, metered: counted }
    }

    fn comprehension(comprehension: &ComprehensionExpr, unknown: &mut Names<'_>) -> Self {
        let fold = match &comprehension.loop_step.expr {
            Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
                (operators::LOGICAL_AND, [_, body]) => Some((Fold::And, body)),
                (operators::LOGICAL_OR, [_, body]) => Some((Fold::Or, body)),
                _ => None,
            },
            _ => None,
        };
        let range = &comprehension.iter_range;
        match fold {
            Some((fold, body)) if !unknown.occur_in(range) => {
                let body = unknown.within(&comprehension.iter_var, |unknown| Part::of(body, unknown));
                let (range, variable) = (range.clone(), comprehension.iter_var.clone());
                Part::Loop(Box::new(Loop { fold, range, variable, body }))
            }
            _ => Part::strict(std::iter::once(range), Outcomes::ANY, true, unknown),
        }
    }

    /// The outcomes that stay possible whatever is known turns out to be.
    pub(super) fn always(&self) -> Outcomes {
        match self {
            Part::Known(_) | Part::Strict { .. } | Part::Loop(_) => Outcomes::NONE,
            Part::Unknown { outcomes, .. } => *outcomes,
            Part::Not(operand) => operand.always().not(),
            Part::NotStrictlyFalse(operand) => operand.always().not_strictly_false(),
            Part::And(operands) => {
                let [left, right] = operands.each_ref().map(Part::always);
                always_and(left, right)
            }
            Part::Or(operands) => {
                let [left, right] = operands.each_ref().map(|operand| operand.always().not());
                always_and(left, right).not()
            }
            Part::Choice(parts) => {
                let [condition, then, otherwise] = parts.each_ref().map(Part::always);
                condition.choose(then, otherwise)
            }
        }
    }
}

/// Whether an expression can't fail: there is nothing to ask the evaluator.
fn is_constant(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Literal(_) => true,
        Expr::Ident(name) => name.starts_with('@') && name != lower::NOW,
        Expr::List(list) => list.elements.iter().all(is_constant),
        _ => false,
    }
}

/// What a list or map may come to.
const MADE: Outcomes = Outcomes::FAILURE.or_else(Outcomes::OTHER);

/// False on one side is false, even if nothing is sure about the other.
fn always_and(left: Outcomes, right: Outcomes) -> Outcomes {
    left.and(right).or_else(left.or_else(right).among(Outcomes::FALSE))
}

/// The names that have no value at a place of an expression.
pub(super) struct Names<'a> {
    unknown: &'a dyn Fn(&str) -> bool,
    /// Variables of the loops around the place: those that are cut go over what is known.
    known: Vec<String>,
}

impl<'a> Names<'a> {
    /// The variables that `unknown` says yes to.
    pub(super) fn new(unknown: &'a dyn Fn(&str) -> bool) -> Self {
        Self { unknown, known: Vec::new() }
    }

    /// Cuts what is in a loop over known items.
    fn within<T>(&mut self, variable: &str, cut: impl FnOnce(&mut Self) -> T) -> T {
        self.known.push(variable.to_owned());
        let part = cut(self);
        self.known.pop();
        part
    }

    /// Whether an expression reads one of them. The time counts as unknown: what is listed now is called later.
    pub(super) fn occur_in(&mut self, expression: &IdedExpr) -> bool {
        match &expression.expr {
            Expr::Ident(name) => name == lower::NOW || (!self.known.contains(name) && (self.unknown)(name)),
            Expr::Select(select) => self.occur_in(&select.operand),
            Expr::Call(call) => {
                call.target.as_deref().into_iter().chain(&call.args).any(|operand| self.occur_in(operand))
            }
            Expr::List(list) => list.elements.iter().any(|element| self.occur_in(element)),
            Expr::Map(map) => map.entries.iter().any(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => self.occur_in(&entry.key) || self.occur_in(&entry.value),
                EntryExpr::StructField(_) => true,
            }),
            Expr::Comprehension(comprehension) => {
                self.occur_in(&comprehension.iter_range)
                    || self.within(&comprehension.iter_var, |names| {
                        [&comprehension.loop_cond, &comprehension.loop_step, &comprehension.result]
                            .into_iter()
                            .any(|part| names.occur_in(part))
                    })
            }
            Expr::Literal(_) => false,
            Expr::Struct(_) | Expr::Unspecified => true,
        }
    }
}
