//! Looking up what the user file refers to: variables, files, secret managers, the keyring.
//!
//! Errors say what was looked for, never what was found.

pub(crate) mod command;
mod keyring;
mod local;
mod one_password;
mod vault;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

pub(crate) use local::Local;
use mxcp_core::reference::Resolver;
use mxcp_core::schema::{OnePassword, Vault};
use serde_json::Value as Json;

/// Looks things up on this machine and in the secret managers. Each secret of Vault is read once.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// Where relative paths start; the working directory if empty.
    folder: PathBuf,
    /// The files that were looked for, whether they are there or not.
    files: BTreeSet<PathBuf>,
    vault: vault::Secrets,
}

impl References {
    /// Relative paths start at `folder`.
    pub(crate) fn starting_at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), ..Self::default() }
    }

    /// The files that were looked for, absolute.
    pub(crate) fn into_files(self) -> BTreeSet<PathBuf> {
        self.files
    }
}

impl Resolver for References {
    fn variable(&mut self, name: &str) -> Option<String> {
        env::var(name).ok()
    }

    fn file(&mut self, path: &str) -> Result<String, String> {
        let absolute = self.folder.join(path);
        let absolute = std::path::absolute(&absolute).unwrap_or(absolute);
        self.files.insert(absolute.clone());
        let shown = absolute.display();
        let explain = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => format!("File not found: {shown}"),
            io::ErrorKind::PermissionDenied => format!("Permission denied reading file {shown}"),
            _ => format!("Error reading file {shown}: {error}"),
        };
        // Only regular files are opened: a pipe would never end.
        if !fs::metadata(&absolute).map_err(explain)?.is_file() {
            return Err(format!("Path is not a file: {shown}"));
        }
        let bytes = fs::read(&absolute).map_err(explain)?;
        // The error would hold the bytes.
        String::from_utf8(bytes).map_err(|_| format!("File is not UTF-8 text: {shown}"))
    }

    fn vault(&mut self, settings: &Vault, address: &str, path: &str, key: &str) -> Result<Json, String> {
        self.vault.key(settings, address, path, key)
    }

    fn one_password(&mut self, settings: &OnePassword, url: &str) -> Result<String, String> {
        one_password::read("op".as_ref(), settings, url)
    }

    fn keyring(&mut self, service: &str, account: &str) -> Result<String, String> {
        keyring::read(keyring::TOOL, service, account)
    }
}

/// The token that an environment variable holds.
fn token(name: &str) -> Option<String> {
    env::var(name).ok().map(|token| token.trim().to_owned()).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_whole_and_their_faults_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("key"), " v \n").unwrap();
        fs::write(path("bytes"), [0xFF, 0xFE, 0x00]).unwrap();
        let mut references = References::default();
        assert_eq!(references.file(&path("key")).as_deref(), Ok(" v \n"));
        assert_eq!(references.file(&path("none")), Err(format!("File not found: {}", path("none"))));
        assert_eq!(
            references.file(&folder.path().display().to_string()),
            Err(format!("Path is not a file: {}", folder.path().display()))
        );
        assert_eq!(
            references.file(&path("bytes")),
            Err(format!("File is not UTF-8 text: {}", path("bytes")))
        );
    }

    #[test]
    fn relative_files_start_at_the_working_directory() {
        let wanted = env::current_dir().unwrap().join("no/such.file");
        let problem = References::default().file("no/such.file").unwrap_err();
        assert_eq!(problem, format!("File not found: {}", wanted.display()));
    }
}
