//! The store itself.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};
use mxcp_core::delivery::{ExportLink, Kept as Told};
use mxcp_core::schema::Export;
use mxcp_runtime::ports::{
    BoxFuture, ExportedFile, Exporter, Most, NewResult, Reading, ResultError, ResultStore, Ticket,
};
use mxcp_runtime::{Owner, RESULTS, file_type};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::Mutex;

use crate::error::{Doing as _, Error};
use crate::export;
use crate::file::{self, Kept};
use crate::folder::{Folder, Stem};
use crate::seal::Seal;

/// How often what has expired is looked for.
const SWEEP: Duration = Duration::from_secs(60);

/// What a name may have in a URI as it is.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Where and how much is kept.
#[derive(Clone)]
pub struct Options {
    /// The folder. It is made when something is kept.
    pub folder: PathBuf,
    /// What callers get in their hands is sealed with; none for a key of this process alone.
    pub key: Option<Vec<u8>>,
    /// Most bytes of all files together. Where they would be more, results go before their time.
    pub most_bytes: u64,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { folder, most_bytes, .. } = self;
        formatter
            .debug_struct("Options")
            .field("folder", folder)
            .field("most_bytes", most_bytes)
            .finish_non_exhaustive()
    }
}

/// Keeps complete results in files.
#[derive(Debug)]
pub struct Results {
    shared: Arc<Shared>,
    exporter: Arc<dyn Exporter>,
    /// Held while a file is made: one at a time is soon enough, and none is made twice.
    exporting: Mutex<()>,
}

#[derive(Debug)]
struct Shared {
    folder: Folder,
    seal: Seal,
    most_bytes: u64,
    now: fn() -> DateTime<Utc>,
}

impl Results {
    /// A store. On a runtime, it removes what has expired also while nothing else happens.
    ///
    /// # Errors
    /// There is no randomness to make a key of.
    pub fn new(options: Options, exporter: Arc<dyn Exporter>) -> Result<Self, Error> {
        Self::at(options, exporter, Utc::now)
    }

    pub(crate) fn at(
        options: Options,
        exporter: Arc<dyn Exporter>,
        now: fn() -> DateTime<Utc>,
    ) -> Result<Self, Error> {
        let Options { folder, key, most_bytes } = options;
        let shared = Arc::new(Shared {
            folder: Folder::new(folder),
            seal: Seal::new(key.as_deref())?,
            most_bytes,
            now,
        });
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(sweep(Arc::downgrade(&shared)));
        }
        Ok(Self { shared, exporter, exporting: Mutex::default() })
    }

    async fn keep_one(&self, result: NewResult) -> Result<Ticket, ResultError> {
        let bytes = result.complete.outline.bytes;
        if bytes > self.shared.most_bytes / 2 {
            return Err(ResultError::TooLarge { bytes });
        }
        let expires_at = (self.shared.now)() + result.expires;
        let stem = Stem::random(u64::try_from(expires_at.timestamp()).unwrap_or_default())?;
        let ticket = ticket(stem, &result.tool, result.export);
        self.blocking(move |shared| {
            shared.folder.make()?;
            shared.sweep(bytes);
            file::write(&shared.folder, &stem, result)
        })
        .await?;
        Ok(ticket)
    }

    async fn read_rows(&self, cursor: &str, owner: &Owner, most: Most) -> Result<Reading, ResultError> {
        let opened = self.shared.seal.open_cursor(cursor, owner).filter(|(stem, _)| self.is_kept(*stem));
        let (stem, row) = opened.ok_or(ResultError::Unknown)?;
        let read = move |shared: &Shared| {
            let kept = Kept::open(&shared.folder, &stem)?;
            let ticket = ticket(stem, &kept.header.tool, kept.header.export);
            Ok(Reading { ticket, rows: kept.rows(&shared.folder, &stem, row, most)? })
        };
        Ok(self.blocking(read).await?)
    }

    async fn open_export(
        &self,
        token: &str,
        format: Export,
        owner: &Owner,
    ) -> Result<ExportedFile, ResultError> {
        let (suffix, _) = file_type(format);
        let opened = self.shared.seal.open_token(token, suffix, owner).filter(|stem| self.is_kept(*stem));
        let stem = opened.ok_or(ResultError::Unknown)?;
        let _alone = self.exporting.lock().await;
        let folder = &self.shared.folder;
        let file = match folder.open(&stem, suffix) {
            Ok(file) => file,
            Err(_not_made_yet) => {
                let kept = self.blocking(move |shared| Kept::open(&shared.folder, &stem)).await?;
                if kept.header.export != format || format == Export::None {
                    return Err(ResultError::Unknown);
                }
                let made = export::make(kept, folder.path(), &*self.exporter).await?;
                let named = made.persist(folder.path().join(stem.file(suffix)));
                named.map_err(|error| error.error).doing("exporting a result")?;
                folder.open(&stem, suffix)?
            }
        };
        let bytes = file.metadata().doing("reading an export")?.len();
        Ok(ExportedFile { file, bytes, id: stem.id() })
    }

    fn is_kept(&self, stem: Stem) -> bool {
        stem.expires_at > seconds((self.shared.now)())
    }

    /// Works on files where that keeps nobody waiting.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || work(&shared)).await.map_err(Error::Ended)?
    }
}

impl ResultStore for Results {
    fn keep(&self, result: NewResult) -> BoxFuture<'_, Result<Ticket, ResultError>> {
        Box::pin(self.keep_one(result))
    }

    fn tell(&self, ticket: &Ticket, owner: &Owner, next: Option<u64>) -> Told {
        let stem = Stem::with(seconds(ticket.expires_at), &ticket.id);
        let seal = &self.shared.seal;
        let export = stem.filter(|_| ticket.export != Export::None).map(|stem| {
            let (suffix, mime_type) = file_type(ticket.export);
            let token = seal.token(&stem, suffix, &owner.with_any_arguments());
            let tool = utf8_percent_encode(&ticket.tool, NAME);
            let uri = format!("{RESULTS}{token}/{tool}.{suffix}");
            ExportLink { name: format!("{}.{suffix}", ticket.tool), uri, url: None, mime_type }
        });
        let next = stem.zip(next).map(|(stem, row)| seal.cursor(&stem, row, owner));
        Told { next, export, expires_at: ticket.expires_at }
    }

    fn rows<'a>(
        &'a self,
        cursor: &'a str,
        owner: &'a Owner,
        most: Most,
    ) -> BoxFuture<'a, Result<Reading, ResultError>> {
        Box::pin(self.read_rows(cursor, owner, most))
    }

    fn export<'a>(
        &'a self,
        token: &'a str,
        format: Export,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<ExportedFile, ResultError>> {
        Box::pin(self.open_export(token, format, owner))
    }
}

impl Shared {
    /// Makes room for so many bytes.
    fn sweep(&self, bytes: u64) {
        let now = seconds((self.now)());
        match self.folder.sweep(now, self.most_bytes.saturating_sub(bytes)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "kept results can't be removed");
            }
            _ => {}
        }
    }
}

/// Removes what has expired, for as long as there is a store.
async fn sweep(shared: Weak<Shared>) {
    while let Some(shared) = shared.upgrade() {
        // Nothing is lost if it ends early: the next one looks at everything again.
        let _swept = tokio::task::spawn_blocking(move || shared.sweep(0)).await;
        tokio::time::sleep(SWEEP).await;
    }
}

fn ticket(stem: Stem, tool: &str, export: Export) -> Ticket {
    let expires_at = i64::try_from(stem.expires_at).unwrap_or(i64::MAX);
    let expires_at = DateTime::from_timestamp(expires_at, 0).unwrap_or_default();
    Ticket { id: stem.id(), tool: tool.to_owned(), export, expires_at }
}

fn seconds(time: DateTime<Utc>) -> u64 {
    u64::try_from(time.timestamp()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
