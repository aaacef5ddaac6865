//! The texts of the project that is looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mxcp_core::definition::Kind;
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::evals::LoadedSuite;
use mxcp_core::load::{FileState, LoadedFile};
use mxcp_core::source::SourceFile;
use mxcp_core::yaml::{self, Document};

use super::place::At;
use crate::environment::Environment;
use crate::file;
use crate::project::{Definitions, Project, SITE_FILE};

/// A project, as far as it can be read.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The project with the defaults of its site file; its user file is not followed.
    pub(super) project: Project,
    /// The site file.
    pub(super) site: Document,
    /// The user file, if there is one.
    pub(super) user: Option<Document>,
    /// The definitions, loaded and checked.
    pub(super) definitions: Definitions,
    /// The suites of evaluations.
    pub(super) suites: Vec<LoadedSuite>,
    /// What there is to say about the folder of suites.
    pub(super) suite_warnings: Diagnostics,
    /// The definitions as written; those that are no YAML are missing.
    pub(super) endpoints: Vec<EndpointText>,
    /// Python modules and plug-ins.
    pub(super) python: Vec<Arc<SourceFile>>,
}

/// A definition as written.
#[derive(Debug)]
pub(super) struct EndpointText {
    /// What its folder holds.
    pub(super) kind: Kind,
    /// The file.
    pub(super) document: Document,
    /// Its SQL, if that can be read.
    pub(super) sql: Option<String>,
}

impl EndpointText {
    /// The definition itself, below `tool`, `resource` or `prompt`.
    pub(super) fn definition(&self) -> Option<At<'_>> {
        At::root(&self.document).get(self.kind.as_str())
    }
}

impl Subject {
    /// Reads the files of a project.
    pub(crate) fn of(project: Project, environment: &Environment) -> Option<Self> {
        let site = document(&project.root.join(SITE_FILE), SITE_FILE)?;
        let user = environment.user_file().map(|path| environment.folder.join(path));
        let user = user.and_then(|path| document(&path, &path.display().to_string()));
        let definitions = project.definitions();
        let mut suite_warnings = Diagnostics::new();
        let suites = project.suites(&definitions.registry, &mut suite_warnings);
        let served =
            |file: &&LoadedFile| matches!(file.state, FileState::Endpoint { .. } | FileState::Broken);
        let endpoints = definitions.files.iter().filter(served).filter_map(|file| {
            let document = document(&project.root.join(&file.path), &file.path)?;
            let sql = sql(&project.root, &file.path, file.folder, &document);
            Some(EndpointText { kind: file.folder, document, sql })
        });
        let endpoints = endpoints.collect();
        let mut python = Vec::new();
        // The reference implementation reads `python` whatever the site file says.
        let mut folders = vec!["python", project.site.modules_folder(), project.site.plugins_folder()];
        folders.dedup();
        for folder in folders {
            modules(&project.root.join(folder), folder.trim_end_matches('/'), &mut python);
        }
        Some(Self { project, site, user, definitions, suites, suite_warnings, endpoints, python })
    }

    /// The definitions as written.
    pub(super) fn each(&self) -> impl Iterator<Item = (&EndpointText, At<'_>)> {
        self.endpoints.iter().filter_map(|endpoint| Some((endpoint, endpoint.definition()?)))
    }

    /// The file that a definition names; none if it can't be read.
    pub(super) fn source_of(&self, endpoint: &EndpointText, written: &str) -> Option<Arc<SourceFile>> {
        source(&resolve(self.root(), endpoint.document.file().path(), written), written)
    }

    /// The paths of all definitions, broken ones included.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        let counts =
            |file: &&LoadedFile| matches!(file.state, FileState::Endpoint { .. } | FileState::Broken);
        self.definitions.files.iter().filter(counts).map(|file| file.path.as_str())
    }

    /// The root of the project.
    pub(crate) fn root(&self) -> &Path {
        &self.project.root
    }
}

/// A text file; none if it can't be read.
pub(super) fn source(path: &Path, shown: &str) -> Option<Arc<SourceFile>> {
    let bytes =
        fs::metadata(path).ok().filter(fs::Metadata::is_file).and_then(|_| file::read(path).ok())??;
    Some(SourceFile::new(shown, yaml::decode(&bytes).ok()?))
}

fn document(path: &Path, shown: &str) -> Option<Document> {
    Document::parse_first(&source(path, shown)?, &mut Diagnostics::new())
}

/// The SQL of a definition, in the file or beside it.
fn sql(root: &Path, path: &str, kind: Kind, document: &Document) -> Option<String> {
    let source_of = At::root(document).get(kind.as_str())?.get("source")?;
    if let Some(code) = source_of.text_of("code") {
        return Some(code.to_owned());
    }
    let written = source_of.text_of("file").filter(|file| file.ends_with(".sql"))?;
    let file = resolve(root, path, written);
    source(&file, written).map(|source| source.text().to_owned())
}

/// Where a file is that a definition names.
fn resolve(root: &Path, definition: &str, written: &str) -> PathBuf {
    match written.strip_prefix('/') {
        Some(from_root) => root.join(from_root),
        None => root.join(definition).parent().unwrap_or(root).join(written),
    }
}

/// The Python files below a folder, by path.
fn modules(folder: &Path, shown: &str, found: &mut Vec<Arc<SourceFile>>) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let shown = format!("{shown}/{name}");
        // Links are not followed, so that none leads around in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && name != "__pycache__" {
            modules(&entry.path(), &shown, found);
        } else if name.ends_with(".py") {
            found.extend(source(&entry.path(), &shown));
        }
    }
}
