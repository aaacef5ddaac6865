//! `cargo xtask reloads`: many tools, reloaded over and over while they are called. No call may fail.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use super::setup;
use crate::admin::Admin;
use crate::arguments::Arguments;
use crate::http;
use crate::server::{self, Server};
use crate::workspace::{Profile, Workspace};

const TOOLS: u16 = 1000;
const SECONDS: u16 = 30;

/// How many call at a time.
const CALLERS: u16 = 8;

/// Longest time that a reload may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let profile = if arguments.flag("--release") { Profile::Release } else { Profile::Dev };
    let tools = arguments.number("--tools")?.unwrap_or(TOOLS).max(1);
    let seconds = arguments.number("--seconds")?.unwrap_or(SECONDS);
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

    let (done, calls) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut took = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let (done, calls) = (&done, &calls);
                scope.spawn(move || call_until(address, caller, tools, done, calls))
            })
            .collect();
        let took = reload_for(&admin, &project, tools, Duration::from_secs(seconds.into()));
        done.store(true, Ordering::SeqCst);
        for caller in callers {
            caller.join().map_err(|_panic| anyhow::anyhow!("calling panicked"))??;
        }
        took
    })?;
    took.sort();
    let at = |part: usize| took.get((took.len() - 1) * part / 100).copied().unwrap_or_default().as_millis();
    println!(
        "{tools} tools, {} reloads (median {} ms, longest {} ms), {} calls by {CALLERS} at a time, none failed",
        took.len(),
        at(50),
        at(100),
        calls.into_inner()
    );
    Ok(())
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

/// Writes a tool anew and has everything reloaded, over and over. Gives how long each reload took.
fn reload_for(admin: &Admin, project: &Path, tools: u16, time: Duration) -> Result<Vec<Duration>> {
    let (begun, mut took) = (Instant::now(), Vec::new());
    while took.is_empty() || begun.elapsed() < time {
        let round = took.len() + 1;
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
            thread::sleep(Duration::from_millis(2));
        };
        ensure!(reload.get("last_reload_status").is_some_and(|status| status == "success"), "{reload}");
        took.push(asked.elapsed());
    }
    Ok(took)
}

/// Calls one tool after the other. The first call that fails is an error.
fn call_until(
    address: SocketAddr,
    caller: u16,
    tools: u16,
    done: &AtomicBool,
    calls: &AtomicU64,
) -> Result<()> {
    let headers = [
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("MCP-Protocol-Version", "2025-11-25"),
    ];
    let mut number = u32::from(caller);
    while !done.load(Ordering::SeqCst) {
        let name = format!("tool_{}", number % u32::from(tools));
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name, "arguments": {} },
        });
        let answer = http::post(address, "/mcp", &headers, &body.to_string())?;
        let fine = answer.status == 200 && answer.body.contains("structuredContent");
        ensure!(fine, "{name}: status {}: {}", answer.status, answer.body);
        calls.fetch_add(1, Ordering::Relaxed);
        number += u32::from(CALLERS);
    }
    Ok(())
}
