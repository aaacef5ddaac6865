//! What a project runs on: its database, and Python and components if it has any.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use mxcp_core::registry::Registry;
use mxcp_runtime::ports::{
    ComponentEngine as _, NoAudit, PythonEngine, PythonError, PythonProblem, PythonProject, Reload,
    ReloadPayload, SqlEngine, SqlFunction,
};
use mxcp_runtime::{CallScope, Limits, Pipeline};

use crate::failure::Failure;
use crate::logging::Printed;
use crate::project::{Project, Sources};

/// The words by which users of the reference implementation look for what is wrong.
const PROBLEM: &str = "Failed to create RuntimeEnvironment";

/// How long to look at the module of one plug-in before a reload.
const LOOK: Duration = Duration::from_secs(5);

/// Makes the database of the active profile, by opening it once.
///
/// # Errors
/// It can't be opened, or its extensions can't be loaded.
pub(crate) async fn make_database(project: &Project) -> Result<(), Failure> {
    std::env::set_current_dir(&project.root)?;
    let engine = mxcp_duckdb::Engine::new(options(project, false)?);
    engine.open().await.context(PROBLEM)?;
    engine.close().await;
    Ok(())
}

/// Longest time that the database is waited for at the end.
const CLOSING: Duration = Duration::from_secs(5);

/// The engines of a project, open.
#[derive(Debug)]
pub(crate) struct Engines {
    sql: Arc<mxcp_duckdb::Engine>,
    python: Arc<dyn PythonEngine>,
    components: mxcp_wasm::Engine,
    /// Whether calls are served, so that nothing may be compiled within one.
    serves: bool,
    readonly: bool,
    transport: &'static str,
    python_started: AtomicBool,
    /// The texts of the Python that runs, or ran last.
    python_sources: Mutex<Arc<Sources>>,
}

/// The Python that ran at some moment, to go back to.
#[derive(Clone, Debug)]
pub(crate) struct Ran(Arc<Sources>);

/// How engines are opened.
#[derive(Debug)]
pub(crate) struct Opening {
    /// Whether the command asks for reading only.
    pub(crate) readonly: bool,
    /// What code that nobody called, as hooks are, knows the program's door as.
    pub(crate) transport: &'static str,
    /// Reloads the project when Python asks for it; none if nothing is served.
    pub(crate) reload: Option<Arc<dyn Reload>>,
}

impl Opening {
    /// For a command that serves nothing.
    pub(crate) fn of_command(readonly: bool) -> Self {
        Self { readonly, transport: "cli", reload: None }
    }
}

impl Engines {
    /// Opens the database of the active profile, and starts Python if anything of the project needs it.
    ///
    /// # Errors
    /// The database can't be opened, its extensions can't be loaded, Python can't be started, or a plug-in can't be made.
    pub(crate) async fn open(
        project: &Project,
        registry: &Registry,
        opening: Opening,
    ) -> Result<Self, Failure> {
        let Opening { readonly, transport, reload } = opening;
        // Relative paths in SQL, as in `FROM 'data/orders.parquet'`, start at the project root wherever the command
        // was started.
        std::env::set_current_dir(&project.root)?;
        let sql = Arc::new(mxcp_duckdb::Engine::new(options(project, readonly)?));
        let serves = reload.is_some();
        let python = python(project, Arc::<mxcp_duckdb::Engine>::clone(&sql), reload);
        let components = mxcp_wasm::Engine::new(mxcp_wasm::Options {
            root: project.root.clone(),
            sql: Arc::<mxcp_duckdb::Engine>::clone(&sql),
            secrets: project.user.secrets(),
            cache: None,
        });
        let python_started = AtomicBool::new(false);
        let python_sources = Mutex::default();
        let engines =
            Self { sql, python, components, serves, readonly, transport, python_started, python_sources };
        engines.start(project, registry, None).await?;
        Ok(engines)
    }

    /// The database.
    pub(crate) fn sql(&self) -> &dyn SqlEngine {
        &*self.sql
    }

    /// What runs components. It starts when the first of them is needed.
    pub(crate) fn components(&self) -> &mxcp_wasm::Engine {
        &self.components
    }

    /// Python, if it is started.
    pub(crate) fn python(&self) -> Option<&dyn PythonEngine> {
        self.python_started.load(Ordering::SeqCst).then_some(&*self.python)
    }

    /// The way of every call through the project.
    pub(crate) fn pipeline(&self, registry: Registry) -> Pipeline {
        let sql: Arc<dyn SqlEngine> = Arc::<mxcp_duckdb::Engine>::clone(&self.sql);
        Pipeline::new(registry, sql, Arc::new(NoAudit), Limits::default())
            .with_python(Arc::clone(&self.python))
            .with_components(Arc::new(self.components.clone()))
    }

    /// Looks for what would keep plug-ins from being made, before anything is stopped for them: settings that are
    /// missing, and modules that are not Python.
    ///
    /// # Errors
    /// There is such a thing.
    pub(crate) async fn check_plugins(&self, project: &Project) -> Result<(), Failure> {
        let modules = project.python()?.plugins.into_iter().map(|plugin| plugin.module);
        let Some(python) = self.python() else { return Ok(()) };
        for source in modules.filter_map(|module| project.plugin_source(&module)) {
            let file = source.file.clone();
            let check = python.check(Arc::new(source), Vec::new());
            // Where every process is busy, the start says what is wrong.
            let Ok(Ok(findings)) = tokio::time::timeout(LOOK, check).await else { continue };
            if let Some(found) = findings.into_iter().find(|found| found.kind == PythonProblem::Syntax) {
                let line = found.line.map(|line| format!(", line {line}")).unwrap_or_default();
                let problem = format!("{PROBLEM}: {} ({file}{line})", found.message);
                return Err(Failure::Other(anyhow::Error::msg(problem)));
            }
        }
        Ok(())
    }

    /// Looks for what would keep functions of components from being defined for SQL, and compiles them, before anything is
    /// stopped for them.
    ///
    /// # Errors
    /// There is such a thing.
    pub(crate) async fn check_sql_functions(&self, project: &Project) -> Result<(), Failure> {
        self.sql_functions(project).await.map(|_functions| ())
    }

    /// Stops everything, does `payload` while the database is closed, and starts again as the project says. No call may
    /// run meanwhile. Gives why the payload failed, if it did.
    ///
    /// # Errors
    /// As [`Engines::open`]; then nothing runs, and this can be tried again.
    pub(crate) async fn restart(
        &self,
        project: &Project,
        registry: &Registry,
        payload: Option<ReloadPayload>,
    ) -> Result<Result<(), String>, Failure> {
        self.halt(project).await?;
        let done = match payload {
            // It may do what it likes for as long as it likes.
            Some(payload) => tokio::task::spawn_blocking(payload)
                .await
                .unwrap_or_else(|_panic| Err("the payload panicked".to_owned())),
            None => Ok(()),
        };
        self.start(project, registry, None).await?;
        Ok(done)
    }

    /// The Python that runs, or ran last.
    pub(crate) fn ran(&self) -> Ran {
        Ran(Arc::clone(&self.sources()))
    }

    /// Stops everything, and starts it with the Python that ran, whatever its files say by now. No call may run meanwhile.
    ///
    /// # Errors
    /// As [`Engines::open`]; then nothing runs, and this can be tried again.
    pub(crate) async fn resume(
        &self,
        project: &Project,
        registry: &Registry,
        ran: Ran,
    ) -> Result<(), Failure> {
        self.halt(project).await?;
        self.start(project, registry, Some(ran)).await
    }

    /// Stops everything, and closes the database until it is opened as a project says.
    async fn halt(&self, project: &Project) -> Result<(), Failure> {
        self.stop().await;
        self.sql.reconfigure(options(project, self.readonly)?);
        self.components.replace_secrets(project.user.secrets());
        Ok(self.sql.release().await?)
    }

    /// Runs the shutdown hooks, shuts plug-ins down, and closes the database.
    ///
    /// A function of a plug-in that never comes back keeps its query, and nobody else: the program ends without it.
    pub(crate) async fn close(&self) {
        self.stop().await;
        if tokio::time::timeout(CLOSING, self.sql.close()).await.is_err() {
            tracing::warn!("a query still runs that can't be taken back, and ends with the program");
            // Dropping the engine would wait for it.
            std::mem::forget(Arc::clone(&self.sql));
        }
    }

    async fn start(&self, project: &Project, registry: &Registry, ran: Option<Ran>) -> Result<(), Failure> {
        self.sql.open().await.context(PROBLEM)?;
        let functions = self.sql_functions(project).await?;
        if !functions.is_empty() {
            self.sql.define(functions).await.context(PROBLEM)?;
        }
        if project.needs_python(registry) {
            self.start_python(project, ran).await?;
        }
        Ok(())
    }

    /// The functions of components that SQL may call; ready to be called, if calls are served.
    async fn sql_functions(&self, project: &Project) -> Result<Vec<Arc<dyn SqlFunction>>, Failure> {
        if project.site.sql_functions.is_empty() {
            return Ok(Vec::new());
        }
        let sources = project.sql_functions()?;
        let runtime = tokio::runtime::Handle::current();
        let functions = sources.iter().map(|(name, source)| {
            let function = self.components.sql_function(name, Arc::clone(source), runtime.clone());
            function.map_err(|problem| Failure::message(format!("{PROBLEM}: {problem}")))
        });
        let functions = functions.collect::<Result<Vec<_>, _>>()?;
        if self.serves {
            let sources = sources.into_iter().map(|(_, source)| source).collect();
            self.components.prepare(sources).await.context(PROBLEM)?;
        }
        Ok(functions)
    }

    /// Starts Python as it ran, or as its files say now.
    async fn start_python(&self, project: &Project, ran: Option<Ran>) -> Result<(), Failure> {
        if project.misses_python_in_process() {
            tracing::warn!(
                "`python.isolation: in-process` has no effect here: Python runs in worker processes, as no interpreter is in this program (the mxcp of a wheel has one)"
            );
        }
        let sources = ran.map_or_else(|| Arc::new(project.python_sources()), |Ran(sources)| sources);
        let python = PythonProject { sources: Arc::clone(&sources), ..project.python()? };
        let functions = self.python.start(Arc::new(python)).await.map_err(unavailable)?;
        self.python_started.store(true, Ordering::SeqCst);
        *self.sources() = sources;
        self.sql.define(functions).await.context(PROBLEM)?;
        // Hooks may use the plug-ins' functions.
        self.python.initialise(self.scope("init")).await.map_err(unavailable)
    }

    fn sources(&self) -> MutexGuard<'_, Arc<Sources>> {
        self.python_sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn stop(&self) {
        if self.python_started.swap(false, Ordering::SeqCst) {
            self.python.stop(self.scope("shutdown")).await;
        }
    }

    fn scope(&self, what: &str) -> Arc<CallScope> {
        Arc::new(CallScope::of_host(what, self.transport))
    }
}

fn unavailable(error: PythonError) -> Failure {
    Failure::Other(anyhow::Error::new(error).context(PROBLEM))
}

/// How the database of the active profile is opened.
pub(super) fn options(project: &Project, readonly: bool) -> Result<mxcp_duckdb::Options, Failure> {
    let database = project.database(readonly)?;
    Ok(mxcp_duckdb::Options {
        readonly: database.readonly,
        extensions: project.site.extensions.clone(),
        extension_folder: project.site.extensions_folder().map(|folder| project.path(folder)),
        secrets: project.user.secrets(),
        ..mxcp_duckdb::Options::new(database.path)
    })
}

/// Python in this process if there is an interpreter in it and the project doesn't ask for processes of its own.
fn python(
    project: &Project,
    sql: Arc<dyn SqlEngine>,
    reload: Option<Arc<dyn Reload>>,
) -> Arc<dyn PythonEngine> {
    match project.python_in_process() {
        Some(make) => make(sql, reload),
        None => {
            let settings = &project.site.python;
            let mut options = mxcp_python::Options::new(&project.root, sql);
            options.reload = reload;
            options.printed = Arc::new(Mutex::new(Printed::default()));
            options.interpreter = settings.interpreter.as_ref().map(PathBuf::from);
            if let Some(workers) = settings.workers {
                options.workers = workers as usize;
            }
            Arc::new(mxcp_python::Workers::new(options))
        }
    }
}
