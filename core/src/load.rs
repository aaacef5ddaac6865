//! From texts to a registry.
//!
//! Two steps, because only the definitions say which other files they need: [`parse`] reads the definition
//! files, [`Parsed::references`] names the files their implementations are in, and [`Parsed::load`] takes those.

use std::collections::BTreeMap;

use crate::definition::Kind;
use crate::diagnostic::Diagnostics;
use crate::registry::Registry;

/// A file as the host read it.
#[derive(Clone, Debug)]
pub enum Content {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It does not exist.
    Missing,
    /// It can't be read; why, in the operating system's words.
    Unreadable(String),
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
pub struct Parsed {}

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
    /// It says `enabled: false`.
    Disabled,
    /// It defines another kind than its folder's and is passed over.
    Foreign,
}

/// Reads definition files; `files` may be in any order.
#[must_use]
pub fn parse(_files: Vec<DefinitionFile>) -> Parsed {
    Parsed {}
}

impl Parsed {
    /// The files that implementations are in, relative to the project root.
    #[must_use]
    pub fn references(&self) -> Vec<String> {
        Vec::new()
    }

    /// Gives the definitions their meaning. `sources` has the content of every reference.
    #[must_use]
    pub fn load(self, _sources: &BTreeMap<String, Content>) -> Loaded {
        Loaded { registry: Registry::default(), files: Vec::new() }
    }
}
