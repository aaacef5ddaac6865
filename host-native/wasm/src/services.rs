//! What the host has to offer to components.

use std::sync::{Arc, PoisonError, RwLock};

use mxcp_core::secret::Secrets;
use mxcp_runtime::ports::SqlEngine;

/// The services of a project.
#[derive(Debug)]
pub(crate) struct Services {
    /// The database.
    pub(crate) sql: Arc<dyn SqlEngine>,
    secrets: RwLock<Arc<Secrets>>,
}

impl Services {
    /// A project's database and credentials.
    pub(crate) fn new(sql: Arc<dyn SqlEngine>, secrets: Secrets) -> Self {
        Self { sql, secrets: RwLock::new(Arc::new(secrets)) }
    }

    /// The credentials of the active profile, as they are now.
    pub(crate) fn secrets(&self) -> Arc<Secrets> {
        Arc::clone(&self.secrets.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes over to other credentials.
    pub(crate) fn replace_secrets(&self, secrets: Secrets) {
        *self.secrets.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(secrets);
    }
}
