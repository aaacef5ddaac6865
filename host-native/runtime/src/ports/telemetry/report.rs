//! What code in another language says of its own work.

use std::time::{Duration, SystemTime};

use serde_json::Value as Json;

use super::{Attribute, Attributes, CallTelemetry, CodeSpan, Exception, Instrument, Measurement};

/// Something that code says of its work, in the form in which it crosses from one language to another.
#[derive(Clone, Debug)]
pub enum Report {
    /// A span has ended.
    Span(CodeSpan),
    /// Something about the span of the call.
    Attributes(Attributes),
    /// An error occurred in the span of the call.
    Exception(Exception),
    /// Something was measured.
    Measurement(Measurement),
}

impl Report {
    /// From an object; none if it is no report of that kind.
    #[must_use]
    pub fn parse(kind: &str, said: &Json) -> Option<Self> {
        Some(match kind {
            "span" => Self::Span(CodeSpan {
                name: text(said, "name")?,
                id: text(said, "id")?,
                parent: text(said, "parent"),
                begun: moment(said, "begun")?,
                ended: moment(said, "ended")?,
                attributes: attributes(said),
                exceptions: said.get("exceptions")?.as_array()?.iter().filter_map(exception).collect(),
                failed: said.get("failed").and_then(Json::as_bool),
            }),
            "attributes" => Self::Attributes(attributes(said)),
            "exception" => Self::Exception(exception(said)?),
            "measure" => Self::Measurement(Measurement {
                instrument: Instrument::from_name(said.get("instrument")?.as_str()?)?,
                name: text(said, "name")?,
                value: said.get("value")?.as_f64()?,
                attributes: attributes(said),
                description: text(said, "description").unwrap_or_default(),
                unit: text(said, "unit").unwrap_or_default(),
            }),
            _ => return None,
        })
    }

    /// Passes it on.
    pub fn tell(self, call: &dyn CallTelemetry) {
        match self {
            Self::Span(span) => call.span(span),
            Self::Attributes(attributes) => call.attributes(attributes),
            Self::Exception(exception) => call.exception(exception),
            Self::Measurement(measurement) => call.measure(measurement),
        }
    }
}

fn text(said: &Json, key: &str) -> Option<String> {
    said.get(key)?.as_str().map(str::to_owned)
}

/// A time in nanoseconds since 1970.
fn moment(said: &Json, key: &str) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(said.get(key)?.as_u64()?))
}

fn exception(said: &Json) -> Option<Exception> {
    let (class, message) = (text(said, "class")?, text(said, "message").unwrap_or_default());
    Some(Exception { class, message, at: moment(said, "at")? })
}

fn attributes(said: &Json) -> Attributes {
    let attributes = said.get("attributes").and_then(Json::as_object);
    let pairs = attributes.into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), attribute(value)?))).collect()
}

fn attribute(value: &Json) -> Option<Attribute> {
    Some(match value {
        Json::String(text) => Attribute::Text(text.clone()),
        Json::Bool(boolean) => Attribute::Boolean(*boolean),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Attribute::Integer(number),
            None => Attribute::Number(number.as_f64()?),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_span_is_read_with_all_that_is_said_of_it() {
        let said = json!({
            "name": "load", "id": "00f067aa0ba902b7", "parent": null, "begun": 1_000_000_000_u64, "ended": 2_000_000_000_u64,
            "attributes": {"rows": 3, "share": 0.5, "source": "orders", "full": true, "rest": null},
            "exceptions": [{"class": "ValueError", "message": "late", "at": 1_500_000_000_u64}], "failed": true,
        });
        let Some(Report::Span(span)) = Report::parse("span", &said) else { panic!("it is no span") };
        assert_eq!((span.name.as_str(), span.parent, span.failed), ("load", None, Some(true)));
        assert_eq!(span.ended.duration_since(span.begun).unwrap(), Duration::from_secs(1));
        let texts: Vec<_> = span.attributes.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
        assert_eq!(
            texts,
            ["rows Integer(3)", "share Number(0.5)", r#"source Text("orders")"#, "full Boolean(true)"]
        );
        assert_eq!(span.exceptions.first().map(|error| error.class.as_str()), Some("ValueError"));
    }

    #[test]
    fn what_is_no_report_is_none() {
        assert!(Report::parse("span", &json!({"name": "load"})).is_none());
        assert!(Report::parse("measure", &json!({"instrument": "scale", "name": "a", "value": 1})).is_none());
        assert!(Report::parse("song", &json!({})).is_none());
    }
}
