//! Which functions there are, and what they may be applied to.

use cel_interpreter::common::ast::{CallExpr, Expr, LiteralValue};

use super::StaticType;
use super::functions::{self, FUNCTIONS, Form, Types};
use super::infer::{Checker, can_be, suggestion};
use crate::diagnostic::{Code, Severity};
use crate::policy::cel::{self, pattern::Pattern};

impl Checker {
    pub(super) fn function(&mut self, node: u64, call: &CallExpr) -> StaticType {
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
        let Some(function) =
            std::iter::once(first).chain(candidates).find(|function| fits(function.parameters))
        else {
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
