//! Keys that servers share.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sqlx::Row as _;

use super::SqlStore;
use crate::store::StoreError;
use crate::store::sealing::random;

/// How often it is tried to agree with other servers.
const ATTEMPTS: usize = 4;

impl SqlStore {
    /// Every server offers a key and takes what is there afterwards, so all have that of the fastest.
    pub(in crate::store) async fn find_or_make_key(&self, purpose: &str) -> Result<[u8; 32], StoreError> {
        for _ in 0..ATTEMPTS {
            let kept: Option<String> = sqlx::query("SELECT shared FROM mxcp_keys WHERE purpose = $1")
                .bind(purpose)
                .fetch_optional(self.database.readers())
                .await?
                .map(|row| row.try_get("shared"))
                .transpose()?;
            if let Some(key) = kept.as_deref().and_then(|kept| self.read_key(kept)) {
                return Ok(key);
            }
            let offered = self.sealing.seal(&STANDARD.encode(random::<32>()?))?;
            let offer = match kept {
                None => sqlx::query(
                    "INSERT INTO mxcp_keys (purpose, shared) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                )
                .bind(purpose)
                .bind(offered),
                // It was sealed with a key that is no longer used: what it protected is over.
                Some(unreadable) => {
                    sqlx::query("UPDATE mxcp_keys SET shared = $2 WHERE purpose = $1 AND shared = $3")
                        .bind(purpose)
                        .bind(offered)
                        .bind(unreadable)
                }
            };
            offer.execute(self.database.writers()).await?;
        }
        Err(StoreError::Unavailable("servers that share it have different encryption keys".to_owned()))
    }

    fn read_key(&self, kept: &str) -> Option<[u8; 32]> {
        STANDARD.decode(self.sealing.open(kept)?).ok()?.try_into().ok()
    }
}
