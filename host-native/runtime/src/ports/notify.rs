//! What a call says while it runs.

use std::fmt;
use std::sync::Arc;

use mxcp_core::value::Value;

/// Hears what a call says before its result. Implementations must not block: the engine waits for them.
///
/// They may be called from any thread, and after the call has ended: nobody hears that any more.
pub trait Notify: fmt::Debug + Send + Sync {
    /// How far the work is.
    fn progress(&self, progress: Progress);

    /// Something to log.
    fn log(&self, message: LogMessage);
}

/// How far a call is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// How much is done. What is not more than was said before is passed over.
    pub done: f64,
    /// How much there is to do, in the same unit, if that is known.
    pub total: Option<f64>,
    /// What is being done, for people.
    pub message: Option<String>,
}

/// Something that a call logs.
#[derive(Clone, Debug, PartialEq)]
pub struct LogMessage {
    /// How severe it is.
    pub level: LogLevel,
    /// Which part of the project says it.
    pub logger: Option<String>,
    /// What it says: a text, or any other value.
    pub data: Value,
}

/// How severe something is (RFC 5424 section 6.2.1), the least severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Of use when looking for a defect.
    Debug,
    /// Of use to know.
    Info,
    /// Normal, but worth a look.
    Notice,
    /// Something may go wrong.
    Warning,
    /// Something went wrong.
    Error,
    /// A part of the service does not work.
    Critical,
    /// Somebody must act now.
    Alert,
    /// Nothing works.
    Emergency,
}

impl LogLevel {
    /// All levels, the least severe first.
    pub const ALL: [LogLevel; 8] = [
        LogLevel::Debug,
        LogLevel::Info,
        LogLevel::Notice,
        LogLevel::Warning,
        LogLevel::Error,
        LogLevel::Critical,
        LogLevel::Alert,
        LogLevel::Emergency,
    ];

    /// Its name in the protocol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Notice => "notice",
            LogLevel::Warning => "warning",
            LogLevel::Error => "error",
            LogLevel::Critical => "critical",
            LogLevel::Alert => "alert",
            LogLevel::Emergency => "emergency",
        }
    }

    /// The level of a name, which is written in lower case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// Writes what calls log to the operator's log, and passes everything on to the caller if there is one who listens.
#[derive(Debug)]
pub struct OperatorLog {
    request_id: String,
    listener: Option<Arc<dyn Notify>>,
}

impl OperatorLog {
    /// For the call of this id.
    #[must_use]
    pub fn new(request_id: impl Into<String>, listener: Option<Arc<dyn Notify>>) -> Self {
        Self { request_id: request_id.into(), listener }
    }
}

impl Notify for OperatorLog {
    fn progress(&self, progress: Progress) {
        if let Some(listener) = &self.listener {
            listener.progress(progress);
        }
    }

    fn log(&self, message: LogMessage) {
        let (request_id, logger) = (&self.request_id, message.logger.as_deref());
        // Texts are logged as literals, so that a line feed in one begins no line of the log.
        let said = match &message.data {
            Value::String(text) => text.as_str(),
            other => &other.to_json_text(),
        };
        match message.level {
            LogLevel::Debug => tracing::debug!(request_id, logger, said, "call logs"),
            LogLevel::Info | LogLevel::Notice => tracing::info!(request_id, logger, said, "call logs"),
            LogLevel::Warning => tracing::warn!(request_id, logger, said, "call logs"),
            LogLevel::Error | LogLevel::Critical | LogLevel::Alert | LogLevel::Emergency => {
                tracing::error!(request_id, logger, said, "call logs");
            }
        }
        if let Some(listener) = &self.listener {
            listener.log(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_found_by_its_name_and_no_other() {
        for level in LogLevel::ALL {
            assert_eq!(LogLevel::from_name(level.as_str()), Some(level));
        }
        assert_eq!(LogLevel::from_name("Info"), None);
        assert_eq!(LogLevel::from_name("warn"), None);
    }

    #[test]
    fn levels_are_ordered_by_severity() {
        assert!(LogLevel::ALL.is_sorted());
        assert!(LogLevel::Debug < LogLevel::Info && LogLevel::Error < LogLevel::Emergency);
    }
}
