//! The spans of a call (spec `telemetry.md` section 2, and OpenTelemetry's conventions for MCP servers).

mod policy;
mod request;

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use mxcp_core::call::CallError;
use mxcp_runtime::ports::CodeQuery;
use opentelemetry::trace::{Event, SpanId, SpanKind, Status};
use opentelemetry::{KeyValue, Value};

pub(crate) use self::policy::Section;
pub(crate) use self::request::attributes as request_attributes;
use crate::call::{Detail, End, Facts, Notes, Outcome, SpanIds, Task};
use crate::tracer::{Failure, Sketch, Tracer};
use crate::{class, sql};

/// The name of spans of queries.
const QUERY: &str = "mxcp.duckdb.execute";

/// Makes the spans of a call that took so long, and sends them.
pub(crate) fn send(
    tracer: &Tracer,
    ids: &SpanIds,
    facts: &Facts,
    notes: Notes,
    end: &End<'_>,
    duration: Duration,
) {
    if !ids.trace.sampled {
        return;
    }
    let tree = Tree { tracer, ids, facts, end, duration };
    let mut parent = ids.trace.remote;
    if let Some(request) = ids.request {
        tree.request(request, parent);
        parent = Some(request);
    }
    if !facts.built_in {
        tree.endpoint(parent, notes.recalled);
        policy::send(&tree, &notes);
        parent = Some(ids.endpoint);
    }
    let misfit = matches!(end.error, Some(CallError::InvalidArguments(_)));
    if notes.task.is_some() || misfit {
        tree.engine(parent, notes, misfit);
    }
}

/// Makes the span of SQL that code of a call ran, and that ends now.
pub(crate) fn send_query(
    tracer: &Tracer,
    ids: &SpanIds,
    facts: &Facts,
    query: &CodeQuery<'_>,
    operation: &'static str,
) {
    if !ids.trace.sampled {
        return;
    }
    let mut attributes = of_query(facts, operation, query.parameters);
    attributes.push(KeyValue::new("db.statement.hash", sql::hash(query.text)));
    let ended = SystemTime::now();
    let (events, status) = match query.outcome {
        Ok(rows) => {
            attributes.push(KeyValue::new("db.rows_affected", number(rows)));
            (Vec::new(), Status::Unset)
        }
        Err(error) => {
            let (class, text) = class::of_sql(error);
            let failure = Failure { class, text };
            (vec![tracer.event(failure, ended)], tracer.status(failure))
        }
    };
    let (id, parent, name) = (tracer.span_id(), Some(ids.work), QUERY.into());
    let (kind, begun) = (SpanKind::Internal, query.begun);
    let sketch = Sketch { id, parent, name, kind, begun, ended, attributes, events, status };
    tracer.send(&ids.trace, sketch);
}

/// What is said of every query.
fn of_query(facts: &Facts, operation: &'static str, parameters: usize) -> Vec<KeyValue> {
    vec![
        KeyValue::new("db.system", "duckdb"),
        KeyValue::new("db.operation", operation),
        KeyValue::new("db.parameters.count", number(parameters)),
        KeyValue::new("db.readonly", facts.readonly),
    ]
}

/// The spans of one call.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    tracer: &'a Tracer,
    ids: &'a SpanIds,
    facts: &'a Facts,
    end: &'a End<'a>,
    duration: Duration,
}

/// A stretch of a call.
#[derive(Clone, Copy, Debug)]
struct Stretch(Duration, Duration);

impl Tree<'_> {
    fn at(&self, since: Duration) -> SystemTime {
        self.facts.begun + since
    }

    fn whole(&self) -> Stretch {
        Stretch(Duration::ZERO, self.duration)
    }

    fn send(
        &self,
        (id, parent): (SpanId, Option<SpanId>),
        name: impl Into<Cow<'static, str>>,
        Stretch(begun, ended): Stretch,
        attributes: Vec<KeyValue>,
        (events, status): (Vec<Event>, Status),
    ) {
        let (begun, ended) = (self.at(begun), self.at(ended));
        let (name, kind) = (name.into(), SpanKind::Internal);
        let sketch = Sketch { id, parent, name, kind, begun, ended, attributes, events, status };
        self.tracer.send(&self.ids.trace, sketch);
    }

    /// How a span tells of a failure, if there is one.
    fn told(&self, failure: Option<Failure<'_>>, at: Duration) -> (Vec<Event>, Status) {
        match failure {
            Some(failure) => (vec![self.tracer.event(failure, self.at(at))], self.tracer.status(failure)),
            None => (Vec::new(), Status::Unset),
        }
    }

    /// The span of the request, as the conventions for MCP have it.
    fn request(&self, id: SpanId, parent: Option<SpanId>) {
        let text = self.end.error.map(ToString::to_string);
        let failure = self.end.class().map(|class| Failure { class, text: text.as_deref() });
        let sketch = Sketch {
            id,
            parent,
            name: request::name(self.facts, self.end).into(),
            kind: SpanKind::Server,
            begun: self.facts.begun,
            ended: self.at(self.duration),
            attributes: request::span_attributes(self.facts, self.end),
            events: Vec::new(),
            status: failure.map_or(Status::Unset, |failure| self.tracer.status(failure)),
        };
        self.tracer.send(&self.ids.trace, sketch);
    }

    fn endpoint(&self, parent: Option<SpanId>, recalled: Option<bool>) {
        let (facts, end) = (self.facts, self.end);
        let mut attributes = vec![
            KeyValue::new("mxcp.endpoint.type", facts.kind.as_str()),
            KeyValue::new("mxcp.auth.authenticated", facts.provider.is_some()),
            KeyValue::new("mxcp.policy.rules_evaluated", number(end.rules.len())),
        ];
        if end.is_known() {
            attributes.push(KeyValue::new("mxcp.endpoint.name", facts.name.clone()));
        }
        if let Some(provider) = &facts.provider {
            attributes.push(KeyValue::new("mxcp.auth.provider", provider.clone()));
        }
        if let Some(session) = &facts.session {
            attributes.push(KeyValue::new("mxcp.session.id", session.clone()));
        }
        if end.decision.is_some() {
            attributes.push(KeyValue::new("mxcp.policy.decision", end.decision()));
        }
        attributes.extend(recalled.map(|recalled| KeyValue::new("mxcp.cache.hit", recalled)));
        let text = end.error.map(ToString::to_string);
        let failure = end.class().map(|class| Failure { class, text: text.as_deref() });
        attributes.extend(failure.map(|failure| KeyValue::new("error.type", failure.class.to_owned())));
        let told = self.told(failure, self.duration);
        self.send((self.ids.endpoint, parent), "mxcp.endpoint.execute", self.whole(), attributes, told);
    }

    /// What engines did, and the checks before and after.
    fn engine(&self, parent: Option<SpanId>, notes: Notes, misfit: bool) {
        let Notes { prepared, task, outcome, attributes: said, events, .. } = notes;
        let ids = self.ids;
        let prepared = prepared.unwrap_or_default();
        let endpoint = self.end.endpoint;
        let returns = endpoint.is_some_and(|endpoint| endpoint.result_type().is_some());
        let takes = endpoint.is_some_and(|endpoint| endpoint.parameters.iter().next().is_some());
        let mut attributes = vec![
            KeyValue::new("mxcp.has_input_schema", takes),
            KeyValue::new("mxcp.has_output_schema", returns),
        ];
        if let Some(task) = &task {
            attributes.push(KeyValue::new("mxcp.execution.language", task.language()));
            attributes.push(KeyValue::new("mxcp.params.count", number(task.parameters)));
        }
        if let Some((_, Outcome::Done(count))) = &outcome {
            attributes.push(KeyValue::new("mxcp.result.count", number(*count)));
        }
        let text = self.end.error.map(ToString::to_string);
        let failed = self.end.class().filter(|class| *class != "policy_denied");
        let failure = failed.map(|class| Failure { class, text: text.as_deref() });
        let told = self.told(failure, self.duration);
        let name = "mxcp.execution_engine.execute";
        self.send((ids.engine, parent), name, self.whole(), attributes, told);
        if endpoint.is_some() {
            self.validation("mxcp.validation.input", Stretch(Duration::ZERO, prepared), !misfit);
        }
        let Some(task) = task else { return };
        let ended = outcome.as_ref().map_or(self.duration, |(at, _)| *at);
        self.work(&task, outcome.as_ref().map(|(_, outcome)| outcome), ended, (said, events));
        if returns && matches!(outcome, Some((_, Outcome::Done(_)))) {
            let passed = !matches!(self.end.error, Some(CallError::InvalidOutput(_) | CallError::Shape(_)));
            self.validation("mxcp.validation.output", Stretch(ended, self.duration), passed);
        }
    }

    fn validation(&self, name: &'static str, stretch: Stretch, passed: bool) {
        let ids = (self.tracer.span_id(), Some(self.ids.engine));
        let failure = (!passed).then_some(Failure { class: "ValidationError", text: None });
        let status = failure.map_or(Status::Unset, |failure| self.tracer.status(failure));
        let attributes = vec![KeyValue::new("mxcp.validation.passed", passed)];
        self.send(ids, name, stretch, attributes, (Vec::new(), status));
    }

    /// What the implementation did, and what its code says of it.
    fn work(
        &self,
        task: &Task,
        outcome: Option<&Outcome>,
        ended: Duration,
        (said, mut events): (Vec<KeyValue>, Vec<Event>),
    ) {
        let mut attributes = said;
        let name = match &task.detail {
            Detail::Sql { hash, operation } => {
                attributes.extend(of_query(self.facts, operation, task.parameters));
                attributes.extend(hash.clone().map(|hash| KeyValue::new("db.statement.hash", hash)));
                if let Some(Outcome::Done(count)) = outcome {
                    attributes.push(KeyValue::new("db.rows_affected", number(*count)));
                }
                QUERY
            }
            Detail::Python { function } => {
                attributes.push(KeyValue::new("mxcp.python.type", "file"));
                attributes.push(KeyValue::new("mxcp.python.params.count", number(task.parameters)));
                if let Some(function) = function {
                    attributes.push(KeyValue::new("mxcp.python.name", function.clone()));
                }
                "mxcp.python.execute"
            }
            Detail::Component { export } => {
                attributes.push(KeyValue::new("mxcp.component.export", export.clone()));
                attributes.push(KeyValue::new("mxcp.component.params.count", number(task.parameters)));
                "mxcp.component.execute"
            }
            Detail::Prompt => "mxcp.prompt.render",
        };
        let failure = match outcome {
            Some(Outcome::Failed(_, text)) => {
                outcome.and_then(Outcome::error).map(|class| Failure { class, text: text.as_deref() })
            }
            Some(Outcome::Done(_)) => None,
            None => Some(Failure { class: class::ABANDONED, text: None }),
        };
        let (told, status) = self.told(failure, ended);
        events.extend(told);
        let ids = (self.ids.work, Some(self.ids.engine));
        self.send(ids, name, Stretch(task.begun, ended), attributes, (events, status));
    }
}

/// A count, as attributes have it.
fn number(count: usize) -> Value {
    Value::I64(i64::try_from(count).unwrap_or(i64::MAX))
}
