//! A key that came later: what was kept in clear until then, or sealed with an older key, is sealed with it when the store
//! opens.

use sqlx::{AnyConnection, Row as _};

use super::StoreError;
use super::sealing::Sealing;

/// How to find what is in clear in a column, or everything if `$1` is 1, and how to replace it unless it has changed
/// meanwhile.
const COLUMNS: [[&str; 2]; 6] = [
    [
        "SELECT client_id AS id, client_secret AS kept FROM oauth_clients \
         WHERE substr(client_secret, 1, 5) <> 'gAAAA' OR $1 = 1",
        "UPDATE oauth_clients SET client_secret = $1 WHERE client_id = $2 AND client_secret = $3",
    ],
    [
        "SELECT state AS id, login AS kept FROM mxcp_logins WHERE substr(login, 1, 5) <> 'gAAAA' OR $1 = 1",
        "UPDATE mxcp_logins SET login = $1 WHERE state = $2 AND login = $3",
    ],
    [
        "SELECT code AS id, terms AS kept FROM mxcp_codes WHERE substr(terms, 1, 5) <> 'gAAAA' OR $1 = 1",
        "UPDATE mxcp_codes SET terms = $1 WHERE code = $2 AND terms = $3",
    ],
    [
        "SELECT id, person AS kept FROM mxcp_sessions WHERE substr(person, 1, 5) <> 'gAAAA' OR $1 = 1",
        "UPDATE mxcp_sessions SET person = $1 WHERE id = $2 AND person = $3",
    ],
    [
        "SELECT id, upstream AS kept FROM mxcp_sessions WHERE substr(upstream, 1, 5) <> 'gAAAA' OR $1 = 1",
        "UPDATE mxcp_sessions SET upstream = $1 WHERE id = $2 AND upstream = $3",
    ],
    [
        "SELECT purpose AS id, shared AS kept FROM mxcp_keys WHERE substr(shared, 1, 5) <> 'gAAAA' OR $1 = 1",
        "UPDATE mxcp_keys SET shared = $1 WHERE purpose = $2 AND shared = $3",
    ],
];

/// Seals what is not sealed with the newest key, if there is one. What no key opens is left as it is.
///
/// # Errors
/// The database can't be used.
pub(super) async fn reseal(connection: &mut AnyConnection, sealing: &Sealing) -> Result<(), StoreError> {
    if !sealing.has_key() {
        return Ok(());
    }
    let everything = i64::from(sealing.has_older_keys());
    for [find, replace] in COLUMNS {
        for row in sqlx::query(find).bind(everything).fetch_all(&mut *connection).await? {
            let (id, kept): (String, Option<String>) = (row.try_get("id")?, row.try_get("kept")?);
            let Some(kept) = kept else { continue };
            let Some(sealed) = sealing.seal_anew(&kept)? else { continue };
            sqlx::query(replace).bind(sealed).bind(id).bind(kept).execute(&mut *connection).await?;
        }
    }
    Ok(())
}
