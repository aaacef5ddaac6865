//! WebAssembly: what a component costs, what the core costs as one, and the edge beside its floor.

mod contenders;
mod core_component;
mod decision;
mod figures;
mod overhead;
mod start;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::options::Options;
use crate::{copy_folder, measure_calls, process};
use figures::Figures;

/// What was built for this: a folder with one component for each purpose.
#[derive(Debug)]
pub(crate) struct Built<'a>(&'a Path);

impl Built<'_> {
    /// The core.
    fn core(&self) -> PathBuf {
        self.0.join("core.wasm")
    }

    /// The front end, a core module.
    fn front(&self) -> PathBuf {
        self.0.join("front.wasm")
    }

    /// The least that answers HTTP.
    fn hello(&self) -> PathBuf {
        self.0.join("hello.wasm")
    }

    /// The example of a tool in Rust.
    fn text(&self) -> PathBuf {
        self.0.join("text.wasm")
    }
}

/// Measures WebAssembly in place of SQL; `folder` has what was built for it.
pub(crate) fn run(options: &Options, folder: &Path, scratch: &Path) -> Result<()> {
    let built = Built(folder);
    let project = scratch.join("edge");
    copy_folder(&options.workspace.join("tests/bench/edge"), &project)?;
    fs::create_dir_all(project.join("components"))?;
    fs::copy(built.text(), project.join("components/text.wasm"))?;
    let served = scratch.join("bench-edge.wasm");
    build(options, &project, &served)?;

    let mut figures = Figures::default();
    eprintln!("calls of a component");
    overhead::measure(&mut figures, &built.text())?;
    eprintln!("decisions of the core");
    decision::measure(&mut figures, &built.core())?;
    figures.sizes(&[
        ("the core as a component", built.core()),
        ("the front end", built.front()),
        ("a component of a tool, Rust", built.text()),
        ("a project with it, built", served.clone()),
    ])?;
    let contenders = contenders::all(options, &built, &served, &project);
    eprintln!("starts, {} each", options.starts);
    for contender in &contenders {
        let times = process::starts(contender, options.starts).with_context(|| contender.name)?;
        figures
            .times(&format!("{}, from the start of its process to its first answer", contender.name), &times);
    }
    start::measure(&mut figures, options.starts, &served)?;
    let (calls, memory) = measure_calls(options, &contenders)?;
    let (rounds, turn) = (options.rounds, options.turn);
    println!("\n{figures}");
    println!(
        "calls over HTTP: medians of {rounds} rounds of {turn:?} each; every answer was checked\n\n{calls}"
    );
    println!("resident memory\n\n{memory}");
    Ok(())
}

/// `mxcp build` of the project.
fn build(options: &Options, project: &Path, to: &Path) -> Result<()> {
    let mxcp = options.binaries.join("mxcp");
    let mut command = Command::new(&mxcp);
    command.args(["build", "--target", "wasi", "--output"]).arg(to).current_dir(project);
    let output = command.output().with_context(|| format!("can't start {}", mxcp.display()))?;
    ensure!(output.status.success(), "`mxcp build`: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
