//! `cargo xtask clients`: the quickstart, called by clients that others wrote.
//!
//! The scripts in `tests/clients` list the tools and call one, over stdio and over HTTP, in both eras of the
//! protocol. A client's own opinion of a result counts too: both check it against the published output schema.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::setup;
use crate::arguments::Arguments;
use crate::server::{self, Server};
use crate::workspace::{Profile, Workspace};
use crate::{fetch, process, venv};

const PYTHON_PACKAGES: &[&str] = &["mcp==2.3.0"];
const NODE_PACKAGES: &[&str] = &["@modelcontextprotocol/sdk@1.32.2", "@modelcontextprotocol/client@2.4.0"];

const PROJECT: &str = "examples/quickstart";
const TOOL: &str = "find_orders";
const ARGUMENTS: &str = r#"{"status": "open", "since": "2025-12-29", "limit": 1}"#;
const EXPECTED: &str = r#"{"result": [{"order_id": "ORD-002841", "ordered_on": "2025-12-29", "status": "open", "country": "DE", "customer_email": "****", "total": 39.7}]}"#;

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let profile = if arguments.flag("--release") { Profile::Release } else { Profile::Dev };
    arguments.finish()?;
    setup::ensure(workspace)?;
    let python = install_python(workspace)?;
    let script = install_typescript(workspace, "client.mjs")?;
    let mxcp = workspace.build(&["mxcp"], profile)?.join("mxcp");
    let project = workspace.path(PROJECT);

    let port = server::free_port(8200)?;
    let mut command = server::serve(workspace, &mxcp, &project, port);
    let server = Server::start(&mut command, port, &workspace.target()?.join("xtask/clients.log"))?;
    let call = |mut client: Command| {
        client.current_dir(&project).args(["--http", &server.url()]);
        client.arg("--stdio").arg(format!("{} serve --transport stdio", mxcp.display()));
        client.args(["--tool", TOOL, "--arguments", ARGUMENTS, "--expect", EXPECTED]);
        process::run(&mut client)
    };
    let mut client = workspace.program(python);
    client.arg(workspace.path("tests/clients/python_client.py"));
    call(client)?;
    let mut client = workspace.program("node");
    client.arg(script);
    call(client)?;
    println!("the Python and the TypeScript client list and call `{TOOL}` over stdio and HTTP");
    Ok(())
}

/// A virtual environment with the Python client; gives its interpreter.
pub(super) fn install_python(workspace: &Workspace) -> Result<PathBuf> {
    venv::install(workspace, "clients/python", PYTHON_PACKAGES)
}

/// The TypeScript clients; gives one of the scripts, copied to where Node.js finds them.
pub(super) fn install_typescript(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let folder = workspace.fetched("clients/typescript");
    fetch::install(NODE_PACKAGES, &folder)?;
    let script = folder.join(name);
    let source = workspace.path("tests/clients/typescript").join(name);
    fs::copy(&source, &script).with_context(|| format!("can't read {}", source.display()))?;
    Ok(script)
}
