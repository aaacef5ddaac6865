//! Records in PostgreSQL, where several servers may write them into one table.
//!
//! Each server has *segments* of its own there as it would have in a folder: a chain of hashes through numbered rows, and a
//! head that is signed in the same transaction that adds rows, so that it always says exactly how far the segment has come. A
//! segment whose server lives is known by an advisory lock on its name, which goes with the connection.

mod address;
mod reading;
mod retention;
mod verifying;
mod writing;

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection, Row as _};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

pub(crate) use self::reading::TableTail;
use self::writing::Writing;
use crate::error::Error;
use crate::head::Signed;
use crate::key::SigningKey;
use crate::place::Place;

/// Longest that a connection, and that an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked for at the first connection of a server. `name` is what records are most often looked for by.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS mxcp_audit_segments (
    log text NOT NULL, segment text NOT NULL, records bigint NOT NULL, newest timestamptz, head text NOT NULL,
    PRIMARY KEY (log, segment));
CREATE TABLE IF NOT EXISTS mxcp_audit_records (
    log text NOT NULL, segment text NOT NULL, number bigint NOT NULL, time timestamptz NOT NULL, name text NOT NULL,
    line text NOT NULL, PRIMARY KEY (log, segment, number));
CREATE INDEX IF NOT EXISTS mxcp_audit_records_time ON mxcp_audit_records (log, time);
CREATE INDEX IF NOT EXISTS mxcp_audit_records_name ON mxcp_audit_records (log, name, time)";

/// A log in PostgreSQL. Its `Debug` shows no address, which may hold a password.
#[derive(Clone)]
pub struct Table {
    options: Box<PgConnectOptions>,
    /// What tells logs in one table apart.
    log: String,
    /// Where the key and the schema of records are.
    place: Place,
}

impl Table {
    /// The log of a name in the database of a URL. `path` is what the names of the files begin with that stay in a folder: the
    /// key that signs, and the schema of records.
    ///
    /// # Errors
    /// The URL is none of PostgreSQL. It is not quoted.
    pub fn new(url: &str, log: &str, path: &Path) -> Result<Self, Error> {
        Ok(Self { options: Box::new(address::parse(url)?), log: log.to_owned(), place: Place::new(path) })
    }

    /// Begins a segment.
    ///
    /// # Errors
    /// The database can't be used.
    pub(crate) fn write(&self, key: SigningKey, max_size: u64, now: DateTime<Utc>) -> Result<Writing, Error> {
        Writing::open(self.clone(), key, max_size, now)
    }

    async fn connect(&self) -> Result<PgConnection, Error> {
        match timeout(PATIENCE, self.options.connect()).await {
            Ok(connection) => Ok(connection?),
            Err(_) => Err(Error::Database("it does not answer".to_owned())),
        }
    }

    /// Reads, on a thread and a connection of its own.
    fn read<T: Send>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        thread::scope(|scope| {
            let reading = scope.spawn(|| {
                runtime()?.block_on(async {
                    let mut connection = self.connect().await?;
                    work(&mut connection).await
                })
            });
            reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// All segments, by name, which is by the time at which they were begun. None where nobody has ever written.
    async fn segments(&self, connection: &mut PgConnection) -> Result<Vec<Segment>, Error> {
        if !exists(connection).await? {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            "SELECT segment, records, head FROM mxcp_audit_segments WHERE log = $1 ORDER BY segment",
        )
        .bind(&self.log)
        .fetch_all(connection)
        .await?;
        let segments = rows.iter().map(|row| {
            Ok(Segment {
                name: row.try_get("segment")?,
                records: row.try_get("records")?,
                head: Signed::parse(row.try_get("head")?),
            })
        });
        segments.collect()
    }

    /// The number of the advisory lock on a segment.
    fn lock(&self, segment: &str) -> String {
        format!("mxcp-audit/{}/{segment}", self.log)
    }
}

/// A segment as its row says it.
#[derive(Debug)]
struct Segment {
    name: String,
    records: i64,
    /// None if it is no head.
    head: Option<Signed>,
}

/// Whether anybody has ever written.
async fn exists(connection: &mut PgConnection) -> Result<bool, Error> {
    let asked = sqlx::query_scalar("SELECT to_regclass('mxcp_audit_segments') IS NOT NULL");
    patiently(asked.fetch_one(connection)).await
}

fn runtime() -> Result<Runtime, Error> {
    Builder::new_current_thread().enable_all().build().map_err(Error::Thread)
}

/// Waits for the database, but not for ever.
async fn patiently<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Error> {
    match timeout(PATIENCE, work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Error::Database("it does not answer".to_owned())),
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Table").field("log", &self.log).finish_non_exhaustive()
    }
}

/// Only what says nothing of addresses is passed on.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(match error {
            sqlx::Error::Database(error) => error.message().to_owned(),
            sqlx::Error::Io(error) => error.to_string(),
            sqlx::Error::Tls(error) => format!("no encrypted connection: {error}"),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                "it holds what can't be read".to_owned()
            }
            _ => "its driver failed".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
