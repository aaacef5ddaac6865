//! The operator's log: on standard error, and in a file if the user file names one. Never on standard output.

mod file;
mod line;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use mxcp_core::schema::{LogLevel, Logging};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, reload};

use self::file::LogFile;
use self::line::Lines;
use crate::environment::text;
use crate::failure::Failure;

/// How much is logged on standard error unless `RUST_LOG` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Nothing: standard error belongs to a client that shows it to people.
    Silent,
    /// What the user file asks for: warnings and errors, if it says nothing.
    Warnings,
    /// What mxcp does, step by step.
    Debug,
}

/// The protocol's library warns of every mistake of a caller, and below that it shows arguments.
const PROTOCOL: &str = "rmcp=error";

/// What is known of the log so far: the command line is read before the user file, or after it.
struct Log {
    verbosity: Option<Verbosity>,
    level: LogLevel,
    file: Option<LogFile>,
    filter: Option<reload::Handle<EnvFilter, Registry>>,
}

static LOG: Mutex<Log> =
    Mutex::new(Log { verbosity: None, level: LogLevel::Warning, file: None, filter: None });

/// Starts logging. Call it once, before anything can log.
pub(crate) fn start(verbosity: Verbosity) {
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    log.verbosity = Some(verbosity);
    let (filter, handle) = reload::Layer::new(log.filter());
    let subscriber = Registry::default().with(filter).with(Lines);
    // A second subscriber can only be a mistake of ours; logging goes on with the first.
    if subscriber.try_init().is_ok() {
        log.filter = Some(handle);
    }
}

/// Logs as the user file asks; `file` is its log file.
///
/// # Errors
/// The file can't be written.
pub(crate) fn configure(logging: &Logging, file: Option<&Path>) -> Result<(), Failure> {
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    if logging.enabled {
        log.level = logging.level;
        log.file = match file {
            Some(path) => {
                Some(LogFile::open(path, logging.max_bytes, logging.backup_count).map_err(|error| {
                    Failure::message(format!("log file {} can't be written: {error}", path.display()))
                })?)
            }
            None => None,
        };
    }
    if let Some(handle) = &log.filter {
        // Fails only when the subscriber is gone, and then nothing is logged anyway.
        let _ = handle.reload(log.filter());
    }
    Ok(())
}

impl Log {
    fn filter(&self) -> EnvFilter {
        if let Some(directives) = text("RUST_LOG") {
            return EnvFilter::new(directives);
        }
        if self.verbosity == Some(Verbosity::Silent) && self.file.is_none() {
            return EnvFilter::new("off");
        }
        let debug = self.verbosity == Some(Verbosity::Debug);
        EnvFilter::new(directives(if debug { LogLevel::Debug } else { self.level }))
    }

    /// Whether standard error is logged to.
    fn speaks(&self) -> bool {
        self.verbosity != Some(Verbosity::Silent) || text("RUST_LOG").is_some()
    }
}

/// What is logged at a level, in the words of the filter.
fn directives(level: LogLevel) -> String {
    match level {
        LogLevel::Debug => {
            format!("info,mxcp=debug,mxcp_duckdb=debug,mxcp_runtime=debug,mxcp_server=debug,{PROTOCOL}")
        }
        LogLevel::Info => format!("info,{PROTOCOL}"),
        LogLevel::Warning => format!("warn,{PROTOCOL}"),
        LogLevel::Error => "error".to_owned(),
        // Nothing that is logged is as bad as that.
        LogLevel::Critical => "off".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(verbosity: Verbosity) -> Log {
        Log { verbosity: Some(verbosity), level: LogLevel::Info, file: None, filter: None }
    }

    #[test]
    fn a_silent_log_without_a_file_is_off() {
        assert_eq!(log(Verbosity::Silent).filter().to_string(), "off");
        assert!(!log(Verbosity::Silent).speaks());
        let folder = tempfile::tempdir().unwrap();
        let file = LogFile::open(&folder.path().join("log"), 0, 0).unwrap();
        let filter = Log { file: Some(file), ..log(Verbosity::Silent) }.filter().to_string();
        assert!(filter.contains("info"), "{filter}");
    }

    #[test]
    fn debug_beats_the_level_of_the_file() {
        assert!(log(Verbosity::Debug).filter().to_string().contains("mxcp_duckdb=debug"));
        assert!(!log(Verbosity::Warnings).filter().to_string().contains("debug"));
    }
}
