//! From texts to a registry.
//!
//! Two steps, because only the definitions say which other files they need: [`parse`] reads the definition
//! files, [`Parsed::references`] names the files their implementations are in, and [`Parsed::load`] takes those.

mod duplicates;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::definition::{Endpoint, Kind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lower;
use crate::policy;
use crate::registry::Registry;
use crate::schema::EndpointFile;
use crate::source::{SourceFile, Span};
use crate::wit;
use crate::yaml::{self, Data, DocPath, Document, Report, Shape};

/// A file as the host read it.
#[derive(Clone, Debug)]
pub enum Content {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It does not exist.
    Missing,
    /// It can't be read; why, in the operating system's words.
    Unreadable(String),
    /// Its bytes, though it lies outside of the project's folder.
    Outside(Vec<u8>),
    /// It is larger than the host reads.
    TooLarge {
        /// Most bytes that are read.
        limit: u64,
    },
    /// A component, described by the host.
    Component(Box<wit::Component>),
}

/// A file in a folder of definitions.
#[derive(Clone, Debug)]
pub struct DefinitionFile {
    /// Path relative to the project root, with `/`.
    pub path: String,
    /// What the folder holds.
    pub kind: Kind,
    /// What is in it.
    pub content: Content,
}

/// Definition files, read but not yet given their meaning.
#[derive(Debug)]
pub struct Parsed {
    files: Vec<ParsedFile>,
}

/// A definition file on its way.
#[derive(Debug)]
struct ParsedFile {
    path: String,
    folder: Kind,
    findings: Diagnostics,
    /// The tree and what it says, unless something is wrong with its shape.
    definition: Option<(Document, EndpointFile)>,
}

/// A file that an implementation is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its path relative to the project root; `..` leads out of it.
    pub path: String,
    /// Whether it is a component, for the host to describe: [`Content::Component`].
    pub is_component: bool,
}

/// What came of a project's files.
#[derive(Debug)]
pub struct Loaded {
    /// Everything that can be called.
    pub registry: Registry,
    /// Every definition file, tools first, then resources, then prompts, by path within.
    pub files: Vec<LoadedFile>,
}

/// What came of one definition file.
#[derive(Debug)]
pub struct LoadedFile {
    /// Path relative to the project root.
    pub path: String,
    /// The kind its folder holds.
    pub folder: Kind,
    /// What it is.
    pub state: FileState,
    /// What there is to say about it, warnings included.
    pub findings: Diagnostics,
}

/// What a definition file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// An endpoint, in the registry.
    Endpoint {
        /// Its kind.
        kind: Kind,
        /// Its name, or a resource's URI.
        name: String,
    },
    /// It has errors and is not in the registry.
    Broken,
    /// It says `enabled: false`, and nothing is wrong with it as far as it is looked at.
    Disabled,
    /// It defines another kind than its folder's and is passed over.
    Foreign,
}

/// What to do about a file outside of the project.
pub(crate) const OUTSIDE_HELP: &str =
    "whoever can change it changes what is served: copy it into the project";

/// Reads definition files; `files` may be in any order.
#[must_use]
pub fn parse(mut files: Vec<DefinitionFile>) -> Parsed {
    files.sort_by(|one, other| (one.kind, &one.path).cmp(&(other.kind, &other.path)));
    Parsed { files: files.into_iter().map(parse_file).collect() }
}

fn parse_file(file: DefinitionFile) -> ParsedFile {
    let mut findings = Diagnostics::new();
    if matches!(file.content, Content::Outside(_)) {
        let nowhere = Span::new(&SourceFile::new(file.path.clone(), ""), 0..0);
        let problem =
            Diagnostic::warning(Code::OutsideProject, "definition lies outside of the project's folder");
        findings.push(problem.label(nowhere, "").help(OUTSIDE_HELP));
    }
    let definition = match text(file.content) {
        Err(diagnostic) => {
            // Without text there is no place in it: the file itself is the place.
            let nowhere = Span::new(&SourceFile::new(file.path.clone(), ""), 0..0);
            findings.push(diagnostic.label(nowhere, ""));
            None
        }
        Ok(text) => definition(&SourceFile::new(file.path.clone(), text), &mut findings),
    };
    ParsedFile { path: file.path, folder: file.kind, findings, definition }
}

/// The text of a file.
///
/// # Errors
/// It has none that can be read.
pub(crate) fn text(content: Content) -> Result<String, Diagnostic> {
    match content {
        Content::Bytes(bytes) | Content::Outside(bytes) => yaml::decode(&bytes),
        Content::TooLarge { limit } => Err(Diagnostic::error(Code::TooLarge, too_large(limit))),
        Content::Missing => Err(Diagnostic::error(Code::UnreadableFile, "file does not exist")),
        Content::Component(_) => {
            Err(Diagnostic::error(Code::UnreadableFile, "file is a component, not text"))
        }
        Content::Unreadable(why) => {
            Err(Diagnostic::error(Code::UnreadableFile, format!("file can't be read: {why}")))
        }
    }
}

/// What is said of a file that is larger than the host reads.
pub(crate) fn too_large(limit: u64) -> String {
    format!("file is larger than {limit} bytes")
}

fn definition(file: &Arc<SourceFile>, findings: &mut Diagnostics) -> Option<(Document, EndpointFile)> {
    let document = Document::parse(file, findings)?;
    // serde stops at the first problem and has no places, yet knows quickly that there is none; the walk that
    // finds all of them is for files that have some.
    let problem = match document.deserialize() {
        Ok(definition) => return Some((document, definition)),
        Err(problem) => problem,
    };
    let mut report = Report::new(&document, findings);
    if matches!(document.root().data, Data::Null) {
        report.error(Code::EmptyFile, &DocPath::root(), "Endpoint file is empty");
        return None;
    }
    let unknown = Shape::of::<EndpointFile>().check(&mut report);
    if !report.has_errors() {
        report.error(Code::WrongType, &DocPath::root(), problem.to_string());
    }
    // What else is wrong is found in what remains without the keys nobody knows.
    let definition = document.deserialize_without(&unknown).ok()?;
    Some((document, definition))
}

impl FromIterator<Parsed> for Parsed {
    /// Joins what was read apart, so that a host may read on several processors.
    fn from_iter<I: IntoIterator<Item = Parsed>>(parts: I) -> Self {
        let mut files: Vec<ParsedFile> = parts.into_iter().flat_map(|part| part.files).collect();
        files.sort_by(|one, other| (one.folder, &one.path).cmp(&(other.folder, &other.path)));
        Self { files }
    }
}

impl Parsed {
    /// The files that implementations are in. One that a definition takes for a component is a component.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let mut references: BTreeMap<String, bool> = BTreeMap::new();
        for file in &self.files {
            let reference = file.definition.as_ref().and_then(|(_, it)| lower::reference(&file.path, it));
            if let Some(Reference { path, is_component }) = reference {
                *references.entry(path).or_default() |= is_component;
            }
        }
        references.into_iter().map(|(path, is_component)| Reference { path, is_component }).collect()
    }

    /// Gives the definitions their meaning. `sources` has the content of every reference.
    #[must_use]
    pub fn load(self, sources: &BTreeMap<String, Content>) -> Loaded {
        let environment = Arc::new(policy::Environment::new());
        let mut endpoints = Vec::new();
        let mut files: Vec<LoadedFile> = Vec::new();
        for file in self.files {
            let (state, endpoint, findings) = load_file(&environment, &file, sources);
            endpoints.extend(endpoint.map(|endpoint| (files.len(), endpoint)));
            files.push(LoadedFile { path: file.path, folder: file.folder, state, findings });
        }
        duplicates::report(&mut endpoints, &mut files);
        let registry = Registry::new(endpoints.into_iter().map(|(_, endpoint)| Arc::new(endpoint)).collect());
        Loaded { registry, files }
    }
}

fn load_file(
    environment: &Arc<policy::Environment>,
    file: &ParsedFile,
    sources: &BTreeMap<String, Content>,
) -> (FileState, Option<Endpoint>, Diagnostics) {
    let mut findings = file.findings.clone();
    let Some((document, definition)) = &file.definition else { return (FileState::Broken, None, findings) };
    let mut report = Report::new(document, &mut findings);
    let lowering = lower::Lowering { environment, sources, path: &file.path };
    match lower::lower(&lowering, file.folder, definition, &mut report) {
        lower::Outcome::Foreign => (FileState::Foreign, None, findings),
        lower::Outcome::Disabled if !findings.has_errors() => (FileState::Disabled, None, findings),
        lower::Outcome::Endpoint(endpoint) if !findings.has_errors() => {
            let state = FileState::Endpoint { kind: endpoint.kind, name: endpoint.name.clone() };
            (state, Some(*endpoint), findings)
        }
        lower::Outcome::Endpoint(_) | lower::Outcome::Disabled | lower::Outcome::Broken => {
            (FileState::Broken, None, findings)
        }
    }
}

impl LoadedFile {
    /// The first error, in one line; none if there is no error.
    #[must_use]
    pub fn first_error(&self) -> Option<String> {
        use crate::diagnostic::Severity;
        self.findings.iter().find(|finding| finding.severity == Severity::Error).map(Diagnostic::summary)
    }
}
