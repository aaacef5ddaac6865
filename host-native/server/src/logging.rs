//! How severe what a client wants to hear of is.

#![expect(deprecated, reason = "logging is deprecated since 2026-07-28 and part of every revision before")]

use mxcp_mcp::params;
use mxcp_runtime::ports::LogLevel;
use rmcp::model::{ConstString as _, LoggingLevel, SetLevelRequestMethod, SetLevelRequestParams};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use crate::session::Session;
use crate::tools::is_modern;

/// Remembers the level for the session.
///
/// # Errors
/// The request is of a revision in which each request has its own.
pub(crate) fn set_level(
    session: &Session,
    request: &SetLevelRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<(), ErrorData> {
    if is_modern(context) {
        return Err(params::unknown_method(SetLevelRequestMethod::VALUE));
    }
    session.set_least_level(from_wire(request.level));
    Ok(())
}

/// The least severe level that the client of a request wants to hear of; none if it wants to hear nothing.
pub(crate) fn least_level(session: &Session, context: &RequestContext<RoleServer>) -> Option<LogLevel> {
    if is_modern(context) { context.meta.log_level().map(from_wire) } else { Some(session.least_level()) }
}

fn from_wire(level: LoggingLevel) -> LogLevel {
    match level {
        LoggingLevel::Debug => LogLevel::Debug,
        LoggingLevel::Info => LogLevel::Info,
        LoggingLevel::Notice => LogLevel::Notice,
        LoggingLevel::Warning => LogLevel::Warning,
        LoggingLevel::Error => LogLevel::Error,
        LoggingLevel::Critical => LogLevel::Critical,
        LoggingLevel::Alert => LogLevel::Alert,
        LoggingLevel::Emergency => LogLevel::Emergency,
    }
}

/// A level as the protocol has it.
pub(crate) fn to_wire(level: LogLevel) -> LoggingLevel {
    match level {
        LogLevel::Debug => LoggingLevel::Debug,
        LogLevel::Info => LoggingLevel::Info,
        LogLevel::Notice => LoggingLevel::Notice,
        LogLevel::Warning => LoggingLevel::Warning,
        LogLevel::Error => LoggingLevel::Error,
        LogLevel::Critical => LoggingLevel::Critical,
        LogLevel::Alert => LoggingLevel::Alert,
        LogLevel::Emergency => LoggingLevel::Emergency,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_keep_their_names_on_the_wire() {
        for level in LogLevel::ALL {
            assert_eq!(serde_json::to_value(to_wire(level)).unwrap(), level.as_str());
            assert_eq!(from_wire(to_wire(level)), level);
        }
    }
}
