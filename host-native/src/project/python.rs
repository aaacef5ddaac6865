//! What Python has to know of a project.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use mxcp_core::definition::{Implementation, PythonSource};
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::registry::Registry;
use mxcp_core::schema::{self, Isolation};
use mxcp_core::site::Site;
use mxcp_core::source::{SourceFile, Span};
use mxcp_runtime::ports::{Plugin, PythonProject};
use serde_json::{Map, Value as Json, json};

use super::{Definitions, Effort, Project};
use crate::InProcessPython;
use crate::cli::Common;
use crate::environment::Environment;
use crate::failure::Failure;

/// How deep folders of modules are looked into for one.
const MAX_DEPTH: usize = 32;

/// Whether the project around the working directory wants Python in the process that serves it. Where something is wrong
/// with it, it does not: the command says what.
pub(crate) fn wants_python_in_process(common: &Common, environment: &Environment) -> bool {
    let Some(root) = env::current_dir().ok().and_then(|folder| super::root_of(&folder)) else {
        return false;
    };
    let profile = super::asked_profile(common, environment);
    let Ok((site, _)) = super::read_site(&root, profile, &mut Diagnostics::new()) else {
        return false;
    };
    let modules = environment.path(&root, site.modules_folder());
    allows_in_process(&site)
        && (has_plugin_or_module(&site, &modules)
            || has_function(&Definitions::load(&root, &site, Effort::Full).registry))
}

fn allows_in_process(site: &Site) -> bool {
    site.python.isolation != Some(Isolation::Process)
}

fn has_plugin_or_module(site: &Site, modules: &Path) -> bool {
    !site.plugins.is_empty() || has_module(modules, MAX_DEPTH)
}

fn has_function(registry: &Registry) -> bool {
    registry.endpoints().any(|endpoint| matches!(endpoint.implementation, Implementation::Python(_)))
}

impl Project {
    /// Whether anything of the project is Python: an endpoint, a plug-in, or a module, which may have hooks.
    pub(crate) fn needs_python(&self, registry: &Registry) -> bool {
        has_function(registry) || has_plugin_or_module(&self.site, &self.path(self.site.modules_folder()))
    }

    /// Whether Python may run in the process that serves the project.
    pub(crate) fn allows_python_in_process(&self) -> bool {
        allows_in_process(&self.site)
    }

    /// How Python runs in this process; none if there is no interpreter in it, or the project wants it elsewhere.
    pub(crate) fn python_in_process(&self) -> Option<InProcessPython> {
        self.environment.in_process.filter(|_| allows_in_process(&self.site))
    }

    /// Whether the project says that Python is to run in the process that serves it, where there is no interpreter.
    pub(crate) fn misses_python_in_process(&self) -> bool {
        self.site.python.isolation == Some(Isolation::InProcess) && self.environment.in_process.is_none()
    }

    /// What Python has to know, but for the texts of its modules.
    ///
    /// # Errors
    /// The user file lacks the settings that a plug-in asks for.
    pub(crate) fn python(&self) -> Result<PythonProject, Failure> {
        let blocks = self.user.profile.plugin.as_ref().and_then(|plugin| plugin.config.as_ref());
        let plugins = self.site.plugins.iter().map(|plugin| settings(plugin, blocks));
        let secrets = self.user.secrets();
        let secrets =
            secrets.iter().map(|secret| (secret.name.clone(), Json::Object(secret.parameters.clone())));
        Ok(PythonProject {
            root: self.root.clone(),
            modules: self.path(self.site.modules_folder()),
            plugins_folder: self.path(self.site.plugins_folder()),
            plugins: plugins.collect::<Result<_, _>>()?,
            site_config: self.site_config(),
            user_config: self.user.written.clone(),
            secrets: secrets.collect(),
            sources: Arc::default(),
        })
    }

    /// The class of a plug-in's module, if the module is one of the project's.
    pub(crate) fn plugin_source(&self, module: &str) -> Option<PythonSource> {
        let name = module.replace('.', "/");
        let folders =
            [self.root.clone(), self.path(self.site.modules_folder()), self.path(self.site.plugins_folder())];
        // In the order in which Python looks for it.
        let candidates = folders.iter().flat_map(|folder| {
            [format!("{name}/__init__.py"), format!("{name}.py")].map(|file| folder.join(file))
        });
        let path = candidates.into_iter().find(|path| path.is_file())?;
        let file = path.strip_prefix(&self.root).unwrap_or(&path).display().to_string();
        let text = SourceFile::new(&file, "");
        let place = Span::new(&text, 0..0);
        Some(PythonSource { shown: file.clone(), file, function: Some("MXCPPlugin".to_owned()), text, place })
    }

    /// The site file as written, in which the paths of the active profile are always told (spec `python.md` section 8.2).
    fn site_config(&self) -> Map<String, Json> {
        let mut written = self.site.written.clone();
        let profile = self.site.profile(&self.profile);
        let paths = [
            ("duckdb", &profile.database),
            ("drift", &profile.drift_snapshot),
            ("audit", &profile.audit_log),
        ];
        let profiles = object(written.entry("profiles").or_insert_with(|| json!({})));
        let active = object(profiles.entry(&self.profile).or_insert_with(|| json!({})));
        for (section, path) in paths {
            let section = object(active.entry(section).or_insert_with(|| json!({})));
            section.entry("path").or_insert_with(|| self.path(path).display().to_string().into());
        }
        written
    }
}

fn settings(
    plugin: &schema::Plugin,
    blocks: Option<&BTreeMap<String, Option<schema::PluginBlock>>>,
) -> Result<Plugin, Failure> {
    let config = match &plugin.config {
        None => Map::new(),
        Some(key) => {
            let block = blocks.and_then(|blocks| blocks.get(key)).ok_or_else(|| {
                let problem = format!("Plugin configuration '{key}' not found in plugin config");
                Failure::message(format!("Failed to create RuntimeEnvironment: {problem}"))
            })?;
            let entries = block.iter().flatten();
            entries.map(|(name, value)| (name.clone(), value.expose().clone().into())).collect()
        }
    };
    Ok(Plugin { name: plugin.name.clone(), module: plugin.module.clone(), config })
}

/// The mapping that a value is. What is written there instead was refused before.
fn object(value: &mut Json) -> &mut Map<String, Json> {
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Json::Object(entries) => entries,
        _ => unreachable!("it has just been made one"),
    }
}

/// Whether there is a Python file in a folder or further in.
fn has_module(folder: &Path, depth: usize) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        match path.extension() {
            Some(extension) if extension == "py" => true,
            _ => depth > 0 && path.is_dir() && has_module(&path, depth - 1),
        }
    })
}
