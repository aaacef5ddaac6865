//! The definitions of a project, from its folders to its registry.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io, panic, thread};

use mxcp_core::definition::Kind;
use mxcp_core::diagnostic::{Code, Diagnostic, Diagnostics};
use mxcp_core::load::{self, Content, DefinitionFile, FileState, Loaded, LoadedFile, Parsed, Reference};
use mxcp_core::registry::Registry;
use mxcp_core::site::Site;
use mxcp_core::source::SourceFile;
use mxcp_core::yaml::{DocPath, Document};

use super::folder::Listing;
use crate::file;
use crate::lock::Inventory;
use crate::report::FileReport;

/// Fewer files are read sooner than a thread is started.
const FILES_WORTH_A_THREAD: usize = 100;

/// How much of the machine may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Everything there is: somebody waits.
    Full,
    /// One processor: others are busy with something else.
    Aside,
}

/// What the definition folders hold.
#[derive(Debug)]
pub(crate) struct Definitions {
    /// Everything that can be called.
    pub(crate) registry: Registry,
    /// Every definition file: tools, resources, prompts, by path within.
    pub(crate) files: Vec<LoadedFile>,
    /// What there is to say about files that are no definitions, and about folders.
    pub(crate) warnings: Diagnostics,
    /// The digests of all that was read.
    pub(crate) inventory: Inventory,
}

impl Definitions {
    /// Reads the folders that the site file names.
    pub(super) fn load(root: &Path, site: &Site, effort: Effort) -> Self {
        let mut warnings = Diagnostics::new();
        let mut files = Vec::new();
        let mut inventory = Inventory::of(root);
        let project = Fence::around(root);
        for kind in Kind::ALL {
            files.extend(folder(root, site, kind, &project, &mut warnings, &mut inventory));
        }
        let parsed = match effort {
            Effort::Full => parse(files),
            Effort::Aside => load::parse(files),
        };
        let sources: BTreeMap<_, _> = parsed
            .references()
            .into_iter()
            .map(|Reference { path, is_component }| {
                let file = root.join(&path);
                let content = if is_component { component(&file, &project) } else { read(&file, &project) };
                inventory.add(&path, &content);
                (path, content)
            })
            .collect();
        let Loaded { registry, files } = parsed.load(&sources);
        // Foreign files appear in no report, so what there is to say about them is said beside it.
        for file in files.iter().filter(|file| file.state == FileState::Foreign) {
            warnings.extend(file.findings.iter().cloned());
        }
        Self { registry, files, warnings, inventory }
    }

    /// The broken files that were meant to define an endpoint of this name, of one kind or of any.
    pub(crate) fn broken(&self, kind: Option<Kind>, name: &str) -> impl Iterator<Item = &LoadedFile> {
        self.files.iter().filter(move |file| {
            file.state == FileState::Broken
                && kind.is_none_or(|kind| kind == file.folder)
                && is_meant(file, name)
        })
    }

    /// The files that define endpoints or were meant to, with their findings and those of `sql` by path.
    pub(crate) fn reports(&self, mut sql: BTreeMap<String, Diagnostics>) -> Vec<FileReport> {
        let mut reports = self.reports_where(|_| true);
        for report in &mut reports {
            report.findings.extend(sql.remove(&report.path).unwrap_or_default());
        }
        reports
    }

    /// Those of them that are wanted, with their findings.
    pub(crate) fn reports_where(&self, wanted: impl Fn(&LoadedFile) -> bool) -> Vec<FileReport> {
        let counts = |file: &&LoadedFile| {
            matches!(file.state, FileState::Endpoint { .. } | FileState::Broken) && wanted(file)
        };
        let report =
            |file: &LoadedFile| FileReport { path: file.path.clone(), findings: file.findings.clone() };
        self.files.iter().filter(counts).map(report).collect()
    }
}

/// Reads definition files, on several processors where there are many.
fn parse(mut files: Vec<DefinitionFile>) -> Parsed {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(files.len() / FILES_WORTH_A_THREAD + 1);
    let share = files.len().div_ceil(threads);
    thread::scope(|scope| {
        let mut others = Vec::new();
        while files.len() > share {
            let taken = files.split_off(files.len() - share);
            others.push(scope.spawn(|| load::parse(taken)));
        }
        let own = load::parse(files);
        let others =
            others.into_iter().map(|other| other.join().unwrap_or_else(|it| panic::resume_unwind(it)));
        others.chain([own]).collect()
    })
}

/// The text of a broken file, which its findings point into; none if it has no text.
pub(crate) fn source_of_broken(file: &LoadedFile) -> Option<&Arc<SourceFile>> {
    let sources = file.findings.iter().flat_map(|finding| &finding.labels).map(|label| label.span.file());
    sources.into_iter().find(|source| source.path() == file.path)
}

/// Whether a broken file was meant to define an endpoint of this name.
///
/// A file that is no YAML is taken to mean every name it mentions.
fn is_meant(file: &LoadedFile, name: &str) -> bool {
    let Some(source) = source_of_broken(file) else { return false };
    let Some(document) = Document::parse(source, &mut Diagnostics::new()) else {
        return source.text().contains(name);
    };
    Kind::ALL.into_iter().any(|kind| {
        let key = if kind == Kind::Resource { "uri" } else { "name" };
        let path = DocPath::root().key(kind.as_str()).key(key);
        document.node(&path).and_then(|node| node.as_str()) == Some(name)
    })
}

/// The definition files in a kind's folder.
fn folder(
    root: &Path,
    site: &Site,
    kind: Kind,
    project: &Fence,
    warnings: &mut Diagnostics,
    inventory: &mut Inventory,
) -> Vec<DefinitionFile> {
    let written = site.folder(kind);
    let prefix = prefix(written);
    let folder = root.join(written);
    if !folder.exists() {
        if site.names_folder(kind) {
            let problem = format!("folder `{written}` of {kind}s does not exist");
            let help = format!("make it, or change `paths.{kind}s` in {}", super::SITE_FILE);
            warnings.push(Diagnostic::warning(Code::IgnoredFile, problem).help(help));
        }
        return Vec::new();
    }
    // What is said of the folder need not be said of each file in it.
    let own = Fence::around(&folder);
    let fence = if project.encloses(&folder) { project } else { &own };
    if !project.encloses(&folder) {
        let problem = format!("folder `{written}` of {kind}s lies outside of the project's folder");
        let help = "whoever can write there changes what is served: keep definitions in the project";
        warnings.push(Diagnostic::warning(Code::OutsideProject, problem).help(help));
    }
    let listing = Listing::of(&folder);
    for (path, error) in &listing.unreadable {
        let problem = format!("folder `{prefix}{path}` can't be read: {error}");
        inventory.refuse(problem.clone());
        warnings.push(Diagnostic::warning(Code::IgnoredFile, problem));
    }
    let mut files = Vec::new();
    for file in listing.files {
        let path = format!("{prefix}{file}");
        let name = file.to_ascii_lowercase();
        if file.ends_with(".yml") {
            let content = read(&folder.join(&file), fence);
            inventory.add(&path, &content);
            files.push(DefinitionFile { content, path, kind });
        } else if name.ends_with(".yml") || name.ends_with(".yaml") {
            let help = "only files whose names end in `.yml` are definitions: rename it";
            warnings.push(Diagnostic::warning(Code::IgnoredFile, format!("`{path}` is not read")).help(help));
        }
    }
    files
}

/// What stands before the paths of a folder's files: `tools` and `./tools/` give `tools/`, `.` gives nothing.
pub(super) fn prefix(folder: &str) -> String {
    let mut prefix = if folder.starts_with('/') { "/".to_owned() } else { String::new() };
    for part in folder.split('/').filter(|part| !part.is_empty() && *part != ".") {
        prefix.push_str(part);
        prefix.push('/');
    }
    prefix
}

/// A folder that files are expected to be in.
#[derive(Debug)]
pub(super) struct Fence {
    /// Its path without links.
    folder: Option<PathBuf>,
}

impl Fence {
    pub(super) fn around(folder: &Path) -> Self {
        Self { folder: folder.canonicalize().ok() }
    }

    /// Whether a path, its links followed, is inside; one that leads nowhere is.
    fn encloses(&self, path: &Path) -> bool {
        match (&self.folder, path.canonicalize()) {
            (Some(folder), Ok(real)) => real.starts_with(folder),
            _ => true,
        }
    }
}

/// Reads a file. Only regular files are opened: a pipe would never end.
pub(super) fn read(path: &Path, fence: &Fence) -> Content {
    match regular(path, file::MAX_BYTES) {
        Ok(None) => Content::TooLarge { limit: file::MAX_BYTES },
        Ok(Some(bytes)) if fence.encloses(path) => Content::Bytes(bytes),
        Ok(Some(bytes)) => Content::Outside(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Content::Missing,
        Err(error) => Content::Unreadable(error.to_string()),
    }
}

/// Reads a component and describes it. What lies outside of the project is code of somebody else, and stays unread.
fn component(path: &Path, fence: &Fence) -> Content {
    if !fence.encloses(path) {
        return Content::Outside(Vec::new());
    }
    match regular(path, file::MAX_COMPONENT_BYTES) {
        Ok(None) => Content::TooLarge { limit: file::MAX_COMPONENT_BYTES },
        Ok(Some(bytes)) => match mxcp_wasm::describe(&bytes) {
            Ok(component) => Content::Component(Box::new(component)),
            Err(error) => Content::Unreadable(error.to_string()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Content::Missing,
        Err(error) => Content::Unreadable(error.to_string()),
    }
}

fn regular(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    file::read_up_to(most, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_written_one_way() {
        assert_eq!(prefix("tools"), "tools/");
        assert_eq!(prefix("./a//b/"), "a/b/");
        assert_eq!(prefix("."), "");
        assert_eq!(prefix("../shared/tools"), "../shared/tools/");
        assert_eq!(prefix("/srv/tools"), "/srv/tools/");
    }

    #[test]
    fn only_regular_files_are_read() {
        let fence = Fence::around(Path::new("/"));
        assert!(matches!(read(Path::new("/"), &fence), Content::Unreadable(_)));
        assert!(matches!(read(Path::new("/nowhere"), &fence), Content::Missing));
    }

    #[test]
    fn files_are_read_up_to_the_limit_and_their_place_is_known() {
        let folder = std::env::temp_dir().join(format!("mxcp-fence-{}", std::process::id()));
        fs::create_dir_all(folder.join("inner")).unwrap();
        let (small, large) = (folder.join("small"), folder.join("large"));
        fs::write(&small, "a").unwrap();
        fs::File::create(&large).unwrap().set_len(file::MAX_BYTES + 1).unwrap();
        let (outer, inner) = (Fence::around(&folder), Fence::around(&folder.join("inner")));
        let read_all = [read(&small, &outer), read(&small, &inner), read(&large, &outer)];
        fs::remove_dir_all(&folder).unwrap();
        assert!(
            matches!(read_all, [Content::Bytes(_), Content::Outside(_), Content::TooLarge { .. }]),
            "{read_all:?}"
        );
    }
}
