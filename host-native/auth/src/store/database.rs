//! The database under the store: SQLite or PostgreSQL, spoken to in the SQL that both understand.

use std::fmt;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions as _, Transaction};

use super::StoreError;

/// Longest that a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest that a turn at a file is waited for. Who waits there is served in the end: a thousand people who log in at the same
/// moment wait for each other, and for the disk, not for something that is gone.
const TURN: Duration = Duration::from_secs(30);

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file of this machine.
    Sqlite,
    /// A server, which several of ours may share.
    Postgres,
}

/// A database and how to reach it. Its `Debug` shows no address, which may hold a password.
pub(super) struct Address {
    /// Which of the two it is.
    pub(super) kind: Kind,
    /// Where it is.
    pub(super) options: AnyConnectOptions,
}

/// An open database. Its clones are one.
#[derive(Clone)]
pub(super) struct Database {
    kind: Kind,
    readers: AnyPool,
    writers: AnyPool,
}

impl Kind {
    /// How a transaction begins that is going to write.
    ///
    /// One of SQLite takes the right to write at once: if it only read first, it might have to give up later.
    pub(super) fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }
}

impl Address {
    /// One connection, whose failure says why.
    ///
    /// # Errors
    /// The database can't be reached, or refuses.
    pub(super) async fn connect(&self) -> Result<AnyConnection, StoreError> {
        sqlx::any::install_default_drivers();
        let mut connection = match tokio::time::timeout(PATIENCE, self.options.connect()).await {
            Ok(connection) => connection?,
            Err(_) => return Err(unreachable_in_time()),
        };
        settle(&mut connection, self.kind).await?;
        Ok(connection)
    }

    /// The database, whose connections are made when they are needed.
    pub(super) fn open(self) -> Database {
        let kind = self.kind;
        let patience = match kind {
            Kind::Sqlite => TURN,
            Kind::Postgres => PATIENCE,
        };
        let pool = |connections| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(patience)
                .acquire_slow_threshold(patience / 2)
                // A file does not go away, and asking costs as much as a look-up.
                .test_before_acquire(kind == Kind::Postgres)
                .after_connect(move |connection, _| Box::pin(settle(connection, kind)))
                .connect_lazy_with(self.options.clone())
        };
        let (readers, writers) = match kind {
            // Only one at a time can write to a file, and who waits here is served in turn, unlike who waits there.
            Kind::Sqlite => (pool(4), pool(1)),
            Kind::Postgres => {
                let pool = pool(8);
                (pool.clone(), pool)
            }
        };
        Database { kind, readers, writers }
    }
}

/// What every connection needs.
async fn settle(connection: &mut AnyConnection, kind: Kind) -> Result<(), sqlx::Error> {
    let statement = match kind {
        // What is deleted or sealed later shall not stay readable in the file. Foreign keys and a timeout for locks are
        // set by the driver.
        Kind::Sqlite => "PRAGMA secure_delete = ON",
        // A request is rather refused than left waiting for a lock.
        Kind::Postgres => "SET statement_timeout = '10s'",
    };
    sqlx::query(statement).execute(connection).await?;
    Ok(())
}

impl Database {
    /// Which of the two it is.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Where single statements go that only read.
    pub(super) fn readers(&self) -> &AnyPool {
        &self.readers
    }

    /// Where single statements go that write.
    pub(super) fn writers(&self) -> &AnyPool {
        &self.writers
    }

    /// Statements that happen together or not at all.
    ///
    /// # Errors
    /// The database can't be used.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.writers.begin_with(self.kind.begin()).await?)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Address").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Database").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Only what says nothing of values or addresses is passed on.
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::Unavailable(error.message().to_owned()),
            sqlx::Error::Io(error) => Self::Unavailable(error.to_string()),
            sqlx::Error::Tls(error) => Self::Unavailable(format!("no encrypted connection: {error}")),
            sqlx::Error::PoolTimedOut => Self::Unavailable("no connection in time".to_owned()),
            sqlx::Error::Configuration(_) => {
                Self::Settings("the address of the store of logins can't be understood".to_owned())
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Unavailable("it holds what can't be read".to_owned())
            }
            _ => Self::Unavailable("its driver failed".to_owned()),
        }
    }
}

fn unreachable_in_time() -> StoreError {
    StoreError::Unavailable(format!("no connection within {} seconds", PATIENCE.as_secs()))
}
