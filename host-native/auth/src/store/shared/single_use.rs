//! What was used at any of the servers.

use mxcp_runtime::ports::BoxFuture;
use mxcp_server::{Item, SingleUse, UseError};
use tokio::time::timeout;

use super::PATIENCE;
use crate::store::database::Database;
use crate::store::{Digest, StoreError};

/// How long something is remembered beyond its end, in seconds: by as much the clocks of servers may differ.
const BEYOND: i64 = 60 * 60;

/// Remembers in the database what was used.
#[derive(Debug)]
pub(super) struct SharedUses {
    database: Database,
    name: String,
}

impl SharedUses {
    pub(super) fn new(database: Database, name: String) -> Self {
        Self { database, name }
    }

    /// Forgets what nobody would take any more, and says how much.
    pub(super) async fn sweep(&self, now: i64) -> Result<u64, StoreError> {
        let swept = sqlx::query("DELETE FROM mxcp_used WHERE expires_at <= $1")
            .bind(now.saturating_sub(BEYOND))
            .execute(self.database.writers())
            .await?;
        Ok(swept.rows_affected())
    }

    /// Of those who use something up at the same moment, one finds that nobody did before.
    async fn first(&self, item: Item<'_>) -> Result<bool, StoreError> {
        let what = Digest::of(&format!("{}:{}", item.purpose, item.id));
        let used =
            sqlx::query("INSERT INTO mxcp_used (what, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(what.hex())
                .bind(item.expires_at)
                .execute(self.database.writers())
                .await?;
        Ok(used.rows_affected() == 1)
    }
}

impl SingleUse for SharedUses {
    fn name(&self) -> Result<&str, UseError> {
        Ok(&self.name)
    }

    fn use_up<'a>(&'a self, item: Item<'a>, now: i64) -> BoxFuture<'a, Result<(), UseError>> {
        Box::pin(async move {
            // One that is over may be forgotten.
            if item.expires_at <= now {
                return Err(UseError::Used);
            }
            match timeout(PATIENCE, self.first(item)).await {
                Ok(Ok(true)) => Ok(()),
                Ok(Ok(false)) => Err(UseError::Used),
                Ok(Err(error)) => Err(UseError::Unknown(error.to_string())),
                Err(_) => Err(UseError::Unknown("the database gives no answer in time".to_owned())),
            }
        })
    }
}
