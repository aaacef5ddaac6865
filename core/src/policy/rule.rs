//! One rule, compiled.

use super::cel::parse::parse;
use super::cel::{Condition, Environment, Facts, Outcomes};
use super::check::{Scope, check};
use super::limits;
use super::rows::RowFilter;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::schema::{self, Action};
use crate::yaml::{DocPath, Report};

/// What stands for the condition of `filter_rows` where there is none.
const ALWAYS: &str = "true";

/// A rule, whether or not its condition can be evaluated: one that can't be counts as holding.
#[derive(Debug)]
pub(super) struct Rule {
    /// Its number within its section, from 0.
    pub(super) index: usize,
    /// `input[0]`, as records name it.
    pub(super) label: String,
    /// `input[0]: <condition>`.
    pub(super) record: String,
    pub(super) action: Action,
    pub(super) fields: Vec<String>,
    section: Section,
    pub(super) reason: Option<String>,
    /// Of `filter_rows`.
    pub(super) rows: Option<RowFilter>,
    condition: Option<Condition>,
}

/// What is known of a `deny` before the arguments are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foresight {
    /// It holds whatever they are.
    Denies,
    /// It doesn't hold, whatever they are.
    Allows,
    /// They decide.
    Depends,
}

impl Foresight {
    fn of(outcomes: Outcomes) -> Self {
        match outcomes {
            Outcomes::FALSE => Foresight::Allows,
            // What is no boolean, and what fails, holds.
            outcomes if !outcomes.include(Outcomes::FALSE) => Foresight::Denies,
            _ => Foresight::Depends,
        }
    }
}

/// Where a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// Before the call.
    Input,
    /// After it.
    Output,
}

impl Section {
    /// The key in the definition.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Section::Input => "input",
            Section::Output => "output",
        }
    }
}

impl Rule {
    /// Compiles the rule at `path`; what is wrong with its condition goes to `report`.
    pub(super) fn compile(
        written: &schema::Rule,
        section: Section,
        index: usize,
        (scope, rows): (&Scope, Option<&Scope>),
        path: &DocPath,
        report: &mut Report<'_>,
    ) -> Self {
        let label = format!("{}[{index}]", section.as_str());
        if written.condition.is_none() && written.action != Action::FilterRows {
            report.add(&path.key("condition"), Diagnostic::error(Code::MissingKey, "Field required"));
        }
        let source = written.condition.as_deref().unwrap_or(ALWAYS);
        let mut condition = compile_condition(source, (&label, "condition"), scope, path, report);
        if let Some(condition) = condition.as_mut().filter(|_| section == Section::Input) {
            condition.outline(&|name| name != "user" && scope.declares(name));
        }
        let keep = written.keep.as_deref().filter(|_| written.action == Action::FilterRows);
        let rows = keep.map(|keep| {
            // Where there are no rows, nobody knows what a row is: that is reported, and enough.
            let compiled =
                rows.and_then(|rows| compile_condition(keep, (&label, "where"), rows, path, report));
            RowFilter::new(keep, compiled)
        });
        Self {
            index,
            record: format!("{label}: {source}"),
            label,
            rows,
            action: written.action,
            reason: written.reason.clone(),
            fields: written.fields.clone().unwrap_or_default(),
            section,
            condition,
        }
    }

    /// Its reason for denying, or its question, or what is said without one.
    pub(super) fn reason_or_default(&self) -> String {
        let default = match self.section {
            Section::Input if self.action == Action::Ask => "A person must approve this call",
            Section::Input => "Access denied by policy",
            Section::Output => "Output blocked by policy",
        };
        self.reason.clone().unwrap_or_else(|| default.to_owned())
    }

    /// The names of the variables its condition reads.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.condition.iter().flat_map(Condition::variables)
    }

    /// Whether its condition holds.
    ///
    /// # Errors
    /// Why it can't be said.
    pub(super) fn evaluate(&self, environment: &Environment, facts: &Facts<'_>) -> Result<bool, String> {
        match &self.condition {
            Some(condition) => condition.evaluate(environment, facts),
            None => Err("the condition has errors".to_owned()),
        }
    }

    /// Whether some callers can be denied, or allowed, whatever their arguments.
    pub(super) fn can_be_sure(&self, of: Foresight) -> bool {
        let possible = self.condition.as_ref().map_or(Outcomes::FAILURE, Condition::possible);
        match of {
            Foresight::Denies => !possible.include(Outcomes::FALSE),
            Foresight::Allows => Outcomes::FALSE.include(possible),
            Foresight::Depends => true,
        }
    }

    /// What it will say of a call whose arguments are not known yet.
    pub(super) fn foresee(&self, environment: &Environment, facts: &Facts<'_>) -> Foresight {
        let condition = self.condition.as_ref();
        Foresight::of(condition.map_or(Outcomes::FAILURE, |condition| condition.outcomes(environment, facts)))
    }

    /// What it says of a call of which the variables are not known that `unknown` names.
    pub(super) fn foresee_without(
        &self,
        unknown: &dyn Fn(&str) -> bool,
        environment: &Environment,
        facts: &Facts<'_>,
    ) -> Foresight {
        let outcomes = |condition: &Condition| condition.outcomes_without(unknown, environment, facts);
        Foresight::of(self.condition.as_ref().map_or(Outcomes::FAILURE, outcomes))
    }
}

/// Compiles the expression under a key of the rule at `path`.
fn compile_condition(
    source: &str,
    (label, key): (&str, &str),
    scope: &Scope,
    path: &DocPath,
    report: &mut Report<'_>,
) -> Option<Condition> {
    let place = Place { source, label, key, path: &path.key(key) };
    if let Err(excess) = limits::check(source) {
        let message = format!("the condition {}", excess.what);
        place.report(report, Diagnostic::error(Code::PolicySyntax, message), excess.at..source.len());
        return None;
    }
    let parsed = match parse(source) {
        Ok(parsed) => parsed,
        Err(error) => {
            let end = source.get(error.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            let mut diagnostic = Diagnostic::error(Code::PolicySyntax, error.message);
            if let Some(help) = meant(source, error.at) {
                diagnostic = diagnostic.help(help);
            }
            place.report(report, diagnostic, error.at..error.at + end);
            return None;
        }
    };
    let mut sound = true;
    for finding in check(&parsed.expression, scope) {
        sound &= finding.severity != Severity::Error;
        let diagnostic = Diagnostic {
            severity: finding.severity,
            help: finding.help,
            ..Diagnostic::error(finding.code, finding.message)
        };
        place.report(report, diagnostic, parsed.range(finding.node));
    }
    let condition = sound.then(|| Condition::new(&parsed)).flatten();
    if sound && condition.is_none() {
        let diagnostic = Diagnostic::error(Code::PolicySyntax, "the condition can't be evaluated");
        place.report(report, diagnostic, 0..source.len());
    }
    condition
}

/// How CEL writes what stands at a byte that it does not understand, or just before.
fn meant(source: &str, at: usize) -> Option<&'static str> {
    let (before, rest) = source.split_at_checked(at)?;
    let no_letter = |c: char| !c.is_ascii_alphabetic();
    let here = rest.split(no_letter).next().unwrap_or_default().to_ascii_lowercase();
    let last = before.trim_end().rsplit(no_letter).next().unwrap_or_default().to_ascii_lowercase();
    match (last.as_str(), here.as_str()) {
        ("not", _) => Some("`not x` is written `!x`"),
        (_, "and") => Some("`and` is written `&&`"),
        (_, "or") => Some("`or` is written `||`"),
        (_, "not") => Some("`x not in y` is written `!(x in y)`"),
        (_, "is") => Some("`x is y` is written `x == y`"),
        _ if rest.starts_with('=') => Some("`==` compares"),
        _ if before.ends_with('<') && rest.starts_with('>') => Some("`x <> y` is written `x != y`"),
        _ => None,
    }
}

/// A condition in its document.
struct Place<'a> {
    source: &'a str,
    label: &'a str,
    key: &'a str,
    path: &'a DocPath,
}

impl Place<'_> {
    /// Adds a finding about some bytes of the condition. The message has the place, too, for readers of
    /// messages only.
    fn report(&self, report: &mut Report<'_>, diagnostic: Diagnostic, within: std::ops::Range<usize>) {
        let before = self.source.get(..within.start).unwrap_or(self.source);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let message = format!(
            "policies.{}.{}, line {line} column {column}: {}",
            self.label, self.key, diagnostic.message
        );
        report.add_within(self.path, within, Diagnostic { message, ..diagnostic });
    }
}
