//! `cargo xtask bench`: the product against its floors, in one run.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::{front, setup};
use crate::arguments::Arguments;
use crate::components::{self, EXAMPLES, Made};
use crate::workspace::{Profile, Workspace};
use crate::{process, python};

/// What is built for the edge: package, profile, what cargo calls it, and what the bench does.
const COMPONENTS: &[(&str, &str, &str, &str)] = &[
    ("mxcp-core-component", "component", "mxcp_core_component", "core.wasm"),
    ("mxcp-bench-hello-edge", "edge", "mxcp_bench_hello_edge", "hello.wasm"),
];

/// Records of the log that is filtered; about 11 GB.
const RECORDS: &str = "10000000";
const QUICK_RECORDS: &str = "200000";

/// The command. What is measured, and how, is in `tests/bench`.
pub(crate) fn run(workspace: &Workspace, mut arguments: Arguments) -> Result<()> {
    let quick = arguments.flag("--quick");
    let python = arguments.flag("--python");
    let edge = arguments.flag("--edge");
    let identity = arguments.flag("--identity");
    let audit = arguments.flag("--audit");
    let passed_on = arguments.finish()?;
    setup::ensure(workspace)?;
    let edge = if edge { Some(edge_components(workspace)?) } else { None };
    let folder = workspace.build(&["mxcp", "mxcp-bench"], Profile::Release)?;
    let mut bench = workspace.program(folder.join("mxcp-bench"));
    bench.arg("--binaries").arg(&folder).arg("--workspace").arg(workspace.path(""));
    if quick {
        bench.arg("--quick");
    }
    if identity {
        bench.arg("--identity");
    }
    if python {
        let (package, _) = python::package(workspace, Profile::Release)?;
        bench.arg("--python").arg(package);
    }
    if let Some(components) = edge {
        bench.arg("--edge").arg(components);
    }
    if audit {
        bench.args(["--audit", if quick { QUICK_RECORDS } else { RECORDS }]);
    }
    process::run(bench.args(passed_on))
}

/// Builds what the edge is measured with, into one folder.
fn edge_components(workspace: &Workspace) -> Result<PathBuf> {
    setup::ensure_wasm_target(workspace)?;
    // Before the binary, which carries it.
    front::make(workspace)?;
    let target = workspace.target()?;
    let folder = target.join("bench-edge");
    fs::create_dir_all(&folder)?;
    let place = |from: PathBuf, name: &str| {
        fs::copy(&from, folder.join(name)).with_context(|| from.display().to_string()).map(|_| ())
    };
    place(front::module(workspace)?, "front.wasm")?;
    for (package, profile, file, name) in COMPONENTS {
        let build = ["build", "--package", package, "--target", "wasm32-wasip2", "--profile", profile];
        process::run(&mut workspace.cargo(build))?;
        place(target.join("wasm32-wasip2").join(profile).join(file).with_extension("wasm"), name)?;
    }
    let rust = EXAMPLES.iter().find(|it| it.language == "rust").context("there is an example in Rust")?;
    if let Made::Missing(reason) = components::make(workspace, rust)? {
        bail!("the example in Rust can't be built: {reason}");
    }
    place(components::folder(workspace)?.join(rust.file), "text.wasm")?;
    Ok(folder)
}
