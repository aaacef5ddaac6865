//! A project in a temporary folder, and an engine that runs it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mxcp_core::definition::PythonSource;
use mxcp_core::registry::Output;
use mxcp_core::source::{SourceFile, Span};
use mxcp_core::value::{Object, Value};
use mxcp_python::{Options, Workers};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{
    Plugin, PythonEngine as _, PythonError, PythonProject, PythonRequest, Reload, SqlEngine, SqlFunction,
};
use serde_json::{Map, Value as Json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::database::Database;

/// Longer than any test takes that goes well.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A project with one module, `python/m.py`.
pub(crate) struct Project {
    _folder: TempDir,
    project: Arc<PythonProject>,
    pub(crate) database: Arc<Database>,
    pub(crate) printed: Arc<Mutex<Vec<u8>>>,
    pub(crate) workers: Arc<Workers>,
    pub(crate) functions: Vec<Arc<dyn SqlFunction>>,
    pub(crate) runtime: Runtime,
}

/// What a test changes of the usual.
#[derive(Default)]
pub(crate) struct Setting {
    pub(crate) workers: Option<usize>,
    pub(crate) interpreter: Option<PathBuf>,
    pub(crate) reload: Option<Arc<dyn Reload>>,
    /// Source of the plug-in `p_one`.
    pub(crate) plugin: Option<&'static str>,
}

struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Project {
    /// A project that is started and initialised.
    pub(crate) fn new(module: &str) -> Self {
        Self::with(module, Setting::default())
    }

    pub(crate) fn with(module: &str, setting: Setting) -> Self {
        Self::start(module, setting).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A project without modules, and an interpreter that is not there.
    pub(crate) fn empty(interpreter: PathBuf) -> Self {
        Self::begin(None, Setting { interpreter: Some(interpreter), ..Setting::default() })
            .unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn start(module: &str, setting: Setting) -> Result<Self, PythonError> {
        Self::begin(Some(module), setting)
    }

    fn begin(module: Option<&str>, setting: Setting) -> Result<Self, PythonError> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["python", "plugins"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        if let Some(module) = module {
            std::fs::write(root.join("python/m.py"), module).unwrap();
        }
        let mut plugins = Vec::new();
        if let Some(source) = setting.plugin {
            std::fs::write(root.join("plugins/one.py"), source).unwrap();
            plugins.push(Plugin { name: "p".into(), module: "one".into(), config: Map::new() });
        }
        let database = Arc::new(Database::default());
        let printed = Arc::new(Mutex::new(Vec::new()));
        let mut options = Options::new(&root, Arc::clone(&database) as Arc<dyn SqlEngine>);
        options.printed = Arc::new(Mutex::new(Sink(Arc::clone(&printed))));
        options.environment = None;
        options.interpreter = setting.interpreter;
        options.reload = setting.reload;
        options.workers = setting.workers.unwrap_or(options.workers);
        let workers = Arc::new(Workers::new(options));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let project = Arc::new(PythonProject {
            sources: Arc::default(),
            modules: root.join("python"),
            plugins_folder: root.join("plugins"),
            root,
            plugins,
            site_config: Map::new(),
            user_config: Map::new(),
            secrets: Map::new(),
        });
        let functions = runtime.block_on(async {
            let functions = workers.start(Arc::clone(&project)).await?;
            workers.initialise(scope()).await.map(|()| functions)
        })?;
        Ok(Self { _folder: folder, project, database, printed, workers, functions, runtime })
    }

    /// Calls a function of the module without arguments.
    pub(crate) fn call(&self, function: &str) -> Result<Json, PythonError> {
        self.call_with(function, "{}")
    }

    /// Calls a function with arguments in JSON, and gives its result in JSON.
    pub(crate) fn call_with(&self, function: &str, arguments: &str) -> Result<Json, PythonError> {
        let request = request(function, arguments);
        self.value(request).map(|value| value.to_json())
    }

    /// Calls a function, and gives its result.
    pub(crate) fn value(&self, request: PythonRequest) -> Result<Value, PythonError> {
        match self.runtime.block_on(self.workers.call(request))? {
            Output::Value(value) => Ok(value),
            other => panic!("{other:?} is no value"),
        }
    }

    /// What was printed so far.
    pub(crate) fn printed(&self) -> String {
        String::from_utf8_lossy(&self.printed.lock().unwrap()).into_owned()
    }

    /// Changes the module.
    pub(crate) fn edit(&self, module: &str) {
        std::fs::write(self.project.modules.join("m.py"), module).unwrap();
    }

    /// A file beside the module.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.project.modules.join(name)
    }

    pub(crate) fn start_again(&mut self) {
        let starting = async {
            self.functions = self.workers.start(Arc::clone(&self.project)).await?;
            self.workers.initialise(scope()).await
        };
        self.runtime.block_on(starting).unwrap();
    }

    pub(crate) fn stop(&self) {
        self.runtime.block_on(self.workers.stop(scope()));
    }
}

pub(crate) fn scope() -> Arc<CallScope> {
    Arc::new(CallScope::of_host("test", "cli"))
}

pub(crate) fn request(function: &str, arguments: &str) -> PythonRequest {
    let Value::Object(arguments) = Value::parse_json(arguments).unwrap() else { panic!("no object") };
    request_with(function, arguments)
}

pub(crate) fn request_with(function: &str, arguments: Object) -> PythonRequest {
    PythonRequest {
        source: Arc::new(PythonSource {
            file: "python/m.py".to_owned(),
            shown: "tools/../python/m.py".to_owned(),
            function: Some(function.to_owned()),
            text: SourceFile::new("python/m.py", ""),
            place: Span::new(&SourceFile::new("tools/m.yml", ""), 0..0),
        }),
        arguments: Arc::new(arguments),
        typed: false,
        scope: scope(),
        timeout: Some(LONG),
    }
}
