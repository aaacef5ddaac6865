//! Events as objects of JSON.

use std::fmt;

use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value as Json};
use tracing::Event;
use tracing::field::{Field, Visit};

/// The line of an event, with its end: `timestamp` (RFC 3339 in UTC), `level`, `logger` and `message`, and under `fields` what else is
/// known.
pub(super) fn line(event: &Event<'_>, level: &str, logger: &str) -> String {
    let mut fields = Fields::default();
    event.record(&mut fields);
    let others = (!fields.others.is_empty()).then_some(fields.others);
    self::event(level, logger, fields.message, others)
}

/// The line of an event of which everything is known.
pub(super) fn event(level: &str, logger: &str, message: String, fields: Option<Map<String, Json>>) -> String {
    let mut line = Map::new();
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
    line.insert("timestamp".to_owned(), now.into());
    line.insert("level".to_owned(), level.into());
    line.insert("logger".to_owned(), logger.into());
    line.insert("message".to_owned(), message.into());
    line.extend(fields.map(|fields| ("fields".to_owned(), fields.into())));
    let mut line = Json::Object(line).to_string();
    line.push('\n');
    line
}

/// An event's message, and its other fields.
#[derive(Debug, Default)]
struct Fields {
    message: String,
    others: Map<String, Json>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Json) {
        match (field.name(), value) {
            ("message", Json::String(text)) => self.message = text,
            (name, value) => drop(self.others.insert(name.to_owned(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        // What was a text is one again, without quotes around it.
        let text = serde_json::from_str::<String>(&text).unwrap_or(text);
        self.add(field, text.into());
    }
}
