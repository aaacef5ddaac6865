//! Why results can't be kept or read.

use std::io;

use mxcp_runtime::ports::ResultError;

/// Why results can't be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no randomness to make a key or an id of.
    #[error("there is no randomness")]
    Random(#[source] getrandom::Error),
    /// The folder can't be used as it is needed.
    #[error("{doing} failed")]
    File {
        /// What was done.
        doing: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// A file is not what was written.
    #[error("a kept result is broken")]
    Broken(#[source] serde_json::Error),
    /// A file of it can't be made.
    #[error("the export failed")]
    Export(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A thread ended early.
    #[error("the work on a kept result ended early")]
    Ended(#[source] tokio::task::JoinError),
}

/// Says what was done when a file could not be used.
pub(crate) trait Doing<T> {
    /// What was done.
    fn doing(self, doing: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::File { doing, source })
    }
}

impl From<Error> for ResultError {
    fn from(error: Error) -> Self {
        match error {
            // It was swept away in the meantime, or never was.
            Error::File { source, .. } if source.kind() == io::ErrorKind::NotFound => ResultError::Unknown,
            other => ResultError::Failed(Box::new(other)),
        }
    }
}
