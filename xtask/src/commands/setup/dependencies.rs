//! Compiles what the workspace depends on, so that what is left to a first build or test is the workspace itself.
//!
//! Cargo compiles dependencies for a package and never alone, and what it compiles of them depends on all packages at
//! once. So this builds a workspace with the same manifests in which every source file is empty. Its packages have
//! another version, so that nobody takes them for the real ones; its dependencies are the same.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value as Json;

use crate::commands::{front, test};
use crate::workspace::Workspace;
use crate::{folder, process};

/// Packages of ours that dependencies depend on, as `[patch]` in `Cargo.toml` says.
const WHOLE: &[&str] = &["chrono-tz"];

/// The version of the packages, in the manifest of the workspace, and the one that they have here.
const VERSION: &str = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"");
const NO_VERSION: &str = "version = \"0.0.0\"";

/// What an empty source file is where it has to be a program; elsewhere the rest is no harm.
const EMPTY: &str = "#![allow(warnings)]\nfn main() {}\n";

/// Compiles them, as far as they are not yet.
pub(super) fn compile(workspace: &Workspace) -> Result<()> {
    let metadata = workspace.metadata()?;
    let target = workspace.target()?;
    let hollow = target.join("hollow");
    super::remove(&hollow)?;
    fs::create_dir_all(&hollow)?;
    for file in ["Cargo.lock", "rust-toolchain.toml"] {
        fs::copy(workspace.path(file), hollow.join(file)).with_context(|| file.to_owned())?;
    }
    let manifest = fs::read_to_string(workspace.path("Cargo.toml"))?;
    ensure!(manifest.matches(VERSION).count() == 1, "Cargo.toml doesn't say `{VERSION}` once");
    fs::write(hollow.join("Cargo.toml"), manifest.replace(VERSION, NO_VERSION))?;
    for package in list(&metadata, "packages") {
        hollow_out(package, &workspace.path(""), &hollow)?;
    }
    let build = |words: &[&str]| {
        let mut cargo = workspace.cargo(["build"]);
        cargo.args(words).current_dir(&hollow);
        // What is finished goes elsewhere: an empty program must never be in the place of a real one.
        cargo.env("CARGO_BUILD_BUILD_DIR", &target).env("CARGO_TARGET_DIR", hollow.join("target"));
        // As `.cargo/config.toml` has it.
        cargo.env("DUCKDB_LIB_DIR", workspace.fetched("duckdb")).env("DUCKDB_DOWNLOAD_LIB", "0");
        process::run(&mut cargo)
    };
    build(&[&["--all-targets"], test::NATIVE.as_slice()].concat())?;
    build(&front::BUILD)
}

/// Copies the manifest of a package, and makes its source files without anything in them.
fn hollow_out(package: &Json, root: &Path, hollow: &Path) -> Result<()> {
    let place = |key: &Json| -> Result<_> {
        let path = Path::new(key.as_str().context("a path in the metadata")?);
        Ok(hollow.join(path.strip_prefix(root).context("a package outside of the workspace")?))
    };
    let manifest = package.get("manifest_path").unwrap_or(&Json::Null);
    let (from, copy) = (Path::new(manifest.as_str().unwrap_or_default()), place(manifest)?);
    let folder = copy.parent().context("a manifest is in a folder")?;
    let name = package.get("name").and_then(Json::as_str);
    if name.is_some_and(|name| WHOLE.contains(&name)) {
        return folder::copy(from.parent().context("a manifest is in a folder")?, folder);
    }
    fs::create_dir_all(folder)?;
    fs::copy(from, copy)?;
    for target in list(package, "targets") {
        let file = place(target.get("src_path").unwrap_or(&Json::Null))?;
        fs::create_dir_all(file.parent().context("a source file is in a folder")?)?;
        fs::write(file, EMPTY)?;
    }
    Ok(())
}

fn list<'a>(value: &'a Json, key: &str) -> &'a [Json] {
    value.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}
