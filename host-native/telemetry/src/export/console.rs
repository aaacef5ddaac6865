//! Spans on standard error, for those who look for what a project does.

use std::io::{self, Write as _};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use opentelemetry::trace::{SpanId, Status};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use serde_json::{Map, Value as Json, json};

/// Prints each span as one line of JSON. Standard output would be that of the protocol.
#[derive(Debug)]
pub(super) struct Console;

impl SpanExporter for Console {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut lines = String::new();
        for span in &batch {
            lines.push_str(&line(span).to_string());
            lines.push('\n');
        }
        // Nobody is there to be told that nobody reads it.
        let _ = io::stderr().lock().write_all(lines.as_bytes());
        Ok(())
    }
}

fn line(span: &SpanData) -> Json {
    let events = span.events.iter().map(|event| {
        json!({
            "name": event.name,
            "timestamp": moment(event.timestamp),
            "attributes": attributes(&event.attributes),
        })
    });
    let parent = (span.parent_span_id != SpanId::INVALID).then(|| span.parent_span_id.to_string());
    let status = match &span.status {
        Status::Unset => json!({ "status_code": "UNSET" }),
        Status::Ok => json!({ "status_code": "OK" }),
        Status::Error { description } => json!({ "status_code": "ERROR", "description": description }),
    };
    json!({
        "name": span.name,
        "context": {
            "trace_id": span.span_context.trace_id().to_string(),
            "span_id": span.span_context.span_id().to_string(),
        },
        "kind": format!("{:?}", span.span_kind).to_uppercase(),
        "parent_id": parent,
        "start_time": moment(span.start_time),
        "end_time": moment(span.end_time),
        "status": status,
        "attributes": attributes(&span.attributes),
        "events": events.collect::<Vec<_>>(),
    })
}

fn moment(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn attributes(attributes: &[KeyValue]) -> Json {
    let attributes = attributes.iter().map(|pair| (pair.key.to_string(), value(&pair.value)));
    Json::Object(attributes.collect::<Map<_, _>>())
}

fn value(value: &Value) -> Json {
    match value {
        Value::Bool(boolean) => (*boolean).into(),
        Value::I64(number) => (*number).into(),
        Value::F64(number) => (*number).into(),
        Value::String(text) => text.as_str().into(),
        Value::Array(Array::String(texts)) => texts.iter().map(|text| text.as_str()).collect(),
        other => other.to_string().into(),
    }
}
