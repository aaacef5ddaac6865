//! The tables.
//!
//! `oauth_clients` is the reference's table, which both keep using. Everything else has tables of its own, where what is
//! looked up is a digest and what has to be known again is sealed; [`super::reference`] moves the reference's rows
//! there.

use sqlx::{AnyConnection, Row as _};

use super::StoreError;
use super::database::Kind;

/// Version of the tables below. A change that an older program would not understand has to raise it.
const VERSION: i64 = 1;

/// Tells this store's lock from others in the same PostgreSQL database.
const LOCK: i64 = 0x6d78_6370_6175_7468;

/// A SQLite file needs no names of types beyond these, and takes `DOUBLE PRECISION` for its `REAL`.
const TABLES: [&str; 9] = [
    "CREATE TABLE mxcp_schema (version BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS oauth_clients (client_id TEXT PRIMARY KEY, client_secret TEXT, \
     token_endpoint_auth_method TEXT, redirect_uris TEXT NOT NULL, grant_types TEXT NOT NULL, \
     response_types TEXT NOT NULL, scope TEXT, client_name TEXT, created_at DOUBLE PRECISION NOT NULL)",
    "CREATE TABLE mxcp_logins (state TEXT PRIMARY KEY, login TEXT NOT NULL, expires_at BIGINT NOT NULL)",
    // A session without an end lives until it is ended.
    "CREATE TABLE mxcp_sessions (id TEXT PRIMARY KEY, client_id TEXT NOT NULL, scopes TEXT NOT NULL, \
     resource TEXT NOT NULL, person TEXT NOT NULL, upstream TEXT NOT NULL, upstream_digest TEXT NOT NULL, \
     access TEXT UNIQUE, access_expires_at BIGINT, refresh TEXT UNIQUE, refresh_expires_at BIGINT, \
     expires_at BIGINT, created_at BIGINT NOT NULL)",
    "CREATE TABLE mxcp_codes (code TEXT PRIMARY KEY, \
     session_id TEXT NOT NULL REFERENCES mxcp_sessions (id) ON DELETE CASCADE, terms TEXT NOT NULL, \
     used BIGINT NOT NULL, expires_at BIGINT NOT NULL)",
    "CREATE INDEX mxcp_codes_session ON mxcp_codes (session_id)",
    "CREATE TABLE mxcp_exchanged (refresh TEXT PRIMARY KEY, \
     session_id TEXT NOT NULL REFERENCES mxcp_sessions (id) ON DELETE CASCADE, expires_at BIGINT NOT NULL)",
    "CREATE INDEX mxcp_exchanged_session ON mxcp_exchanged (session_id)",
    "CREATE TABLE mxcp_keys (purpose TEXT PRIMARY KEY, shared TEXT NOT NULL)",
];

/// What servers share in PostgreSQL. They came later, and nobody misses them who does not know them.
///
/// Rates are counted in a table that the log of changes has nothing of: it is written with every call, and after a crash they
/// are counted anew.
const SHARED: [[&str; 2]; 3] = [
    ["mxcp_renewals", "CREATE TABLE mxcp_renewals (session_id TEXT PRIMARY KEY, until BIGINT NOT NULL)"],
    [
        "mxcp_rates",
        "CREATE UNLOGGED TABLE mxcp_rates (what TEXT PRIMARY KEY, settled BIGINT NOT NULL) WITH (fillfactor = 70)",
    ],
    ["mxcp_used", "CREATE TABLE mxcp_used (what TEXT PRIMARY KEY, expires_at BIGINT NOT NULL)"],
];

/// Makes the tables that are not there, inside a transaction.
///
/// # Errors
/// They belong to a newer program, or can't be made.
pub(super) async fn prepare(connection: &mut AnyConnection, kind: Kind) -> Result<(), StoreError> {
    if kind == Kind::Postgres {
        // Servers that start at the same time would otherwise make the same tables. In SQLite the transaction is a lock.
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *connection).await?;
    }
    prepare_logins(&mut *connection, kind).await?;
    if kind == Kind::Postgres {
        for [name, table] in SHARED {
            if !exists(&mut *connection, kind, name).await? {
                sqlx::query(table).execute(&mut *connection).await?;
            }
        }
    }
    Ok(())
}

async fn prepare_logins(connection: &mut AnyConnection, kind: Kind) -> Result<(), StoreError> {
    if exists(connection, kind, "mxcp_schema").await? {
        let row = sqlx::query("SELECT MAX(version) AS version FROM mxcp_schema")
            .fetch_one(&mut *connection)
            .await?;
        return match row.try_get::<Option<i64>, _>("version")? {
            Some(VERSION) => Ok(()),
            found => Err(StoreError::Settings(format!(
                "the tables of logins have version {}, and this program knows version {VERSION}: \
                 they belong to a newer one",
                found.map_or_else(|| "none".to_owned(), |version| version.to_string()),
            ))),
        };
    }
    for table in TABLES {
        sqlx::query(table).execute(&mut *connection).await?;
    }
    sqlx::query("INSERT INTO mxcp_schema (version) VALUES ($1)").bind(VERSION).execute(connection).await?;
    Ok(())
}

/// Whether there is a table of a name.
///
/// # Errors
/// The database can't be used.
pub(super) async fn exists(
    connection: &mut AnyConnection,
    kind: Kind,
    table: &str,
) -> Result<bool, StoreError> {
    let count = match kind {
        Kind::Sqlite => "SELECT COUNT(*) AS found FROM sqlite_master WHERE type = 'table' AND name = $1",
        Kind::Postgres => "SELECT COUNT(*) AS found FROM pg_catalog.pg_class WHERE oid = to_regclass($1)",
    };
    let row = sqlx::query(count).bind(table).fetch_one(connection).await?;
    Ok(row.try_get::<i64, _>("found")? > 0)
}
