//! `cargo xtask fuzz`: hands arbitrary input to whatever takes some from outside.
//!
//! The targets are programs of `tests/fuzz`, a workspace of its own: all of it, dependencies included, is compiled
//! with libFuzzer's coverage counters. Those are passes of LLVM, so the stable compiler will do; the address
//! sanitizer would need a nightly one, and everything fuzzed is safe Rust.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::setup;
use crate::arguments::Arguments;
use crate::process;
use crate::workspace::Workspace;

/// What makes LLVM count which code an input reaches.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// Longest time one input may take; the issue is denial of service as much as crashes.
const LONGEST: &str = "-timeout=5";

/// Most memory of a target, in MiB.
const MEMORY: &str = "-rss_limit_mb=3000";

/// Templates, and what Jinja2 makes of them.
const TEMPLATES: &str = "core/src/prompt/jinja2.json";

/// A target, and where its first inputs come from.
struct Target {
    name: &'static str,
    seeds: Seeds,
}

enum Seeds {
    /// Every definition in the repository.
    Definitions,
    /// The lines of a file in `tests/fuzz/seeds`.
    Lines(&'static str),
    /// The lines of a file in `tests/fuzz/seeds`, one by one and all together.
    Session(&'static str),
    /// The templates of the table that is compared with Jinja2.
    Templates,
    /// None: its bytes are choices of a generator.
    None,
}

const TARGETS: &[Target] = &[
    Target { name: "yaml", seeds: Seeds::Definitions },
    Target { name: "coercion", seeds: Seeds::None },
    Target { name: "cel", seeds: Seeds::Lines("cel.txt") },
    Target { name: "token", seeds: Seeds::Lines("token.txt") },
    Target { name: "uri", seeds: Seeds::Lines("uri.txt") },
    Target { name: "prompt", seeds: Seeds::Templates },
    Target { name: "json_rpc", seeds: Seeds::Session("json_rpc.txt") },
];

/// The command.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let seconds = arguments.number("--seconds")?.unwrap_or(60);
    let wanted = arguments.finish()?;
    setup::ensure(workspace)?;
    if let Some(unknown) = wanted.iter().find(|name| TARGETS.iter().all(|target| target.name != *name)) {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        bail!("no target `{unknown}`; there are {}", names.join(", "));
    }
    let folder = workspace.target()?.join("fuzz");
    let programs = build(workspace, &folder)?;
    let mut failed = Vec::new();
    for target in
        TARGETS.iter().filter(|target| wanted.is_empty() || wanted.iter().any(|name| name == target.name))
    {
        let corpus = folder.join("corpus").join(target.name);
        target.seed(workspace, &corpus)?;
        let artifacts = folder.join("artifacts").join(target.name);
        fs::create_dir_all(&artifacts)?;
        let mut program = workspace.program(programs.join(target.name));
        program.arg(&corpus).args([
            format!("-max_total_time={seconds}").as_str(),
            LONGEST,
            MEMORY,
            "-print_final_stats=1",
            "-verbosity=0",
        ]);
        program.arg(format!("-artifact_prefix={}/", artifacts.display()));
        if process::run(&mut program).is_err() {
            failed.push(format!("`{}`: the input is in {}", target.name, artifacts.display()));
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("; ")) }
}

/// Builds the targets and gives the folder with the programs.
fn build(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let host = host()?;
    let manifest = workspace.path("tests/fuzz/Cargo.toml");
    // With `--target`, flags are for the targets alone and not for build scripts and macros.
    let mut cargo = workspace.cargo(["build", "--release", "--bins", "--target", &host]);
    cargo.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(folder).env("RUSTFLAGS", COVERAGE);
    process::run(&mut cargo)?;
    Ok(folder.join(host).join("release"))
}

/// The machine that programs are built for unless asked otherwise.
fn host() -> Result<String> {
    let text = process::output(Command::new("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}

impl Target {
    /// Fills the corpus; what earlier runs found stays in it.
    fn seed(&self, workspace: &Workspace, corpus: &Path) -> Result<()> {
        fs::create_dir_all(corpus)?;
        let seed = |number: usize, bytes: &[u8]| fs::write(corpus.join(format!("seed-{number}")), bytes);
        let text = |file: &str| fs::read_to_string(workspace.path("tests/fuzz/seeds").join(file));
        match self.seeds {
            Seeds::None => {}
            Seeds::Lines(file) => {
                text(file)?
                    .lines()
                    .enumerate()
                    .try_for_each(|(number, line)| seed(number, line.as_bytes()))?;
            }
            Seeds::Session(file) => {
                let text = text(file)?;
                let lines = text.lines().map(str::as_bytes);
                lines
                    .chain([text.as_bytes()])
                    .enumerate()
                    .try_for_each(|(number, text)| seed(number, text))?;
            }
            Seeds::Templates => {
                let table: serde_json::Value =
                    serde_json::from_str(&fs::read_to_string(workspace.path(TEMPLATES))?)?;
                let rows = table
                    .get("rows")
                    .and_then(serde_json::Value::as_array)
                    .with_context(|| format!("{TEMPLATES} has no `rows`"))?;
                let templates = rows.iter().filter_map(|row| row["template"].as_str());
                templates.enumerate().try_for_each(|(number, text)| seed(number, text.as_bytes()))?;
            }
            Seeds::Definitions => {
                let mut files = Vec::new();
                for folder in ["examples", "tests/projects", "tests/conformance/project"] {
                    definitions(&workspace.path(folder), &mut files)?;
                }
                for (number, file) in files.iter().enumerate() {
                    seed(number, &fs::read(file)?)?;
                }
            }
        }
        Ok(())
    }
}

fn definitions(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            definitions(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            found.push(path);
        }
    }
    Ok(())
}
