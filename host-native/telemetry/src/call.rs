//! One call, from its beginning to its end.

mod count;
mod notes;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use mxcp_core::call::{CallContext, Caller, TraceContext};
use mxcp_core::definition::Kind;
use mxcp_runtime::ports::{
    Attributes, CallTelemetry, CodeQuery, CodeSpan, Ending, Exception, Executed, Measurement, Subject, Work,
};
use opentelemetry::trace::{SpanId, SpanKind, Status};

pub(crate) use self::notes::{Detail, End, Notes, Outcome, Task};
use crate::attribute::{self, MOST};
use crate::collector::Shared;
use crate::spans;
use crate::sql;
use crate::tracer::{Failure, Sketch, Trace};

/// A call that is traced and counted.
#[derive(Debug)]
pub(crate) struct ObservedCall {
    shared: Arc<Shared>,
    pub(crate) facts: Facts,
    /// None if nothing is traced.
    spans: Option<SpanIds>,
    clock: Instant,
    notes: Mutex<Notes>,
}

/// What is known of a call from the start.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// Whether it is one of mxcp's own tools.
    pub(crate) built_in: bool,
    pub(crate) caller: Caller,
    pub(crate) session: Option<String>,
    /// The identity provider of whoever calls.
    pub(crate) provider: Option<String>,
    pub(crate) begun: SystemTime,
    pub(crate) readonly: bool,
}

/// The spans of a call that others refer to before they are made.
#[derive(Clone, Debug)]
pub(crate) struct SpanIds {
    pub(crate) trace: Trace,
    /// That of the request; none if the call came through no server.
    pub(crate) request: Option<SpanId>,
    pub(crate) endpoint: SpanId,
    pub(crate) engine: SpanId,
    /// That of the implementation, whose parts the spans of its code are.
    pub(crate) work: SpanId,
}

impl ObservedCall {
    /// A call that begins now. Its context knows of which trace it is part.
    pub(crate) fn begin(shared: Arc<Shared>, subject: Subject<'_>, context: &mut CallContext) -> Self {
        let (kind, name, built_in) = match subject {
            Subject::Endpoint(kind, name) => (kind, name, false),
            Subject::BuiltIn(name) => (Kind::Tool, name, true),
        };
        let facts = Facts {
            kind,
            name: name.to_owned(),
            built_in,
            caller: context.caller,
            session: context.session_id.clone(),
            provider: context.principal.as_ref().map(|principal| principal.provider.clone()),
            begun: SystemTime::now(),
            readonly: shared.readonly,
        };
        let spans = shared.tracer.as_ref().map(|tracer| {
            let served = matches!(context.caller, Caller::Http | Caller::Stdio);
            SpanIds {
                trace: tracer.trace(context.trace.as_ref()),
                request: served.then(|| tracer.span_id()),
                endpoint: tracer.span_id(),
                engine: tracer.span_id(),
                work: tracer.span_id(),
            }
        });
        if let Some(spans) = &spans {
            context.trace = Some(spans.at(if built_in { spans.engine } else { spans.endpoint }));
        }
        Self { shared, facts, spans, clock: Instant::now(), notes: Mutex::default() }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpanIds {
    /// The trace, as it goes on below a span.
    fn at(&self, span: SpanId) -> TraceContext {
        TraceContext {
            trace_id: self.trace.id.to_string(),
            parent_id: span.to_string(),
            sampled: self.trace.sampled,
            state: self.trace.state.header(),
        }
    }
}

impl CallTelemetry for ObservedCall {
    fn prepared(&self) {
        self.notes().prepared = Some(self.clock.elapsed());
    }

    fn looked_up(&self, recalled: bool) {
        if let Some(meters) = &self.shared.meters {
            meters.look_up(&self.facts, recalled);
        }
        self.notes().recalled = Some(recalled);
    }

    fn executes(&self, work: Work<'_>) {
        let traced = self.spans.as_ref().is_some_and(|spans| spans.trace.sampled);
        let task = Task::new(work, self.clock.elapsed(), traced);
        if let Some(meters) = &self.shared.meters {
            meters.begin(&self.facts, &task);
        }
        self.notes().task = Some(task);
    }

    fn executed(&self, outcome: Executed<'_>) {
        let outcome = Outcome::new(outcome);
        let mut notes = self.notes();
        if let (Some(meters), Some(task)) = (&self.shared.meters, &notes.task) {
            meters.end_task(task, &outcome);
        }
        notes.outcome = Some((self.clock.elapsed(), outcome));
    }

    fn ended(&self, ending: Ending<'_>) {
        let duration = self.clock.elapsed();
        let end = End::new(ending);
        let notes = {
            let mut notes = self.notes();
            if notes.ended {
                return;
            }
            std::mem::replace(&mut *notes, Notes { ended: true, ..Notes::default() })
        };
        if let Some(meters) = &self.shared.meters {
            if let (Some(task), None) = (&notes.task, &notes.outcome) {
                meters.end_task(task, &Outcome::abandoned());
            }
            meters.end(&self.facts, &notes, &end, duration);
        }
        if let (Some(tracer), Some(ids)) = (&self.shared.tracer, &self.spans) {
            spans::send(tracer, ids, &self.facts, notes, &end, duration);
        }
    }

    fn trace(&self) -> Option<TraceContext> {
        self.spans.as_ref().map(|spans| spans.at(spans.work))
    }

    fn queried(&self, query: CodeQuery<'_>) {
        let operation = sql::operation(query.text);
        if let Some(meters) = &self.shared.meters {
            meters.query(operation, query.outcome.is_ok());
        }
        if let (Some(tracer), Some(ids)) = (&self.shared.tracer, &self.spans) {
            spans::send_query(tracer, ids, &self.facts, &query, operation);
        }
    }

    fn span(&self, span: CodeSpan) {
        let (Some(tracer), Some(ids)) = (&self.shared.tracer, &self.spans) else { return };
        let Ok(id) = SpanId::from_hex(&span.id) else { return };
        let parent = span.parent.and_then(|parent| SpanId::from_hex(&parent).ok());
        let failed = span.failed.unwrap_or(!span.exceptions.is_empty());
        let text = span.exceptions.last().map(|exception| exception.message.as_str());
        let status = if failed {
            tracer.status(Failure { class: "", text })
        } else if span.failed == Some(false) {
            Status::Ok
        } else {
            Status::Unset
        };
        tracer.send(
            &ids.trace,
            Sketch {
                id,
                parent: Some(parent.unwrap_or(ids.work)),
                name: attribute::cut(span.name).into(),
                kind: SpanKind::Internal,
                begun: span.begun,
                ended: span.ended,
                attributes: attribute::convert(span.attributes),
                events: span.exceptions.iter().take(MOST).map(|it| tracer.exception(it)).collect(),
                status,
            },
        );
    }

    fn attributes(&self, attributes: Attributes) {
        let mut notes = self.notes();
        for attribute in attribute::convert(attributes) {
            notes.attributes.retain(|known| known.key != attribute.key);
            if notes.attributes.len() < MOST {
                notes.attributes.push(attribute);
            }
        }
    }

    fn exception(&self, exception: Exception) {
        let Some(tracer) = &self.shared.tracer else { return };
        let event = tracer.exception(&exception);
        let mut notes = self.notes();
        if notes.events.len() < MOST {
            notes.events.push(event);
        }
    }

    fn measure(&self, measurement: Measurement) {
        if let Some(meters) = &self.shared.meters {
            meters.measure(measurement);
        }
    }
}
