//! Events as lines of text.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::sync::PoisonError;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::{Format, LOG, json};

/// Writes each event as one line to wherever is logged.
pub(super) struct Lines;

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let level = name(*event.metadata().level());
        let logger = event.metadata().target().replace("::", ".");
        let format = LOG.lock().unwrap_or_else(PoisonError::into_inner).format();
        // Nothing is locked while values are written down, which may have something to log themselves.
        let (spoken, filed) = match format {
            Format::Json => {
                let line = json::line(event, level, &logger);
                (line.clone(), line)
            }
            Format::Text => {
                let mut text = Text::default();
                event.record(&mut text);
                let text = text.finish();
                let now = chrono::Local::now().format("%Y-%m-%d %H:%M:%S");
                (format!("{level}:{logger}:{text}\n"), format!("{now} - {level} - {logger} - {text}\n"))
            }
        };
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that can't be written is no reason to stop.
        if log.speaks() {
            let _ = io::stderr().lock().write_all(spoken.as_bytes());
        }
        if let Some(file) = &mut log.file {
            let _ = file.write(&filed);
        }
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        _ => "DEBUG",
    }
}

/// An event's message, and its other fields as `name=value`.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn field(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        // Writing to a text never fails.
        let _ = match field.name() {
            "message" => write!(self.message, "{value}"),
            name => write!(self.fields, " {name}={value}"),
        };
    }

    /// On one line, whatever is in it.
    fn finish(mut self) -> String {
        self.message.push_str(&self.fields);
        let mut line = String::with_capacity(self.message.len());
        for character in self.message.chars() {
            if character.is_control() {
                line.extend(character.escape_default());
            } else {
                line.push(character);
            }
        }
        line
    }
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.field(field, format_args!("{value}"));
        } else {
            self.field(field, format_args!("{value:?}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.field(field, format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line() {
        let text =
            Text { message: "first\nWARNING:x:forged\u{1b}[31m".to_owned(), fields: " a=1".to_owned() };
        assert_eq!(text.finish(), "first\\nWARNING:x:forged\\u{1b}[31m a=1");
    }
}
