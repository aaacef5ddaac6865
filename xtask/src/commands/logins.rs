//! `cargo xtask logins`: people and clients that others wrote log in, in issuer mode and in verifier mode.
//!
//! The scripts in `tests/logins` do it at a real identity provider on this machine, and at those that the suites play; people have
//! a headless Chromium, or nothing but an HTTP client. A table at the end says what passed. Screenshots go to
//! `target/screenshots/logins`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{browser, clients, setup};
use crate::arguments::Arguments;
use crate::workspace::{Profile, Workspace};
use crate::{fetch, process};

const PACKAGES: &[&str] = &["oidc-provider@9.13.3", "playwright-core@1.65.1"];

/// The package with the providers that the suites play, and its program.
const PLAYED: (&str, &str) = ("mxcp-test-support", "providers");

/// The names in the certificate of servers on this machine.
const NAMES: &str =
    "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:client.example,DNS:private.example,DNS:both.example";

/// What gives a process a network, and files, of its own, in which an address of the public internet can be this machine's.
const UNSHARE: &str = "unshare";

/// How.
const OWN_NETWORK: &[&str] = &["--map-root-user", "--net", "--mount"];

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let profile = if arguments.flag("--release") { Profile::Release } else { Profile::Dev };
    let wanted = arguments.finish()?;
    if wanted.len() > 1 {
        bail!("one part of the table's rows can be run, and {} are named", wanted.len());
    }
    if !process::answers(workspace.program("node").arg("--version")) || !fetch::npm_answers() {
        println!("skipped: there is no Node.js; install version 20 or newer, with npm");
        return Ok(());
    }
    setup::ensure(workspace)?;
    let folder = install(workspace)?;
    let python = clients::install_python(workspace)?;
    let typescript = clients::install_typescript(workspace, "login.mjs")?;
    let binaries = build(workspace, profile)?;
    let screenshots = workspace.target()?.join("screenshots/logins");
    if screenshots.exists() {
        fs::remove_dir_all(&screenshots)
            .with_context(|| format!("can't remove {}", screenshots.display()))?;
    }

    let certificates = certificates(workspace)?;
    let alone = certificates.is_some() && may_be_alone();
    let mut node = workspace.program(if alone { UNSHARE } else { "node" });
    if alone {
        node.args(OWN_NETWORK).arg("node");
    }
    node.arg(folder.join("main.mjs")).arg("--mxcp").arg(binaries.join("mxcp"));
    if let Some(certificates) = certificates {
        node.env("NODE_EXTRA_CA_CERTS", certificates.join("authority.pem"));
        node.arg("--certificates").arg(certificates);
    }
    if alone {
        node.arg("--alone");
    }
    node.arg("--kinds").arg(binaries.join("examples").join(PLAYED.1));
    node.arg("--python")
        .arg(python)
        .arg("--python-client")
        .arg(workspace.path("tests/clients/python_login.py"));
    node.arg("--typescript-client").arg(typescript).arg("--screenshots").arg(screenshots);
    if let Some(chromium) = browser::chromium(workspace) {
        node.arg("--chromium").arg(chromium);
    }
    for wanted in wanted {
        node.arg("--only").arg(wanted);
    }
    process::run(&mut node)
}

/// Certificates of an authority, and of servers on this machine; gives their folder, and none where there is nobody to make them.
fn certificates(workspace: &Workspace) -> Result<Option<PathBuf>> {
    let folder = workspace.target()?.join("xtask/certificates");
    fs::create_dir_all(&folder)?;
    let made = |more: &[&str]| {
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ]);
        process::answers(openssl.args(more).current_dir(&folder))
    };
    let authority =
        ["-subj", "/CN=Authority of the tests", "-keyout", "authority.key", "-out", "authority.pem"];
    let vouched = ["-CA", "authority.pem", "-CAkey", "authority.key"];
    let server = ["-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.pem"];
    let kind = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", NAMES];
    let all = made(&authority) && made(&[&vouched[..], &server, &kind].concat());
    Ok(all.then_some(folder))
}

/// Whether a process may have a network to itself.
fn may_be_alone() -> bool {
    process::answers(Command::new(UNSHARE).args(OWN_NETWORK).args(["ip", "link", "set", "lo", "up"]))
}

/// The packages, and the scripts where Node.js finds them; gives the folder.
pub(super) fn install(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.fetched("logins");
    fetch::install(PACKAGES, &folder)?;
    let source = workspace.path("tests/logins");
    for entry in fs::read_dir(&source).with_context(|| format!("can't read {}", source.display()))? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    Ok(folder)
}

/// The server and the providers that the suites play, built at once so that what both need is built once; gives the folder.
fn build(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let (package, program) = PLAYED;
    let mut cargo = workspace.cargo(["build", "--package", "mxcp", "--bin", "mxcp"]);
    cargo.args(["--package", package, "--example", program]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    process::run(&mut cargo)?;
    workspace.binaries(profile)
}
