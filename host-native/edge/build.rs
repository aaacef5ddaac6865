//! Embeds the front end of the edge, a core module that `cargo xtask front` makes. Without it everything but `mxcp build` works.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=MXCP_FRONT");
    let variable = |name: &str| env::var_os(name).map(PathBuf::from);
    let out = variable("OUT_DIR").unwrap_or_default();
    let module = match variable("MXCP_FRONT") {
        Some(module) => module,
        None => {
            let workspace = variable("CARGO_MANIFEST_DIR").unwrap_or_default().join("../..");
            let target = variable("CARGO_TARGET_DIR").unwrap_or_else(|| workspace.join("target"));
            let folder = target.join("front");
            // Watched, so that a front end that is made later is found; what is not there can't be watched.
            fs::create_dir_all(&folder)?;
            println!("cargo::rerun-if-changed={}", folder.display());
            folder.join("mxcp_front.wasm")
        }
    };
    if module.is_file() {
        println!("cargo::rerun-if-changed={}", module.display());
    }
    fs::write(out.join("front.rs"), expression(&module))
}

/// The module's bytes as an expression.
fn expression(module: &Path) -> String {
    match module.canonicalize() {
        Ok(path) => format!("Some(include_bytes!({:?}))", path.display().to_string()),
        Err(_) => "None".to_owned(),
    }
}
