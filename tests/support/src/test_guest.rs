//! The components of the suites: `tests/guest`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// Builds it if it is not up to date, and gives its path.
///
/// # Errors
/// It does not build.
pub fn build() -> anyhow::Result<PathBuf> {
    made(&["--lib"], "mxcp_test_guest.wasm")
}

/// The same for the one that needs nothing of the host, so that an edge can hold it.
///
/// # Errors
/// It does not build.
pub fn build_apart() -> anyhow::Result<PathBuf> {
    made(&["--example", "apart_guest"], "examples/apart_guest.wasm")
}

fn made(what: &[&str], file: &str) -> anyhow::Result<PathBuf> {
    let root = crate::workspace_root();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["build", "--quiet", "--package", "mxcp-test-guest", "--target", "wasm32-wasip2"];
    let status = Command::new(cargo)
        .args(build)
        .args(what)
        .args(["--message-format", "short"])
        .current_dir(&root)
        // What the surrounding `cargo test` sets for its own packages must not leak into another build.
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .status()
        .context("cargo can't be started")?;
    ensure!(status.success(), "the component does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("wasm32-wasip2/debug").join(file))
}
