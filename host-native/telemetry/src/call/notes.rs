//! What is noted of a call while it goes on.

use std::time::Duration;

use mxcp_core::audit::PolicyDecision;
use mxcp_core::call::CallError;
use mxcp_core::definition::Endpoint;
use mxcp_core::policy::ExplainedRule;
use mxcp_core::registry::{Output, Plan, Rows};
use mxcp_core::value::Value;
use mxcp_runtime::ports::{Ending, Executed, Work};
use opentelemetry::KeyValue;
use opentelemetry::trace::Event;

use crate::class;
use crate::sql;

/// Notes of a call. Times are those since its beginning.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) prepared: Option<Duration>,
    /// Whether it has the result of another call, if its endpoint keeps results.
    pub(crate) recalled: Option<bool>,
    /// What an engine worked on.
    pub(crate) task: Option<Task>,
    pub(crate) outcome: Option<(Duration, Outcome)>,
    /// What its code says of it.
    pub(crate) attributes: Vec<KeyValue>,
    pub(crate) events: Vec<Event>,
    /// Nothing is noted any more.
    pub(crate) ended: bool,
}

/// The work of an engine.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) begun: Duration,
    pub(crate) parameters: usize,
    pub(crate) detail: Detail,
}

/// What is told of the work of an engine.
#[derive(Debug)]
pub(crate) enum Detail {
    /// The hash is none where nobody asks for it.
    Sql {
        hash: Option<String>,
        operation: &'static str,
    },
    Python {
        function: Option<String>,
    },
    Component {
        export: String,
    },
    Prompt,
}

/// What came of the work of an engine.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A result of so many rows or items.
    Done(usize),
    /// The class of the error, and its text.
    Failed(&'static str, Option<String>),
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct End<'a> {
    /// What was called; none if there is no such endpoint, or it is a tool of mxcp's own.
    pub(crate) endpoint: Option<&'a Endpoint>,
    /// Why it failed.
    pub(crate) error: Option<&'a CallError>,
    /// Whether nobody waited for it.
    abandoned: bool,
    pub(crate) decision: Option<PolicyDecision>,
    pub(crate) rules: Vec<ExplainedRule<'a>>,
}

impl Task {
    /// What an engine begins to work on; `traced` says that there will be spans of it.
    pub(crate) fn new(work: Work<'_>, begun: Duration, traced: bool) -> Self {
        let of_sql = |text: &str| Detail::Sql {
            hash: traced.then(|| sql::hash(text)),
            operation: sql::operation(text),
        };
        let (parameters, detail) = match work {
            Work::Sql(text, parameters) => (parameters, of_sql(text)),
            Work::Plan(Plan::Sql { source, arguments }) => (arguments.len(), of_sql(&source.text)),
            Work::Plan(Plan::Python { source, arguments, .. }) => {
                (arguments.len(), Detail::Python { function: source.function.clone() })
            }
            Work::Plan(Plan::Component { source, arguments }) => {
                (arguments.len(), Detail::Component { export: source.export.clone() })
            }
            Work::Plan(_) => (0, Detail::Prompt),
        };
        Self { begun, parameters, detail }
    }

    /// What it is written in.
    pub(crate) fn language(&self) -> &'static str {
        match self.detail {
            Detail::Sql { .. } => "sql",
            Detail::Python { .. } => "python",
            Detail::Component { .. } => "component",
            Detail::Prompt => "prompt",
        }
    }
}

impl Outcome {
    pub(crate) fn new(outcome: Executed<'_>) -> Self {
        match outcome {
            Executed::Rows(rows) | Executed::Output(Output::Rows(rows)) => Self::Done(count(rows)),
            Executed::Output(Output::Value(Value::Array(items)) | Output::Content(Value::Array(items))) => {
                Self::Done(items.len())
            }
            Executed::Output(_) => Self::Done(1),
            Executed::Failed(error) => {
                Self::Failed(class::of_execution(error), class::text(error).map(str::to_owned))
            }
        }
    }

    /// Nobody waited for it.
    pub(crate) fn abandoned() -> Self {
        Self::Failed(class::ABANDONED, None)
    }

    /// The class of its error, if it is one.
    pub(crate) fn error(&self) -> Option<&'static str> {
        match self {
            Self::Failed(class, _) if *class != class::INPUT_REQUIRED => Some(class),
            _ => None,
        }
    }
}

fn count(rows: &Rows) -> usize {
    rows.rows.len()
}

impl<'a> End<'a> {
    pub(crate) fn new(ending: Ending<'a>) -> Self {
        let none = Self { endpoint: None, error: None, abandoned: false, decision: None, rules: Vec::new() };
        match ending {
            Ending::Reply(reply) => Self {
                endpoint: reply.endpoint(),
                error: reply.undisguised().err(),
                decision: reply.decision(),
                rules: reply.evaluated(),
                ..none
            },
            Ending::BuiltIn(outcome) => Self { error: outcome.err(), ..none },
            Ending::Abandoned => Self { abandoned: true, ..none },
        }
    }

    /// The class of the error, if it ended with one.
    pub(crate) fn class(&self) -> Option<&'static str> {
        let class = match self.error {
            Some(error) => class::of_call(error),
            None if self.abandoned => class::ABANDONED,
            None => return None,
        };
        (class != class::INPUT_REQUIRED).then_some(class)
    }

    /// How it ended, in a word.
    pub(crate) fn status(&self) -> &'static str {
        match (self.class(), self.error) {
            (Some(_), _) => "error",
            (None, Some(_)) => class::INPUT_REQUIRED,
            (None, None) => "success",
        }
    }

    /// Whether there is something of that name, as far as that is known.
    pub(crate) fn is_known(&self) -> bool {
        self.endpoint.is_some() || !matches!(self.error, Some(CallError::UnknownEndpoint { .. }))
    }

    /// What the policies decided, in a word.
    pub(crate) fn decision(&self) -> &'static str {
        match self.decision {
            Some(PolicyDecision::Allow) => "allow",
            Some(PolicyDecision::Warn) => "warn",
            Some(PolicyDecision::Ask) => "ask",
            Some(PolicyDecision::Deny) => "deny",
            None => "none",
        }
    }
}
