//! The version of the format, which site file and user file may name as `mxcp`.

use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::{Data, DocPath, Report};

/// Reports a version other than 1. A text is one of the old format, whose files need to be migrated.
pub(crate) fn check(report: &mut Report<'_>) {
    let path = DocPath::root().key("mxcp");
    match report.document().node(&path).map(|node| &node.data) {
        None | Some(Data::Int(1) | Data::Bool(true)) => {}
        Some(Data::Float(version)) if (version - 1.0).abs() < f64::EPSILON => {}
        Some(Data::String { .. }) => {
            let problem = "MIGRATION REQUIRED: the version of the format is the number 1, not a text";
            report.add(&path, Diagnostic::error(Code::InvalidValue, problem).help("write `mxcp: 1`"));
        }
        Some(_) => report.error(Code::InvalidValue, &path, "Input should be 1"),
    }
}
