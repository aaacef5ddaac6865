//! Finding the type of every part of a condition, and what can't be right on the way.

use cel_interpreter::IdedExpr;
use cel_interpreter::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, SelectExpr, operators};

use super::functions::{self, FUNCTIONS, Form, Types};
use super::{Finding, Scope, StaticType};
use crate::diagnostic::{Code, Severity};
use crate::policy::cel::{self, pattern::Pattern};
use crate::policy::limits;

/// Checks a condition, and that it can be a boolean.
pub(in crate::policy) fn check(expression: &IdedExpr, scope: &Scope) -> Vec<Finding> {
    let mut checker = Checker { scope: scope.clone(), loops: 0, findings: Vec::new() };
    let kind = checker.infer(expression);
    if !can_be(&kind, functions::BOOL) {
        checker.error(expression.id, format!("the condition is {}, not a boolean", named(&kind)));
    }
    checker.findings
}

struct Checker {
    scope: Scope,
    /// How many loops are around the present place.
    loops: usize,
    findings: Vec<Finding>,
}

/// Whether a value of this type may be one of `types`.
fn can_be(kind: &StaticType, types: Types) -> bool {
    functions::types(kind) & types != 0
}

/// A type with its article.
fn named(kind: &StaticType) -> String {
    match kind {
        StaticType::Null => "null".to_owned(),
        StaticType::Bytes => "bytes".to_owned(),
        StaticType::Int => "an int".to_owned(),
        other => format!("a {other}"),
    }
}

impl Checker {
    fn error(&mut self, node: u64, message: String) {
        self.add(node, Code::PolicyType, Severity::Error, message, None);
    }

    fn add(&mut self, node: u64, code: Code, severity: Severity, message: String, help: Option<String>) {
        self.findings.push(Finding { node, code, severity, message, help });
    }

    fn infer(&mut self, expression: &IdedExpr) -> StaticType {
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
                    let EntryExpr::MapEntry(entry) = &entry.expr else { continue };
                    self.infer(&entry.key);
                    let kind = self.infer(&entry.value);
                    match &entry.key.expr {
                        Expr::Literal(LiteralValue::String(key)) => fields.push((key.inner().to_owned(), kind)),
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
        self.field(node, &operand, &select.field)
    }

    /// The value of a key.
    fn field(&mut self, node: u64, operand: &StaticType, field: &str) -> StaticType {
        match operand.present() {
            StaticType::Dyn => StaticType::Dyn,
            StaticType::Map { fields, open } => {
                if let Some((_, kind)) = fields.iter().find(|(key, _)| key == field) {
                    return kind.clone();
                }
                if !open {
                    let help = suggestion(field, fields.iter().map(|(key, _)| key.as_str()));
                    let message = format!("there is no key `{field}`");
                    self.add(node, Code::PolicyType, Severity::Error, message, help);
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
            (operators::EQUALS | operators::NOT_EQUALS, None, [left, right]) => {
                let (left, right) = (self.infer(left), self.infer(right));
                self.comparable(node, &left, &right);
                StaticType::Bool
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

    fn comparable(&mut self, node: u64, left: &StaticType, right: &StaticType) {
        let types = |kind| match functions::types(kind) {
            // All numbers compare with each other.
            types if types & functions::NUMBER != 0 => types | functions::NUMBER,
            types => types,
        };
        // Comparing with null is how absence is asked for, whether or not the type allows it.
        let asks = [left, right].iter().any(|kind| **kind == StaticType::Null);
        if types(left) & types(right) & !functions::NULL == 0 && !asks {
            let message = format!("{} is never equal to {}", named(left), named(right));
            self.add(node, Code::PolicyType, Severity::Warning, message, None);
        }
    }

    fn membership(&mut self, node: u64, item: &IdedExpr, container: &IdedExpr) -> StaticType {
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

    fn index(&mut self, node: u64, operand: &IdedExpr, index: &IdedExpr) -> StaticType {
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

    fn ordered(&mut self, node: u64, left: &StaticType, right: &StaticType) {
        use functions::{BOOL, BYTES, NUMBER, SPAN, TEXT, TIME};
        let fits = |types| can_be(left, types) && can_be(right, types);
        if ![BOOL, BYTES, NUMBER, SPAN, TEXT, TIME].into_iter().any(fits) {
            let message = format!("{} can't be ordered with {}", named(left), named(right));
            let time = can_be(left, TIME) || can_be(right, TIME);
            let help = time.then(|| "texts become times by `timestamp(text)`".to_owned());
            self.add(node, Code::PolicyType, Severity::Error, message, help);
        }
    }

    fn arithmetic(&mut self, node: u64, operator: &str, left: &StaticType, right: &StaticType) -> StaticType {
        use functions::{BYTES, INT, LIST, NUMBER, SPAN, TEXT, TIME, UINT};
        let fits = |types| can_be(left, types) && can_be(right, types);
        let between = |first, second| can_be(left, first) && can_be(right, second);
        let possible = match operator {
            operators::ADD => {
                [NUMBER, TEXT, BYTES, LIST, SPAN].into_iter().any(fits) || between(TIME, SPAN) || between(SPAN, TIME)
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
            (left, right) if functions::types(left) & !NUMBER == 0 && functions::types(right) & !NUMBER == 0 => {
                StaticType::Number
            }
            _ => StaticType::Dyn,
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

    fn function(&mut self, node: u64, call: &CallExpr) -> StaticType {
        let name = call.func_name.as_str();
        let mut named_so = FUNCTIONS.iter().filter(|function| function.name == name).peekable();
        if named_so.peek().is_none() {
            self.unknown_function(node, call);
            return StaticType::Dyn;
        }
        let method = call.target.is_some();
        let form = if method { Form::Method } else { Form::Global };
        let written = call.target.as_deref().into_iter().chain(&call.args);
        let arguments: Vec<StaticType> = written.map(|argument| self.infer(argument)).collect();
        let mut candidates = named_so.filter(|function| {
            let count = function.parameters.len() - function.optional..=function.parameters.len();
            (function.form == form || function.form == Form::Either) && count.contains(&arguments.len())
        });
        let fits = |types: &[Types]| arguments.iter().zip(types).all(|(kind, types)| can_be(kind, *types));
        let Some(first) = candidates.next() else {
            let way = if method { "a function of its argument" } else { "a method, as in `x.f(y)`" };
            let help = format!("it may take another number of arguments, or be {way}");
            let message = format!("`{name}` can't be called like this");
            self.add(node, Code::PolicyType, Severity::Error, message, Some(help));
            return StaticType::Dyn;
        };
        let Some(function) = std::iter::once(first).chain(candidates).find(|function| fits(function.parameters)) else {
            let kinds = arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let sign = name.trim_matches('_');
            self.error(node, format!("`{sign}` can't be applied to ({kinds})"));
            return first.result.clone();
        };
        self.constant(node, call);
        function.result.clone()
    }

    /// What a text that is spelled out must be.
    fn constant(&mut self, node: u64, call: &CallExpr) {
        let written = call.target.as_deref().into_iter().chain(&call.args);
        let texts: Vec<Option<&str>> = written
            .map(|argument| match &argument.expr {
                Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
                _ => None,
            })
            .collect();
        match (call.func_name.as_str(), texts.as_slice()) {
            ("matches", [_, Some(text)]) => {
                if let Err(why) = Pattern::compile(text) {
                    self.error(node, format!("the regular expression can't be used: {why}"));
                }
            }
            ("timestamp", [Some(text)]) if cel::parse_timestamp(text).is_none() => {
                self.error(node, format!("'{text}' is no point in time"));
            }
            ("duration", [Some(text)]) if cel::parse_duration(text).is_none() => {
                self.error(node, format!("'{text}' is no duration"));
            }
            _ => {}
        }
    }

    fn unknown_function(&mut self, node: u64, call: &CallExpr) {
        let name = call.func_name.as_str();
        let known = FUNCTIONS.iter().map(|function| function.name).filter(|name| !name.contains('_'));
        let is_macro = functions::MACROS.contains(&name) || name == "existsOne";
        let (message, help) = if is_macro {
            let help = if name == "has" { "write `has(a.b)`" } else { "write `list.f(item, …)`" };
            (format!("`{name}` can't be called like this"), Some(help.replace("f(", &format!("{name}("))))
        } else {
            (format!("there is no function `{name}`"), suggestion(name, known.chain(functions::MACROS)))
        };
        self.add(node, Code::PolicyType, Severity::Error, message, help);
    }
}

/// Names of types that conditions compare with `type(x)`.
const TYPES: [&str; 10] = ["type", "int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type"];

const ORDER: [&str; 4] =
    [operators::LESS, operators::LESS_EQUALS, operators::GREATER, operators::GREATER_EQUALS];

const ARITHMETIC: [&str; 5] =
    [operators::ADD, operators::SUBSTRACT, operators::MULTIPLY, operators::DIVIDE, operators::MODULO];

/// What may have been meant.
fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let near = known.map(|known| (strsim::damerau_levenshtein(name, known), known)).min()?;
    let (distance, known) = near;
    (distance <= 2 && distance < name.len()).then(|| format!("did you mean `{known}`?"))
}
