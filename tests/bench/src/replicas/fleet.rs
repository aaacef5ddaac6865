//! Replicas, and nginx in front of them.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use mxcp_test_support::nginx::{self, Nginx};

use super::processor::Tree;
use super::setting::Setting;
use super::stand::Stand;

/// Longest time until a replica is ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// One `mxcp serve`, killed when dropped.
#[derive(Debug)]
pub(crate) struct Replica {
    process: Child,
    folder: PathBuf,
    address: SocketAddr,
    metrics: SocketAddr,
}

/// Replicas behind nginx.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// What it is made of.
    pub(crate) replicas: Vec<Replica>,
    /// What stands in front of them.
    pub(crate) nginx: Nginx,
    /// Where it is reached.
    pub(crate) address: SocketAddr,
}

impl Replica {
    fn start(stand: &Stand, folder: PathBuf, audited: bool, addresses: [SocketAddr; 2]) -> Result<Self> {
        let [address, metrics] = addresses;
        let port = |address: SocketAddr| address.port().to_string();
        let log = File::create(folder.join("log"))?;
        let process = stand
            .command(&folder)
            .args(["serve", "--no-watch"])
            .args(["--port", &port(address), "--metrics-port", &port(metrics)])
            .env("MXCP_AUDIT_ENABLED", audited.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("can't start mxcp")?;
        let mut replica = Self { process, folder, address, metrics };
        replica.wait_until_ready()?;
        Ok(replica)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process, with those that it started.
    pub(crate) fn processes(&self) -> Tree {
        Tree(self.process.id())
    }

    /// How many calls of endpoints it has answered, as it says itself.
    pub(crate) fn answered(&self) -> Result<u64> {
        let metrics = get(self.metrics, "/metrics")?;
        let counts = metrics.lines().filter(|line| line.starts_with("mxcp_endpoint_requests_total{"));
        let counts = counts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        Ok(counts.sum::<f64>() as u64)
    }

    /// Ends it at once: it learns nothing of it.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits until it has: how long that took.
    pub(crate) fn terminate(&mut self) -> Result<(ExitStatus, Duration)> {
        let begin = Instant::now();
        let told = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        ensure!(told.success(), "can't send SIGTERM");
        Ok((self.process.wait()?, begin.elapsed()))
    }

    /// Starts it again where it was.
    pub(crate) fn restart(&mut self, stand: &Stand, audited: bool) -> Result<()> {
        *self = Self::start(stand, self.folder.clone(), audited, [self.address, self.metrics])?;
        Ok(())
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if self.process.try_wait()?.is_some() {
                break;
            }
            if get(self.metrics, "/readyz").is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        bail!("a replica does not start: {}", std::fs::read_to_string(self.folder.join("log"))?)
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _already_gone = self.kill();
    }
}

impl Fleet {
    /// Starts so many replicas, and nginx with the settings of the example.
    pub(crate) fn start(stand: &Stand, setting: &Setting, count: usize) -> Result<Self> {
        let mut replicas = Vec::new();
        for number in 0..count {
            let name = format!("{}-{count}-{number}", setting.name.replace([',', ' '], "-"));
            let folder = stand.project(&name, setting)?;
            replicas.push(Replica::start(stand, folder, setting.audited, free_addresses()?)?);
        }
        let addresses: Vec<_> = replicas.iter().map(Replica::address).collect();
        let [address] = free_addresses()?;
        let text = std::fs::read_to_string(stand.scratch().join("load/nginx.conf"))?;
        let nginx = Nginx::start_with(address.port(), &nginx::adapted(&text, address.port(), &addresses)?)?;
        Ok(Self { replicas, nginx, address })
    }

    /// Seconds of processor time of all replicas together.
    pub(crate) fn seconds(&self) -> Result<f64> {
        self.replicas.iter().map(|replica| replica.processes().seconds()).sum()
    }

    /// How many calls each replica has answered.
    pub(crate) fn answered(&self) -> Result<Vec<u64>> {
        self.replicas.iter().map(Replica::answered).collect()
    }
}

/// What a server answers at a path of its port for metrics, if it is 200.
fn get(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    ensure!(text.starts_with("HTTP/1.1 200"), "{path}: {text}");
    Ok(text)
}

fn free_addresses<const COUNT: usize>() -> Result<[SocketAddr; COUNT]> {
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); COUNT];
    // All are held until all are found.
    let mut listeners = Vec::new();
    for address in &mut addresses {
        let listener = TcpListener::bind(*address)?;
        *address = listener.local_addr()?;
        listeners.push(listener);
    }
    Ok(addresses)
}
