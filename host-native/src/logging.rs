//! The operator's log: on standard error, and in a file if the user file names one. Never on standard output.

mod file;
mod json;
mod line;
mod printed;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use mxcp_core::schema::{LogFormat, LogLevel, Logging};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, reload};

use self::file::LogFile;
use self::line::Lines;
pub(crate) use self::printed::Printed;
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

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A line for people.
    Text,
    /// An object of JSON on a line, for programs.
    Json,
}

impl Format {
    /// The format of a name; none if there is no such format.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        <Self as clap::ValueEnum>::from_str(name, true).ok()
    }
}

impl From<LogFormat> for Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

/// The protocol's library warns of every mistake of a caller, and below that it shows arguments. What it calls errors of a
/// service are clients that left before their answers came.
const PROTOCOL: &str = "rmcp=error,rmcp::service=off";

/// What is known of the log so far: the command line is read before the user file, or after it.
struct Log {
    verbosity: Option<Verbosity>,
    level: LogLevel,
    /// Levels of parts of the program.
    levels: BTreeMap<String, LogLevel>,
    /// How events are written, if the command line or the environment says.
    asked: Option<Format>,
    format: Format,
    file: Option<LogFile>,
    filter: Option<reload::Handle<EnvFilter, Registry>>,
}

static LOG: Mutex<Log> = Mutex::new(Log {
    verbosity: None,
    level: LogLevel::Warning,
    levels: BTreeMap::new(),
    asked: None,
    format: Format::Text,
    file: None,
    filter: None,
});

/// Starts logging. Call it once, before anything can log. Without a `format`, that of the user file counts.
pub(crate) fn start(verbosity: Verbosity, format: Option<Format>) {
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    log.verbosity = Some(verbosity);
    log.asked = format;
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
/// The file can't be written, or a part of the program has a name that none can have.
pub(crate) fn configure(logging: &Logging, file: Option<&Path>) -> Result<(), Failure> {
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    if logging.enabled {
        if let Some(name) = logging.levels.keys().find(|name| !is_part(name)) {
            let problem = format!("logging.levels: `{name}` is no part of the program");
            return Err(Failure::message(problem));
        }
        log.level = logging.level;
        log.levels.clone_from(&logging.levels);
        log.format = logging.format.into();
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
        if debug {
            return EnvFilter::new(directives(LogLevel::Debug));
        }
        let mut filter = directives(self.level);
        for (name, level) in &self.levels {
            filter.push_str(&format!(",{}={}", name.replace('.', "::"), directive(*level)));
        }
        EnvFilter::new(filter)
    }

    /// How events are written.
    fn format(&self) -> Format {
        self.asked.unwrap_or(self.format)
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
            let own =
                "mxcp=debug,mxcp_duckdb=debug,mxcp_runtime=debug,mxcp_server=debug,mxcp_telemetry=debug";
            format!("info,{own},{PROTOCOL}")
        }
        LogLevel::Info => format!("info,{PROTOCOL}"),
        LogLevel::Warning => format!("warn,{PROTOCOL}"),
        LogLevel::Error => format!("error,{PROTOCOL}"),
        // Nothing that is logged is as bad as that.
        LogLevel::Critical => "off".to_owned(),
    }
}

/// A level, in the word of the filter.
fn directive(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warning => "warn",
        LogLevel::Error => "error",
        LogLevel::Critical => "off",
    }
}

/// Whether a name can be that of a part of the program.
fn is_part(name: &str) -> bool {
    let fit = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | ':');
    !name.is_empty() && name.chars().all(fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(verbosity: Verbosity) -> Log {
        Log {
            verbosity: Some(verbosity),
            level: LogLevel::Info,
            levels: BTreeMap::new(),
            asked: None,
            format: Format::Text,
            file: None,
            filter: None,
        }
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
    fn clients_that_leave_are_no_errors_at_any_level() {
        for level in [LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error] {
            assert!(directives(level).contains("rmcp::service=off"), "{level:?}");
        }
    }

    #[test]
    fn debug_beats_the_level_of_the_file() {
        assert!(log(Verbosity::Debug).filter().to_string().contains("mxcp_duckdb=debug"));
        assert!(!log(Verbosity::Warnings).filter().to_string().contains("debug"));
    }

    #[test]
    fn parts_of_the_program_have_levels_of_their_own() {
        let levels = BTreeMap::from([("mxcp_server.transport".to_owned(), LogLevel::Debug)]);
        let filter = Log { levels, ..log(Verbosity::Warnings) }.filter().to_string();
        assert!(filter.contains("mxcp_server::transport=debug"), "{filter}");
        assert!(is_part("mxcp_duckdb") && !is_part("a=debug,b") && !is_part(""));
    }

    #[test]
    fn the_command_line_beats_the_format_of_the_file() {
        let asked = Log { asked: Some(Format::Json), ..log(Verbosity::Warnings) };
        assert_eq!(asked.format(), Format::Json);
        assert_eq!((Format::from_name("JSON"), Format::from_name("xml")), (Some(Format::Json), None));
    }
}
