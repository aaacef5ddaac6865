//! `mxcp log verify`: proves that no record was changed or removed.

use mxcp_audit::{AuditReader, PublicKey, SegmentReport, SegmentState, Verification};
use serde::Serialize;

use crate::cli::Common;
use crate::compose;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::ui::{Output, ResultDocument, Ui, printable};

/// Arguments of `mxcp log verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A public key that may have signed the log, in base64. May be repeated [default: that of MXCP_AUDIT_KEY, or the one in
    /// the folder of the log]
    #[arg(long, value_name = "KEY")]
    public_key: Vec<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Serialize)]
struct Verified<'a> {
    intact: bool,
    records: u64,
    unchained: u64,
    bytes: u64,
    segments: Vec<Segment<'a>>,
}

#[derive(Debug, Serialize)]
struct Segment<'a> {
    name: &'a str,
    state: &'static str,
    records: u64,
    signed: u64,
    problems: &'a [String],
}

/// Verifies. The exit code says whether the log is intact.
///
/// # Errors
/// A key can't be used, or the log can't be read.
pub(super) fn run(
    args: &Args,
    project: &Project,
    reader: &AuditReader,
    ui: &mut Ui,
) -> Result<Outcome, Failure> {
    let mut keys = Vec::new();
    for text in &args.public_key {
        keys.push(PublicKey::parse(text).map_err(|error| Failure::Usage(error.to_string()))?);
    }
    if keys.is_empty() {
        keys.extend(compose::audit_key(project)?.map(|key| key.public()));
    }
    let verified = reader.verify(&keys)?;
    let intact = verified.is_intact();
    match ui.output() {
        Output::Json => {
            let segments = verified.segments.iter().map(Segment::of).collect();
            let Verification { records, unchained, bytes, .. } = verified;
            ui.document(&ResultDocument::new(Verified { intact, records, unchained, bytes, segments }))?;
        }
        Output::Human => {
            for segment in &verified.segments {
                show(segment, ui)?;
            }
            ui.line(summary(&verified))?;
        }
    }
    Ok(if intact { Outcome::Fine } else { Outcome::Findings })
}

/// What came of it. Of records without a chain nobody can say that they are intact.
fn summary(verified: &Verification) -> String {
    let Verification { records, unchained, segments, .. } = verified;
    let word = match (verified.is_intact(), *records, *unchained) {
        (false, ..) => "the log is NOT intact",
        (true, 0, 1..) => "nothing can be verified",
        (true, ..) => "the log is intact",
    };
    let unchained = match unchained {
        0 => String::new(),
        _ => format!(", and {unchained} that are not chained"),
    };
    format!("{records} records in {} segments{unchained}: {word}", segments.len())
}

fn show(segment: &SegmentReport, ui: &mut Ui) -> Result<(), Failure> {
    let mark = if segment.state == SegmentState::Broken { '✗' } else { '✓' };
    let SegmentReport { name, records, signed, .. } = segment;
    ui.line(match segment.state {
        SegmentState::Deleted => format!("{mark} {name}: deleted by log-cleanup"),
        SegmentState::Unchained => {
            format!("• {name}: {records} records without a chain, which nobody can verify")
        }
        SegmentState::Open => {
            format!("{mark} {name}: {records} records, {signed} of them signed; it is being written")
        }
        SegmentState::Intact | SegmentState::Broken => {
            format!("{mark} {name}: {records} records, {signed} of them signed")
        }
    })?;
    for problem in &segment.problems {
        ui.line(format_args!("    {}", printable(problem)))?;
    }
    Ok(())
}

impl<'a> Segment<'a> {
    fn of(report: &'a SegmentReport) -> Self {
        let state = match report.state {
            SegmentState::Intact => "intact",
            SegmentState::Open => "open",
            SegmentState::Unchained => "unchained",
            SegmentState::Deleted => "deleted",
            SegmentState::Broken => "broken",
        };
        let SegmentReport { name, records, signed, problems, .. } = report;
        Self { name, state, records: *records, signed: *signed, problems }
    }
}
