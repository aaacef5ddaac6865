//! What collectors are sent, by the definition of the protocol.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use prost::Message as _;
use serde_json::{Map, Value as Json};

/// A span.
#[derive(Clone, Debug)]
pub struct Span {
    /// Attributes of what it comes from.
    pub resource: Json,
    /// Name and version of what made it.
    pub scope: (String, String),
    /// Its name.
    pub name: String,
    /// Its trace in hexadecimal.
    pub trace: String,
    /// Its id in hexadecimal.
    pub id: String,
    /// What others keep with its trace.
    pub state: String,
    /// The id of the span that it is part of in hexadecimal; empty if it is part of none.
    pub parent: String,
    /// Its kind: 1 is internal, 2 that of a server.
    pub kind: i32,
    /// When it began and ended, in nanoseconds since 1970.
    pub times: (u64, u64),
    /// What is said of it.
    pub attributes: Json,
    /// Names and attributes of events in it.
    pub events: Vec<(String, Json)>,
    /// How it ended: 0 if that is not said, 1 well, 2 with an error; and in words.
    pub status: (i32, String),
}

/// A point of a metric.
#[derive(Clone, Debug)]
pub struct Point {
    /// Name of the metric.
    pub name: String,
    /// What it is about.
    pub attributes: Json,
    /// Its value; that of a distribution is the number of values in it.
    pub value: f64,
}

impl Point {
    /// Whether it has these attributes, among others.
    #[must_use]
    pub fn has(&self, attributes: &[(&str, &str)]) -> bool {
        attributes.iter().all(|(name, value)| self.attributes[*name] == *value)
    }
}

pub(super) fn spans(body: &[u8]) -> Option<Vec<Span>> {
    let request = ExportTraceServiceRequest::decode(body).ok()?;
    let mut spans = Vec::new();
    for resource in request.resource_spans {
        let about = resource.resource.map(|resource| attributes(resource.attributes)).unwrap_or_default();
        for scope in resource.scope_spans {
            let made_by = scope.scope.map(|scope| (scope.name, scope.version)).unwrap_or_default();
            spans.extend(scope.spans.into_iter().map(|span| Span {
                resource: about.clone(),
                scope: made_by.clone(),
                name: span.name,
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                state: span.trace_state,
                parent: hex(&span.parent_span_id),
                kind: span.kind,
                times: (span.start_time_unix_nano, span.end_time_unix_nano),
                attributes: attributes(span.attributes),
                events:
                    span.events.into_iter().map(|event| (event.name, attributes(event.attributes))).collect(),
                status: span.status.map(|status| (status.code, status.message)).unwrap_or_default(),
            }));
        }
    }
    Some(spans)
}

pub(super) fn points(body: &[u8]) -> Option<Vec<Point>> {
    let request = ExportMetricsServiceRequest::decode(body).ok()?;
    let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
    let mut points = Vec::new();
    for metric in scopes.flat_map(|scope| scope.metrics) {
        let name = metric.name;
        let numbers = match metric.data? {
            Data::Gauge(gauge) => gauge.data_points,
            Data::Sum(sum) => sum.data_points,
            Data::Histogram(histogram) => {
                points.extend(histogram.data_points.into_iter().map(|point| Point {
                    name: name.clone(),
                    attributes: attributes(point.attributes),
                    value: point.count as f64,
                }));
                continue;
            }
            Data::ExponentialHistogram(_) | Data::Summary(_) => return None,
        };
        for point in numbers {
            let value = match point.value? {
                number_data_point::Value::AsDouble(number) => number,
                number_data_point::Value::AsInt(number) => number as f64,
            };
            points.push(Point { name: name.clone(), attributes: attributes(point.attributes), value });
        }
    }
    Some(points)
}

fn attributes(pairs: Vec<KeyValue>) -> Json {
    let pairs = pairs.into_iter().map(|pair| (pair.key, pair.value.map_or(Json::Null, value)));
    Json::Object(pairs.collect::<Map<_, _>>())
}

fn value(given: AnyValue) -> Json {
    match given.value {
        Some(Value::StringValue(text)) => text.into(),
        Some(Value::BoolValue(boolean)) => boolean.into(),
        Some(Value::IntValue(number)) => number.into(),
        Some(Value::DoubleValue(number)) => number.into(),
        Some(Value::ArrayValue(array)) => array.values.into_iter().map(value).collect(),
        _ => Json::Null,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
