//! Drift on this machine: looks at what a project is, and reads and writes what it was.

mod resources;
mod tables;

use std::io;
use std::path::Path;

use anyhow::Context as _;
use chrono::{SecondsFormat, Utc};
use mxcp_core::drift::{Snapshot, Unusable, VERSION};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use self::resources::Findings;
use crate::commands::test::report::EndpointReport;
use crate::commands::test::selection::Selection;
use crate::commands::test::session::{Callers, Session};
use crate::commands::validate;
use crate::compose::{Engines, Opening};
use crate::failure::Failure;
use crate::file;
use crate::lock;
use crate::project::{Definitions, Project, SITE_FILE};
use crate::signals;
use crate::ui::Ui;

/// Largest snapshot that is read, in bytes: it has all definitions of a project, and what their tests said.
const MAX_BYTES: u64 = 64 << 20;

/// What introduces the problems of a snapshot.
const UNUSABLE: &str = "Failed to load baseline snapshot";

/// Now, as snapshots and reports write it.
pub(crate) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, false)
}

/// Looks at the tables of a project, checks its endpoints and runs their tests, on a database that is opened for reading
/// only.
///
/// # Errors
/// The database can't be opened or asked, or `cancel` has ended it.
pub(crate) async fn take(
    project: &Project,
    definitions: Definitions,
    cancel: &CancellationToken,
    ui: &Ui,
) -> Result<Snapshot, Failure> {
    let engines = Engines::open(project, &definitions.registry, Opening::of_command(true)).await?;
    let found = look(project, definitions, &engines, cancel, ui).await;
    engines.close().await;
    let snapshot = found?;
    if cancel.is_cancelled() {
        return Err(Failure::message(signals::CANCELLED));
    }
    Ok(snapshot)
}

async fn look(
    project: &Project,
    definitions: Definitions,
    engines: &Engines,
    cancel: &CancellationToken,
    ui: &Ui,
) -> Result<Snapshot, Failure> {
    let generated_at = now();
    let tables = tables::all(engines.sql(), cancel).await?;
    let reports = definitions.reports(validate::check_all(&definitions, engines, ui).await?);
    let inventory = lock::inventory(project, &definitions);
    let selection = Selection::of(None, None, &definitions, project);
    let Definitions { registry, files, .. } = definitions;
    let pipeline = engines.pipeline(registry);
    let tests = test(selection, &pipeline, cancel, ui).await?;
    let is_definition = |path: &str| path == SITE_FILE || files.iter().any(|file| file.path == path);
    let digests = inventory.files().iter().filter(|(path, _)| !is_definition(path));
    let digests = digests.map(|(path, digest)| (path.clone(), digest.to_string())).collect();
    let registry = pipeline.registry();
    let findings = Findings { files: &files, registry: &registry, reports, tests, inventory: &inventory };
    Ok(Snapshot {
        version: VERSION,
        generated_at,
        tables,
        resources: findings.into_resources(),
        files: Some(digests),
    })
}

async fn test(
    selection: Selection,
    pipeline: &mxcp_runtime::Pipeline,
    cancel: &CancellationToken,
    ui: &Ui,
) -> Result<Vec<EndpointReport>, Failure> {
    let callers = Callers::default();
    let mut session = Session::new(pipeline, &callers, cancel, ui.progress(selection.tests()));
    let mut tested = Vec::new();
    for entry in selection.into_entries() {
        tested.push(session.test(entry).await?);
    }
    session.end()?;
    Ok(tested)
}

/// The SHA-256 of everything in a snapshot but times, in hexadecimal.
pub(crate) fn hash(snapshot: &Snapshot) -> String {
    Sha256::digest(snapshot.fingerprint()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text of a snapshot's file.
///
/// # Errors
/// It can't be written as JSON.
pub(crate) fn text(snapshot: &Snapshot) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(snapshot)? + "\n")
}

/// Writes a snapshot, and the folders around it.
///
/// # Errors
/// They can't be written; the file from before stays then.
pub(crate) fn write(path: &Path, snapshot: &Snapshot) -> Result<(), Failure> {
    let text = text(snapshot)?;
    let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let written = written.and_then(|()| file::replace(path, text.as_bytes()));
    Ok(written.with_context(|| format!("{} can't be written", path.display()))?)
}

/// Reads a snapshot; `shown` is its path as messages have it.
///
/// # Errors
/// There is none, or it can't be used.
pub(crate) fn read(path: &Path, shown: &str) -> Result<Snapshot, Failure> {
    let bytes = match file::read_up_to(MAX_BYTES, path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            return Err(Failure::message(format!("{UNUSABLE}: {shown} is larger than {MAX_BYTES} bytes")));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Failure::advised(
                format!("{UNUSABLE}: Snapshot file not found: {shown}"),
                "`mxcp drift-snapshot` takes one; `--baseline` names another file",
            ));
        }
        Err(error) => return Err(Failure::message(format!("{UNUSABLE}: {shown} can't be read: {error}"))),
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::message(format!("{UNUSABLE}: {shown} is no text in UTF-8")))?;
    Snapshot::parse(shown, text.trim_start_matches('\u{feff}')).map_err(|problem| {
        let what = format!("{UNUSABLE}: {problem}");
        match problem {
            Unusable::Invalid(findings) => Failure::project(&what, findings),
            _ => Failure::message(what),
        }
    })
}
