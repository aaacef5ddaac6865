//! One generation of a project in Python.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use mxcp_core::definition::PythonSource;
use mxcp_runtime::ports::PythonProject;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::Value as Json;

use crate::call::Call;
use crate::{contract, to_python};

/// The project that runs, from its start to its stop.
#[derive(Debug)]
pub(crate) struct Project {
    root: PathBuf,
    engine: Py<PyAny>,
    /// What was found for the sources that were called, by where they are in memory.
    targets: Mutex<HashMap<usize, Known>>,
}

#[derive(Debug)]
struct Known {
    /// Says whether the source is the one that was there.
    source: Weak<PythonSource>,
    target: Target,
}

/// A function to call.
#[derive(Debug)]
pub(crate) struct Target {
    /// What `mxcp._engine` knows it as.
    pub(crate) object: Py<PyAny>,
    /// Whether it runs on the loop.
    pub(crate) awaited: bool,
}

impl Project {
    /// Makes the engine of a project.
    pub(crate) fn new(py: Python<'_>, project: &PythonProject) -> PyResult<Self> {
        let settings = PyDict::new(py);
        let json = |map: &serde_json::Map<_, _>| to_python::json(py, Json::Object(map.clone()));
        settings.set_item(intern!(py, "root"), text(&project.root))?;
        settings.set_item(intern!(py, "modules"), text(&project.modules))?;
        settings.set_item(intern!(py, "plugins_folder"), text(&project.plugins_folder))?;
        let plugins = PyList::empty(py);
        for plugin in &project.plugins {
            let entry = PyDict::new(py);
            entry.set_item(intern!(py, "name"), &plugin.name)?;
            entry.set_item(intern!(py, "module"), &plugin.module)?;
            entry.set_item(intern!(py, "config"), json(&plugin.config)?)?;
            plugins.append(entry)?;
        }
        settings.set_item(intern!(py, "plugins"), plugins)?;
        settings.set_item(intern!(py, "site_config"), json(&project.site_config)?)?;
        settings.set_item(intern!(py, "user_config"), json(&project.user_config)?)?;
        settings.set_item(intern!(py, "secrets"), json(&project.secrets)?)?;
        settings.set_item(intern!(py, "sources"), &*project.sources)?;
        let engine = contract::package(py)?.call_method1(intern!(py, "Engine"), (settings,))?;
        Ok(Self { root: project.root.clone(), engine: engine.unbind(), targets: Mutex::default() })
    }

    /// The engine.
    pub(crate) fn engine<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.engine.bind(py)
    }

    /// The file of a source, absolute.
    pub(crate) fn file(&self, source: &PythonSource) -> String {
        text(&self.root.join(&source.file))
    }

    /// Whether a source is known to run on the loop.
    pub(crate) fn is_awaited(&self, source: &Arc<PythonSource>) -> bool {
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        targets.get(&place(source)).is_some_and(|known| known.is_of(source) && known.target.awaited)
    }

    /// The function of a source, which is imported within `call` when it is first asked for.
    pub(crate) fn resolve(
        &self,
        py: Python<'_>,
        source: &Arc<PythonSource>,
        call: &Py<Call>,
    ) -> PyResult<Target> {
        if let Some(target) = self.known(py, source) {
            return Ok(target);
        }
        let arguments = (self.file(source), &source.shown, &source.function, call);
        let object = self.engine(py).call_method1(intern!(py, "resolve"), arguments)?;
        let target = Target {
            awaited: object.getattr(intern!(py, "is_async"))?.is_truthy()?,
            object: object.unbind(),
        };
        let known = Known { source: Arc::downgrade(source), target: target.clone_ref(py) };
        let replaced = {
            let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
            targets.insert(place(source), known)
        };
        drop(replaced);
        Ok(target)
    }

    fn known(&self, py: Python<'_>, source: &Arc<PythonSource>) -> Option<Target> {
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        targets
            .get(&place(source))
            .filter(|known| known.is_of(source))
            .map(|known| known.target.clone_ref(py))
    }
}

impl Known {
    /// Whether it is of a source, and not of one that was at its place before.
    fn is_of(&self, source: &Arc<PythonSource>) -> bool {
        std::ptr::eq(self.source.as_ptr(), Arc::as_ptr(source))
    }
}

impl Target {
    fn clone_ref(&self, py: Python<'_>) -> Self {
        Self { object: self.object.clone_ref(py), awaited: self.awaited }
    }
}

/// A weak reference keeps the place from being given to another source.
fn place(source: &Arc<PythonSource>) -> usize {
    Arc::as_ptr(source).addr()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
