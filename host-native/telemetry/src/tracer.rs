//! Spans on their way out.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use mxcp_core::call::TraceContext;
use mxcp_runtime::ports::Exception;
use opentelemetry::trace::{Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, IdGenerator as _, RandomIdGenerator, SpanData, SpanEvents, SpanLinks,
    SpanProcessor as _,
};

use crate::attribute::cut;
use crate::error::Error;
use crate::export::{self, Target};
use crate::settings::{Settings, Traces};

/// What is made of spans.
#[derive(Debug)]
pub(crate) struct Tracer {
    queues: Vec<BatchSpanProcessor>,
    scope: InstrumentationScope,
    ids: RandomIdGenerator,
    exceptions: bool,
}

/// A trace, as far as one call is concerned.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) id: TraceId,
    /// The caller's span.
    pub(crate) remote: Option<SpanId>,
    /// Whether its spans are kept.
    pub(crate) sampled: bool,
    /// What others keep with it.
    pub(crate) state: TraceState,
}

/// A span that is being made.
#[derive(Debug)]
pub(crate) struct Sketch {
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: SpanKind,
    pub(crate) begun: SystemTime,
    pub(crate) ended: SystemTime,
    pub(crate) attributes: Vec<KeyValue>,
    pub(crate) events: Vec<Event>,
    pub(crate) status: Status,
}

/// A failure that is told of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure<'a> {
    /// Its class.
    pub(crate) class: &'a str,
    /// Its text, told only if the operator wants it.
    pub(crate) text: Option<&'a str>,
}

impl Tracer {
    /// What the operator asks for.
    ///
    /// # Errors
    /// The collector can't be spoken to as it is asked for.
    pub(crate) fn new(
        settings: &Settings,
        traces: Traces,
        target: Option<&Target>,
        resource: &Resource,
    ) -> Result<Self, Error> {
        let mut queues = Vec::new();
        if let Some(target) = target {
            queues.push(export::queue(target.spans()?, resource));
        }
        if traces.console {
            queues.push(export::printed(resource));
        }
        Ok(Self {
            queues,
            scope: InstrumentationScope::builder("mxcp").with_version(settings.version.clone()).build(),
            ids: RandomIdGenerator::default(),
            exceptions: traces.exceptions,
        })
    }

    /// The trace that a call is part of: the caller's, or one of its own.
    pub(crate) fn trace(&self, given: Option<&TraceContext>) -> Trace {
        let read = given.and_then(|given| {
            let id = TraceId::from_hex(&given.trace_id).ok()?;
            let parent = SpanId::from_hex(&given.parent_id).ok()?;
            // What can't be read is left out, and the trace goes on without (section 3.3).
            let state = given.state.parse().unwrap_or_default();
            Some(Trace { id, remote: Some(parent), sampled: given.sampled, state })
        });
        read.unwrap_or_else(|| Trace {
            id: self.ids.new_trace_id(),
            remote: None,
            sampled: true,
            state: TraceState::default(),
        })
    }

    /// An id for a span.
    pub(crate) fn span_id(&self) -> SpanId {
        self.ids.new_span_id()
    }

    /// A span that ended, on its way.
    pub(crate) fn send(&self, trace: &Trace, sketch: Sketch) {
        let Some((last, others)) = self.queues.split_last() else { return };
        if !trace.sampled {
            return;
        }
        let mut events = SpanEvents::default();
        events.events = sketch.events;
        let span = SpanData {
            span_context: SpanContext::new(
                trace.id,
                sketch.id,
                TraceFlags::SAMPLED,
                false,
                trace.state.clone(),
            ),
            parent_span_is_remote: sketch.parent.is_some() && sketch.parent == trace.remote,
            parent_span_id: sketch.parent.unwrap_or(SpanId::INVALID),
            span_kind: sketch.kind,
            name: sketch.name,
            start_time: sketch.begun,
            end_time: sketch.ended,
            attributes: sketch.attributes,
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status: sketch.status,
            instrumentation_scope: self.scope.clone(),
        };
        for queue in others {
            queue.on_end(span.clone());
        }
        last.on_end(span);
    }

    /// How the status of a span tells of a failure.
    pub(crate) fn status(&self, failure: Failure<'_>) -> Status {
        let text = failure.text.filter(|_| self.exceptions);
        Status::error(text.map(|text| cut(text.to_owned())).unwrap_or_default())
    }

    /// A failure as an event of a span.
    pub(crate) fn event(&self, failure: Failure<'_>, at: SystemTime) -> Event {
        let mut attributes = vec![KeyValue::new("exception.type", failure.class.to_owned())];
        if let Some(text) = failure.text.filter(|_| self.exceptions) {
            attributes.push(KeyValue::new("exception.message", cut(text.to_owned())));
        }
        Event::new("exception", at, attributes, 0)
    }

    /// An error of code as an event of a span.
    pub(crate) fn exception(&self, exception: &Exception) -> Event {
        let failure = Failure { class: &exception.class, text: Some(&exception.message) };
        self.event(failure, exception.at)
    }

    /// Sends what waits, for at most so long, and stops.
    pub(crate) fn shut_down(&self, limit: Duration) {
        for queue in &self.queues {
            // What is lost by then is said by what sends it.
            let _ = queue.shutdown_with_timeout(limit);
        }
    }
}
