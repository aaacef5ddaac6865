//! What servers that share a PostgreSQL database agree on beside logins: how many calls there were, and what was used.
//!
//! Each decision is one statement of the database for each limit, by its clock. If it gives no answer, nothing is counted as if
//! it were free: calls under a rate are refused, and what is good once is not acted on.

mod limiter;
mod single_use;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mxcp_runtime::ports::Limiter;
use mxcp_server::SingleUse;

use self::limiter::SharedLimiter;
use self::single_use::SharedUses;
use super::sql::SqlStore;
use super::{Digest, StoreError};

/// Longest that a decision is waited for. Callers wait as long.
const PATIENCE: Duration = Duration::from_secs(3);

/// What servers share.
#[derive(Clone)]
pub struct Shared {
    limiter: Arc<SharedLimiter>,
    uses: Arc<SharedUses>,
    state_key: [u8; 32],
}

impl Shared {
    /// What the servers of a project share in the database of a store.
    ///
    /// # Errors
    /// The database can't be used.
    pub(super) async fn open(store: &SqlStore, project: &str) -> Result<Self, StoreError> {
        let database = store.database();
        let state_key = store.find_or_make_key(&format!("state of {project}")).await?;
        // No other database has it, although servers of several may have been given one key by `MXCP_STATE_KEY`.
        let name = Digest(store.find_or_make_key("name of the database").await?).hex();
        Ok(Self {
            limiter: Arc::new(SharedLimiter::new(database.clone(), project)),
            uses: Arc::new(SharedUses::new(database.clone(), name)),
            state_key,
        })
    }

    /// Counts the calls of all servers together, as far as rates go. How many run at once is counted by each server: that is
    /// about what a server can bear, and a server that is gone leaves nothing behind.
    #[must_use]
    pub fn limiter(&self) -> Arc<dyn Limiter> {
        Arc::<SharedLimiter>::clone(&self.limiter)
    }

    /// Remembers what was used at any of the servers.
    #[must_use]
    pub fn single_use(&self) -> Arc<dyn SingleUse> {
        Arc::<SharedUses>::clone(&self.uses)
    }

    /// A key that all servers have and nobody else.
    #[must_use]
    pub fn state_key(&self) -> &[u8; 32] {
        &self.state_key
    }

    /// Forgets what is past its time, and says how much. For whoever serves to call now and then.
    ///
    /// # Errors
    /// The database gives no answer.
    pub async fn sweep(&self, now: i64) -> Result<u64, StoreError> {
        Ok(self.limiter.sweep().await? + self.uses.sweep(now).await?)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").field("limiter", &self.limiter).finish_non_exhaustive()
    }
}
