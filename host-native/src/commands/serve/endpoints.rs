//! What of a project can be served.

use std::collections::BTreeSet;
use std::sync::Arc;

use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::registry::Registry;
use mxcp_runtime::check;

use crate::compose::Engines;
use crate::failure::Failure;
use crate::lock;
use crate::project::{Definitions, Project};
use crate::report::FileReport;

/// The endpoints of a project as its files are now.
#[derive(Debug)]
pub(super) struct Endpoints {
    /// Those without errors.
    pub(super) registry: Registry,
    /// What is wrong with the others.
    pub(super) broken: Vec<FileReport>,
    /// What there is to say about files that define nothing, and about Python that can't be called as it is.
    pub(super) warnings: Diagnostics,
}

/// Reads the definitions of a project, away from the threads that answer clients. With `locked`, they and whatever else
/// is served have to be as the lock of the project says.
///
/// # Errors
/// They are not, or reading panicked.
pub(super) async fn definitions(project: &Arc<Project>, locked: bool) -> Result<Definitions, Failure> {
    let reader = Arc::clone(project);
    let definitions = tokio::task::spawn_blocking(move || {
        let definitions = reader.definitions();
        if locked {
            lock::verify(&reader, &definitions)?;
        }
        Ok(definitions)
    });
    definitions.await.map_err(|panic| Failure::Other(panic.into()))?
}

impl Endpoints {
    /// Checks definitions, their SQL against the database too. With `strict`, an endpoint with warnings is broken.
    ///
    /// An endpoint whose Python can't be called is served all the same, as existing projects expect it: its calls fail
    /// until the file is put right. With `strict` it is broken.
    ///
    /// # Errors
    /// The database or Python can't be asked.
    pub(super) async fn check(
        mut definitions: Definitions,
        engines: &Engines,
        strict: bool,
    ) -> Result<Self, Failure> {
        let mut found = check::check_sql(&definitions.registry, engines.sql(), &|_| {}).await?;
        // What is never compiled within a call is compiled here.
        let components =
            check::prepare_components(&definitions.registry, engines.components(), &|_| {}).await?;
        for (file, findings) in components {
            found.entry(file).or_default().extend(findings);
        }
        let mut warnings = std::mem::take(&mut definitions.warnings);
        if let Some(python) = engines.python() {
            for (file, findings) in check::check_python(&definitions.registry, python, &|_| {}).await? {
                if strict {
                    found.entry(file).or_default().extend(findings);
                } else {
                    warnings.extend(findings);
                }
            }
        }
        let mut broken = definitions.reports(found);
        broken.retain(|report| report.is_broken() || strict && report.is_broken_strictly());
        let paths: BTreeSet<_> = broken.iter().map(|report| report.path.as_str()).collect();
        let registry = definitions.registry.retain(|endpoint| !paths.contains(endpoint.file.path()));
        Ok(Self { registry, broken, warnings })
    }
}
