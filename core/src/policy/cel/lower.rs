//! From an expression as written to the expression that is evaluated.
//!
//! Loops become comprehensions that count their work; functions and operators whose meaning differs from
//! the CEL library's become calls of [`super::functions`]. What comes in has passed
//! [`crate::policy::check`]; whatever has not, lowers to nothing.

use std::collections::BTreeSet;

use cel_interpreter::IdedExpr;
use cel_interpreter::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, ListExpr, LiteralValue, MapEntryExpr,
    MapExpr, SelectExpr, operators,
};

use super::functions::parse_timestamp;
use super::pattern::Pattern;

/// Name of the value that counts work.
pub(super) const METER: &str = "@meter";
/// Name of the time of the call.
pub(super) const NOW: &str = "@now";
/// Start of the names of compiled regular expressions; their number follows.
pub(super) const PATTERN: &str = "@pattern";

const RESULT: &str = "@result";

/// An expression ready to be evaluated.
#[derive(Debug)]
pub(super) struct Lowered {
    pub(super) expression: IdedExpr,
    /// The variables it reads.
    pub(super) variables: BTreeSet<String>,
    /// The regular expressions spelled out in it.
    pub(super) patterns: Vec<Pattern>,
}

/// Lowers an expression; none if it has no meaning.
pub(super) fn lower(expression: &IdedExpr) -> Option<Lowered> {
    let mut lowering =
        Lowering { loop_variables: Vec::new(), variables: BTreeSet::new(), patterns: Vec::new() };
    let expression = lowering.expression(expression)?;
    Some(Lowered { expression, variables: lowering.variables, patterns: lowering.patterns })
}

struct Lowering<'a> {
    /// Variables of the loops around the present place.
    loop_variables: Vec<&'a str>,
    variables: BTreeSet<String>,
    patterns: Vec<Pattern>,
}

impl<'a> Lowering<'a> {
    fn expression(&mut self, written: &'a IdedExpr) -> Option<IdedExpr> {
        let expr = match &written.expr {
            Expr::Literal(literal) => Expr::Literal(literal.clone()),
            Expr::Ident(name) => {
                if !self.loop_variables.contains(&name.as_str()) {
                    self.variables.insert(name.clone());
                }
                Expr::Ident(name.clone())
            }
            Expr::Select(select) => Expr::Select(SelectExpr {
                operand: Box::new(self.expression(&select.operand)?),
                field: select.field.clone(),
                test: false,
            }),
            Expr::List(list) => {
                let elements =
                    list.elements.iter().map(|element| self.part(element)).collect::<Option<_>>()?;
                Expr::List(ListExpr::new(elements))
            }
            Expr::Map(map) => {
                let entries = map.entries.iter().map(|entry| self.entry(entry)).collect::<Option<_>>()?;
                Expr::Map(MapExpr { entries })
            }
            Expr::Call(call) => self.call(call)?,
            Expr::Comprehension(_) | Expr::Struct(_) | Expr::Unspecified => return None,
        };
        Some(IdedExpr { id: written.id, expr })
    }

    fn entry(&mut self, entry: &'a IdedEntryExpr) -> Option<IdedEntryExpr> {
        let EntryExpr::MapEntry(written) = &entry.expr else {
            return None;
        };
        let (key, value) = (self.expression(&written.key)?, self.part(&written.value)?);
        Some(IdedEntryExpr {
            id: entry.id,
            expr: EntryExpr::MapEntry(MapEntryExpr { key, value, optional: false }),
        })
    }

    /// Part of a list or map, or argument of a library function: inside loops, copying it is counted.
    fn part(&mut self, written: &'a IdedExpr) -> Option<IdedExpr> {
        let lowered = self.expression(written)?;
        let free = self.loop_variables.is_empty() || matches!(lowered.expr, Expr::Literal(_));
        Some(if free { lowered } else { tick(lowered) })
    }

    fn arguments(&mut self, call: &'a CallExpr) -> Option<Vec<IdedExpr>> {
        let written = call.target.as_deref().into_iter().chain(&call.args);
        written.map(|argument| self.expression(argument)).collect()
    }

    fn call(&mut self, call: &'a CallExpr) -> Option<Expr> {
        if let (Some(target), Some((variable, body))) = (call.target.as_deref(), as_loop(call)) {
            return self.comprehension(&call.func_name, target, variable, body);
        }
        let own = match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            ("has", None, [argument]) => return self.has(argument),
            ("now", None, []) => return Some(Expr::Ident(NOW.to_owned())),
            // As the documentation of the reference spells it.
            ("now", Some(IdedExpr { expr: Expr::Ident(name), .. }), []) if name == "timestamp" => {
                return Some(Expr::Ident(NOW.to_owned()));
            }
            (operators::EQUALS | operators::NOT_EQUALS, None, [left, right])
                if !is_scalar(left) && !is_scalar(right) || writes_time(left) || writes_time(right) =>
            {
                let equals = metered("@equals", self.arguments(call)?);
                let negated = call.func_name == operators::NOT_EQUALS;
                return Some(if negated { not(node(equals)).expr } else { equals });
            }
            (operators::IN, None, _) => "@in",
            (operators::ADD, None, _) => "@plus",
            (operators::SUBSTRACT, None, _) => "@minus",
            (operators::MULTIPLY, None, _) => "@times",
            (operators::DIVIDE, None, _) => "@over",
            ("matches", ..) => return self.matches(call),
            ("contains", ..) => "@contains",
            ("timestamp", None, _) => "@timestamp",
            ("duration", None, _) => "@duration",
            ("lowerAscii", Some(_), _) => "@lowerAscii",
            ("upperAscii", Some(_), _) => "@upperAscii",
            ("trim", Some(_), _) => "@trim",
            ("split", Some(_), _) => "@split",
            ("replace", Some(_), _) => "@replace",
            ("substring", Some(_), _) => "@substring",
            ("charAt", Some(_), _) => "@charAt",
            ("indexOf", Some(_), _) => "@indexOf",
            ("lastIndexOf", Some(_), _) => "@lastIndexOf",
            ("join", Some(_), _) => "@join",
            _ => return self.library(call),
        };
        Some(metered(own, self.arguments(call)?))
    }

    /// A function or operator of the CEL library.
    fn library(&mut self, call: &'a CallExpr) -> Option<Expr> {
        // These hand their operands on, or look at one part.
        let free = matches!(
            call.func_name.as_str(),
            operators::LOGICAL_AND
                | operators::LOGICAL_OR
                | operators::LOGICAL_NOT
                | operators::CONDITIONAL
                | operators::INDEX
                | operators::NEGATE
        ) || call.args.iter().any(is_scalar);
        let mut lower = |written| {
            if free { self.expression(written) } else { self.part(written) }
        };
        let target = match call.target.as_deref() {
            Some(target) => Some(Box::new(lower(target)?)),
            None => None,
        };
        let args = call.args.iter().map(lower).collect::<Option<_>>()?;
        Some(Expr::Call(CallExpr { func_name: call.func_name.clone(), target, args }))
    }

    /// Whether a path leads somewhere: no step of it being an error.
    fn has(&mut self, written: &'a IdedExpr) -> Option<Expr> {
        let mut lowered = self.expression(written)?;
        let exists = match &mut lowered.expr {
            Expr::Select(select) => {
                select.test = true;
                lowered
            }
            // A bare name: it exists if reading it is no error.
            Expr::Ident(_) => node(call(
                "_==_",
                vec![node(call("type", vec![lowered.clone()])), node(call("type", vec![lowered]))],
            )),
            _ => return None,
        };
        // `@not_strictly_false` makes errors true, so twice negated they are false.
        Some(not(node(call(operators::NOT_STRICTLY_FALSE, vec![not(exists)]))).expr)
    }

    fn matches(&mut self, written: &'a CallExpr) -> Option<Expr> {
        let mut arguments = self.arguments(written)?;
        if let Some(IdedExpr { expr: Expr::Literal(LiteralValue::String(text)), .. }) = arguments.get(1) {
            let pattern = Pattern::compile(text.inner()).ok()?;
            arguments.truncate(1);
            arguments.push(ident(&format!("{PATTERN}{}", self.patterns.len())));
            self.patterns.push(pattern);
        }
        Some(metered("@matches", arguments))
    }

    fn comprehension(
        &mut self,
        function: &str,
        range: &'a IdedExpr,
        variable: &'a str,
        body: &'a [IdedExpr],
    ) -> Option<Expr> {
        let iter_range = self.part(range)?;
        self.loop_variables.push(variable);
        let body = body.iter().map(|part| self.expression(part)).collect::<Option<Vec<_>>>();
        self.loop_variables.pop();
        let mut body = body?.into_iter();
        let (first, second) = (body.next()?, body.next());
        let append = |item| {
            node(call(operators::ADD, vec![ident(RESULT), node(Expr::List(ListExpr::new(vec![item])))]))
        };
        let choose =
            |condition, then| node(call(operators::CONDITIONAL, vec![condition, then, ident(RESULT)]));
        // `map` and `filter` have a literal as condition, and append to their result: only then does the
        // evaluator build it in place.
        let (accu_init, loop_cond, loop_step, result) = match function {
            operators::ALL => (
                boolean(true),
                tick(node(call(operators::NOT_STRICTLY_FALSE, vec![ident(RESULT)]))),
                node(call(operators::LOGICAL_AND, vec![ident(RESULT), first])),
                ident(RESULT),
            ),
            operators::EXISTS => (
                boolean(false),
                tick(node(call(operators::NOT_STRICTLY_FALSE, vec![not(ident(RESULT))]))),
                node(call(operators::LOGICAL_OR, vec![ident(RESULT), first])),
                ident(RESULT),
            ),
            operators::EXISTS_ONE | "existsOne" => (
                int(0),
                tick(boolean(true)),
                choose(first, node(call(operators::ADD, vec![ident(RESULT), int(1)]))),
                node(call(operators::EQUALS, vec![ident(RESULT), int(1)])),
            ),
            operators::FILTER => (
                node(Expr::List(ListExpr::new(Vec::new()))),
                boolean(true),
                choose(tick(first), append(tick(ident(variable)))),
                ident(RESULT),
            ),
            operators::MAP => (
                node(Expr::List(ListExpr::new(Vec::new()))),
                boolean(true),
                match second {
                    Some(item) => choose(tick(first), append(tick(item))),
                    None => append(tick(first)),
                },
                ident(RESULT),
            ),
            _ => return None,
        };
        Some(Expr::Comprehension(Box::new(ComprehensionExpr {
            iter_range,
            iter_var: variable.to_owned(),
            iter_var2: None,
            accu_var: RESULT.to_owned(),
            accu_init,
            loop_cond,
            loop_step,
            result,
        })))
    }
}

/// The variable and the parts of the body, if a call is a loop.
pub(in crate::policy) fn as_loop(call: &CallExpr) -> Option<(&str, &[IdedExpr])> {
    let bodies = match call.func_name.as_str() {
        operators::ALL | operators::EXISTS | operators::EXISTS_ONE | "existsOne" | operators::FILTER => 1..=1,
        operators::MAP => 1..=2,
        _ => return None,
    };
    let (IdedExpr { expr: Expr::Ident(variable), .. }, body) = call.args.split_first()? else {
        return None;
    };
    (call.target.is_some() && bodies.contains(&body.len())).then_some((variable, body))
}

/// Whether an expression is a text that a time may be equal to.
fn writes_time(expression: &IdedExpr) -> bool {
    matches!(&expression.expr, Expr::Literal(LiteralValue::String(text)) if parse_timestamp(text.inner()).is_some())
}

fn is_scalar(expression: &IdedExpr) -> bool {
    matches!(expression.expr, Expr::Literal(_))
}

/// A node that nothing is reported about.
fn node(expr: Expr) -> IdedExpr {
    IdedExpr { id: 0, expr }
}

fn ident(name: &str) -> IdedExpr {
    node(Expr::Ident(name.to_owned()))
}

fn boolean(value: bool) -> IdedExpr {
    node(Expr::Literal(LiteralValue::Boolean(value.into())))
}

fn int(value: i64) -> IdedExpr {
    node(Expr::Literal(LiteralValue::Int(value.into())))
}

fn call(function: &str, args: Vec<IdedExpr>) -> Expr {
    Expr::Call(CallExpr { func_name: function.to_owned(), target: None, args })
}

fn metered(function: &str, mut arguments: Vec<IdedExpr>) -> Expr {
    arguments.insert(0, ident(METER));
    call(function, arguments)
}

fn tick(expression: IdedExpr) -> IdedExpr {
    node(metered("@tick", vec![expression]))
}

fn not(expression: IdedExpr) -> IdedExpr {
    node(call(operators::LOGICAL_NOT, vec![expression]))
}
