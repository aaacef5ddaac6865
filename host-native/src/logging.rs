//! The operator's log, on standard error.

use tracing_subscriber::EnvFilter;

use crate::environment::text;

/// How much is logged unless `RUST_LOG` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Nothing: standard error belongs to a client that shows it to people.
    Silent,
    /// Warnings and errors.
    Warnings,
    /// What mxcp does, step by step.
    Debug,
}

/// The protocol's library warns of every mistake of a caller, and below that it shows arguments.
const PROTOCOL: &str = "rmcp=error";

/// Starts logging. Call it once, before anything can log.
pub(crate) fn start(verbosity: Verbosity) {
    let directives = match (text("RUST_LOG"), verbosity) {
        (Some(directives), _) => directives,
        (None, Verbosity::Silent) => return,
        (None, Verbosity::Warnings) => format!("warn,{PROTOCOL}"),
        (None, Verbosity::Debug) => {
            format!("info,mxcp=debug,mxcp_duckdb=debug,mxcp_runtime=debug,mxcp_server=debug,{PROTOCOL}")
        }
    };
    let subscriber = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never)
        .with_env_filter(EnvFilter::new(directives));
    // A second subscriber can only be a mistake of ours; logging goes on with the first.
    let _ = subscriber.try_init();
}
