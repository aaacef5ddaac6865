//! Why there is no authentication as it was configured.

/// Why authentication can't begin. Serving without it would open the project to everybody, so it is never left out.
///
/// No text quotes a secret, or an address that may hold one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings are wrong or incomplete.
    #[error("{0}")]
    Settings(String),
    /// The identity provider does not answer as it should.
    #[error("OAuth server initialization failed: {0}")]
    Provider(String),
    /// The identity provider does not answer in time.
    #[error("OAuth server initialization timed out")]
    TimedOut,
    /// Where logins are kept can't be used.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

impl Error {
    pub(crate) fn settings(problem: impl Into<String>) -> Self {
        Self::Settings(problem.into())
    }
}
