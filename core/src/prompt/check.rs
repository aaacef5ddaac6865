//! What can be said of a template before it is rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::machinery::ast::{BinOpKind, Call, CallArg, Expr, Macro, Spanned, Stmt};
use minijinja::machinery::{Span, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, tests};

use super::{limits, percent, problem};
use crate::diagnostic::{Code, Diagnostic};
use crate::types::Parameters;

/// Most undefined variables that are named.
const MAX_NAMED: usize = 100;

/// Findings about parts of the template.
type Findings = Vec<(Range<usize>, Diagnostic)>;

/// Checks the template of message `index`, and gives it as the engine is to compile it.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn check(
    source: &str,
    index: usize,
    parameters: &Parameters,
    environment: &Environment<'_>,
) -> Result<String, Findings> {
    // As Jinja2 reads it, whatever the line ends of the file.
    let source = &source.replace("\r\n", "\n").replace('\r', "\n");
    let syntax = |error: minijinja::Error| {
        let place = error.range().unwrap_or(0..source.len());
        vec![(place, Diagnostic::error(Code::PromptTemplate, problem(&error)))]
    };
    limits::check(source).map_err(|finding| vec![finding])?;
    let template = parse(source, "", SyntaxConfig::default()).map_err(syntax)?;
    let globals = environment.globals().map(|(name, _)| name.to_owned());
    let mut check = Check {
        environment,
        parameters,
        scopes: vec![globals.collect()],
        unknown: BTreeMap::new(),
        guarded: BTreeSet::new(),
        remainders: Vec::new(),
        findings: Vec::new(),
    };
    check.statement(&template);
    check.unknown.retain(|name, _| !check.guarded.contains(name));
    if let Some(place) = check.unknown.values().min_by_key(|place| place.start) {
        let names: Vec<&str> = check.unknown.keys().map(String::as_str).take(MAX_NAMED).collect();
        let more = match check.unknown.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message =
            format!("Message {index} uses undefined template variables: {}{more}", names.join(", "));
        let help = "declare them under `parameters`, or give them a value with `| default(...)`";
        let finding = Diagnostic::error(Code::PromptTemplate, message).help(help);
        check.findings.push((place.clone(), finding));
    }
    if !check.findings.is_empty() {
        check.findings.sort_by_key(|(place, _)| place.start);
        return Err(check.findings);
    }
    percent::rewrite(source, &check.remainders).map_err(syntax)
}

/// A walk through a template in the order in which it is rendered.
struct Check<'a> {
    environment: &'a Environment<'a>,
    parameters: &'a Parameters,
    /// Names that are bound otherwise, by scope.
    scopes: Vec<BTreeSet<String>>,
    /// Names that are not, and where they are used first.
    unknown: BTreeMap<String, Range<usize>>,
    /// Names that the template itself asks about.
    guarded: BTreeSet<String>,
    /// Uses of `%`.
    remainders: Vec<Range<usize>>,
    findings: Findings,
}

pub(super) fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

impl Check<'_> {
    fn report(&mut self, span: Span, message: impl Into<String>) {
        self.findings.push((range(span), Diagnostic::error(Code::PromptTemplate, message)));
    }

    fn bind(&mut self, name: &str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned());
        }
    }

    fn scoped(&mut self, names: &[&str], walk: impl FnOnce(&mut Self)) {
        self.scopes.push(names.iter().map(|name| (*name).to_owned()).collect());
        walk(self);
        self.scopes.pop();
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(template) => {
                self.bind("self");
                self.statements(&template.children);
            }
            Stmt::EmitExpr(emit) => self.expression(&emit.expr),
            Stmt::EmitRaw(_) => {}
            Stmt::ForLoop(each) => {
                self.expression(&each.iter);
                self.scoped(&["loop"], |check| {
                    check.target(&each.target);
                    each.filter_expr.iter().for_each(|filter| check.expression(filter));
                    check.statements(&each.body);
                });
                self.scoped(&[], |check| check.statements(&each.else_body));
            }
            // Branches have no scope of their own: what one sets is there afterwards.
            Stmt::IfCond(branch) => {
                self.expression(&branch.expr);
                self.statements(&branch.true_body);
                self.statements(&branch.false_body);
            }
            Stmt::WithBlock(with) => self.scoped(&[], |check| {
                for (target, value) in &with.assignments {
                    check.expression(value);
                    check.target(target);
                }
                check.statements(&with.body);
            }),
            Stmt::Set(set) => {
                self.expression(&set.expr);
                self.target(&set.target);
            }
            Stmt::SetBlock(set) => {
                set.filter.iter().for_each(|filter| self.expression(filter));
                self.scoped(&[], |check| check.statements(&set.body));
                self.target(&set.target);
            }
            Stmt::AutoEscape(block) => {
                self.expression(&block.enabled);
                self.scoped(&[], |check| check.statements(&block.body));
            }
            Stmt::FilterBlock(block) => {
                self.expression(&block.filter);
                self.scoped(&[], |check| check.statements(&block.body));
            }
            Stmt::Block(block) => self.scoped(&["super"], |check| check.statements(&block.body)),
            Stmt::Macro(defined) => {
                self.bind(defined.name);
                self.function(defined);
            }
            Stmt::CallBlock(block) => {
                self.call(&block.call);
                self.function(&block.macro_decl);
            }
            Stmt::Do(statement) => self.report(statement.span(), "Encountered unknown tag 'do'."),
            Stmt::Import(statement) => self.other_template(statement.span(), "import"),
            Stmt::FromImport(statement) => self.other_template(statement.span(), "from"),
            Stmt::Extends(statement) => self.other_template(statement.span(), "extends"),
            Stmt::Include(statement) => self.other_template(statement.span(), "include"),
        }
    }

    fn other_template(&mut self, span: Span, tag: &str) {
        self.report(span, format!("`{tag}` needs other templates, and the message of a prompt has none"));
    }

    fn function(&mut self, function: &Spanned<Macro<'_>>) {
        function.defaults.iter().for_each(|default| self.expression(default));
        self.scoped(&["caller"], |check| {
            function.args.iter().for_each(|argument| check.target(argument));
            check.statements(&function.body);
        });
    }

    fn target(&mut self, target: &Expr<'_>) {
        match target {
            Expr::Var(variable) => self.bind(variable.id),
            Expr::List(list) => list.items.iter().for_each(|item| self.target(item)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.target(item)),
            // `ns.name` changes what `ns` already is.
            other => self.expression(other),
        }
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) {
        for argument in arguments {
            match argument {
                CallArg::Pos(value)
                | CallArg::Kwarg(_, value)
                | CallArg::PosSplat(value)
                | CallArg::KwargSplat(value) => self.expression(value),
            }
        }
    }

    fn call(&mut self, call: &Spanned<Call<'_>>) {
        self.expression(&call.expr);
        self.arguments(&call.args);
    }

    fn expression(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Var(variable) => {
                let bound = self.parameters.get(variable.id).is_some()
                    || self.scopes.iter().any(|scope| scope.contains(variable.id));
                if !bound {
                    self.unknown.entry(variable.id.to_owned()).or_insert_with(|| range(variable.span()));
                }
            }
            Expr::Const(_) => {}
            Expr::UnaryOp(operation) => self.expression(&operation.expr),
            Expr::BinOp(operation) => {
                if matches!(operation.op, BinOpKind::Rem) {
                    self.remainders.push(range(operation.span()));
                }
                self.expression(&operation.left);
                self.expression(&operation.right);
            }
            Expr::Compare(comparison) => {
                self.expression(&comparison.expr);
                comparison.ops.iter().for_each(|operation| self.expression(&operation.expr));
            }
            Expr::IfExpr(choice) => {
                self.expression(&choice.test_expr);
                self.expression(&choice.true_expr);
                choice.false_expr.iter().for_each(|value| self.expression(value));
            }
            Expr::Filter(filter) => {
                if !tests::is_filter(&self.environment.empty_state(), filter.name) {
                    self.report(filter.span(), format!("No filter named '{}'.", filter.name));
                }
                if let (Some(Expr::Var(variable)), "default" | "d") = (&filter.expr, filter.name) {
                    self.guarded.insert(variable.id.to_owned());
                }
                filter.expr.iter().for_each(|value| self.expression(value));
                self.arguments(&filter.args);
            }
            Expr::Test(test) => {
                if !tests::is_test(&self.environment.empty_state(), test.name) {
                    self.report(test.span(), format!("No test named '{}'.", test.name));
                }
                if let (Expr::Var(variable), "defined" | "undefined") = (&test.expr, test.name) {
                    self.guarded.insert(variable.id.to_owned());
                }
                self.expression(&test.expr);
                self.arguments(&test.args);
            }
            Expr::GetAttr(get) => self.expression(&get.expr),
            Expr::GetItem(get) => {
                self.expression(&get.expr);
                self.expression(&get.subscript_expr);
            }
            Expr::Slice(slice) => {
                self.expression(&slice.expr);
                for bound in [&slice.start, &slice.stop, &slice.step] {
                    bound.iter().for_each(|bound| self.expression(bound));
                }
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => list.items.iter().for_each(|item| self.expression(item)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.expression(item)),
            Expr::Map(map) => map.keys.iter().chain(&map.values).for_each(|part| self.expression(part)),
        }
    }
}
