//! Whose turn it is to ask the identity provider for a session's fresh tokens.

use super::SqlStore;
use crate::store::StoreError;
use crate::store::database::Kind;

impl SqlStore {
    pub(super) async fn take_turn(&self, session: &str, now: i64, until: i64) -> Result<bool, StoreError> {
        // A file has one server, which knows its own turns.
        if self.database.kind() == Kind::Sqlite {
            return Ok(true);
        }
        let taken = sqlx::query(
            "INSERT INTO mxcp_renewals AS known (session_id, until) VALUES ($1, $2) \
             ON CONFLICT (session_id) DO UPDATE SET until = excluded.until WHERE known.until <= $3",
        )
        .bind(session)
        .bind(until)
        .bind(now)
        .execute(self.database.writers())
        .await?;
        Ok(taken.rows_affected() == 1)
    }

    pub(super) async fn leave_turn(&self, session: &str) -> Result<(), StoreError> {
        if self.database.kind() == Kind::Postgres {
            sqlx::query("DELETE FROM mxcp_renewals WHERE session_id = $1")
                .bind(session)
                .execute(self.database.writers())
                .await?;
        }
        Ok(())
    }

    /// Forgets turns that nobody ended.
    pub(super) async fn forget_turns(&self, now: i64) -> Result<u64, StoreError> {
        if self.database.kind() == Kind::Sqlite {
            return Ok(0);
        }
        let forgotten = sqlx::query("DELETE FROM mxcp_renewals WHERE until <= $1")
            .bind(now)
            .execute(self.database.writers())
            .await?;
        Ok(forgotten.rows_affected())
    }
}
