//! `cargo xtask admin`: the API of the admin socket, judged by tools that others wrote.
//!
//! One validates its description. The other reads it, asks whatever it allows and whatever it doesn't, and compares the answers
//! with it.

use std::fs;

use anyhow::Result;

use super::setup;
use crate::admin::Admin;
use crate::arguments::Arguments;
use crate::server::{self, Server};
use crate::workspace::{Profile, Workspace};
use crate::{process, venv};

const PACKAGES: &[&str] = &["openapi-spec-validator==0.9.0", "schemathesis==4.32.5"];

/// How often each route is asked in each way.
const QUESTIONS: &str = "50";

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let profile = if arguments.flag("--release") { Profile::Release } else { Profile::Dev };
    arguments.finish()?;
    setup::ensure(workspace)?;
    let python = venv::install(workspace, "admin", PACKAGES)?;
    let mxcp = workspace.build(&["mxcp"], profile)?.join("mxcp");

    let port = server::free_port(8300)?;
    let mut command = server::serve(workspace, &mxcp, &workspace.path("examples/quickstart"), port);
    let folder = workspace.target()?.join("xtask/admin");
    let admin = Admin::of(command.arg("--no-watch"), &folder)?;
    let _server = Server::start(&mut command, port, &folder.join("server.log"))?;

    let description = folder.join("openapi.json");
    fs::write(&description, serde_json::to_vec_pretty(&admin.ask("GET", "/openapi.json")?)?)?;
    let mut validator = workspace.program(&python);
    process::run(validator.args(["-m", "openapi_spec_validator", "--schema", "3.1"]).arg(&description))?;

    let relay = format!("http://127.0.0.1:{}", admin.relay()?);
    let mut questions = workspace.program(&python);
    questions.current_dir(&folder).args(["-m", "schemathesis.cli", "run"]).arg(&description);
    questions.args(["--url", &relay, "--max-examples", QUESTIONS, "--checks", "all", "--no-color"]);
    process::run(&mut questions)?;
    let reload = admin.ask("GET", "/status")?.get("reload").cloned().unwrap_or_default();
    println!("the API is as it is described; the reloads that were asked for along the way: {reload}");
    Ok(())
}
