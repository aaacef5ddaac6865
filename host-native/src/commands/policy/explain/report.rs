//! The explanation as programs read it.

use mxcp_core::definition::Kind;
use mxcp_core::policy::{
    self, Change, DissectedRows, DissectedRule, ExplainedRule, Stage, Verdict, Visibility,
};
use mxcp_core::registry::{Dissection, Explanation, InputAnswer, OutputAnswer};
use mxcp_core::value::{Object, Value};
use serde::Serialize;

/// What the rules say about a call.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// `allow`, `change`, `deny` or `depends`.
    pub(super) decision: &'static str,
    /// The rule that denied, or the last one that changed the result.
    pub(super) rule: Option<String>,
    /// What the caller is told who is denied.
    pub(super) reason: Option<String>,
    /// The parameters that the decision depends on, while nobody says which they are.
    pub(super) depends_on: Vec<String>,
    /// `open`, `depends` or `hidden`: whether listings show the endpoint.
    pub(super) visibility: &'static str,
    /// Whether the endpoint pretends not to exist for whom it is hidden or denied.
    pub(super) hides: bool,
    pub(super) context: Context,
    pub(super) rules: Vec<Rule>,
    /// Whether the call was made.
    pub(super) run: bool,
    /// What becomes of the result; none if nobody said which.
    pub(super) output: Option<Released>,
}

/// What conditions saw.
#[derive(Debug, Serialize)]
pub(super) struct Context {
    pub(super) user: Object,
    pub(super) arguments: Option<Object>,
    pub(super) response: Option<Value>,
}

/// A rule and what it came to.
#[derive(Debug, Serialize)]
pub(super) struct Rule {
    pub(super) rule: String,
    pub(super) action: &'static str,
    pub(super) condition: String,
    pub(super) reason: Option<String>,
    pub(super) fields: Vec<String>,
    #[serde(rename = "where")]
    pub(super) keep: Option<String>,
    /// `holds`, `does_not_hold`, `failed`, `depends` or `not_reached`.
    pub(super) verdict: &'static str,
    /// Why the condition can't be evaluated.
    pub(super) error: Option<String>,
    /// The condition part by part.
    pub(super) trace: Option<Part>,
    pub(super) rows: Option<Rows>,
    /// What it did to the fields of the result.
    pub(super) effects: Vec<Effect>,
}

/// What a rule did to a field.
#[derive(Debug, Serialize)]
pub(super) struct Effect {
    /// How it is reached from the result: `[].salary`; empty for the result itself.
    pub(super) field: String,
    /// `removed` or `replaced`.
    pub(super) change: &'static str,
    /// In how many places.
    pub(super) places: usize,
}

/// A part of a condition.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    pub(super) text: String,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
    /// Whether the condition came to what it did because of it.
    pub(super) decisive: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) parts: Vec<Part>,
}

/// What a part came to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Value(Value),
    Sensitive(bool),
    Error(String),
    DependsOn(Vec<String>),
}

/// What a rule makes of the rows of the result.
#[derive(Debug, Serialize)]
pub(super) struct Rows {
    pub(super) kept: usize,
    pub(super) dropped: usize,
    pub(super) first_dropped: Option<usize>,
    pub(super) trace: Option<Part>,
}

/// What becomes of a result.
#[derive(Debug, Serialize)]
pub(super) struct Released {
    /// `unchanged`, `changed` or `denied`.
    pub(super) outcome: &'static str,
    pub(super) value: Option<Value>,
}

impl Report {
    /// The explanation in words; `run`: of a call that was made.
    pub(super) fn new(
        kind: Kind,
        name: &str,
        run: bool,
        explanation: Explanation<'_>,
        dissection: Dissection,
    ) -> Self {
        let mut dissected = dissection.rules.into_iter();
        let mut rules = Vec::new();
        for rule in &explanation.rules {
            rules.push(Rule::new(rule, dissected.next()));
        }
        let holding = |stage: &str, denies: bool| {
            let mut found = rules.iter().filter(|rule| {
                let counts = matches!(rule.verdict, "holds" | "failed");
                counts && rule.rule.starts_with(stage) && (rule.action == "deny") == denies
            });
            if denies { found.next() } else { found.next_back() }.map(|rule| rule.rule.clone())
        };
        let mut depends_on: Vec<String> = Vec::new();
        let (decision, rule, reason) = match (&explanation.input, &explanation.output) {
            (InputAnswer::Denied(reason), _) => ("deny", holding("input", true), Some(reason.clone())),
            (InputAnswer::Asks(questions), _) if !run => {
                let asks = |rule: &&Rule| rule.action == "ask" && matches!(rule.verdict, "holds" | "failed");
                let rule = rules.iter().find(asks).map(|rule| rule.rule.clone());
                ("ask", rule, Some(questions.join("; ")))
            }
            (InputAnswer::Depends, _) => {
                let waiting = rules.iter().filter(|rule| rule.verdict == "depends");
                for name in waiting.filter_map(|rule| rule.trace.as_ref()).flat_map(Part::depends_on) {
                    if !depends_on.contains(name) {
                        depends_on.push(name.clone());
                    }
                }
                ("depends", None, None)
            }
            (_, Some(OutputAnswer::Denied(reason))) => {
                // What is no list is held back by a rule about rows.
                let rule = holding("output", true).or_else(|| holding("output", false));
                ("deny", rule, Some(reason.clone()))
            }
            (_, Some(OutputAnswer::Changed { .. })) => ("change", holding("output", false), None),
            (_, Some(OutputAnswer::Unchanged) | None) => ("allow", None, None),
        };
        let output = explanation.output.map(|answer| match answer {
            OutputAnswer::Unchanged => Released { outcome: "unchanged", value: None },
            OutputAnswer::Changed { value, .. } => Released { outcome: "changed", value: Some(value) },
            OutputAnswer::Denied(_) => Released { outcome: "denied", value: None },
        });
        Self {
            kind,
            name: name.to_owned(),
            decision,
            rule,
            reason,
            depends_on,
            visibility: match explanation.visibility {
                Visibility::Hidden => "hidden",
                Visibility::Depends => "depends",
                Visibility::Open => "open",
            },
            hides: explanation.hides,
            context: Context {
                user: dissection.user,
                arguments: dissection.arguments,
                response: dissection.response,
            },
            rules,
            run,
            output,
        }
    }
}

impl Rule {
    fn new(explained: &ExplainedRule<'_>, dissected: Option<DissectedRule>) -> Self {
        let rule = &explained.rule;
        let (verdict, error) = match &explained.verdict {
            Verdict::Holds => ("holds", None),
            Verdict::DoesNotHold => ("does_not_hold", None),
            Verdict::Failed(why) => ("failed", Some(why.clone())),
            Verdict::Depends => ("depends", None),
            Verdict::NotReached => ("not_reached", None),
        };
        let (condition, rows, effects) =
            dissected.map_or((None, None, Vec::new()), |rule| (rule.condition, rule.rows, rule.effects));
        let was_asked = verdict != "not_reached" || rule.stage == Stage::Output;
        Self {
            rule: rule.label.to_owned(),
            action: rule.action.as_str(),
            condition: rule.condition.to_owned(),
            reason: rule.reason.map(str::to_owned),
            fields: rule.fields.to_vec(),
            keep: rule.keep.map(str::to_owned),
            verdict,
            error,
            trace: condition.filter(|_| was_asked).map(Part::from),
            rows: rows.filter(|_| matches!(verdict, "holds" | "failed")).map(Rows::from),
            effects: effects.into_iter().map(Effect::from).collect(),
        }
    }
}

impl Part {
    fn depends_on(&self) -> &[String] {
        match &self.outcome {
            Outcome::DependsOn(names) => names,
            _ => &[],
        }
    }
}

impl From<policy::Part> for Part {
    fn from(part: policy::Part) -> Self {
        Self {
            text: part.text,
            outcome: match part.outcome {
                policy::Outcome::Value(value) => Outcome::Value(value),
                policy::Outcome::Sensitive => Outcome::Sensitive(true),
                policy::Outcome::Failed(why) => Outcome::Error(why),
                policy::Outcome::Unknown(names) => Outcome::DependsOn(names),
            },
            decisive: part.decisive,
            parts: part.parts.into_iter().map(Part::from).collect(),
        }
    }
}

impl From<policy::Effect> for Effect {
    fn from(effect: policy::Effect) -> Self {
        let change = match effect.change {
            Change::Removed => "removed",
            Change::Replaced => "replaced",
        };
        Self { field: effect.field, change, places: effect.places }
    }
}

impl From<DissectedRows> for Rows {
    fn from(rows: DissectedRows) -> Self {
        let (first_dropped, trace) = rows.first_dropped.unzip();
        Self { kept: rows.kept, dropped: rows.dropped, first_dropped, trace: trace.map(Part::from) }
    }
}
