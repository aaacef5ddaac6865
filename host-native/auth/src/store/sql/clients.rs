//! Clients, in the reference's table.

use mxcp_core::call::Secret;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{SqlStore, json};
use crate::store::{Client, ClientAuthentication, StoreError};

impl ClientAuthentication {
    /// As RFC 7591 names it.
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Post => "client_secret_post",
            Self::Basic => "client_secret_basic",
        }
    }

    /// What a row says; none if it is something that we don't have.
    fn of(name: Option<&str>, has_secret: bool) -> Option<Self> {
        match name {
            Some("none") => Some(Self::None),
            Some("client_secret_post") => Some(Self::Post),
            Some("client_secret_basic") => Some(Self::Basic),
            None if has_secret => Some(Self::Post),
            None => Some(Self::None),
            Some(_) => None,
        }
    }
}

impl SqlStore {
    pub(super) async fn save_client(&self, client: Client) -> Result<(), StoreError> {
        let secret = client.secret.map(|secret| self.sealing.seal(secret.reveal())).transpose()?;
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 have room")]
        let created_at = client.created_at as f64;
        sqlx::query(
            "INSERT INTO oauth_clients (client_id, client_secret, token_endpoint_auth_method, redirect_uris, \
             grant_types, response_types, scope, client_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (client_id) DO UPDATE SET client_secret = excluded.client_secret, \
             token_endpoint_auth_method = excluded.token_endpoint_auth_method, redirect_uris = excluded.redirect_uris, \
             grant_types = excluded.grant_types, response_types = excluded.response_types, scope = excluded.scope, \
             client_name = excluded.client_name, created_at = excluded.created_at",
        )
        .bind(client.id)
        .bind(secret)
        .bind(client.authentication.name())
        .bind(json(&client.redirect_uris)?)
        .bind(json(&client.grant_types)?)
        .bind(json(&client.response_types)?)
        .bind(client.scopes.map(|scopes| storable(&scopes.join(" "))))
        .bind(client.name.map(|name| storable(&name)))
        .bind(created_at)
        .execute(self.database.writers())
        .await?;
        Ok(())
    }

    pub(super) async fn find_client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        if id.contains('\0') {
            return Ok(None);
        }
        let row = sqlx::query(
            "SELECT client_id, client_secret, token_endpoint_auth_method, redirect_uris, grant_types, response_types, \
             scope, client_name, created_at FROM oauth_clients WHERE client_id = $1",
        )
        .bind(id)
        .fetch_optional(self.database.readers())
        .await?;
        row.map_or(Ok(None), |row| self.read_client(&row))
    }

    /// None if its secret was sealed with another key, or it proves itself in a way that we don't have: nobody could be
    /// it.
    fn read_client(&self, row: &AnyRow) -> Result<Option<Client>, StoreError> {
        let list = |column| {
            let list: String = row.try_get(column)?;
            Ok::<Option<Vec<String>>, StoreError>(serde_json::from_str(&list).ok())
        };
        let secret = row.try_get::<Option<String>, _>("client_secret")?;
        let secret = match secret.map(|kept| self.sealing.open(&kept)) {
            Some(None) => return Ok(None),
            Some(Some(secret)) => Some(Secret::new(secret)),
            None => None,
        };
        let method: Option<String> = row.try_get("token_endpoint_auth_method")?;
        let authentication = ClientAuthentication::of(method.as_deref(), secret.is_some());
        let (Some(authentication), Some(redirect_uris), Some(grant_types), Some(response_types)) =
            (authentication, list("redirect_uris")?, list("grant_types")?, list("response_types")?)
        else {
            return Ok(None);
        };
        if authentication != ClientAuthentication::None && secret.is_none() {
            return Ok(None);
        }
        let scope: Option<String> = row.try_get("scope")?;
        #[expect(clippy::cast_possible_truncation, reason = "the reference keeps fractions of a second")]
        let created_at = row.try_get::<f64, _>("created_at")? as i64;
        Ok(Some(Client {
            id: row.try_get("client_id")?,
            secret,
            authentication,
            redirect_uris,
            grant_types,
            response_types,
            scopes: scope.map(|scope| scope.split_whitespace().map(str::to_owned).collect()),
            name: row.try_get("client_name")?,
            created_at,
        }))
    }
}

/// The text without the one character that PostgreSQL has no room for.
fn storable(text: &str) -> String {
    text.replace('\0', "")
}
