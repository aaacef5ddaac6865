//! Which tests are asked for.

use std::sync::Arc;

use mxcp_core::definition::{Endpoint, Kind};
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::load::{FileState, LoadedFile};

use super::report::{EndpointReport, TestResults};
use crate::failure::Failure;
use crate::project::{Definitions, Project};
use crate::report::FileReport;
use crate::ui::Ui;

/// What is asked for, in the order in which it is told.
#[derive(Debug)]
pub(crate) struct Selection {
    entries: Vec<Entry>,
    /// What there is to say about the files.
    findings: Diagnostics,
}

/// An endpoint, or the reason why there is none.
#[derive(Debug)]
pub(crate) struct Entry {
    name: String,
    path: String,
    /// The endpoint; else what is wrong.
    pub(crate) endpoint: Result<Arc<Endpoint>, String>,
}

impl Selection {
    /// The endpoints of a kind and a name, if these are given, and the broken files that may be some.
    pub(crate) fn of(
        kind: Option<Kind>,
        name: Option<&str>,
        definitions: &Definitions,
        project: &Project,
    ) -> Self {
        let mut findings = Diagnostics::new();
        let mut entries = Vec::new();
        if let (Some(kind), Some(name)) = (kind, name) {
            let file = definitions.files.iter().find(|file| is_of(file, kind, name));
            entries.push(match file.and_then(|file| entry(file, definitions, project)) {
                Some(entry) => entry,
                None => Entry::missing(kind, name),
            });
            let told = file.into_iter().chain(definitions.broken(Some(kind), name));
            told.for_each(|file| findings.extend(file.findings.clone()));
        } else {
            let asked = |file: &&LoadedFile| kind.is_none_or(|kind| file.folder == kind);
            for file in definitions.files.iter().filter(asked) {
                if let Some(entry) = entry(file, definitions, project) {
                    entries.push(entry);
                    findings.extend(file.findings.clone());
                }
            }
        }
        Self { entries, findings }
    }

    /// Shows what there is to say about the files.
    pub(crate) fn show_findings(&self, ui: &mut Ui) -> Result<(), Failure> {
        Ok(ui.findings(&self.findings)?)
    }

    /// How many tests there are.
    pub(crate) fn tests(&self) -> usize {
        let endpoints = self.entries.iter().filter_map(|entry| entry.endpoint.as_ref().ok());
        endpoints.map(|endpoint| endpoint.tests.len()).sum()
    }

    /// Whether there is any test: only then a database is needed.
    pub(crate) fn has_tests(&self) -> bool {
        self.tests() > 0
    }

    /// The endpoints and the broken files.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = Entry> {
        self.entries.into_iter()
    }
}

fn is_of(file: &LoadedFile, wanted: Kind, wanted_name: &str) -> bool {
    matches!(&file.state, FileState::Endpoint { kind, name } if *kind == wanted && name == wanted_name)
}

/// What a file adds to the selection; files that are no endpoint add nothing.
fn entry(file: &LoadedFile, definitions: &Definitions, project: &Project) -> Option<Entry> {
    let path = file.path.clone();
    match &file.state {
        FileState::Endpoint { kind, name } => {
            let endpoint = definitions.registry.get(*kind, name)?;
            Some(Entry { name: format!("{kind}/{name}"), path, endpoint: Ok(Arc::clone(endpoint)) })
        }
        FileState::Broken => {
            let name = project.absolute(&path);
            let report = FileReport { path, findings: file.findings.clone() };
            let problem = report.message().unwrap_or_default();
            Some(Entry { name, path: report.path, endpoint: Err(problem) })
        }
        FileState::Disabled | FileState::Foreign => None,
    }
}

impl Entry {
    fn missing(kind: Kind, name: &str) -> Self {
        let name = format!("{kind}/{name}");
        Self { path: String::new(), endpoint: Err(format!("Endpoint not found: {name}")), name }
    }

    /// What is told of it when no test ran.
    pub(crate) fn untested(self) -> EndpointReport {
        match self.endpoint {
            Ok(_) => self.tested(TestResults::of(Vec::new())),
            Err(ref problem) => {
                let results = TestResults::broken(problem.clone());
                self.tested(results)
            }
        }
    }

    /// What is told of it after its tests.
    pub(crate) fn tested(self, results: TestResults) -> EndpointReport {
        EndpointReport { endpoint: self.name, path: self.path, results }
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}
