//! Advice.

use mxcp_core::lint::Finding;

use super::project::{position, severity};
use crate::bindings::exports::mxcp::core::lint as wit;

pub(crate) fn finding(finding: Finding) -> wit::Finding {
    wit::Finding {
        code: finding.code.to_owned(),
        severity: severity(finding.severity),
        file: finding.path().to_owned(),
        start: position(finding.position()),
        location: finding.location,
        message: finding.message,
        suggestion: finding.suggestion,
    }
}
