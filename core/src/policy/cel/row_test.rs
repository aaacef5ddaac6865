//! From an expression over rows to a [`RowTest`]: the caller's facts put in, columns left open.

use cel_interpreter::common::ast::{CallExpr, Expr, LiteralValue, operators};
use cel_interpreter::common::types::{CelBool, CelDouble, CelInt, CelString, CelUInt, Kind};
use cel_interpreter::common::value::Val;
use cel_interpreter::{Context, IdedExpr, Value as Evaluator};

use super::meter::Meter;
use super::{Condition, Environment, Facts, Frame, partial};
use crate::policy::ROW;
use crate::policy::row_test::{Comparison, RowTest};
use crate::value::Value;

/// Most values of a list that are told one by one.
const LIST: usize = 64;

/// Longest text that is told, in bytes.
const TEXT: usize = 1024;

impl Condition {
    /// What it asks of a row; `facts` has everything but the row.
    pub(in crate::policy) fn row_test(&self, environment: &Environment, facts: &Facts<'_>) -> RowTest {
        let meter = Meter::default();
        let frame = Frame { facts, patterns: &self.lowered.patterns, meter: &meter };
        let mut context = environment.root.new_inner_scope();
        context.set_variable_resolver(&frame);
        let test = test(&self.lowered.expression, &context);
        // What was too much work may have been absorbed.
        if meter.is_exhausted() { RowTest::Opaque } else { test }
    }
}

fn test<'v>(expression: &'v IdedExpr, context: &Context<'_, 'v>) -> RowTest {
    if !reads_row(expression) {
        let value = Evaluator::resolve_val(expression, context).ok();
        let value = value.and_then(|value| value.downcast_ref::<CelBool>().map(|value| *value.inner()));
        return RowTest::Known(value);
    }
    if let Some(column) = column(expression) {
        return RowTest::Column(column.to_owned());
    }
    let Expr::Call(call) = &expression.expr else { return RowTest::Opaque };
    match (call.func_name.as_str(), operands(call)) {
        (operators::LOGICAL_AND, operands) => RowTest::All(each(operands, context)),
        (operators::LOGICAL_OR, operands) => RowTest::Any(each(operands, context)),
        (operators::LOGICAL_NOT, [operand]) => RowTest::Not(Box::new(test(operand, context))),
        (operators::CONDITIONAL, [condition, then, otherwise]) => {
            let [condition, then, otherwise] = [condition, then, otherwise].map(|part| test(part, context));
            RowTest::Choice(Box::new([condition, then, otherwise]))
        }
        ("@in", [item, list]) => is_in(item, list, context).unwrap_or(RowTest::Opaque),
        (name, [left, right]) => match comparison(name) {
            Some(by) => compare(left, by, right, context).unwrap_or(RowTest::Opaque),
            None => RowTest::Opaque,
        },
        _ => RowTest::Opaque,
    }
}

fn each<'v>(operands: &'v [IdedExpr], context: &Context<'_, 'v>) -> Vec<RowTest> {
    operands.iter().map(|operand| test(operand, context)).collect()
}

/// The operands of a call, without the meter.
fn operands(call: &CallExpr) -> &[IdedExpr] {
    match call.args.as_slice() {
        [_, operands @ ..] if call.func_name.starts_with('@') => operands,
        operands => operands,
    }
}

fn comparison(function: &str) -> Option<Comparison> {
    Some(match function {
        operators::EQUALS | "@equals" => Comparison::Equal,
        operators::NOT_EQUALS => Comparison::NotEqual,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::LessOrEqual,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn compare<'v>(
    left: &'v IdedExpr,
    by: Comparison,
    right: &'v IdedExpr,
    context: &Context<'_, 'v>,
) -> Option<RowTest> {
    let (column, by, other) = match (column(left), column(right)) {
        (Some(column), None) => (column, by, right),
        (None, Some(column)) => (column, by.mirrored(), left),
        _ => return None,
    };
    if reads_row(other) {
        return None;
    }
    let column = column.to_owned();
    // What can't be evaluated makes the comparison fail on every row.
    let Ok(value) = Evaluator::resolve_val(other, context) else { return Some(RowTest::Known(None)) };
    Some(RowTest::Compare { column, by, to: scalar(value.as_ref())? })
}

fn is_in<'v>(item: &'v IdedExpr, list: &'v IdedExpr, context: &Context<'_, 'v>) -> Option<RowTest> {
    let column = column(item)?.to_owned();
    if reads_row(list) {
        return None;
    }
    let Ok(list) = Evaluator::resolve_val(list, context) else { return Some(RowTest::Known(None)) };
    if list.get_type().kind() != Kind::List {
        return None;
    }
    let mut items = list.as_iterable()?.iter();
    let mut of = Vec::new();
    while let Some(item) = items.next() {
        if of.len() == LIST {
            return None;
        }
        of.push(scalar(item)?);
    }
    Some(RowTest::In { column, of })
}

/// The column that an expression is: `row.a` or `row['a']`.
fn column(expression: &IdedExpr) -> Option<&str> {
    let is_row = |expression: &IdedExpr| matches!(&expression.expr, Expr::Ident(name) if name == ROW);
    match &expression.expr {
        Expr::Select(select) if !select.test && is_row(&select.operand) => Some(&select.field),
        Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
            [operand, IdedExpr { expr: Expr::Literal(LiteralValue::String(key)), .. }] if is_row(operand) => {
                Some(key.inner())
            }
            _ => None,
        },
        _ => None,
    }
}

fn reads_row(expression: &IdedExpr) -> bool {
    partial::occurs(expression, &|name| name == ROW)
}

/// A value that can be told; none for the others.
fn scalar(value: &dyn Val) -> Option<Value> {
    if value.get_type().kind() == Kind::NullType {
        return Some(Value::Null);
    }
    if let Some(boolean) = value.downcast_ref::<CelBool>() {
        return Some(Value::Bool(*boolean.inner()));
    }
    if let Some(int) = value.downcast_ref::<CelInt>() {
        return Some(Value::Int(*int.inner()));
    }
    if let Some(uint) = value.downcast_ref::<CelUInt>() {
        return i64::try_from(*uint.inner()).ok().map(Value::Int);
    }
    if let Some(double) = value.downcast_ref::<CelDouble>() {
        return Some(*double.inner()).filter(|double| double.is_finite()).map(Value::Float);
    }
    let text = value.downcast_ref::<CelString<'_>>()?.inner();
    (text.len() <= TEXT).then(|| Value::string(text))
}
