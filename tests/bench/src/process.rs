//! Server processes.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::client::Client;
use crate::contender::{Call, Contender};

/// Longest time a server may take to its first answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that runs; dropped, it is stopped.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    process: Child,
    address: SocketAddr,
}

impl ServerProcess {
    /// Starts a contender and waits for its first right answer.
    pub(crate) fn start(contender: &Contender) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let text = port.to_string();
        let process = Command::new(&contender.program)
            .args(contender.arguments.iter().map(|word| word.replace("PORT", &text)))
            .envs(contender.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(&contender.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("can't start {}", contender.program.display()))?;
        let mut server = Self { process, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) };
        let call = contender.first_call().context("a contender without calls")?;
        server.wait_until_ready(call, port).with_context(|| contender.name)?;
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Bytes of memory it holds, where the system says so.
    pub(crate) fn resident(&self) -> Option<u64> {
        resident_of(&self.process.id().to_string())
    }

    /// The most that it ever held.
    pub(crate) fn most_resident(&self) -> Option<u64> {
        status_of(&self.process.id().to_string(), "VmHWM:")
    }

    /// The same for the server and all processes that it started.
    pub(crate) fn resident_of_all(&self) -> Option<u64> {
        let mut total = self.resident()?;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.process.id())).ok()?.flatten() {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            total += children.split_whitespace().filter_map(resident_of).sum::<u64>();
        }
        Some(total)
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn end(mut self) -> Result<()> {
        let asked = Command::new("kill").arg(self.process.id().to_string()).status()?;
        anyhow::ensure!(asked.success(), "can't ask {} to end", self.process.id());
        self.process.wait()?;
        Ok(())
    }

    fn wait_until_ready(&mut self, call: &Call, port: u16) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let addresses: Vec<SocketAddr> = ("localhost", port).to_socket_addrs()?.collect();
        let begin = Instant::now();
        let mut last = None;
        while begin.elapsed() < PATIENCE {
            if let Some(status) = self.process.try_wait()? {
                bail!("it ended before its first answer ({status})");
            }
            for &address in &addresses {
                let first = runtime.block_on(async { Client::connect(address, call).await?.call().await });
                match first {
                    Ok(()) => {
                        self.address = address;
                        return Ok(());
                    }
                    Err(error) => last = Some(error),
                }
            }
            thread::sleep(Duration::from_micros(500));
        }
        Err(last.unwrap_or_else(|| anyhow::anyhow!("it does not answer")))
    }
}

/// Bytes of memory that a process holds, where the system says so.
pub(crate) fn resident_of(process: &str) -> Option<u64> {
    status_of(process, "VmRSS:")
}

fn status_of(process: &str, what: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(what))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        let _already_waited_for = self.process.wait();
    }
}

/// Seconds from start to first right answer, a number of times.
pub(crate) fn starts(contender: &Contender, count: usize) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let begin = Instant::now();
        let server = ServerProcess::start(contender)?;
        times.push(begin.elapsed().as_secs_f64());
        drop(server);
    }
    Ok(times)
}
