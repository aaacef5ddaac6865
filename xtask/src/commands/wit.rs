//! `cargo xtask wit`: the WIT packages that are not ours, copied from where they are published.
//!
//! WASI's packages come with the sources of the pinned wasmtime crates, so that what is declared is what the native host
//! implements. The examples in `components/` get the package `mxcp:tool`, as their authors would.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use wit_bindgen_core::wit_parser::Resolve;

use crate::arguments::Arguments;
use crate::process::output;
use crate::workspace::Workspace;

/// Crates that carry WIT, the folder that they have it in, and the packages that are taken from it.
const PUBLISHED: &[(&str, &str, &[&str])] = &[
    ("wasmtime-wasi", "src/p2/wit/deps", &["cli", "clocks", "filesystem", "io", "random", "sockets"]),
    ("wasmtime-wasi-http", "wit/deps", &["http"]),
];

/// Where WASI's packages go, a folder each.
const WASI: &str = "wit/deps";

/// The crate whose licence is that of the packages.
const LICENSED: (&str, &str) = ("wasmtime-wasi", "LICENSE");

/// Where copies of `mxcp:tool` are.
const TOOL_COPIES: &[&str] = &["components/rust/wit/deps/mxcp-tool"];

/// Packages of our own.
const OWN: &[&str] = &["wit/tool", "wit/core", "wit/edge"];

/// The command: copies them, or with `--check` fails if a copy is not what it should be.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let check = arguments.flag("--check");
    arguments.finish()?;
    let mut stale = Vec::new();
    for Copy { from, to } in copies(workspace)? {
        let text = fs::read_to_string(&from).with_context(|| from.display().to_string())?;
        let target = workspace.path(&to);
        if fs::read_to_string(&target).is_ok_and(|present| present == text) {
            continue;
        }
        if !check {
            let folder = target.parent().context("a file is in a folder")?;
            fs::create_dir_all(folder)?;
            fs::write(&target, text).with_context(|| to.clone())?;
            println!("wrote {to}");
        }
        stale.push(to);
    }
    if check && !stale.is_empty() {
        bail!("stale: {}; run `cargo xtask wit`", stale.join(", "));
    }
    parse(workspace)
}

/// A file and where it goes, relative to the workspace.
struct Copy {
    from: PathBuf,
    to: String,
}

fn copies(workspace: &Workspace) -> Result<Vec<Copy>> {
    let metadata = output(&mut workspace.cargo(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Json = serde_json::from_str(&metadata).context("cargo metadata gave no JSON")?;
    let mut copies = Vec::new();
    for (package, folder, names) in PUBLISHED {
        let folder = sources(&metadata, package)?.join(folder);
        let copy = |name: &&str| Copy {
            from: folder.join(format!("{name}.wit")),
            to: format!("{WASI}/{name}/{name}.wit"),
        };
        copies.extend(names.iter().map(copy));
    }
    let (package, licence) = LICENSED;
    copies.push(Copy { from: sources(&metadata, package)?.join(licence), to: format!("{WASI}/{licence}") });
    for folder in TOOL_COPIES {
        let copy =
            |name| Copy { from: workspace.path("wit/tool").join(name), to: format!("{folder}/{name}") };
        copies.extend(["host.wit", "world.wit"].map(copy));
    }
    Ok(copies)
}

/// Where the sources of a dependency are.
fn sources(metadata: &Json, package: &str) -> Result<PathBuf> {
    let packages = metadata.get("packages").and_then(Json::as_array).into_iter().flatten();
    let manifest = packages
        .filter(|it| it.get("name").is_some_and(|name| name == package))
        .find_map(|it| it.get("manifest_path").and_then(Json::as_str))
        .with_context(|| format!("the workspace doesn't use `{package}`"))?;
    let folder = Path::new(manifest).parent();
    folder.map(Path::to_owned).with_context(|| format!("`{manifest}` is in no folder"))
}

/// Parses all packages together, each with those that it uses.
fn parse(workspace: &Workspace) -> Result<()> {
    let mut resolve = Resolve::default();
    for path in in_order(workspace)? {
        resolve.push_path(&path).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// The packages, those that are used before those that use them.
fn in_order(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let wasi = ["io", "clocks", "random", "filesystem", "sockets", "cli", "http"];
    let mut paths: Vec<PathBuf> = wasi.iter().map(|name| workspace.path(WASI).join(name)).collect();
    for folder in OWN {
        let path = workspace.path(folder);
        if path.exists() {
            paths.push(path);
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::workspace::Workspace;

    #[test]
    fn every_package_parses() {
        parse(&Workspace::find().unwrap()).unwrap();
    }
}
