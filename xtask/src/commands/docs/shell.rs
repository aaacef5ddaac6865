//! The reader's shell: commands in one folder after another, that keep variables and the place they are in.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::process;

/// Longest time that a command may take, and that a server may take to listen or to end: only what hangs takes that long.
const WITHIN: Duration = Duration::from_secs(300);

/// Longest time that a command may take that fetches packages or compiles.
const WITHIN_NETWORK: Duration = Duration::from_secs(1800);

/// What a server says when clients can connect.
const READY: &str = " on http";

/// Runs the script `$1` with what is known of the commands before it, and notes the same for those after it.
const DRIVER: &str = r#"
[ ! -f "$STATE/variables" ] || . "$STATE/variables"
cd -- "$(cat "$STATE/folder")" || exit
trap 'code=$?; export -p > "$STATE/variables"; pwd > "$STATE/folder"; exit "$code"' EXIT
set -o pipefail
. "$1"
"#;

/// The same for what serves: it becomes the server, and notes nothing.
const SERVER: &str = r#"
[ ! -f "$STATE/variables" ] || . "$STATE/variables"
cd -- "$(cat "$STATE/folder")" || exit
eval "exec env $(cat "$1")"
"#;

/// Where the tools of a language are, by the name of the variable; what they know of their user is beside them.
const TOOLS: [(&str, &str); 3] =
    [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup"), ("NPM_CONFIG_USERCONFIG", ".npmrc")];

/// A shell in a folder of its own; its servers end with it.
#[derive(Debug)]
pub(super) struct Shell {
    root: TempDir,
    library: PathBuf,
    network: bool,
    servers: Vec<Server>,
    projects: usize,
}

#[derive(Debug)]
struct Server {
    command: String,
    process: Child,
    log: PathBuf,
}

/// What a command did.
#[derive(Debug)]
pub(super) struct Ran {
    /// Its exit code; none if a signal ended it.
    pub(super) code: Option<i32>,
    /// All that it printed.
    pub(super) printed: String,
}

impl Shell {
    /// A shell that finds `mxcp` before anything else, and the DuckDB library in `library`. Where there is a `network`, it has the
    /// variables of this process.
    pub(super) fn new(mxcp: &Path, library: PathBuf, network: bool) -> Result<Self> {
        let root = TempDir::with_prefix("docs-")?;
        for folder in ["bin", "home", "state"] {
            fs::create_dir(root.path().join(folder))?;
        }
        std::os::unix::fs::symlink(mxcp, root.path().join("bin/mxcp"))?;
        let mut shell = Self { root, library, network, servers: Vec::new(), projects: 0 };
        shell.enter_new()?;
        Ok(shell)
    }

    /// Goes to an empty folder, and gives its path.
    pub(super) fn enter_new(&mut self) -> Result<PathBuf> {
        self.end_servers()?;
        self.projects += 1;
        let folder = self.root.path().join(format!("project{}", self.projects));
        fs::create_dir(&folder)?;
        let _none_yet = fs::remove_file(self.state("variables"));
        fs::write(self.state("folder"), format!("{}\n", folder.display()))?;
        Ok(folder)
    }

    /// The folder that the next command runs in.
    pub(super) fn folder(&self) -> Result<PathBuf> {
        Ok(fs::read_to_string(self.state("folder"))?.trim_end().into())
    }

    /// Runs commands to their end.
    pub(super) fn run(&mut self, script: &str) -> Result<Ran> {
        let (mut process, log) = self.start(DRIVER, script, "command.log")?;
        let within = if self.network { WITHIN_NETWORK } else { WITHIN };
        let status = wait(&mut process, within)?;
        let printed = read(&log);
        match status {
            Some(status) => Ok(Ran { code: status.code(), printed }),
            None => {
                signal("KILL", &process);
                process.wait()?;
                bail!("does not end within {} s; it printed:\n{printed}", within.as_secs())
            }
        }
    }

    /// Starts what serves, in place of an earlier server, and gives what it printed until it listened.
    pub(super) fn serve(&mut self, command: &str) -> Result<Ran> {
        self.end_servers()?;
        let (process, log) = self.start(SERVER, command, "server.log")?;
        self.servers.push(Server { command: command.to_owned(), process, log: log.clone() });
        let begin = Instant::now();
        while begin.elapsed() < WITHIN {
            let printed = read(&log);
            if let Some((_, after)) = printed.split_once(READY)
                && after.contains('\n')
            {
                return Ok(Ran { code: Some(0), printed });
            }
            let ended =
                self.servers.last_mut().map(|server| server.process.try_wait()).transpose()?.flatten();
            if let Some(status) = ended {
                self.servers.clear();
                return Ok(Ran { code: status.code(), printed: read(&log) });
            }
            thread::sleep(Duration::from_millis(5));
        }
        bail!("does not listen within {} s; it printed:\n{}", WITHIN.as_secs(), read(&log))
    }

    /// Ends what serves, as Ctrl-C does; all have to end well.
    pub(super) fn end_servers(&mut self) -> Result<()> {
        for mut server in self.servers.drain(..) {
            signal("INT", &server.process);
            let status = wait(&mut server.process, WITHIN)?;
            if status.is_none_or(|status| !status.success()) {
                signal("KILL", &server.process);
                server.process.wait()?;
                bail!("`{}` did not end well; it printed:\n{}", server.command, read(&server.log));
            }
        }
        Ok(())
    }

    fn state(&self, name: &str) -> PathBuf {
        self.root.path().join("state").join(name)
    }

    fn start(&self, driver: &str, script: &str, log: &str) -> Result<(Child, PathBuf)> {
        let file = self.state("script.sh");
        fs::write(&file, script)?;
        let log = self.state(log);
        let output = File::create(&log)?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = [self.root.path().join("bin")].into_iter().chain(std::env::split_paths(&path));
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-c", driver, "bash"]).arg(file).env_clear();
        if self.network {
            bash.envs(std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("MXCP_")));
            for (name, file) in TOOLS {
                let usual = std::env::home_dir().map(|home| home.join(file).into_os_string());
                bash.envs(std::env::var_os(name).or(usual).map(|value| (name, value)));
            }
        }
        let process = bash
            .env("PATH", std::env::join_paths(path)?)
            .env("HOME", self.root.path().join("home"))
            .env("LANG", "C.UTF-8")
            .env("LD_LIBRARY_PATH", &self.library)
            .env("DYLD_LIBRARY_PATH", &self.library)
            .env("STATE", self.root.path().join("state"))
            // A group of its own, so that what it starts can be ended with it.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("can't start bash")?;
        Ok((process, log))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        for server in &mut self.servers {
            signal("KILL", &server.process);
            let _already_gone = server.process.wait();
        }
    }
}

/// Sends a signal to a process and all that it started.
fn signal(name: &str, process: &Child) {
    let _already_gone = process::answers(Command::new("kill").args([
        &format!("-{name}"),
        "--",
        &format!("-{}", process.id()),
    ]));
}

fn wait(process: &mut Child, within: Duration) -> Result<Option<ExitStatus>> {
    let begin = Instant::now();
    loop {
        let status = process.try_wait()?;
        if status.is_some() || begin.elapsed() > within {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn read(log: &Path) -> String {
    fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
