//! Why the audit log can't be written or read.

use std::io;
use std::path::PathBuf;

/// Why the audit log can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its folder can't be made, or no file in it.
    #[error("audit log `{}` can't be written", path.display())]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file of it can't be read.
    #[error("audit log `{}` can't be read", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The key that signs it can't be used.
    #[error("the key of the audit log can't be used: {0}")]
    Key(String),
    /// The database that it is in can't be used.
    #[error("the audit log in PostgreSQL can't be used: {0}")]
    Database(String),
    /// The thread that writes can't be started.
    #[error("the audit log can't be written: no thread for it")]
    Thread(#[source] io::Error),
}

impl Error {
    pub(crate) fn unwritable(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Unwritable { path, source }
    }

    pub(crate) fn unreadable(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Unreadable { path, source }
    }
}
