//! `cargo xtask setup`: what the build needs beyond Rust and a C compiler.
//!
//! Safe to repeat: what is there stays, and then nothing touches the network.

mod dependencies;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{fetch, process};

/// The target that the core is built for beside the native one.
const WASM_TARGET: &str = "wasm32-wasip2";

/// The DuckDB that the bindings in `Cargo.toml` were made for, as packed for Node.js.
const VERSION: &str = "1.5.5-r.5";

/// A platform for which a ready DuckDB library can be linked.
struct Platform {
    system: &'static str,
    processor: &'static str,
    package: &'static str,
    integrity: &'static str,
}

/// Windows is missing: its package has no import library to link with.
const PLATFORMS: &[Platform] = &[
    Platform {
        system: "linux",
        processor: "x86_64",
        package: "@duckdb/node-bindings-linux-x64",
        integrity: "sha512-kCyq6BXhn6QXfwF8yVdVKriSSHP+rfVWcJ56cG8qZzlOZpxyvT5WGm6jMshxg4ditLlOsHsIN/D47RYrcjXuHQ==",
    },
    Platform {
        system: "linux",
        processor: "aarch64",
        package: "@duckdb/node-bindings-linux-arm64",
        integrity: "sha512-CafH2AIvXtpwDynG3KB/4uEOHRGlFoB7auCRMIwH3BKNIobsANV5LSpDJ3tfyRCFIsK6e8AT1eseWVnu2Dv3cw==",
    },
    Platform {
        system: "macos",
        processor: "x86_64",
        package: "@duckdb/node-bindings-darwin-x64",
        integrity: "sha512-rN0KjX13MwVQ5V5ufykolty/tf4SaafOpGWcUA1Cegf98jPeRdsJsEE1IMXn8n3u6WvMSZEVJmHJ3ma4Hr7Vzg==",
    },
    Platform {
        system: "macos",
        processor: "aarch64",
        package: "@duckdb/node-bindings-darwin-arm64",
        integrity: "sha512-WJdeLTFy4pRg60rkbp9smtlP1iIQ8ErtIJkxS+2LQtM1ZZMSByyW+3WPpNoKe7IwPtVl2fLlPw7tDmQW4Z974g==",
    },
];

/// What to do where no ready library can be had.
const BUNDLED: &str = "\
build DuckDB from source instead: `cargo build --release --features bundled`
(needs a C++17 compiler and about half an hour; time zones and collations of ICU are missing then)";

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let compile = arguments.flag("--compile");
    arguments.finish()?;
    ensure(workspace)?;
    println!("ready: {WASM_TARGET} and DuckDB {VERSION} are in place");
    if compile {
        dependencies::compile(workspace)?;
        println!("ready: what the workspace depends on is compiled");
    }
    Ok(())
}

/// Makes sure that everything is in place.
pub(crate) fn ensure(workspace: &Workspace) -> Result<()> {
    ensure_wasm_target(workspace)?;
    ensure_library(workspace)
}

/// The file name of the DuckDB library on this system.
pub(crate) fn library_name() -> &'static str {
    if cfg!(target_os = "macos") {
        "libduckdb.dylib"
    } else if cfg!(windows) {
        "duckdb.dll"
    } else {
        "libduckdb.so"
    }
}

/// Makes sure that the WebAssembly target is in place.
pub(crate) fn ensure_wasm_target(workspace: &Workspace) -> Result<()> {
    let folder =
        process::output(workspace.rustc().args(["--print", "target-libdir", "--target", WASM_TARGET]))?;
    if fs::exists(folder.trim())? {
        return Ok(());
    }
    process::run(workspace.program("rustup").args(["target", "add", WASM_TARGET])).with_context(|| {
        format!(
            "the Rust target {WASM_TARGET} is missing; install it with rustup or your distribution's packages"
        )
    })
}

fn ensure_library(workspace: &Workspace) -> Result<()> {
    let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    let Some(platform) =
        PLATFORMS.iter().find(|known| known.system == system && known.processor == processor)
    else {
        bail!("there is no ready DuckDB library for {system} on {processor}; {BUNDLED}");
    };
    let package = format!("{}@{VERSION}", platform.package);
    let stamp = format!("{package} {}\n", platform.integrity);
    let folder = workspace.fetched("duckdb");
    let current = fs::read_to_string(folder.join("VERSION")).is_ok_and(|found| found == stamp);
    if current && folder.join(library_name()).exists() {
        return Ok(());
    }
    if !fetch::npm_answers() {
        bail!("npm is needed to fetch the DuckDB library; install Node.js 20 or newer, or {BUNDLED}");
    }
    eprintln!("fetching {package}");
    let partial = workspace.fetched("duckdb.partial");
    remove(&partial)?;
    let archive = fetch::pack(&package, platform.integrity, &partial)
        .with_context(|| format!("no DuckDB library; if the network is the problem, {BUNDLED}"))?;
    let unpacked = partial.join("package");
    fetch::unpack(&archive, &unpacked)?;
    if !unpacked.join(library_name()).exists() {
        bail!("{package} holds no {}", library_name());
    }
    for name in ["duckdb.node", "package.json", "README.md"] {
        let _absent = fs::remove_file(unpacked.join(name));
    }
    fs::write(unpacked.join("VERSION"), stamp)?;
    remove(&folder)?;
    fs::rename(&unpacked, &folder).with_context(|| format!("can't write {}", folder.display()))?;
    remove(&partial)
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    Ok(())
}
