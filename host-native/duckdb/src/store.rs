//! The database file: opened once, when it is first needed.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io, mem, thread};

use mxcp_core::secret::Secrets;
use mxcp_runtime::ports::{SqlError, SqlFunction};

use crate::claim::Claim;
use crate::ffi::{Config, Connection, Database, StatementKind};
use crate::identity::{self, Callers};
use crate::session::Session;
use crate::{Options, extensions, log_message, secrets, user_function};

/// A database that is open, or will be.
#[derive(Debug)]
pub(crate) struct Store {
    /// For the next opening.
    options: Mutex<Options>,
    callers: Arc<Callers>,
    /// The credentials, as they are now: those of the options may be outdated.
    secrets: Mutex<Secrets>,
    /// What was defined, for when the file is opened anew.
    functions: Mutex<Vec<Arc<dyn SqlFunction>>>,
    opened: Mutex<Option<Opened>>,
    /// Which opening of the file is the current one.
    generation: AtomicU64,
    definitions: AtomicU64,
    data: AtomicU64,
}

/// How many times something may have changed that statements are prepared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// Tables, views, settings. DuckDB plans a statement anew at each run once they have: it is better prepared again.
    pub(crate) definitions: u64,
    /// These, or rows. DuckDB plans with what it knows of the data: it counts rows, and drops conditions that no value meets, while
    /// it plans (`count(*)`, `max(id)`, `WHERE id > 5`), and does not notice that such a plan is outdated. A statement that
    /// reads has to be prepared again.
    pub(crate) data: u64,
}

#[derive(Debug)]
struct Opened {
    database: Arc<Database>,
    generation: u64,
    /// Given up after the database, also by those who have a connection.
    claim: Arc<Claim>,
}

/// Longest time that queries on a broken database have to end.
const PATIENCE: Duration = Duration::from_secs(10);

impl Store {
    /// Opens nothing yet.
    pub(crate) fn new(options: Options) -> Self {
        Self {
            secrets: Mutex::new(options.secrets.clone()),
            options: Mutex::new(options),
            functions: Mutex::default(),
            callers: Arc::default(),
            opened: Mutex::default(),
            generation: AtomicU64::new(0),
            definitions: AtomicU64::new(0),
            data: AtomicU64::new(0),
        }
    }

    /// What statements are prepared with.
    pub(crate) fn version(&self) -> Version {
        Version {
            definitions: self.definitions.load(Ordering::SeqCst),
            data: self.data.load(Ordering::SeqCst),
        }
    }

    /// Says what a statement may have changed.
    pub(crate) fn changed_by(&self, kind: StatementKind) {
        if !kind.keeps_to_rows() {
            self.definitions.fetch_add(1, Ordering::SeqCst);
        }
        if kind != StatementKind::Query {
            self.data.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Which opening of the file is the current one. Connections of another one must be given up.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Says that the database of a generation is broken: DuckDB refuses everything after an internal error. It is opened
    /// anew for the next connection.
    pub(crate) fn broken(&self, generation: u64) {
        let next = generation + 1;
        if self.generation.compare_exchange(generation, next, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            tracing::error!("the database had an internal error and is opened anew");
        }
    }

    /// A new connection; the first one opens the database. A failure is not remembered. `drop_idle` closes connections that
    /// nobody uses, which may stand in the way.
    ///
    /// # Errors
    /// The database can't be opened.
    pub(crate) fn connect(self: &Arc<Self>, drop_idle: impl Fn()) -> Result<Session, SqlError> {
        self.connection(drop_idle)
            .map(|(connection, claim, generation)| {
                let seat = self.callers.seat(connection.id());
                Session::new(connection, seat, Arc::clone(self), claim, generation)
            })
            .map_err(|message| SqlError::Unavailable { message })
    }

    /// Goes over to other credentials, also for when the database is opened anew.
    pub(crate) fn replace_secrets(&self, connection: &Connection, secrets: Secrets) {
        let mut current = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets::replace(connection, &current, &secrets);
        *current = secrets;
    }

    /// Defines functions for all connections until the file is released, also for when it is opened anew before.
    ///
    /// # Errors
    /// There is a function of the name, or DuckDB refuses one.
    pub(crate) fn define(
        &self,
        connection: &Connection,
        functions: Vec<Arc<dyn SqlFunction>>,
    ) -> Result<(), String> {
        // Held so that whoever opens the file anew defines these, too.
        let _opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let mut defined = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        user_function::define(connection, &functions, &defined, &self.callers)?;
        defined.extend(functions);
        Ok(())
    }

    /// Whether functions are defined.
    pub(crate) fn has_functions(&self) -> bool {
        !self.functions.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Opens the file with these options from the next time on.
    pub(crate) fn reconfigure(&self, options: Options) {
        *self.secrets.lock().unwrap_or_else(PoisonError::into_inner) = options.secrets.clone();
        *self.options.lock().unwrap_or_else(PoisonError::into_inner) = options;
    }

    /// Closes the file once the connections are gone, and forgets the functions. The next connection opens it again.
    pub(crate) fn release(&self) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let functions = mem::take(&mut *self.functions.lock().unwrap_or_else(PoisonError::into_inner));
        *opened = None;
        // Last, as what they belong to may call the database when it goes.
        drop(opened);
        drop(functions);
    }

    fn connection(&self, drop_idle: impl Fn()) -> Result<(Connection, Arc<Claim>, u64), String> {
        // Held while opening, so that others wait for the database instead of opening it twice.
        let mut slot = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = self.generation();
        match &*slot {
            Some(opened) if opened.generation == generation => {
                return Ok((Connection::open(&opened.database)?, Arc::clone(&opened.claim), generation));
            }
            Some(_) => wait_for_end(&mut slot, drop_idle)?,
            None => {}
        }
        let options = self.options.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (database, claim) = open(&options)?;
        let connection = Connection::open(&database)?;
        identity::define(&connection, &self.callers)?;
        log_message::define(&connection, &self.callers)?;
        for extension in &options.extensions {
            extensions::load(&connection, extension, options.extension_folder.as_deref())?;
        }
        // DuckDB keeps temporary secrets for the database, not the connection; extensions bring types of them.
        secrets::create(&connection, &self.secrets.lock().unwrap_or_else(PoisonError::into_inner));
        let functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        user_function::define(&connection, &functions, &[], &self.callers)?;
        let claim = Arc::new(claim);
        *slot = Some(Opened { database, generation, claim: Arc::clone(&claim) });
        Ok((connection, claim, generation))
    }
}

/// Waits until nobody uses the database any more, and closes it: a file must not be open twice.
fn wait_for_end(slot: &mut Option<Opened>, drop_idle: impl Fn()) -> Result<(), String> {
    let start = Instant::now();
    while slot.as_ref().is_some_and(|opened| Arc::strong_count(&opened.database) > 1) {
        drop_idle();
        if start.elapsed() > PATIENCE {
            return Err(
                "the database had an internal error, and queries still run that began before".to_owned()
            );
        }
        thread::sleep(Duration::from_millis(5));
    }
    *slot = None;
    Ok(())
}

/// Opens the file of the options, and makes it if there is none.
///
/// # Errors
/// DuckDB's message, with what to do about it.
pub(crate) fn open(options: &Options) -> Result<(Arc<Database>, Claim), String> {
    let path = options.path.as_path();
    let text = path.to_str().ok_or_else(|| format!("the path {} is no UTF-8 text", path.display()))?;
    if text.is_empty() || text.starts_with(":memory:") {
        return Err(
            "In-memory databases (:memory:) are not supported. Please use a file-based database.".to_owned()
        );
    }
    let missing = !path.exists();
    if missing {
        make_folder(path).map_err(|error| format!("can't make the folder of {}: {error}", path.display()))?;
    }
    let claim = Claim::new(path, options.readonly)?;
    let open = |mode| Database::open(text, &config(options, mode)?).map_err(|message| explain(text, message));
    if missing && options.readonly {
        // DuckDB can't make a file that it may not write.
        drop(open("READ_WRITE")?);
    }
    let database = open(if options.readonly { "READ_ONLY" } else { "READ_WRITE" })?;
    Ok((database, claim))
}

fn config(options: &Options, access_mode: &str) -> Result<Config, String> {
    let threads = options.threads.unwrap_or_else(Options::default_threads).max(1);
    let mut config = with_extensions(options.extension_folder.as_deref(), threads)?;
    config.set("access_mode", access_mode)?;
    Ok(config)
}

/// A configuration with so many threads, and extensions from a folder, if not DuckDB's own.
///
/// # Errors
/// DuckDB refuses.
pub(crate) fn with_extensions(folder: Option<&Path>, threads: usize) -> Result<Config, String> {
    let mut config = Config::new()?;
    config.set("threads", &threads.to_string())?;
    if let Some(folder) = folder {
        let text =
            folder.to_str().ok_or_else(|| format!("the path {} is no UTF-8 text", folder.display()))?;
        config.set("extension_directory", text)?;
    }
    Ok(config)
}

fn make_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

/// DuckDB's message about a file it can't open, with what to do about it.
fn explain(path: &str, message: String) -> String {
    if message.contains("Could not set lock on file") {
        let holder = holder(&message).map_or("the other process".to_owned(), |pid| format!("process {pid}"));
        return format!(
            "{message}\nStop {holder}, or let all of them open the file for reading only (`--readonly`)."
        );
    }
    if message.contains(path) { message } else { format!("{message} (in the file \"{path}\")") }
}

/// The process that DuckDB says holds the lock.
fn holder(message: &str) -> Option<u32> {
    let (_, rest) = message.split_once("(PID ")?;
    rest.split_once(')')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn a_held_lock_names_the_process_that_holds_it() {
        let message =
            r#"IO Error: Could not set lock on file "/d": Conflicting lock is held in /bin/x (PID 42). See"#;
        let text = explain("/d", message.to_owned());
        assert!(
            text.starts_with(message) && text.contains("Stop process 42") && text.contains("--readonly"),
            "{text}"
        );
    }

    #[test]
    fn other_messages_name_the_file_once() {
        assert_eq!(explain("/d", "IO Error: \"/d\" is bad".to_owned()), "IO Error: \"/d\" is bad");
        assert_eq!(explain("/d", "IO Error: bad".to_owned()), "IO Error: bad (in the file \"/d\")");
    }
}
