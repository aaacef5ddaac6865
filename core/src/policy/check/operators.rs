//! What operators may be applied to.

use cel_interpreter::IdedExpr;
use cel_interpreter::common::ast::{Expr, LiteralValue, operators};

use super::StaticType;
use super::functions;
use super::infer::{Checker, can_be, named};
use crate::diagnostic::{Code, Severity};

impl Checker {
    pub(super) fn equality(
        &mut self,
        node: u64,
        operator: &str,
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> StaticType {
        let kinds = (self.infer(left), self.infer(right));
        match &kinds {
            (_, StaticType::Null) if self.is_caller(left) => self.compared_with_null(node, operator),
            (StaticType::Null, _) if self.is_caller(right) => self.compared_with_null(node, operator),
            (left, right) => self.comparable(node, left, right),
        }
        StaticType::Bool
    }

    fn compared_with_null(&mut self, node: u64, operator: &str) {
        match operator {
            operators::EQUALS => self.never_null(node, "this is never true", "=="),
            _ => self.never_null(node, "this is always true", "!="),
        }
    }

    /// Warns of a question that is answered by null elsewhere: whether anybody is signed in. As there is always a
    /// `user`, a rule against strangers would let them all in.
    pub(super) fn never_null(&mut self, node: u64, consequence: &str, comparison: &str) {
        let message = format!("`user` is never null, so {consequence}");
        let help = format!(
            "callers who are not signed in have the role `anonymous`: write `user.role {comparison} 'anonymous'`"
        );
        self.add(node, Code::PolicyType, Severity::Warning, message, Some(help));
    }

    /// Whether an expression is the caller: `user`, unless a loop's variable hides it.
    pub(super) fn is_caller(&self, expression: &IdedExpr) -> bool {
        let named_user = self.scope.variables.iter().filter(|(name, _)| name == "user");
        matches!(&expression.expr, Expr::Ident(name) if name == "user") && named_user.count() == 1
    }

    fn comparable(&mut self, node: u64, left: &StaticType, right: &StaticType) {
        let types = |kind| match functions::types(kind) {
            // All numbers compare with each other.
            types if types & functions::NUMBER != 0 => types | functions::NUMBER,
            // A time is equal to a text that writes it.
            types if types & functions::TIME != 0 => types | functions::TEXT,
            types => types,
        };
        // Comparing with null is how absence is asked for, whether or not the type allows it.
        let asks = [left, right].iter().any(|kind| **kind == StaticType::Null);
        if types(left) & types(right) & !functions::NULL == 0 && !asks {
            let message = format!("{} is never equal to {}", named(left), named(right));
            self.add(node, Code::PolicyType, Severity::Warning, message, None);
        }
    }

    pub(super) fn membership(&mut self, node: u64, item: &IdedExpr, container: &IdedExpr) -> StaticType {
        self.infer(item);
        let container = self.infer(container);
        if can_be(&container, functions::TEXT) && !can_be(&container, functions::LIST | functions::MAP) {
            let message = "a string has no members, so this is never true".to_owned();
            let help = Some("to look for a part of a text, write `text.contains(part)`".to_owned());
            self.add(node, Code::PolicyType, Severity::Warning, message, help);
        } else if !can_be(&container, functions::LIST | functions::MAP) {
            self.error(node, format!("{} has no members", named(&container)));
        }
        StaticType::Bool
    }

    pub(super) fn index(&mut self, node: u64, operand: &IdedExpr, index: &IdedExpr) -> StaticType {
        let kind = self.infer(operand);
        let position = self.infer(index);
        match (kind.present(), &index.expr) {
            (StaticType::List(items), _) => {
                if !can_be(&position, functions::NUMBER) {
                    self.error(node, format!("a list has no item at {}", named(&position)));
                }
                (**items).clone()
            }
            (StaticType::Map { .. }, Expr::Literal(LiteralValue::String(key))) => {
                self.field(node, &kind, key.inner())
            }
            (StaticType::Dyn | StaticType::Map { .. }, _) => StaticType::Dyn,
            (other, _) => {
                self.error(node, format!("{} has no items", named(other)));
                StaticType::Dyn
            }
        }
    }

    pub(super) fn ordered(&mut self, node: u64, left: &StaticType, right: &StaticType) {
        use functions::{BOOL, BYTES, NUMBER, SPAN, TEXT, TIME};
        let fits = |types| can_be(left, types) && can_be(right, types);
        if ![BOOL, BYTES, NUMBER, SPAN, TEXT, TIME].into_iter().any(fits) {
            let message = format!("{} can't be ordered with {}", named(left), named(right));
            let time = can_be(left, TIME) || can_be(right, TIME);
            let help = time.then(|| "texts become times by `timestamp(text)`".to_owned());
            self.add(node, Code::PolicyType, Severity::Error, message, help);
        }
    }

    pub(super) fn arithmetic(
        &mut self,
        node: u64,
        operator: &str,
        left: &StaticType,
        right: &StaticType,
    ) -> StaticType {
        use functions::{BYTES, INT, LIST, NUMBER, SPAN, TEXT, TIME, UINT};
        let fits = |types| can_be(left, types) && can_be(right, types);
        let between = |first, second| can_be(left, first) && can_be(right, second);
        let possible = match operator {
            operators::ADD => {
                [NUMBER, TEXT, BYTES, LIST, SPAN].into_iter().any(fits)
                    || between(TIME, SPAN)
                    || between(SPAN, TIME)
            }
            operators::SUBSTRACT => [NUMBER, SPAN, TIME].into_iter().any(fits) || between(TIME, SPAN),
            operators::MODULO => fits(INT) || fits(UINT),
            _ => fits(NUMBER),
        };
        if !possible {
            let sign = operator.trim_matches('_');
            self.error(node, format!("`{sign}` can't be applied to {} and {}", named(left), named(right)));
            return StaticType::Dyn;
        }
        match (left.present(), right.present()) {
            (StaticType::Timestamp, StaticType::Timestamp) => StaticType::Duration,
            (StaticType::Timestamp, _) | (_, StaticType::Timestamp) if operator == operators::ADD => {
                StaticType::Timestamp
            }
            (left, right) if left == right => left.clone(),
            (left, right)
                if functions::types(left) & !NUMBER == 0 && functions::types(right) & !NUMBER == 0 =>
            {
                StaticType::Number
            }
            _ => StaticType::Dyn,
        }
    }
}
