//! `mxcp.lock`: the digests of everything that decides what a project serves.
//!
//! A host hashes the files; here is what the lock means, how it is written and how it is read.

mod change;
mod digest;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use change::{Change, Difference};
pub use digest::{Digest, NotADigest};

use crate::diagnostic::Diagnostics;
use crate::source::SourceFile;

/// The version of the format that is written and read.
pub const VERSION: i64 = 1;

/// What a project serves, or served when it was locked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    files: BTreeMap<String, Digest>,
    origins: BTreeMap<String, Origin>,
}

/// Where a file was pulled from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The artifact, with the digest of its manifest: `registry.example/acme/text:1.2.0@sha256:…`.
    pub reference: String,
    /// The digest of the file that came of it.
    pub digest: Digest,
}

impl Lock {
    /// A lock of files: their paths relative to the project root, with `/`, and the digests of their bytes.
    #[must_use]
    pub fn of(files: BTreeMap<String, Digest>) -> Self {
        Self { files, origins: BTreeMap::new() }
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// It is not written as [`Lock::to_text`] writes it, or in a newer version of the format: everything that is wrong,
    /// with its place.
    pub fn parse(file: &Arc<SourceFile>) -> Result<Self, Diagnostics> {
        text::parse(file)
    }

    /// The lock as a text, a line for each file, in the order of their paths.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::write(self)
    }

    /// The files and their digests, by path.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Digest> {
        &self.files
    }

    /// Where files were pulled from, by path.
    #[must_use]
    pub fn origins(&self) -> &BTreeMap<String, Origin> {
        &self.origins
    }

    /// How `now` differs from this lock, by path; nothing if what is served is what was locked. Where a file came from
    /// is no difference.
    #[must_use]
    pub fn compare(&self, now: &Self) -> Vec<Change> {
        change::between(&self.files, &now.files)
    }

    /// Remembers where the file at `path` was pulled from. A file that is locked is locked with its new digest.
    pub fn pulled(&mut self, path: &str, origin: Origin) {
        if let Some(digest) = self.files.get_mut(path) {
            *digest = origin.digest;
        }
        self.origins.insert(path.to_owned(), origin);
    }

    /// This lock with the origins that `earlier` knows of files that are still what was pulled.
    #[must_use]
    pub fn with_origins_of(mut self, earlier: &Self) -> Self {
        for (path, origin) in &earlier.origins {
            if self.files.get(path) == Some(&origin.digest) {
                self.origins.insert(path.clone(), origin.clone());
            }
        }
        self
    }
}

#[cfg(test)]
mod tests;
