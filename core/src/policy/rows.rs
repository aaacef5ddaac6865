//! Row policies: which rows of a list are let out.
//!
//! They come before everything else that looks at a result. A row that a rule drops was never there: neither the check
//! against `return` nor another rule sees it, so nobody learns of it by an error or a decision. It also makes no
//! difference who drops it: a host may have its database leave out rows beforehand, and they are decided here again.

use super::cel::meter::Meter;
use super::cel::{Condition, Environment, Facts};
use super::rule::Rule;
use super::{PolicySet, RowTest, Trace, limits};
use crate::call::CallContext;
use crate::schema::Action;
use crate::value::Value;

/// What conditions over rows know a row as.
pub(crate) const ROW: &str = "row";

/// Which rows a rule keeps.
#[derive(Debug)]
pub(super) struct RowFilter {
    source: String,
    /// None if the expression has errors: then no row is kept.
    keep: Option<Condition>,
}

/// What the row policies make of a result.
#[derive(Clone, Debug)]
pub struct RowsDecision {
    /// The result with the rows that are let out, or the reason why there is none at all.
    pub result: Result<Value, String>,
    /// Whether a rule was applied, which it may have been without dropping a row.
    pub filtered: bool,
    /// What was evaluated.
    pub trace: Trace,
}

impl RowFilter {
    pub(super) fn new(source: &str, keep: Option<Condition>) -> Self {
        Self { source: source.to_owned(), keep }
    }

    /// The expression as written.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The expression, if it has no errors.
    pub(super) fn keep(&self) -> Option<&Condition> {
        self.keep.as_ref()
    }

    /// What its expression sees of a row.
    pub(super) fn facts<'a>(&self, row: &'a Value, context: &'a CallContext) -> Facts<'a> {
        let mut facts = Facts::new(context.now);
        facts.add_user("user", context.principal.as_deref());
        facts.set(ROW, row);
        facts
    }

    /// Whether each row is kept, and how many could not be decided about with the first reason for it.
    pub(super) fn decide(
        &self,
        rows: &[Value],
        environment: &Environment,
        context: &CallContext,
    ) -> (Vec<bool>, Option<Undecided>) {
        let Some(first) = rows.first() else { return (Vec::new(), None) };
        let mut facts = self.facts(first, context);
        let mut undecided: Option<Undecided> = None;
        let mut left = limits::ROWS_WORK;
        let mut decide = |row| {
            facts.set(ROW, row);
            let meter = Meter::of(left.min(limits::ROW_WORK));
            let kept = match &self.keep {
                Some(keep) => keep.evaluate_within(&meter, environment, &facts),
                None => Err("the expression has errors".to_owned()),
            };
            left = left.saturating_sub(meter.spent().max(1));
            kept.unwrap_or_else(|why| {
                undecided.get_or_insert(Undecided { rows: 0, why }).rows += 1;
                false
            })
        };
        let kept = rows.iter().map(&mut decide).collect();
        (kept, undecided)
    }
}

/// Rows that could not be decided about.
pub(super) struct Undecided {
    rows: usize,
    why: String,
}

impl PolicySet {
    /// Whether there are rules that filter rows.
    #[must_use]
    pub fn filters_rows(&self) -> bool {
        self.row_rules().next().is_some()
    }

    pub(super) fn row_rules(&self) -> impl Iterator<Item = &Rule> {
        self.output.list.iter().filter(|rule| rule.action == Action::FilterRows)
    }

    /// What the rules ask of rows, one after the other: the second only of rows that the first keeps. Nothing if they ask
    /// nothing, or if it depends on the result which of them apply.
    #[must_use]
    pub fn row_tests(&self, context: &CallContext) -> Vec<RowTest> {
        let Some(environment) = self.environment.as_deref().filter(|_| self.filters_rows()) else {
            return Vec::new();
        };
        if self.row_rules().any(|rule| rule.variables().any(|name| name != "user")) {
            return Vec::new();
        }
        let facts = self.output.capture(context, |_| None);
        let mut of_rows = Facts::new(context.now);
        of_rows.add_user("user", context.principal.as_deref());
        let holding = self.row_rules().filter(|rule| rule.evaluate(environment, &facts) != Ok(false));
        let test = |rule: &Rule| match rule.rows.as_ref().and_then(RowFilter::keep) {
            Some(keep) => keep.row_test(environment, &of_rows),
            None => RowTest::Opaque,
        };
        holding.map(test).collect()
    }

    /// Decides which rows of a result are let out. It has the shape that the endpoint gives, and nothing else has looked
    /// at it. Their conditions see it as it is given; each rule sees the rows that those before it keep. What is no list
    /// has no rows to tell apart, so nothing of it is let out, but null, which is nothing.
    #[must_use]
    pub fn admit_rows(&self, response: Value, context: &CallContext) -> RowsDecision {
        let mut trace = Trace::default();
        let Some(environment) = self.environment.as_deref().filter(|_| self.filters_rows()) else {
            return RowsDecision { result: Ok(response), filtered: false, trace };
        };
        let facts = self.output.capture(context, |name| (name == "response").then_some(&response));
        let holding: Vec<&Rule> =
            self.row_rules().filter(|rule| trace.holds(rule, environment, &facts)).collect();
        drop(facts);
        let Some(first) = holding.first() else {
            return RowsDecision { result: Ok(response), filtered: false, trace };
        };
        let mut rows = match response {
            Value::Array(rows) => rows,
            Value::Null => return RowsDecision { result: Ok(Value::Null), filtered: true, trace },
            _ => return RowsDecision { result: Err(first.reason_or_default()), filtered: true, trace },
        };
        for rule in holding {
            // A rule without an expression was reported: it keeps nothing.
            let Some(filter) = &rule.rows else {
                rows.clear();
                continue;
            };
            let (kept, undecided) = filter.decide(&rows, environment, context);
            let mut kept = kept.into_iter();
            rows.retain(|_| kept.next().unwrap_or(false));
            if let Some(Undecided { rows, why }) = undecided {
                let plural = if rows == 1 { "row" } else { "rows" };
                trace.errors.push(format!("{}.where: {rows} {plural}: {why}", rule.label));
            }
        }
        RowsDecision { result: Ok(Value::Array(rows)), filtered: true, trace }
    }
}
