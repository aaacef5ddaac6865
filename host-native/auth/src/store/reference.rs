//! Rows of the reference, whose database ours takes over.
//!
//! It keeps states, codes and profiles in clear, so its rows are moved to our tables when the store opens: afterwards
//! they are looked up by digests and sealed like our own, and what is used or revoked there can't come back from here.
//! Clients stay where they are. What can't be read stays as well: perhaps it can be with another key.
//!
//! The reference knows neither the client of a session nor what its tokens are good for, and tells no address under
//! which it sent people away: those are empty.

use mxcp_core::call::Secret;
use serde::Deserialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::database::Kind;
use super::records::{GrantRecord, LoginRecord, UpstreamRecord, UserRecord};
use super::schema::exists;
use super::sealing::Sealing;
use super::{CodeGrant, Digest, Login, StoreError, UpstreamTokens};

/// What the reference gives an access token if the identity provider says nothing.
const LIFETIME: i64 = 3600;

/// What the reference's `user_info` says besides the user.
#[derive(Deserialize)]
struct Granted {
    #[serde(default)]
    provider_scopes_granted: Vec<String>,
}

/// Moves the rows, inside a transaction.
///
/// # Errors
/// The database can't be used.
pub(super) async fn adopt(
    connection: &mut AnyConnection,
    sealing: &Sealing,
    now: i64,
) -> Result<(), StoreError> {
    for table in ["states", "auth_codes", "sessions"] {
        if !exists(connection, Kind::Sqlite, table).await? {
            return Ok(());
        }
    }
    adopt_states(connection, sealing, now).await?;
    adopt_sessions(connection, sealing).await?;
    adopt_codes(connection, sealing, now).await
}

async fn adopt_states(connection: &mut AnyConnection, sealing: &Sealing, now: i64) -> Result<(), StoreError> {
    let select = "SELECT state, client_id, redirect_uri, code_challenge, provider_code_verifier, client_state, \
                  provider_scopes_requested, expires_at FROM states";
    for row in sqlx::query(select).fetch_all(&mut *connection).await? {
        let (state, expires_at) = (text(&row, "state")?, seconds(&row, "expires_at")?);
        if let (Some(state), Some(expires_at), Some(login)) = (state, expires_at, login(&row)?)
            && expires_at > now
        {
            sqlx::query("INSERT INTO mxcp_logins (state, login, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                .bind(Digest::of(&state).hex())
                .bind(sealing.seal_record(&LoginRecord::from(login))?)
                .bind(expires_at)
                .execute(&mut *connection)
                .await?;
        }
    }
    sqlx::query("DELETE FROM states").execute(connection).await?;
    Ok(())
}

fn login(row: &AnyRow) -> Result<Option<Login>, StoreError> {
    let (Some(client_id), Some(redirect_uri), Some(code_challenge)) =
        (text(row, "client_id")?, text(row, "redirect_uri")?, text(row, "code_challenge")?)
    else {
        return Ok(None);
    };
    let scopes = text(row, "provider_scopes_requested")?;
    Ok(Some(Login {
        client_id,
        redirect_uri,
        redirect_uri_given: true,
        code_challenge,
        client_state: text(row, "client_state")?,
        scopes: Vec::new(),
        resource: String::new(),
        upstream_verifier: text(row, "provider_code_verifier")?.map(Secret::new),
        upstream_scopes: scopes.and_then(|scopes| serde_json::from_str(&scopes).ok()).unwrap_or_default(),
        base: String::new(),
        browser: None,
        expires_at: 0,
    }))
}

async fn adopt_sessions(connection: &mut AnyConnection, sealing: &Sealing) -> Result<(), StoreError> {
    // The client is known as long as the session's code is there.
    let select = "SELECT s.access_token_hash, s.refresh_token_hash, s.session_id, s.user_info, \
                  s.provider_access_token, s.provider_refresh_token, s.provider_expires_at, s.access_expires_at, \
                  s.refresh_expires_at, s.created_at, (SELECT MAX(c.client_id) FROM auth_codes c \
                  WHERE c.session_id = s.session_id) AS client_id FROM sessions s";
    for row in sqlx::query(select).fetch_all(&mut *connection).await? {
        if adopt_session(connection, sealing, &row).await? {
            sqlx::query("DELETE FROM sessions WHERE access_token_hash = $1")
                .bind(text(&row, "access_token_hash")?)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

/// Whether the row could be read.
async fn adopt_session(
    connection: &mut AnyConnection,
    sealing: &Sealing,
    row: &AnyRow,
) -> Result<bool, StoreError> {
    let open = |column| Ok::<_, StoreError>(text(row, column)?.map(|kept| sealing.open(&kept)));
    let (Some(Some(access)), refresh) = (open("provider_access_token")?, open("provider_refresh_token")?)
    else {
        return Ok(false);
    };
    let info = text(row, "user_info")?.unwrap_or_default();
    let (Ok(user), Ok(granted)) =
        (serde_json::from_str::<UserRecord>(&info), serde_json::from_str::<Granted>(&info))
    else {
        return Ok(false);
    };
    let digest = |column| Ok::<_, StoreError>(text(row, column)?.as_deref().and_then(Digest::from_hex));
    let (Some(id), Some(token), Some(refresh)) = (
        text(row, "session_id")?,
        digest("access_token_hash")?,
        refresh.map_or(Some(None), |refresh| refresh.map(Some)),
    ) else {
        return Ok(false);
    };
    let refresh_token = digest("refresh_token_hash")?;
    let created_at = seconds(row, "created_at")?.unwrap_or_default();
    let access_expires_at = seconds(row, "access_expires_at")?.unwrap_or(created_at + LIFETIME);
    let refresh_expires_at = seconds(row, "refresh_expires_at")?;
    let expires_at = match refresh_token {
        Some(_) => refresh_expires_at.map(|end| end.max(access_expires_at)),
        None => Some(access_expires_at),
    };
    let upstream_digest = Digest::of(&access);
    let upstream = UpstreamTokens {
        access: Secret::new(access),
        refresh: refresh.map(Secret::new),
        expires_at: seconds(row, "provider_expires_at")?,
        scopes: granted.provider_scopes_granted,
    };
    sqlx::query(
        "INSERT INTO mxcp_sessions (id, client_id, scopes, resource, person, upstream, upstream_digest, access, \
         access_expires_at, refresh, refresh_expires_at, expires_at, created_at) \
         VALUES ($1, $2, '[]', '', $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(text(row, "client_id")?.unwrap_or_default())
    .bind(sealing.seal_record(&user)?)
    .bind(sealing.seal_record(&UpstreamRecord::from(upstream))?)
    .bind(upstream_digest.hex())
    .bind(token.hex())
    .bind(access_expires_at)
    .bind(refresh_token.map(Digest::hex))
    .bind(refresh_expires_at)
    .bind(expires_at)
    .bind(created_at)
    .execute(connection)
    .await?;
    Ok(true)
}

async fn adopt_codes(connection: &mut AnyConnection, sealing: &Sealing, now: i64) -> Result<(), StoreError> {
    let select = "SELECT c.code, c.session_id, c.client_id, c.redirect_uri, c.code_challenge, c.expires_at \
                  FROM auth_codes c JOIN mxcp_sessions s ON s.id = c.session_id";
    for row in sqlx::query(select).fetch_all(&mut *connection).await? {
        let (Some(code), Some(expires_at), Some(grant)) =
            (text(&row, "code")?, seconds(&row, "expires_at")?, grant(&row)?)
        else {
            continue;
        };
        if expires_at > now {
            sqlx::query(
                "INSERT INTO mxcp_codes (code, session_id, terms, used, expires_at) VALUES ($1, $2, $3, 0, $4) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(Digest::of(&code).hex())
            .bind(grant.session_id.clone())
            .bind(sealing.seal_record(&GrantRecord::from(&grant))?)
            .bind(expires_at)
            .execute(&mut *connection)
            .await?;
        }
    }
    sqlx::query("DELETE FROM auth_codes").execute(connection).await?;
    Ok(())
}

fn grant(row: &AnyRow) -> Result<Option<CodeGrant>, StoreError> {
    let (Some(session_id), Some(client_id), Some(redirect_uri), Some(code_challenge)) = (
        text(row, "session_id")?,
        text(row, "client_id")?,
        text(row, "redirect_uri")?,
        text(row, "code_challenge")?,
    ) else {
        return Ok(None);
    };
    Ok(Some(CodeGrant {
        session_id,
        client_id,
        redirect_uri,
        redirect_uri_given: true,
        code_challenge,
        resource: String::new(),
        used: false,
        expires_at: 0,
    }))
}

fn text(row: &AnyRow, column: &str) -> Result<Option<String>, StoreError> {
    Ok(row.try_get(column)?)
}

/// A time, which the reference keeps with fractions of a second.
fn seconds(row: &AnyRow, column: &str) -> Result<Option<i64>, StoreError> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a time that is no number of seconds is past or far away"
    )]
    Ok(row.try_get::<Option<f64>, _>(column)?.map(|seconds| seconds as i64))
}
