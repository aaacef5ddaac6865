//! A `mxcp serve` that runs while a command needs it.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// Longest time a server may take to listen.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running server; dropped, it is stopped.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a server command and waits until it listens on `port`. What it prints goes to the file `log`.
    pub(crate) fn start(command: &mut Command, port: u16, log: &Path) -> Result<Self> {
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)?;
        }
        let output = File::create(log).with_context(|| format!("can't write {}", log.display()))?;
        let process = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("can't start {}", command.get_program().display()))?;
        let mut server = Self { process, address: SocketAddr::from(([127, 0, 0, 1], port)) };
        let begin = Instant::now();
        while begin.elapsed() < READY_WITHIN {
            if let Some(status) = server.process.try_wait()? {
                bail!(
                    "the server ended ({status}); it wrote:\n{}",
                    fs::read_to_string(log).unwrap_or_default()
                );
            }
            if let Some(address) = listening(port) {
                server.address = address;
                return Ok(server);
            }
            thread::sleep(Duration::from_millis(10));
        }
        bail!(
            "the server does not listen on port {port}; it wrote:\n{}",
            fs::read_to_string(log).unwrap_or_default()
        )
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of its MCP endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        let _already_waited_for = self.process.wait();
    }
}

/// `mxcp serve` of a project over HTTP.
pub(crate) fn serve(workspace: &Workspace, mxcp: &Path, project: &Path, port: u16) -> Command {
    let mut command = workspace.program(mxcp);
    command.current_dir(project).args([
        "serve",
        "--transport",
        "streamable-http",
        "--port",
        &port.to_string(),
    ]);
    command
}

/// The address under which something on this machine listens on `port`.
pub(crate) fn listening(port: u16) -> Option<SocketAddr> {
    let mut addresses = ("localhost", port).to_socket_addrs().ok()?;
    addresses.find(|address| TcpStream::connect_timeout(address, Duration::from_millis(200)).is_ok())
}

/// Waits for something to listen on `port`, as long as the process that asked for it is there.
pub(crate) fn wait_until_listening(port: u16) -> Option<SocketAddr> {
    let begin = Instant::now();
    let parent = parent_id();
    while begin.elapsed() < READY_WITHIN && parent_id() == parent {
        if let Some(address) = listening(port) {
            return Some(address);
        }
        thread::sleep(Duration::from_millis(10));
    }
    None
}

fn parent_id() -> Option<u32> {
    #[cfg(unix)]
    return Some(std::os::unix::process::parent_id());
    #[cfg(not(unix))]
    return None;
}

/// A port nobody listens on: `wanted`, or one of the hundred after it.
pub(crate) fn free_port(wanted: u16) -> Result<u16> {
    (wanted..wanted.saturating_add(100))
        .find(|&port| listening(port).is_none() && TcpListener::bind(("127.0.0.1", port)).is_ok())
        .with_context(|| format!("no free port from {wanted} on"))
}
