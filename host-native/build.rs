//! Lets the built program find DuckDB's library beside itself, without any environment variable. Installed by `pip`, the
//! library lies in the Python package.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The minor versions of Python 3 that the program may be installed for, those of today and of the years to come.
const PYTHONS: std::ops::RangeInclusive<u8> = 10..=24;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DUCKDB_LIB_DIR");
    let (origin, library) = match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos") => ("@executable_path", "libduckdb.dylib"),
        Ok("windows") => return Ok(()),
        _ => ("$ORIGIN", "libduckdb.so"),
    };
    println!("cargo::rustc-link-arg-bins=-Wl,-rpath,{origin}");
    println!("cargo::rustc-link-arg-bins=-Wl,-rpath,{origin}/../lib");
    // `pip install --target` has no folder for libraries.
    println!("cargo::rustc-link-arg-bins=-Wl,-rpath,{origin}/../mxcp");
    for minor in PYTHONS {
        for packages in ["site-packages", "dist-packages"] {
            println!("cargo::rustc-link-arg-bins=-Wl,-rpath,{origin}/../lib/python3.{minor}/{packages}/mxcp");
        }
    }

    let Some(source) = env::var_os("DUCKDB_LIB_DIR").map(|folder| PathBuf::from(folder).join(library)) else {
        return Ok(());
    };
    println!("cargo::rerun-if-changed={}", source.display());
    // OUT_DIR is <profile folder>/build/<package>/out; the program is put into the profile folder.
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    match out.ancestors().nth(3) {
        Some(folder) if source.is_file() => place(&source, &folder.join(library)),
        _ => Ok(()),
    }
}

/// Makes `target` the same file as `source`, by a hard link where the file system allows one.
fn place(source: &Path, target: &Path) -> io::Result<()> {
    let wanted = fs::metadata(source)?;
    if let Ok(present) = fs::metadata(target) {
        if present.len() == wanted.len() && present.modified()? == wanted.modified()? {
            return Ok(());
        }
        fs::remove_file(target)?;
    }
    if fs::hard_link(source, target).is_ok() {
        return Ok(());
    }
    fs::copy(source, target)?;
    fs::OpenOptions::new().write(true).open(target)?.set_modified(wanted.modified()?)
}
