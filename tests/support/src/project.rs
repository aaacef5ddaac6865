//! A project in a folder of its own, and the binary run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, ensure};

use crate::python::Module;

/// A folder with a project in it, removed when dropped.
#[derive(Debug)]
pub struct Project {
    folder: tempfile::TempDir,
    binary: PathBuf,
    /// Words that stand before those of every command.
    first: Vec<String>,
    variables: Vec<(String, String)>,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Project {
    /// An empty folder with a site file; `binary` is the `mxcp` to run.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn new(binary: impl Into<PathBuf>) -> anyhow::Result<Self> {
        let project = Self::bare(binary)?;
        project.file("mxcp-site.yml", "mxcp: 1\nproject: tested\nprofile: default\n")?;
        Ok(project)
    }

    /// An empty folder.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn bare(binary: impl Into<PathBuf>) -> anyhow::Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir()?,
            binary: binary.into(),
            first: Vec::new(),
            variables: Vec::new(),
        })
    }

    /// A copy of a folder.
    ///
    /// # Errors
    /// It can't be copied.
    pub fn copy_of(folder: &Path, binary: impl Into<PathBuf>) -> anyhow::Result<Self> {
        let project = Self::bare(binary)?;
        copy(folder, project.path())?;
        Ok(project)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Sets variables for every command that is run in it.
    pub fn set_all<'a>(&mut self, variables: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let own = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.variables.extend(own);
    }

    /// Runs the program as a module of Python from now on.
    pub fn use_module(&mut self, module: &Module) {
        module.interpreter().clone_into(&mut self.binary);
        self.first = ["-m", "mxcp"].map(str::to_owned).to_vec();
        self.set_all(module.variables());
    }

    /// Writes a file, with its folders.
    ///
    /// # Errors
    /// It can't be written.
    pub fn file(&self, path: &str, content: &str) -> anyhow::Result<&Self> {
        let path = self.path().join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, content).with_context(|| path.display().to_string())?;
        Ok(self)
    }

    /// The command, in the project, untouched by the settings of whoever runs the tests. What is served is reloaded when a
    /// test says so, unless `--watch` follows.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(&self.first)
            .args(arguments)
            .args(arguments.first().filter(|command| **command == "serve").map(|_| "--no-watch"))
            .current_dir(self.path())
            .env("HOME", self.path())
            .stdin(Stdio::null());
        for variable in [
            "MXCP_PROFILE",
            "MXCP_CONFIG",
            "MXCP_DUCKDB_PATH",
            "MXCP_READONLY",
            "MXCP_RESULTS_FOLDER",
            "MXCP_AUDIT_ENABLED",
            "MXCP_AUDIT_KEY",
            "MXCP_STATE_KEY",
            "MXCP_EDGE_KEY",
            "MXCP_EDGE_AUDIENCE",
            "MXCP_EDGE_ORIGIN_AUDIENCE",
            "MXCP_ADMIN_ENABLED",
            "MXCP_ADMIN_SOCKET",
            "MXCP_DEBUG",
            "MXCP_LOG_FORMAT",
            "MXCP_TELEMETRY_ENABLED",
            "MXCP_TELEMETRY_METRICS_INTERVAL",
            "MXCP_TELEMETRY_TRACING_CONSOLE",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_HEADERS",
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "OTEL_RESOURCE_ATTRIBUTES",
            "OTEL_SERVICE_NAME",
            "RUST_LOG",
        ] {
            command.env_remove(variable);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// It can't be started.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Ran> {
        let output = self.command(arguments).output().with_context(|| self.binary.display().to_string())?;
        Ok(Ran::from(output))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// The JSON document on standard output.
    ///
    /// # Errors
    /// There is none.
    pub fn json(&self) -> anyhow::Result<serde_json::Value> {
        serde_json::from_str(&self.stdout).with_context(|| format!("{self:?}"))
    }

    /// The result of a command that succeeded with `--json-output`.
    ///
    /// # Errors
    /// It did not succeed.
    pub fn result(&self) -> anyhow::Result<serde_json::Value> {
        let mut document = self.json()?;
        ensure!(self.code == Some(0) && document["status"] == "ok", "{self:?}");
        Ok(document["result"].take())
    }

    /// The error of a command that failed with `--json-output`.
    ///
    /// # Errors
    /// It did not fail.
    pub fn error(&self) -> anyhow::Result<String> {
        let document = self.json()?;
        ensure!(self.code == Some(1) && document["status"] == "error", "{self:?}");
        Ok(document["error"].as_str().unwrap_or_default().to_owned())
    }
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
