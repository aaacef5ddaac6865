//! Finding the type of every part of a condition, and what can't be right on the way.

use cel_interpreter::IdedExpr;
use cel_interpreter::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, SelectExpr, operators};

use super::functions::{self, Types};
use super::{Finding, Scope, StaticType};
use crate::diagnostic::{Code, Severity};
use crate::policy::ROW;
use crate::policy::cel;
use crate::policy::limits;

/// Checks a condition, and that it can be a boolean.
pub(in crate::policy) fn check(expression: &IdedExpr, scope: &Scope) -> Vec<Finding> {
    let mut checker = Checker { scope: scope.clone(), loops: 0, asking: false, findings: Vec::new() };
    let kind = checker.infer(expression);
    if !can_be(&kind, functions::BOOL) {
        checker.error(expression.id, format!("the condition is {}, not a boolean", named(&kind)));
    }
    checker.findings
}

pub(super) struct Checker {
    pub(super) scope: Scope,
    /// How many loops are around the present place.
    loops: usize,
    /// Whether this is inside `has`, which may ask for what is not there.
    asking: bool,
    findings: Vec<Finding>,
}

/// Whether a value of this type may be one of `types`.
pub(super) fn can_be(kind: &StaticType, types: Types) -> bool {
    functions::types(kind) & types != 0
}

/// A type with its article.
pub(super) fn named(kind: &StaticType) -> String {
    match kind.present() {
        StaticType::Null => "null".to_owned(),
        StaticType::Bytes => "bytes".to_owned(),
        StaticType::Int => "an int".to_owned(),
        other => format!("a {other}"),
    }
}

impl Checker {
    pub(super) fn error(&mut self, node: u64, message: String) {
        self.add(node, Code::PolicyType, Severity::Error, message, None);
    }

    pub(super) fn add(
        &mut self,
        node: u64,
        code: Code,
        severity: Severity,
        message: String,
        help: Option<String>,
    ) {
        self.findings.push(Finding { node, code, severity, message, help });
    }

    pub(super) fn infer(&mut self, expression: &IdedExpr) -> StaticType {
        match &expression.expr {
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => StaticType::Bool,
                LiteralValue::Bytes(_) => StaticType::Bytes,
                LiteralValue::Double(_) => StaticType::Double,
                LiteralValue::Int(_) => StaticType::Int,
                LiteralValue::Null => StaticType::Null,
                LiteralValue::String(_) => StaticType::String,
                LiteralValue::UInt(_) => StaticType::Uint,
            },
            Expr::Ident(name) => self.ident(expression.id, name),
            Expr::Select(select) => self.select(expression.id, select),
            Expr::Call(call) => self.call(expression.id, call),
            Expr::List(list) => {
                let mut items: Option<StaticType> = None;
                for element in &list.elements {
                    let kind = self.infer(element);
                    items = Some(match items {
                        Some(items) if items != kind => StaticType::Dyn,
                        _ => kind,
                    });
                }
                StaticType::List(Box::new(items.unwrap_or(StaticType::Dyn)))
            }
            Expr::Map(map) => {
                let mut fields = Vec::new();
                let mut open = false;
                for entry in &map.entries {
                    let EntryExpr::MapEntry(entry) = &entry.expr else {
                        continue;
                    };
                    self.infer(&entry.key);
                    let kind = self.infer(&entry.value);
                    match &entry.key.expr {
                        Expr::Literal(LiteralValue::String(key)) => {
                            fields.push((key.inner().to_owned(), kind))
                        }
                        _ => open = true,
                    }
                }
                StaticType::Map { fields, open }
            }
            Expr::Struct(_) | Expr::Comprehension(_) | Expr::Unspecified => {
                self.error(expression.id, "message literals are not available".to_owned());
                StaticType::Dyn
            }
        }
    }

    fn ident(&mut self, node: u64, name: &str) -> StaticType {
        let plain = name.strip_prefix('.').unwrap_or(name);
        // The innermost variable of a name comes last.
        if let Some((_, kind)) = self.scope.variables.iter().rev().find(|(variable, _)| variable == plain) {
            if plain == name {
                return kind.clone();
            }
        } else if TYPES.contains(&plain) {
            return StaticType::Type;
        }
        let known = self.scope.variables.iter().map(|(variable, _)| variable.as_str());
        let help = suggestion(plain, known).or_else(|| match plain {
            "and" => Some("write `&&`".to_owned()),
            "or" => Some("write `||`".to_owned()),
            "not" => Some("write `!`".to_owned()),
            "True" | "False" | "None" => Some("write `true`, `false` and `null`".to_owned()),
            "response" => Some("only output rules know the response".to_owned()),
            _ => None,
        });
        self.add(node, Code::PolicyType, Severity::Error, format!("there is no `{name}`"), help);
        StaticType::Dyn
    }

    fn select(&mut self, node: u64, select: &SelectExpr) -> StaticType {
        let operand = self.infer(&select.operand);
        if matches!(&select.operand.expr, Expr::Ident(name) if name == ROW) {
            self.column(node, &operand, &select.field);
        }
        self.field(node, &operand, &select.field)
    }

    /// A column that is not declared may be there all the same, unless its name looks like one that is.
    fn column(&mut self, node: u64, row: &StaticType, name: &str) {
        let StaticType::Map { fields, open: true } = row.present() else { return };
        if fields.iter().any(|(key, _)| key == name) {
            return;
        }
        if let Some(help) = suggestion(name, fields.iter().map(|(key, _)| key.as_str())) {
            let message = format!("`return` declares no `{name}`");
            self.add(node, Code::PolicyType, Severity::Warning, message, Some(help));
        }
    }

    /// The value of a key.
    pub(super) fn field(&mut self, node: u64, operand: &StaticType, field: &str) -> StaticType {
        match operand.present() {
            StaticType::Dyn => StaticType::Dyn,
            StaticType::Map { fields, open } => {
                if let Some((_, kind)) = fields.iter().find(|(key, _)| key == field) {
                    return kind.clone();
                }
                if !open {
                    let help = suggestion(field, fields.iter().map(|(key, _)| key.as_str()));
                    let message = format!("there is no key `{field}`");
                    let severity = if self.asking { Severity::Warning } else { Severity::Error };
                    self.add(node, Code::PolicyType, severity, message, help);
                }
                StaticType::Dyn
            }
            other => {
                self.error(node, format!("{} has no key `{field}`", named(other)));
                StaticType::Dyn
            }
        }
    }

    fn call(&mut self, node: u64, call: &CallExpr) -> StaticType {
        if let (Some(target), Some((variable, body))) = (call.target.as_deref(), cel::as_loop(call)) {
            return self.comprehension(node, &call.func_name, target, variable, body);
        }
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            ("has", None, [argument]) => {
                if !matches!(argument.expr, Expr::Select(_) | Expr::Ident(_)) {
                    self.error(node, "`has` takes a path, as in `has(a.b)`".to_owned());
                }
                self.infer(argument);
                if self.is_caller(argument) {
                    self.never_null(node, "this is always true", "!=");
                }
                StaticType::Bool
            }
            ("now", Some(IdedExpr { expr: Expr::Ident(name), .. }), []) if name == "timestamp" => {
                StaticType::Timestamp
            }
            (operators::CONDITIONAL, None, [condition, first, second]) => {
                self.boolean(condition);
                let (first, second) = (self.infer(first), self.infer(second));
                if first == second { first } else { StaticType::Dyn }
            }
            (operator @ (operators::EQUALS | operators::NOT_EQUALS), None, [left, right]) => {
                self.equality(node, operator, left, right)
            }
            (operators::IN, None, [item, container]) => self.membership(node, item, container),
            (operators::INDEX, None, [operand, index]) => self.index(node, operand, index),
            (name, None, [left, right]) if ORDER.contains(&name) => {
                let (left, right) = (self.infer(left), self.infer(right));
                self.ordered(node, &left, &right);
                StaticType::Bool
            }
            (name, None, [left, right]) if ARITHMETIC.contains(&name) => {
                let (left, right) = (self.infer(left), self.infer(right));
                self.arithmetic(node, name, &left, &right)
            }
            (operators::NEGATE, None, [operand]) => {
                let kind = self.infer(operand);
                if !can_be(&kind, functions::INT | functions::DOUBLE) {
                    self.error(node, format!("{} can't be negated", named(&kind)));
                }
                kind
            }
            _ => self.function(node, call),
        }
    }

    /// A part that must be able to be true or false.
    fn boolean(&mut self, expression: &IdedExpr) {
        let kind = self.infer(expression);
        if !can_be(&kind, functions::BOOL) {
            self.error(expression.id, format!("this is {}, not a boolean", named(&kind)));
        }
    }

    fn comprehension(
        &mut self,
        node: u64,
        function: &str,
        range: &IdedExpr,
        variable: &str,
        body: &[IdedExpr],
    ) -> StaticType {
        let range = self.infer(range);
        let items = match range.present() {
            StaticType::List(items) => (**items).clone(),
            // Maps are gone through by key.
            StaticType::Map { .. } => StaticType::Dyn,
            other => {
                if !can_be(other, functions::LIST | functions::MAP) {
                    self.error(node, format!("`{function}` can't go through {}", named(other)));
                }
                StaticType::Dyn
            }
        };
        self.loops += 1;
        if self.loops > limits::LOOPS {
            let message = format!("loops are nested deeper than {}", limits::LOOPS);
            self.add(node, Code::PolicySyntax, Severity::Error, message, None);
        }
        self.scope.variables.push((variable.to_owned(), items.clone()));
        let (last, conditions) = match (function, body.split_last()) {
            (operators::MAP, Some((last, conditions))) => (Some(last), conditions),
            _ => (None, body),
        };
        for condition in conditions {
            self.boolean(condition);
        }
        let mapped = last.map(|last| self.infer(last));
        self.scope.variables.pop();
        self.loops -= 1;
        match (function, mapped) {
            (operators::MAP, Some(mapped)) => StaticType::List(Box::new(mapped)),
            (operators::FILTER, _) => StaticType::List(Box::new(items)),
            _ => StaticType::Bool,
        }
    }
}

/// Names of types that conditions compare with `type(x)`.
const TYPES: [&str; 10] =
    ["type", "int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type"];

const ORDER: [&str; 4] =
    [operators::LESS, operators::LESS_EQUALS, operators::GREATER, operators::GREATER_EQUALS];

const ARITHMETIC: [&str; 5] =
    [operators::ADD, operators::SUBSTRACT, operators::MULTIPLY, operators::DIVIDE, operators::MODULO];

/// What may have been meant.
pub(super) fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let near = known.map(|known| (strsim::damerau_levenshtein(name, known), known)).min()?;
    let (distance, known) = near;
    (distance <= (name.len() / 3).clamp(1, 3)).then(|| format!("did you mean `{known}`?"))
}
