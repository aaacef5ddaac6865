//! Where the stores of tests are.

use std::path::PathBuf;
use std::sync::Arc;

use mxcp_core::schema::{Hidden, OneOrMany, Persistence, PersistenceKind};
use sqlx::{AnyConnection, Connection as _};
use tempfile::TempDir;

use super::NOW;
use crate::store::database::Address;
use crate::store::{Opened, Store, open, postgres, sqlite};

/// A URL of a PostgreSQL database in which tests may make and drop schemas.
const SERVER: &str = "MXCP_TEST_POSTGRES";

/// A database of its own, empty at first.
pub(super) enum Place {
    /// A file in a folder that goes with it.
    File(TempDir),
    /// A schema of a PostgreSQL database.
    Server { url: String, schema: String },
}

impl Place {
    pub(super) fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    pub(super) async fn server() -> Option<Self> {
        let Ok(url) = std::env::var(SERVER) else {
            eprintln!("skipped on PostgreSQL: {SERVER} is no URL of a database for tests");
            return None;
        };
        let random: [u8; 8] = crate::store::sealing::random().unwrap();
        let schema = format!("mxcp_test_{:x}", u64::from_be_bytes(random));
        let place = Self::Server { url, schema };
        place.administer("CREATE SCHEMA", "").await;
        Some(place)
    }

    pub(super) fn path(&self) -> PathBuf {
        match self {
            Self::File(folder) => folder.path().join("store/oauth.db"),
            Self::Server { .. } => panic!("there is no file"),
        }
    }

    pub(super) fn settings<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> Persistence {
        let keys: Vec<_> = keys.into_iter().map(|key| Hidden::new(key.to_owned())).collect();
        let auth_encryption_key = (!keys.is_empty()).then_some(OneOrMany::Many(keys));
        match self {
            Self::File(_) => {
                Persistence { path: Some("here".to_owned()), auth_encryption_key, ..Persistence::default() }
            }
            Self::Server { url, schema } => {
                let separator = if url.contains('?') { '&' } else { '?' };
                let url = format!("{url}{separator}options=-c%20search_path%3D{schema}");
                let kind = PersistenceKind::Postgresql;
                Persistence {
                    kind,
                    url: Some(Hidden::new(url)),
                    auth_encryption_key,
                    ..Persistence::default()
                }
            }
        }
    }

    /// A server of its own on the database.
    pub(super) async fn open<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> Arc<dyn Store> {
        self.open_all(keys).await.store()
    }

    /// The same, with what servers share beside.
    pub(super) async fn open_all<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> Opened {
        open(&self.settings(keys), |_| self.path(), NOW).await.unwrap()
    }

    fn address(&self) -> Address {
        match self {
            Self::File(_) => sqlite::address(&self.path()).unwrap(),
            Self::Server { .. } => postgres::address(self.settings(None).url.unwrap().expose()).unwrap(),
        }
    }

    /// A connection beside the store.
    pub(super) async fn connect(&self) -> AnyConnection {
        self.address().connect().await.unwrap()
    }

    async fn administer(&self, command: &str, rest: &str) {
        let Self::Server { url, schema } = self else { return };
        let mut connection = postgres::address(url).unwrap().connect().await.unwrap();
        let command = sqlx::AssertSqlSafe(format!("{command} {schema}{rest}"));
        sqlx::raw_sql(command).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// Runs a test on PostgreSQL, where there is one.
pub(super) async fn on_postgres(test: impl AsyncFn(&Place)) {
    if let Some(server) = Place::server().await {
        test(&server).await;
        server.administer("DROP SCHEMA", " CASCADE").await;
    }
}

/// Runs a test on SQLite, and on PostgreSQL where there is one.
pub(super) async fn everywhere(test: impl AsyncFn(&Place)) {
    test(&Place::file()).await;
    on_postgres(test).await;
}
