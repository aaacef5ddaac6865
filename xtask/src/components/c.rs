//! C: bindings by `wit-bindgen`, compiled by Zig's C compiler, made a component by `wit-component`.
//!
//! An author uses the programs of the same libraries: `wit-bindgen c` and `jco new`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;
use wit_component::ComponentEncoder;

use crate::process;
use crate::tools::Environment;
use crate::workspace::Workspace;

/// The C compiler, with a C library for WASI, and what makes the bindings.
pub(super) const TOOLCHAIN: &str = "ziglang==0.17.1 wit-bindgen-c 0.61.1, small stack";

const COMPILER: &str = "ziglang==0.17.1";

pub(super) fn ensure(workspace: &Workspace) -> Result<()> {
    Environment::ensure(workspace, COMPILER).map(drop)
}

pub(super) fn build(workspace: &Workspace, folder: &Path, output: &Path) -> Result<()> {
    bind(&folder.join("wit"), &folder.join("bindings"))?;
    let module = output.with_extension("module.wasm");
    let python = Environment::ensure(workspace, COMPILER)?.program("python");
    let mut compiler = workspace.program(python);
    compiler.current_dir(folder).args(["-m", "ziglang", "cc", "-target", "wasm32-wasi"]);
    compiler.args(["-mexec-model=reactor", "-Os", "-Wall", "-Wextra", "-Werror", "-s", "-I", "bindings"]);
    // Zig's own default is a stack of 16 MiB in each instance.
    compiler.arg("-Wl,-z,stack-size=65536");
    compiler.args(["check.c", "digest.c", "bindings/identifiers.c"]);
    compiler.args(["bindings/identifiers_component_type.o", "-o"]).arg(&module);
    process::run(&mut compiler)?;
    let bytes = fs::read(&module).with_context(|| module.display().to_string())?;
    let component = ComponentEncoder::default().validate(true).module(&bytes)?.encode()?;
    fs::write(output, component).with_context(|| output.display().to_string())
}

/// Writes the bindings of the only world that there is.
fn bind(wit: &Path, folder: &Path) -> Result<()> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], None)?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files)?;
    fs::create_dir_all(folder)?;
    for (name, bytes) in files.iter() {
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}
