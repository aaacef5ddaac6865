//! Logins on their way.

use sqlx::Row as _;

use super::SqlStore;
use crate::store::records::LoginRecord;
use crate::store::{Digest, Login, StoreError};

impl SqlStore {
    pub(super) async fn save_login(&self, state: Digest, login: Login) -> Result<(), StoreError> {
        let expires_at = login.expires_at;
        sqlx::query("INSERT INTO mxcp_logins (state, login, expires_at) VALUES ($1, $2, $3)")
            .bind(state.hex())
            .bind(self.sealing.seal_record(&LoginRecord::from(login))?)
            .bind(expires_at)
            .execute(self.database.writers())
            .await?;
        Ok(())
    }

    pub(super) async fn remove_login(&self, state: Digest, now: i64) -> Result<Option<Login>, StoreError> {
        // Fetched to the end: a statement that is left half-way would not say whether its change was kept.
        let rows = sqlx::query(
            "DELETE FROM mxcp_logins WHERE state = $1 AND expires_at > $2 RETURNING login, expires_at",
        )
        .bind(state.hex())
        .bind(now)
        .fetch_all(self.database.writers())
        .await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let record: Option<LoginRecord> = self.sealing.open_record(&row.try_get::<String, _>("login")?);
        let expires_at = row.try_get("expires_at")?;
        Ok(record.and_then(|record| record.login(expires_at)))
    }
}
