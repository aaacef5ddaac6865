//! The engine as the runtime sees it.

mod table;

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use mxcp_core::definition::ComponentSource;
use mxcp_core::secret::Secrets;
use mxcp_core::wit;
use mxcp_runtime::ports::{
    BoxFuture, ComponentEngine, ComponentError, ComponentRequest, SqlEngine, SqlFunction,
};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;
use wasmtime::component::Component;

use self::table::Table;
use crate::begun;
use crate::machine::Machine;
use crate::ready::Ready;
use crate::services::Services;
use crate::sql_function;
use crate::{Cache, Error};

/// Runs the components of one project. Nothing of wasmtime is touched before the first of them is needed.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Inner>);

/// What an engine has to know of a project.
#[derive(Debug)]
pub struct Options {
    /// The project's folder, absolute.
    pub root: PathBuf,
    /// The database, for components that may query it.
    pub sql: Arc<dyn SqlEngine>,
    /// Credentials, for components that may have some.
    pub secrets: Secrets,
    /// Where compiled code is kept; none for the user's cache.
    pub cache: Option<PathBuf>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    services: Arc<Services>,
    cache_folder: Option<PathBuf>,
    cache: OnceLock<Cache>,
    plain: OnceLock<Arc<Machine>>,
    counting: OnceLock<Arc<Machine>>,
    table: Table,
    /// Where calls go on that take longer than a turn; none if that is where they began.
    runtime: Option<Handle>,
}

impl Engine {
    /// An engine that has started nothing. Calls that take long go on in the runtime within which it is made.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let Options { root, sql, secrets, cache } = options;
        Self(Arc::new(Inner {
            root,
            services: Arc::new(Services::new(sql, secrets)),
            cache_folder: cache,
            cache: OnceLock::new(),
            plain: OnceLock::new(),
            counting: OnceLock::new(),
            table: Table::default(),
            runtime: Handle::try_current().ok(),
        }))
    }

    /// Goes over to other credentials, for calls that begin afterwards.
    pub fn replace_secrets(&self, secrets: Secrets) {
        self.0.services.replace_secrets(secrets);
    }

    /// A function for SQL that a component computes. It is called from threads of the database, and does its work on
    /// `runtime`.
    ///
    /// # Errors
    /// SQL has no such types, or the component may query, which functions within a query can't.
    pub fn sql_function(
        &self,
        name: &str,
        source: Arc<ComponentSource>,
        runtime: Handle,
    ) -> Result<Arc<dyn SqlFunction>, String> {
        sql_function::new(name, source, self.clone(), runtime)
    }

    /// The function, ready to be called. Where it isn't, it is made so: that may take long.
    ///
    /// # Errors
    /// The component can't be read, compiled or linked.
    pub(crate) async fn ready(&self, source: &Arc<ComponentSource>) -> Result<Arc<Ready>, ComponentError> {
        match self.0.table.get(source) {
            Some(ready) => Ok(ready),
            None => {
                let (inner, source) = (Arc::clone(&self.0), Arc::clone(source));
                let made = tokio::task::spawn_blocking(move || inner.make(&source));
                made.await.map_err(|error| ComponentError::Internal(error.into()))?
            }
        }
    }
}

impl Inner {
    fn machine(&self, fuel: bool) -> Result<Arc<Machine>, Error> {
        let place = if fuel { &self.counting } else { &self.plain };
        if let Some(machine) = place.get() {
            return Ok(Arc::clone(machine));
        }
        let machine = Arc::new(Machine::new(fuel)?);
        Ok(Arc::clone(place.get_or_init(|| machine)))
    }

    /// Makes a function ready and remembers it.
    fn make(&self, source: &Arc<ComponentSource>) -> Result<Arc<Ready>, ComponentError> {
        if let Some(ready) = self.table.get(source) {
            return Ok(ready);
        }
        let ready = self.load(source).map_err(|error| {
            let message = format!("component `{}` can't be used: {error}", source.file);
            ComponentError::Unavailable { message }
        })?;
        Ok(self.table.put(Arc::new(ready)))
    }

    fn load(&self, source: &Arc<ComponentSource>) -> Result<Ready, Error> {
        let machine = self.machine(source.limits.fuel.is_some())?;
        let component = match self.table.component(source) {
            Some(component) => component,
            None => self.compile(&machine, source)?,
        };
        Ready::new(Arc::clone(source), &machine, &component, &self.root, &self.services)
    }

    fn compile(&self, machine: &Machine, source: &ComponentSource) -> Result<Component, Error> {
        let cache = self.cache.get_or_init(|| match &self.cache_folder {
            Some(folder) => Cache::at(folder.clone()),
            None => Cache::of_user(),
        });
        let file = &source.file;
        let mut read = || {
            let bytes = fs::read(self.root.join(file))
                .map_err(|error| Error::Read { file: file.clone(), source: error })?;
            if digest(&bytes) != source.digest.to_ascii_lowercase() {
                return Err(Error::Changed { file: file.clone() });
            }
            Ok(bytes)
        };
        cache.component(&machine.engine, &source.digest, file, &mut read)
    }
}

/// The digest of a component, in hexadecimal.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl ComponentEngine for Engine {
    fn prepare(&self, sources: Vec<Arc<ComponentSource>>) -> BoxFuture<'_, Result<(), ComponentError>> {
        Box::pin(async move {
            let inner = Arc::clone(&self.0);
            let work = tokio::task::spawn_blocking(move || {
                sources.iter().try_for_each(|source| inner.make(source).map(|_| ()))?;
                drop(sources);
                Ok(())
            });
            let done = work.await.map_err(|error| ComponentError::Internal(error.into()))?;
            if done.is_ok() {
                self.0.table.forget_unused();
            }
            done
        })
    }

    fn call(&self, request: ComponentRequest) -> BoxFuture<'_, Result<Option<wit::Value>, ComponentError>> {
        Box::pin(async move {
            let ComponentRequest { source, arguments, scope, timeout } = request;
            let ready = self.ready(&source).await?;
            let limit = ready.limits.time_within(timeout);
            let call = async move { ready.call(&arguments, &scope, limit).await };
            begun::go_on(call, self.0.runtime.as_ref()).await
        })
    }
}
