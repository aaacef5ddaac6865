//! How long a call may take.

use std::time::Duration;

use crate::diagnostic::{Code, Diagnostic};
use crate::limits::CALL_TIME;
use crate::schema::EndpointLimits;
use crate::yaml::{DocPath, Report};

/// Longest time of a task: what runs for days should not live in one process.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest time of a call of the endpoint at `path`, if `limits.time_ms` says. `task` says whether calls may run as tasks.
pub(super) fn lower(
    limits: Option<&EndpointLimits>,
    task: bool,
    path: &DocPath,
    report: &mut Report<'_>,
) -> Option<Duration> {
    let time = Duration::from_millis(limits?.time_ms?);
    let problem = if time.is_zero() {
        Diagnostic::error(Code::InvalidValue, "Input should be greater than or equal to 1")
    } else if !task && time > CALL_TIME {
        let problem = "nobody waits longer than 300 s for an answer";
        let help = "run the calls of a tool as tasks: `task: optional` or `task: required`";
        Diagnostic::error(Code::InvalidValue, problem).help(help)
    } else if time > LONGEST {
        Diagnostic::error(Code::InvalidValue, "a task may take a day, which is 86400000 ms")
    } else {
        return Some(time);
    };
    report.add(&path.key("limits").key("time_ms"), problem);
    None
}
