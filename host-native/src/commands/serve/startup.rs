//! The refusal to start with endpoints that have errors.

use serde::Serialize;

use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::report::FileReport;
use crate::ui::{Output, Ui, printable};

#[derive(Debug, Serialize)]
struct Refusal {
    status: &'static str,
    message: String,
    failed_endpoints: Vec<FailedEndpoint>,
}

#[derive(Debug, Serialize)]
struct FailedEndpoint {
    path: String,
    error: String,
}

/// Says which endpoints have which errors: people read it on standard error, programs on standard output.
pub(super) fn refuse(broken: &[FileReport], project: &Project, ui: &mut Ui) -> Result<Outcome, Failure> {
    let message = format!("Found {} endpoint(s) with errors", broken.len());
    let mut failed_endpoints: Vec<_> = broken
        .iter()
        .map(|report| FailedEndpoint {
            path: project.absolute(&report.path),
            error: report.message().or_else(|| report.warnings()).unwrap_or_default(),
        })
        .collect();
    failed_endpoints.sort_by(|one, other| one.path.cmp(&other.path));
    match ui.output() {
        Output::Json => ui.document(&Refusal { status: "error", message, failed_endpoints })?,
        Output::Human => {
            for report in broken {
                ui.findings(&report.findings)?;
            }
            ui.remark("Server startup failed!")?;
            ui.remark(message)?;
            for failed in failed_endpoints {
                ui.remark(format_args!("\n  ✗ {}", failed.path))?;
                ui.remark(format_args!("    Error: {}", printable(&failed.error).replace('\n', "\n      ")))?;
            }
            ui.remark("\nTip: `--ignore-errors` starts the server with the remaining endpoints")?;
        }
    }
    Ok(Outcome::Findings)
}
