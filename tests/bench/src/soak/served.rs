//! The one server that all of this is done to.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use mxcp_test_support::client::Admin;
use mxcp_test_support::provider::{CLIENT_ID, CLIENT_SECRET, Provider};
use mxcp_test_support::{project::Project, test_guest};
use serde_json::json;

use super::rude;

/// Longest time that its start and its end may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What slots are kept in, for so many people.
const TABLES: &str =
    "CREATE TABLE slots AS SELECT i AS slot, 0::BIGINT AS n, '' AS who FROM range(1000) t(i);
    CREATE TABLE churned (slot BIGINT, i BIGINT, text VARCHAR)";

/// A server that runs; dropped, it is killed.
#[derive(Debug)]
pub(super) struct Served {
    process: Child,
    project: Project,
    address: SocketAddr,
}

impl Served {
    /// Starts a server of a copy of the project, whose callers a provider knows.
    pub(super) fn start(mxcp: &Path, workspace: &Path, provider: &Provider) -> Result<Self> {
        let mut project = Project::copy_of(&workspace.join("tests/bench/soak"), mxcp)?;
        let folder = project.path().to_owned();
        let component = folder.join("components");
        fs::create_dir_all(&component)?;
        fs::copy(test_guest::build()?, component.join("guest.wasm"))?;
        let auth = json!({ "mode": "verifier", "provider": "oidc", "oidc": {
            "config_url": provider.config_url(), "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "scope": "openid", "audience": "mxcp",
        }});
        let user = json!({
            "transport": { "http": { "max_connections": rude::CONNECTIONS } },
            "projects": { "soak": { "profiles": { "default": { "auth": auth } } } },
        });
        project.file(".mxcp/config.yml", &user.to_string())?;
        let results = folder.join("results");
        project.set_all([
            ("MXCP_ADMIN_ENABLED", "1"),
            ("MXCP_ADMIN_SOCKET", "admin.sock"),
            ("MXCP_RESULTS_FOLDER", results.to_str().context("a path")?),
        ]);
        for statement in TABLES.split(';') {
            let ran = project.run(&["query", statement, "--json-output"])?;
            ensure!(ran.code == Some(0), "{ran:?}");
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = File::create(folder.join("server.log"))?;
        let words = ["serve", "--transport", "streamable-http", "--port", &port.to_string()];
        let process = project.command(&words).stdout(log.try_clone()?).stderr(log).spawn()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut served = Self { process, project, address };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = served.process.try_wait()? {
                bail!("the server ended ({status}): {}", served.log());
            }
            ensure!(begun.elapsed() < PATIENCE, "the server does not listen: {}", served.log());
            thread::sleep(Duration::from_millis(20));
        }
        Ok(served)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub(super) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Its project.
    pub(super) fn project(&self) -> &Project {
        &self.project
    }

    /// Its admin socket.
    pub(super) fn admin(&self) -> Admin {
        Admin::at(&self.project.path().join("admin.sock"))
    }

    /// The folder of its audit log.
    pub(super) fn audit(&self) -> PathBuf {
        self.project.path().join("audit")
    }

    /// The end of what it printed.
    pub(super) fn log(&self) -> String {
        let text = fs::read(self.project.path().join("server.log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(60)..).unwrap_or_default().join("\n")
    }

    /// Sends it a signal.
    pub(super) fn signal(&self, name: &str) -> Result<()> {
        signal(name, self.process())
    }

    /// Has it end in order.
    pub(super) fn end(&mut self) -> Result<ExitStatus> {
        self.signal("-TERM")?;
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                return Ok(status);
            }
            ensure!(begun.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Sends a process a signal.
pub(super) fn signal(name: &str, process: u32) -> Result<()> {
    let status = Command::new("kill").args([name, &process.to_string()]).stdin(Stdio::null()).status()?;
    ensure!(status.success(), "kill {name}: {status}");
    Ok(())
}

impl Drop for Served {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        let _already_waited_for = self.process.wait();
    }
}
