//! What of a project can be served.

use std::collections::BTreeSet;
use std::sync::Arc;

use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::registry::Registry;
use mxcp_runtime::check;
use mxcp_runtime::ports::SqlEngine;

use crate::failure::Failure;
use crate::project::{Definitions, Project};
use crate::report::FileReport;

/// The endpoints of a project as its files are now.
#[derive(Debug)]
pub(super) struct Endpoints {
    /// Those without errors.
    pub(super) registry: Registry,
    /// What is wrong with the others.
    pub(super) broken: Vec<FileReport>,
    /// What there is to say about files that define nothing.
    pub(super) warnings: Diagnostics,
}

impl Endpoints {
    /// Reads the definitions and checks them, their SQL against the database too. With `strict`, an endpoint with
    /// warnings is broken.
    ///
    /// # Errors
    /// The database can't be asked.
    pub(super) async fn load(
        project: &Arc<Project>,
        engine: &dyn SqlEngine,
        strict: bool,
    ) -> Result<Self, Failure> {
        let reader = Arc::clone(project);
        // Files are read away from the threads that answer clients.
        let definitions = tokio::task::spawn_blocking(move || reader.definitions());
        let mut definitions: Definitions = definitions.await.map_err(|panic| Failure::Other(panic.into()))?;
        let sql = check::check_sql(&definitions.registry, engine, &|_| {}).await?;
        let warnings = std::mem::take(&mut definitions.warnings);
        let mut broken = definitions.reports(sql);
        broken.retain(|report| report.is_broken() || strict && report.is_broken_strictly());
        let paths: BTreeSet<_> = broken.iter().map(|report| report.path.as_str()).collect();
        let registry = definitions.registry.retain(|endpoint| !paths.contains(endpoint.file.path()));
        Ok(Self { registry, broken, warnings })
    }
}
