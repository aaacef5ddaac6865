//! Who traces and counts calls.

mod report;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use mxcp_core::call::{CallContext, CallError, TraceContext};
use mxcp_core::definition::Kind;
use mxcp_core::registry::{ExecutionError, Output, Plan, Reply, Rows};

pub use report::Report;

use super::SqlError;

/// Traces and counts what a server does. It waits for nobody.
pub trait Telemetry: fmt::Debug + Send + Sync {
    /// A call begins. If it is traced, its context says as part of which trace from here on.
    fn begin(&self, subject: Subject<'_>, context: &mut CallContext) -> Arc<dyn CallTelemetry>;

    /// Somebody proved who they are to a provider, or failed to.
    fn authenticated(&self, provider: &str, succeeded: bool);

    /// The project was reloaded, or could not be.
    fn reloaded(&self, succeeded: bool);
}

/// What is called.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// An endpoint, if there is one of that name.
    Endpoint(Kind, &'a str),
    /// A tool of mxcp's own.
    BuiltIn(&'a str),
}

/// Hears how one call goes, step by step in this order; a step may be left out. What is said of it is forgotten unless it ends,
/// or is dropped.
pub trait CallTelemetry: fmt::Debug + Send + Sync {
    /// Its arguments are checked, and its input rules decided.
    fn prepared(&self);

    /// The endpoint keeps its results. `recalled` says that this is the result of another call; otherwise the call is made.
    fn looked_up(&self, recalled: bool);

    /// An engine begins to work on it.
    fn executes(&self, work: Work<'_>);

    /// The engine is done with it.
    fn executed(&self, outcome: Executed<'_>);

    /// It ended. Nothing is heard of it afterwards.
    fn ended(&self, ending: Ending<'_>);

    /// The span that code of the call is part of; none if nothing is traced.
    fn trace(&self) -> Option<TraceContext>;

    /// SQL that code of the call ran has ended.
    fn queried(&self, query: CodeQuery<'_>);

    /// Code of the call made a span.
    fn span(&self, span: CodeSpan);

    /// Code of the call says something about the span that it is part of.
    fn attributes(&self, attributes: Attributes);

    /// An error occurred in code of the call, outside of the spans that it made.
    fn exception(&self, exception: Exception);

    /// Code of the call measured something.
    fn measure(&self, measurement: Measurement);
}

/// What an engine works on.
#[derive(Clone, Copy, Debug)]
pub enum Work<'a> {
    /// What the core planned.
    Plan(&'a Plan),
    /// SQL of a tool of mxcp's own, and the number of its parameters.
    Sql(&'a str, usize),
}

/// What came of the work of an engine.
#[derive(Clone, Copy, Debug)]
pub enum Executed<'a> {
    /// The output of an endpoint.
    Output(&'a Output),
    /// The rows of a query.
    Rows(&'a Rows),
    /// Nothing.
    Failed(&'a ExecutionError),
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// That of an endpoint.
    Reply(&'a Reply),
    /// That of a tool of mxcp's own.
    BuiltIn(Result<(), &'a CallError>),
    /// Nobody waited for it any more.
    Abandoned,
}

/// SQL that code ran within a call.
#[derive(Clone, Copy, Debug)]
pub struct CodeQuery<'a> {
    /// Its text.
    pub text: &'a str,
    /// How many values were bound.
    pub parameters: usize,
    /// When it began.
    pub begun: SystemTime,
    /// How many rows it gave, or why it failed.
    pub outcome: Result<usize, &'a SqlError>,
}

/// Names and values, in order.
pub type Attributes = Vec<(String, Attribute)>;

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
}

/// A span that code made within a call.
#[derive(Clone, Debug)]
pub struct CodeSpan {
    /// What it is of.
    pub name: String,
    /// Its id: 16 hexadecimal digits.
    pub id: String,
    /// The span that it is part of, if not that of the call.
    pub parent: Option<String>,
    /// When it began.
    pub begun: SystemTime,
    /// When it ended.
    pub ended: SystemTime,
    /// What is said of it.
    pub attributes: Attributes,
    /// Errors that occurred in it.
    pub exceptions: Vec<Exception>,
    /// Whether it failed; none if nobody said.
    pub failed: Option<bool>,
}

/// An error that occurred in code.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Its class.
    pub class: String,
    /// Its text, which can quote data.
    pub message: String,
    /// When it occurred.
    pub at: SystemTime,
}

/// Something that code measured.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// What it belongs to.
    pub instrument: Instrument,
    /// The instrument's name.
    pub name: String,
    /// How much.
    pub value: f64,
    /// What it is about.
    pub attributes: Attributes,
    /// What the instrument measures, in words.
    pub description: String,
    /// In which unit.
    pub unit: String,
}

/// The kinds of instruments that code measures with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instrument {
    /// A sum that only grows.
    Counter,
    /// A distribution.
    Histogram,
    /// A value that is set.
    Gauge,
    /// A value that goes up and down by steps.
    UpDownCounter,
}

impl Instrument {
    /// The instrument of a name: `counter`, `histogram`, `gauge`, `up_down_counter`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "counter" => Self::Counter,
            "histogram" => Self::Histogram,
            "gauge" => Self::Gauge,
            "up_down_counter" => Self::UpDownCounter,
            _ => return None,
        })
    }
}
