//! From the settings to an open store.

use std::path::PathBuf;
use std::sync::Arc;

use mxcp_core::schema::{OneOrMany, Persistence, PersistenceKind};
use sqlx::Connection as _;

use super::database::{Address, Kind};
use super::sealing::Sealing;
use super::shared::Shared;
use super::sql::SqlStore;
use super::{Store, StoreError, postgres, reference, resealing, schema, sqlite};
use crate::error::Error;

/// The file of a store whose settings name none.
pub const DEFAULT_PATH: &str = "~/.mxcp/oauth.db";

/// An open database of logins.
#[derive(Clone, Debug)]
pub struct Opened(Arc<SqlStore>);

impl Opened {
    /// What the authorization server remembers in it.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::<SqlStore>::clone(&self.0)
    }

    /// What the servers of a project share in it beside; nothing if it is a file.
    ///
    /// # Errors
    /// The database can't be used.
    pub async fn share(&self, project: &str) -> Result<Option<Shared>, StoreError> {
        Ok(match self.0.database().kind() {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Shared::open(&self.0, project).await?),
        })
    }
}

/// Opens the database of the settings, makes it if it is not there, and takes over what a reference of the same file left.
/// `locate` turns a path as people write it, with `~` or relative, into a file; `now` is in seconds since 1970.
///
/// # Errors
/// The settings don't fit together, or the database can't be used.
pub async fn open(
    settings: &Persistence,
    locate: impl FnOnce(&str) -> PathBuf,
    now: i64,
) -> Result<Opened, Error> {
    let sealing = sealing(settings)?;
    let address = address(settings, locate)?;
    if !sealing.has_key() {
        tracing::warn!(
            "logins are stored in clear: set `auth.persistence.auth_encryption_key` to a Fernet key to seal them"
        );
    }
    Ok(Opened(Arc::new(open_at(address, sealing, now).await?)))
}

/// The keys of the settings.
///
/// # Errors
/// One of them is no key, or a list has none: that is not to mean that nothing is sealed.
fn sealing(settings: &Persistence) -> Result<Sealing, Error> {
    let keys = settings.auth_encryption_key.as_ref().map(OneOrMany::as_slice);
    if keys.is_some_and(<[_]>::is_empty) {
        return Err(Error::settings("`auth.persistence.auth_encryption_key` is a list without a key"));
    }
    Ok(Sealing::new(keys.unwrap_or_default().iter().map(|key| key.expose().as_str()))?)
}

/// Where the database of the settings is.
///
/// # Errors
/// The settings don't fit together, or the file can't be made.
fn address(settings: &Persistence, locate: impl FnOnce(&str) -> PathBuf) -> Result<Address, Error> {
    match (settings.kind, &settings.url) {
        (PersistenceKind::Sqlite, None) => {
            Ok(sqlite::address(&locate(settings.path.as_deref().unwrap_or(DEFAULT_PATH)))?)
        }
        (PersistenceKind::Sqlite, Some(_)) => {
            Err(Error::settings("`auth.persistence.url` is for `type: postgresql` only"))
        }
        (PersistenceKind::Postgresql, None) => {
            Err(Error::settings("`auth.persistence.type: postgresql` needs a `url`"))
        }
        (PersistenceKind::Postgresql, Some(_)) if settings.path.is_some() => {
            Err(Error::settings("`auth.persistence.path` is for `type: sqlite` only"))
        }
        (PersistenceKind::Postgresql, Some(url)) => Ok(postgres::address(url.expose())?),
    }
}

/// Opens a database.
///
/// # Errors
/// It can't be used.
pub(super) async fn open_at(address: Address, sealing: Sealing, now: i64) -> Result<SqlStore, StoreError> {
    let mut connection = address.connect().await?;
    if address.kind == Kind::Sqlite {
        sqlite::settle(&mut connection).await?;
    }
    let mut transaction = connection.begin_with(address.kind.begin()).await?;
    schema::prepare(&mut transaction, address.kind).await?;
    if address.kind == Kind::Sqlite {
        reference::adopt(&mut transaction, &sealing, now).await?;
    }
    resealing::reseal(&mut transaction, &sealing).await?;
    transaction.commit().await?;
    // The last connection to a file takes the log of changes with it, and what was in clear there.
    connection.close().await?;
    Ok(SqlStore::new(address.open(), sealing))
}
