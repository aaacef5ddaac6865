//! What of a project can be served.

use std::collections::BTreeSet;
use std::sync::Arc;

use mxcp_core::definition::Endpoint;
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::registry::Registry;
use mxcp_runtime::{Generation, check};

use crate::aside::aside;
use crate::compose::Engines;
use crate::failure::Failure;
use crate::lock;
use crate::project::{Definitions, Effort, Project};
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

/// How endpoints are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    /// Whether an endpoint with warnings is broken.
    pub(super) strict: bool,
    /// Whether calls are answered meanwhile.
    pub(super) beside_calls: bool,
    /// What is served. What is in there as it was is not looked at once more.
    pub(super) known: Option<&'a Generation>,
}

/// Reads the definitions of a project, away from the threads that answer clients. With `locked`, they and whatever else
/// is served have to be as the lock of the project says.
///
/// # Errors
/// They are not, or reading panicked.
pub(super) async fn definitions(
    project: &Arc<Project>,
    locked: bool,
    effort: Effort,
) -> Result<Definitions, Failure> {
    let reader = Arc::clone(project);
    let read = move || {
        let definitions = reader.definitions_with(effort);
        if locked {
            lock::verify(&reader, &definitions)?;
        }
        Ok(definitions)
    };
    match effort {
        Effort::Aside => aside(read).await?,
        Effort::Full => tokio::task::spawn_blocking(read).await?,
    }
}

impl Endpoints {
    /// Checks definitions, their SQL against the database too.
    ///
    /// An endpoint whose Python can't be called is served all the same, as existing projects expect it: its calls fail
    /// until the file is put right. Where warnings count, it is broken.
    ///
    /// # Errors
    /// The database or Python can't be asked.
    pub(super) async fn check(
        mut definitions: Definitions,
        engines: &Engines,
        look: Look<'_>,
    ) -> Result<Self, Failure> {
        let Look { strict, beside_calls, known } = look;
        let includes = |endpoint: &Endpoint| known.is_none_or(|known| !known.has_same(endpoint));
        let scope = check::Scope { includes: &includes, gives_way: beside_calls };
        let mut found = check::check_sql(&definitions.registry, engines.sql(), scope, &|_| {}).await?;
        // What is never compiled within a call is compiled here.
        let components =
            check::prepare_components(&definitions.registry, engines.components(), &|_| {}).await?;
        for (file, findings) in components {
            found.entry(file).or_default().extend(findings);
        }
        let mut warnings = std::mem::take(&mut definitions.warnings);
        if let Some(python) = engines.python() {
            for (file, findings) in check::check_python(&definitions.registry, python, scope, &|_| {}).await?
            {
                if strict {
                    found.entry(file).or_default().extend(findings);
                } else {
                    warnings.extend(findings);
                }
            }
        }
        let sort = move || {
            let mut broken = definitions.reports(found);
            broken.retain(|report| report.is_broken() || strict && report.is_broken_strictly());
            let paths: BTreeSet<_> = broken.iter().map(|report| report.path.as_str()).collect();
            let registry = definitions.registry.retain(|endpoint| !paths.contains(endpoint.file.path()));
            Self { registry, broken, warnings }
        };
        if beside_calls { aside(sort).await } else { Ok(sort()) }
    }
}
