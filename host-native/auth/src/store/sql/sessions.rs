//! Codes, sessions and their tokens.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{SqlStore, json};
use crate::store::records::{GrantRecord, UpstreamRecord, UserRecord};
use crate::store::{
    CodeGrant, Digest, IssuedTokens, RefreshState, Session, StoreError, UpstreamTokens, User,
};

/// How long an exchanged refresh token is known as such, in seconds: 30 days.
const EXCHANGED_FOR: i64 = 30 * 24 * 60 * 60;

/// Sessions with what a condition needs; `$2` is the time.
macro_rules! sessions {
    ($tables:literal, $condition:literal) => {
        concat!(
            "SELECT s.id, s.client_id, s.scopes, s.resource, s.person, s.upstream, s.access_expires_at, \
             s.created_at FROM ",
            $tables,
            " WHERE (s.expires_at IS NULL OR s.expires_at > $2) AND ",
            $condition
        )
    };
}

impl SqlStore {
    pub(super) async fn save_code(
        &self,
        code: Digest,
        grant: CodeGrant,
        session: Session,
    ) -> Result<(), StoreError> {
        let terms = self.sealing.seal_record(&GrantRecord::from(&grant))?;
        let upstream_digest = Digest::of(session.upstream.access.reveal());
        let mut transaction = self.database.begin().await?;
        // Until its code is used, a session lives as long as the code.
        sqlx::query(
            "INSERT INTO mxcp_sessions (id, client_id, scopes, resource, person, upstream, upstream_digest, \
             expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(session.id)
        .bind(session.client_id)
        .bind(json(&session.scopes)?)
        .bind(session.resource)
        .bind(self.sealing.seal_record(&UserRecord::from(session.user))?)
        .bind(self.sealing.seal_record(&UpstreamRecord::from(session.upstream))?)
        .bind(upstream_digest.hex())
        .bind(grant.expires_at)
        .bind(session.created_at)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO mxcp_codes (code, session_id, terms, used, expires_at) VALUES ($1, $2, $3, 0, $4)",
        )
        .bind(code.hex())
        .bind(grant.session_id)
        .bind(terms)
        .bind(grant.expires_at)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    pub(super) async fn find_code(&self, code: Digest, now: i64) -> Result<Option<CodeGrant>, StoreError> {
        let row = sqlx::query(
            "SELECT session_id, terms, used, expires_at FROM mxcp_codes WHERE code = $1 AND expires_at > $2",
        )
        .bind(code.hex())
        .bind(now)
        .fetch_optional(self.database.readers())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let record: Option<GrantRecord> = self.sealing.open_record(&row.try_get::<String, _>("terms")?);
        let (session_id, expires_at) = (row.try_get("session_id")?, row.try_get("expires_at")?);
        let used = row.try_get::<i64, _>("used")? != 0;
        Ok(record.map(|record| record.grant(session_id, used, expires_at)))
    }

    pub(super) async fn use_code(
        &self,
        code: Digest,
        tokens: IssuedTokens,
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let used = sqlx::query(
            "UPDATE mxcp_codes SET used = 1 WHERE code = $1 AND used = 0 AND expires_at > $2 RETURNING session_id",
        )
        .bind(code.hex())
        .bind(now)
        .fetch_all(&mut *transaction)
        .await?;
        let Some(row) = used.first() else { return Ok(false) };
        let session: String = row.try_get("session_id")?;
        let changed = sqlx::query(
            "UPDATE mxcp_sessions SET access = $1, access_expires_at = $2, refresh = $3, refresh_expires_at = $4, \
             expires_at = $5, scopes = $6 WHERE id = $7",
        )
        .bind(tokens.access.hex())
        .bind(tokens.access_expires_at)
        .bind(tokens.refresh.map(Digest::hex))
        .bind(tokens.refresh_expires_at)
        .bind(end(&tokens))
        .bind(json(&tokens.scopes)?)
        .bind(session)
        .execute(&mut *transaction)
        .await?;
        if changed.rows_affected() == 0 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(super) async fn find_session(&self, id: &str, now: i64) -> Result<Option<Session>, StoreError> {
        let row = sqlx::query(sessions!("mxcp_sessions s", "s.id = $1"))
            .bind(id)
            .bind(now)
            .fetch_optional(self.database.readers())
            .await?;
        row.map_or(Ok(None), |row| self.read_session(&row))
    }

    pub(super) async fn find_by_access(
        &self,
        token: Digest,
        now: i64,
    ) -> Result<Option<Session>, StoreError> {
        let row = sqlx::query(sessions!("mxcp_sessions s", "s.access = $1 AND s.access_expires_at > $2"))
            .bind(token.hex())
            .bind(now)
            .fetch_optional(self.database.readers())
            .await?;
        row.map_or(Ok(None), |row| self.read_session(&row))
    }

    pub(super) async fn find_by_refresh(
        &self,
        token: Digest,
        now: i64,
    ) -> Result<Option<(Session, RefreshState)>, StoreError> {
        let current = sessions!(
            "mxcp_sessions s",
            "s.refresh = $1 AND (s.refresh_expires_at IS NULL OR s.refresh_expires_at > $2)"
        );
        let exchanged = sessions!(
            "mxcp_exchanged e JOIN mxcp_sessions s ON s.id = e.session_id",
            "e.refresh = $1 AND e.expires_at > $2"
        );
        // In this order: a token that is exchanged between the two questions is found by the second.
        for (select, state) in [(current, RefreshState::Current), (exchanged, RefreshState::Exchanged)] {
            let row = sqlx::query(select)
                .bind(token.hex())
                .bind(now)
                .fetch_optional(self.database.readers())
                .await?;
            if let Some(row) = row {
                return Ok(self.read_session(&row)?.map(|session| (session, state)));
            }
        }
        Ok(None)
    }

    pub(super) async fn exchange(
        &self,
        refresh: Digest,
        tokens: IssuedTokens,
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let changed = sqlx::query(
            "UPDATE mxcp_sessions SET access = $1, access_expires_at = $2, refresh = $3, refresh_expires_at = $4, \
             expires_at = $5, scopes = $6 \
             WHERE refresh = $7 AND (refresh_expires_at IS NULL OR refresh_expires_at > $8) RETURNING id",
        )
        .bind(tokens.access.hex())
        .bind(tokens.access_expires_at)
        .bind(tokens.refresh.map(Digest::hex))
        .bind(tokens.refresh_expires_at)
        .bind(end(&tokens))
        .bind(json(&tokens.scopes)?)
        .bind(refresh.hex())
        .bind(now)
        .fetch_all(&mut *transaction)
        .await?;
        let Some(row) = changed.first() else { return Ok(false) };
        sqlx::query("INSERT INTO mxcp_exchanged (refresh, session_id, expires_at) VALUES ($1, $2, $3)")
            .bind(refresh.hex())
            .bind(row.try_get::<String, _>("id")?)
            .bind(now + EXCHANGED_FOR)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(super) async fn swap_upstream(
        &self,
        session: String,
        access: Digest,
        upstream: UpstreamTokens,
        user: Option<User>,
    ) -> Result<bool, StoreError> {
        let fresh = Digest::of(upstream.access.reveal());
        let person = user.map(|user| self.sealing.seal_record(&UserRecord::from(user))).transpose()?;
        let changed = sqlx::query(
            "UPDATE mxcp_sessions SET upstream = $1, upstream_digest = $2, person = COALESCE($3, person) \
             WHERE id = $4 AND upstream_digest = $5",
        )
        .bind(self.sealing.seal_record(&UpstreamRecord::from(upstream))?)
        .bind(fresh.hex())
        .bind(person)
        .bind(session)
        .bind(access.hex())
        .execute(self.database.writers())
        .await?;
        Ok(changed.rows_affected() > 0)
    }

    /// Its codes and exchanged tokens go with it.
    pub(super) async fn remove_session(&self, session: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM mxcp_sessions WHERE id = $1")
            .bind(session)
            .execute(self.database.writers())
            .await?;
        Ok(())
    }

    /// None if it was sealed with another key.
    fn read_session(&self, row: &AnyRow) -> Result<Option<Session>, StoreError> {
        let user: Option<UserRecord> = self.sealing.open_record(&row.try_get::<String, _>("person")?);
        let upstream: Option<UpstreamRecord> =
            self.sealing.open_record(&row.try_get::<String, _>("upstream")?);
        let scopes: Option<Vec<String>> = serde_json::from_str(&row.try_get::<String, _>("scopes")?).ok();
        let (Some(user), Some(upstream), Some(scopes)) = (user, upstream, scopes) else { return Ok(None) };
        Ok(Some(Session {
            id: row.try_get("id")?,
            client_id: row.try_get("client_id")?,
            scopes,
            resource: row.try_get("resource")?,
            user: user.into(),
            upstream: upstream.into(),
            access_expires_at: row.try_get("access_expires_at")?,
            created_at: row.try_get("created_at")?,
        }))
    }
}

/// When a session with these tokens is over; none if it isn't by itself.
fn end(tokens: &IssuedTokens) -> Option<i64> {
    match tokens.refresh {
        Some(_) => tokens.refresh_expires_at.map(|end| end.max(tokens.access_expires_at)),
        None => Some(tokens.access_expires_at),
    }
}
