//! `cargo xtask reloads`: many tools, called all the time, at first undisturbed and then reloaded every second. No call may
//! fail, and what calls take is told for both times.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use super::setup;
use crate::admin::Admin;
use crate::arguments::Arguments;
use crate::http::Connection;
use crate::server::{self, Server};
use crate::workspace::{Profile, Workspace};

const TOOLS: u16 = 1000;
const SECONDS: u16 = 60;

/// How many call at a time.
const CALLERS: u16 = 8;

/// How often everything is reloaded, as far as a reload takes less.
const EVERY: Duration = Duration::from_secs(1);

/// For how long calls are made before any of them counts.
const WARMING: Duration = Duration::from_secs(3);

/// Longest time that a reload may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let profile = if arguments.flag("--release") { Profile::Release } else { Profile::Dev };
    let tools = arguments.number("--tools")?.unwrap_or(TOOLS).max(1);
    let seconds = Duration::from_secs(arguments.number("--seconds")?.unwrap_or(SECONDS).max(1).into());
    arguments.finish()?;
    setup::ensure(workspace)?;
    let mxcp = workspace.build(&["mxcp"], profile)?.join("mxcp");
    let folder = workspace.target()?.join("xtask/reloads");
    let project = folder.join("project");
    write_project(&project, tools)?;

    let port = server::free_port(8400)?;
    let mut command = server::serve(workspace, &mxcp, &project, port);
    let admin = Admin::of(command.args(["--no-watch", "--stateless"]), &folder)?;
    let server = Server::start(&mut command, port, &folder.join("server.log"))?;
    let address = server.address();

    let done = AtomicBool::new(false);
    let (calls, reloading, reloads) = thread::scope(|scope| {
        let done = &done;
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| scope.spawn(move || call_until(address, caller, tools, done)))
            .collect();
        thread::sleep(WARMING + seconds);
        let reloading = Instant::now();
        let reloads = reload_for(&admin, &project, tools, seconds);
        done.store(true, Ordering::SeqCst);
        let mut calls = Vec::new();
        for caller in callers {
            calls.extend(caller.join().map_err(|_panic| anyhow::anyhow!("calling panicked"))??);
        }
        anyhow::Ok((calls, reloading, reloads?))
    })?;
    let counted = reloading - seconds;
    let steady = Spread::of(calls.iter().filter(|call| call.begun >= counted && call.ended() < reloading));
    let reloaded = Spread::of(calls.iter().filter(|call| call.begun >= reloading));
    let meets = |call: &&Timed| reloads.iter().any(|reload| reload.meets(call));
    let within = Spread::of(calls.iter().filter(meets));
    println!("{tools} tools, {CALLERS} calls at a time, {} calls, none failed", calls.len());
    println!("undisturbed:                 {steady}");
    println!("a reload every second:       {reloaded}");
    println!("calls that met a reload:     {within}");
    println!("reloads:                     {}", Spread::of(&reloads));
    println!("p99 with reloads / without:  {:.2}", reloaded.p99.as_secs_f64() / steady.p99.as_secs_f64());
    Ok(())
}

/// When something began and how long it took.
#[derive(Clone, Copy, Debug)]
struct Timed {
    begun: Instant,
    took: Duration,
}

impl Timed {
    fn ended(&self) -> Instant {
        self.begun + self.took
    }

    /// Whether both went on at a time.
    fn meets(&self, other: &Self) -> bool {
        self.begun < other.ended() && other.begun < self.ended()
    }
}

/// How long things take.
#[derive(Clone, Copy, Debug)]
struct Spread {
    count: usize,
    p50: Duration,
    p99: Duration,
    longest: Duration,
}

impl Spread {
    fn of<'a>(all: impl IntoIterator<Item = &'a Timed>) -> Self {
        let mut took: Vec<Duration> = all.into_iter().map(|one| one.took).collect();
        took.sort_unstable();
        let at =
            |part: usize| took.get(took.len().saturating_sub(1) * part / 100).copied().unwrap_or_default();
        Self { count: took.len(), p50: at(50), p99: at(99), longest: at(100) }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
        write!(
            formatter,
            "{:7} times, p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
            self.count,
            milliseconds(self.p50),
            milliseconds(self.p99),
            milliseconds(self.longest)
        )
    }
}

fn write_project(project: &Path, tools: u16) -> Result<()> {
    if project.exists() {
        fs::remove_dir_all(project)?;
    }
    fs::create_dir_all(project.join("tools"))?;
    fs::write(project.join("mxcp-site.yml"), "mxcp: 1\nproject: reloads\nprofile: default\n")?;
    (0..tools).try_for_each(|number| write_tool(project, number, 0))
}

/// A tool that answers with the number of the round in which it was written.
fn write_tool(project: &Path, number: u16, round: usize) -> Result<()> {
    let text = format!(
        "mxcp: 1\ntool:\n  name: tool_{number}\n  description: Gives its round.\n  return: {{type: integer}}\n  \
         source: {{code: SELECT {round} AS round}}\n"
    );
    let path = project.join(format!("tools/tool_{number}.yml"));
    fs::write(&path, text).with_context(|| path.display().to_string())
}

/// Writes a tool anew and has everything reloaded, over and over.
fn reload_for(admin: &Admin, project: &Path, tools: u16, time: Duration) -> Result<Vec<Timed>> {
    let (begun, mut reloads) = (Instant::now(), Vec::new());
    while reloads.is_empty() || begun.elapsed() < time {
        let round = reloads.len() + 1;
        write_tool(project, u16::try_from(round % usize::from(tools))?, round)?;
        let asked = Instant::now();
        let id =
            admin.ask("POST", "/reload")?.get("reload_request_id").cloned().context("a reload has an id")?;
        let reload = loop {
            let reload = admin.ask("GET", "/status")?.get("reload").cloned().unwrap_or_default();
            if reload.get("last_reload_request_id") == Some(&id) {
                break reload;
            }
            if asked.elapsed() > PATIENCE {
                bail!("reload {id} takes too long: {reload}");
            }
            // Asking is work for the server as well.
            thread::sleep(Duration::from_millis(10));
        };
        ensure!(reload.get("last_reload_status").is_some_and(|status| status == "success"), "{reload}");
        let took = asked.elapsed();
        reloads.push(Timed { begun: asked, took });
        thread::sleep(EVERY.saturating_sub(took));
    }
    Ok(reloads)
}

/// Calls one tool after the other. The first call that fails is an error.
fn call_until(address: SocketAddr, caller: u16, tools: u16, done: &AtomicBool) -> Result<Vec<Timed>> {
    let headers = [
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("MCP-Protocol-Version", "2025-11-25"),
    ];
    let mut connection = Connection::open(address)?;
    let (mut number, mut calls) = (u32::from(caller), Vec::new());
    while !done.load(Ordering::SeqCst) {
        let name = format!("tool_{}", number % u32::from(tools));
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name, "arguments": {} },
        });
        let begun = Instant::now();
        let answer = connection.post("/mcp", &headers, &body.to_string())?;
        calls.push(Timed { begun, took: begun.elapsed() });
        let fine = answer.status == 200 && answer.body.contains("structuredContent");
        ensure!(fine, "{name}: status {}: {}", answer.status, answer.body);
        number += u32::from(CALLERS);
    }
    Ok(calls)
}
