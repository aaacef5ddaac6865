//! Every environment variable the program reads, in one place.

use std::env;
use std::path::{Path, PathBuf};

use mxcp_core::call::Secret;
use mxcp_telemetry::Overrides;

use crate::InProcessPython;

/// What the environment says. An empty variable counts as unset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// `MXCP_PROFILE`: the active profile unless `--profile` names one.
    pub(crate) profile: Option<String>,
    /// `MXCP_CONFIG`: the user file in place of `~/.mxcp/config.yml`.
    pub(crate) config: Option<PathBuf>,
    /// `MXCP_DUCKDB_PATH`: the database of the active profile.
    pub(crate) database: Option<String>,
    /// `MXCP_READONLY`: open the database for reading only.
    pub(crate) readonly: bool,
    /// `MXCP_AUDIT_ENABLED`: whether calls are recorded, whatever the site file says.
    pub(crate) audit: Option<bool>,
    /// `MXCP_AUDIT_KEY`: signs the audit log, in place of the key in its folder.
    pub(crate) audit_key: Option<Secret>,
    /// `MXCP_STATE_KEY`: seals what clients bring along with their answers to questions; shared by servers that continue
    /// each other's calls.
    pub(crate) state_key: Option<Secret>,
    /// `MXCP_RESULTS_FOLDER`: where complete results are kept of which clients are shown a part; servers that share it and
    /// `MXCP_STATE_KEY` continue each other's results.
    pub(crate) results_folder: Option<String>,
    /// `MXCP_EDGE_KEY`: the key that an edge host in front signs with when it says who calls.
    pub(crate) edge_key: Option<Secret>,
    /// `MXCP_EDGE_ORIGIN_AUDIENCE`: what edge hosts know this server as; `mxcp-origin` if absent.
    pub(crate) edge_audience: Option<String>,
    /// `MXCP_ADMIN_ENABLED`: whether `serve` is looked after over a socket.
    pub(crate) admin: bool,
    /// `MXCP_ADMIN_SOCKET`: the path of that socket.
    pub(crate) admin_socket: Option<String>,
    /// `MXCP_DEBUG`: log details.
    pub(crate) debug: bool,
    /// `MXCP_LOG_FORMAT`: how events of the log are written, unless `--log-format` says.
    pub(crate) log_format: Option<String>,
    /// What is said about telemetry.
    pub(crate) telemetry: Overrides,
    /// What is said about telemetry in words that mean nothing: the variables, and their texts.
    pub(crate) unclear_telemetry: Vec<(&'static str, String)>,
    /// `HOME`.
    pub(crate) home: Option<PathBuf>,
    /// The working directory at the start, where relative paths of variables and references begin; empty for that of the
    /// moment.
    pub(crate) folder: PathBuf,
    /// How Python runs in this process; none if there is no interpreter in it.
    pub(crate) in_process: Option<InProcessPython>,
}

impl Environment {
    /// The environment of the process.
    pub(crate) fn of_process() -> Self {
        let home = env::home_dir().filter(|home| !home.as_os_str().is_empty());
        let mut unclear_telemetry = Vec::new();
        let mut telemetry_switch = |name: &'static str| {
            let value = text(name)?;
            let said = on_or_off(&value);
            if said.is_none() {
                unclear_telemetry.push((name, value));
            }
            said
        };
        let (telemetry, console) =
            (telemetry_switch("MXCP_TELEMETRY_ENABLED"), telemetry_switch("MXCP_TELEMETRY_TRACING_CONSOLE"));
        Self {
            profile: text("MXCP_PROFILE"),
            config: text("MXCP_CONFIG").map(|path| expand_home(&path, home.as_deref())),
            database: text("MXCP_DUCKDB_PATH"),
            readonly: is_true(text("MXCP_READONLY").as_deref()),
            audit: text("MXCP_AUDIT_ENABLED").and_then(|value| switch(&value)),
            audit_key: text("MXCP_AUDIT_KEY").map(Secret::new),
            state_key: text("MXCP_STATE_KEY").map(Secret::new),
            results_folder: text("MXCP_RESULTS_FOLDER"),
            edge_key: text("MXCP_EDGE_KEY").map(Secret::new),
            edge_audience: text("MXCP_EDGE_ORIGIN_AUDIENCE"),
            admin: is_true(text("MXCP_ADMIN_ENABLED").as_deref()),
            admin_socket: text("MXCP_ADMIN_SOCKET"),
            debug: is_true(text("MXCP_DEBUG").as_deref()),
            log_format: text("MXCP_LOG_FORMAT"),
            telemetry: Overrides {
                enabled: telemetry,
                endpoint: text("OTEL_EXPORTER_OTLP_ENDPOINT"),
                protocol: text("OTEL_EXPORTER_OTLP_PROTOCOL"),
                headers: text("OTEL_EXPORTER_OTLP_HEADERS").map(Secret::new),
                service_name: text("OTEL_SERVICE_NAME"),
                resource_attributes: text("OTEL_RESOURCE_ATTRIBUTES"),
                console,
                interval: text("MXCP_TELEMETRY_METRICS_INTERVAL"),
            },
            unclear_telemetry,
            home,
            folder: env::current_dir().unwrap_or_default(),
            in_process: None,
        }
    }

    /// Where the user file is; none without a home folder.
    pub(crate) fn user_file(&self) -> Option<PathBuf> {
        let default = || self.home.as_ref().map(|home| home.join(".mxcp").join("config.yml"));
        self.config.clone().or_else(default)
    }

    /// Where a running server is looked after; relative to the working directory at the start.
    pub(crate) fn admin_socket(&self) -> PathBuf {
        self.path(&self.folder, self.admin_socket.as_deref().unwrap_or("/run/mxcp/mxcp.sock"))
    }

    /// A path as people write it: `~` is the home folder, and a relative one starts at `folder`.
    pub(crate) fn path(&self, folder: &Path, written: &str) -> PathBuf {
        folder.join(expand_home(written, self.home.as_deref()))
    }
}

/// A variable of the process; none if it is empty or no Unicode.
pub(crate) fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The file of a program, where the shell would find it too; none if it is not there.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&folders).map(|folder| folder.join(&file)).find(|path| is_executable(path))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// The variables of the process whose names begin with `prefix`, by name.
pub(crate) fn beginning(prefix: &str) -> Vec<(String, String)> {
    let mut found: Vec<_> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(prefix))
        .collect();
    found.sort();
    found
}

fn is_true(value: Option<&str>) -> bool {
    value.is_some_and(|value| ["1", "true", "yes"].iter().any(|word| value.eq_ignore_ascii_case(word)))
}

/// What a switch says that can be on, off or left alone.
fn switch(value: &str) -> Option<bool> {
    let is_false = ["0", "false", "no"].iter().any(|word| value.eq_ignore_ascii_case(word));
    if is_true(Some(value)) { Some(true) } else { is_false.then_some(false) }
}

/// The same, also in the words `on` and `off`: whoever wants to send nothing must not be misunderstood.
fn on_or_off(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "on" => Some(true),
        "off" => Some(false),
        other => switch(other),
    }
}

/// A path with `~` replaced by the home folder, as a shell would.
fn expand_home(path: &str, home: Option<&Path>) -> PathBuf {
    let rest = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (rest, home) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_words_are_true() {
        assert!(["1", "TRUE", "Yes"].iter().all(|word| is_true(Some(word))));
        assert!(!["on", "0", "2", "t"].iter().any(|word| is_true(Some(word))));
        assert!(!is_true(None));
    }

    #[test]
    fn a_switch_may_be_left_alone() {
        assert_eq!(
            [switch("YES"), switch("No"), switch("on"), switch("")],
            [Some(true), Some(false), None, None]
        );
        assert_eq!(
            [on_or_off("ON"), on_or_off("Off"), on_or_off("no"), on_or_off("disabled")],
            [Some(true), Some(false), Some(false), None]
        );
    }

    #[test]
    fn written_paths_start_at_a_folder_or_at_home() {
        let environment = Environment { home: Some(PathBuf::from("/home/ada")), ..Environment::default() };
        let path = |written| environment.path(Path::new("/srv/shop"), written);
        assert_eq!(path("data/a.db"), Path::new("/srv/shop/data/a.db"));
        assert_eq!(path("/data/a.db"), Path::new("/data/a.db"));
        assert_eq!(path("~/a.db"), Path::new("/home/ada/a.db"));
    }

    #[test]
    fn a_tilde_is_the_home_folder_at_the_start_only() {
        let home = Some(Path::new("/home/ada"));
        assert_eq!(expand_home("~/c.yml", home), Path::new("/home/ada/c.yml"));
        assert_eq!(expand_home("~bob/c.yml", home), Path::new("~bob/c.yml"));
        assert_eq!(expand_home("a/~/c.yml", home), Path::new("a/~/c.yml"));
    }
}
