//! `cargo xtask demo`: the quickstart, served, with everything needed to talk to it.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::setup;
use crate::arguments::Arguments;
use crate::http;
use crate::server::{self, Server};
use crate::workspace::{Profile, Workspace};

const PROJECT: &str = "examples/quickstart";
const FIRST_PORT: u16 = 8000;

/// The call that is shown, and made by `--check`.
const TOOL: &str = "monthly_revenue";
const PROTOCOL: &str = "2026-07-28";

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let check = arguments.flag("--check");
    let port = arguments.number("--port")?;
    let announce = arguments.flag(ANNOUNCE);
    arguments.finish()?;
    if announce {
        return announce_when_ready(workspace, port.unwrap_or(FIRST_PORT));
    }
    setup::ensure(workspace)?;
    let mxcp = workspace.build(&["mxcp"], Profile::Release)?.join("mxcp");
    let port = match port {
        Some(port) if server::listening(port).is_some() => bail!("port {port} is in use"),
        Some(port) => port,
        None => server::free_port(FIRST_PORT)?,
    };
    if check { make_the_call(workspace, &mxcp, port) } else { keep_serving(workspace, &mxcp, port) }
}

/// Starts the server, makes the call that the demo shows, prints its answer, and ends.
fn make_the_call(workspace: &Workspace, mxcp: &Path, port: u16) -> Result<()> {
    let mut command = server::serve(workspace, mxcp, &workspace.path(PROJECT), port);
    let server = Server::start(&mut command, port, &workspace.target()?.join("xtask/demo.log"))?;
    println!("{}", introduction(workspace, mxcp, &server.url()));
    let answer = http::post(server.address(), "/mcp", HEADERS, &request().to_string())?;
    let body: Value = serde_json::from_str(&answer.body)
        .with_context(|| format!("the answer (status {}) is no JSON: {}", answer.status, answer.body))?;
    println!("It answers with status {}:\n\n{body:#}", answer.status);
    let months = body.pointer("/result/structuredContent/result").and_then(Value::as_array);
    if answer.status != 200 || months.is_none_or(Vec::is_empty) {
        bail!("`{TOOL}` gave no months");
    }
    Ok(())
}

/// Becomes the server, so that signals reach it; a copy of this program introduces it once it listens.
fn keep_serving(workspace: &Workspace, mxcp: &Path, port: u16) -> Result<()> {
    let mut announcer = workspace.program(std::env::current_exe()?);
    announcer.args(["demo", ANNOUNCE, "--port", &port.to_string()]);
    let mut announcer = announcer.spawn().context("can't start the announcer")?;
    let mut command = server::serve(workspace, mxcp, &workspace.path(PROJECT), port);
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let error = command.exec();
        let _already_gone = announcer.kill();
        Err(error).with_context(|| format!("can't start {}", mxcp.display()))
    }
    #[cfg(not(unix))]
    {
        let outcome = crate::process::run(&mut command);
        let _already_gone = announcer.kill();
        outcome
    }
}

/// The hidden flag of the copy that introduces the server.
const ANNOUNCE: &str = "--announce";

fn announce_when_ready(workspace: &Workspace, port: u16) -> Result<()> {
    let mxcp = workspace.target()?.join("release/mxcp");
    let Some(address) = server::wait_until_listening(port) else {
        return Ok(());
    };
    println!("{}\nServing until Ctrl-C.", introduction(workspace, &mxcp, &format!("http://{address}/mcp")));
    Ok(())
}

const HEADERS: &[(&str, &str)] = &[
    ("Content-Type", "application/json"),
    ("Accept", "application/json, text/event-stream"),
    ("MCP-Protocol-Version", PROTOCOL),
    ("Mcp-Method", "tools/call"),
    ("Mcp-Name", TOOL),
];

fn request() -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {
            "name": TOOL,
            "arguments": {"year": 2025, "country": "CH"},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": PROTOCOL,
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        },
    })
}

fn introduction(workspace: &Workspace, mxcp: &Path, url: &str) -> String {
    let over_http = json!({"mcpServers": {"quickstart": {"type": "http", "url": url}}});
    let over_stdio = json!({"mcpServers": {"quickstart": {
        "command": mxcp,
        "args": ["serve", "--transport", "stdio"],
        "cwd": workspace.path(PROJECT),
    }}});
    let headers: String =
        HEADERS.iter().map(|(name, value)| format!("  -H '{name}: {value}' \\\n")).collect();
    format!(
        "\nThe quickstart is served at {url}\n\n\
         Client configuration, over HTTP:\n\n{over_http:#}\n\n\
         or started by the client:\n\n{over_stdio:#}\n\n\
         A call by hand:\n\ncurl -sS {url} \\\n{headers}  -d '{}'\n",
        request()
    )
}

#[cfg(test)]
mod tests {
    use super::{HEADERS, request};

    #[test]
    fn headers_say_what_the_body_says() {
        let body = request();
        let header = |name: &str| HEADERS.iter().find(|(key, _)| *key == name).unwrap().1;
        assert_eq!(body["method"], header("Mcp-Method"));
        assert_eq!(body["params"]["name"], header("Mcp-Name"));
        let version = &body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
        assert_eq!(version, header("MCP-Protocol-Version"));
    }

    #[test]
    fn the_call_survives_single_quotes_of_a_shell() {
        assert!(!request().to_string().contains('\''));
    }
}
