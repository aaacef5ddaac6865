//! The example components: how each is built, and what was built before.

mod c;
mod javascript;
mod python;
mod rust;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::tools;
use crate::workspace::Workspace;

/// An example of a language.
pub(crate) struct Example {
    /// The language, which is the folder's name too.
    pub(crate) language: &'static str,
    /// What is built.
    pub(crate) file: &'static str,
    /// The versions of what builds it.
    toolchain: &'static str,
    /// Fetches what builds it, or says why that can't be had.
    ensure: fn(&Workspace) -> Result<()>,
    /// Builds a copy of its sources, in this folder, into a file.
    build: fn(&Workspace, &Path, &Path) -> Result<()>,
}

/// All examples.
pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        language: "rust",
        file: "text.wasm",
        toolchain: "wasm32-wasip2",
        ensure: rust::ensure,
        build: rust::build,
    },
    Example {
        language: "python",
        file: "loan.wasm",
        toolchain: python::COMPONENTIZE,
        ensure: python::ensure,
        build: python::build,
    },
    Example {
        language: "javascript",
        file: "patch.wasm",
        toolchain: javascript::COMPONENTIZE,
        ensure: javascript::ensure,
        build: javascript::build,
    },
    Example {
        language: "c",
        file: "identifiers.wasm",
        toolchain: c::TOOLCHAIN,
        ensure: c::ensure,
        build: c::build,
    },
];

/// How a component came to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// It was built just now.
    Built,
    /// It was built from the same sources before.
    Before,
    /// What builds it can't be had; why.
    Missing(String),
}

/// Where components are once they are built.
pub(crate) fn folder(workspace: &Workspace) -> Result<PathBuf> {
    Ok(workspace.target()?.join("components"))
}

/// Makes the component of an example, in the folder of components and in that of the project that serves them.
pub(crate) fn make(workspace: &Workspace, example: &Example) -> Result<Made> {
    let sources = workspace.path("components").join(example.language);
    let digest = sources::digest(&sources, example.toolchain)?;
    let stem = example.file.trim_end_matches(".wasm");
    let kept = tools::cache()?.join("components-built").join(format!("{stem}-{digest}.wasm"));
    let mut made = Made::Before;
    if !kept.exists() {
        if let Err(error) = (example.ensure)(workspace) {
            return Ok(Made::Missing(format!("{error:#}")));
        }
        build(workspace, example, &sources, &kept)?;
        made = Made::Built;
    }
    for folder in [folder(workspace)?, workspace.path("components/project/components")] {
        place(&kept, &folder.join(example.file))?;
    }
    Ok(made)
}

fn build(workspace: &Workspace, example: &Example, sources: &Path, kept: &Path) -> Result<()> {
    let scratch = folder(workspace)?.join("build").join(example.language);
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    sources::copy(sources, &scratch)?;
    let output = scratch.join(example.file);
    (example.build)(workspace, &scratch, &output)?;
    place(&output, kept)
}

/// Copies a file in one step, so that nobody reads a half.
fn place(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder)?;
    let partial = to.with_extension(format!("{}.partial", std::process::id()));
    fs::copy(from, &partial).with_context(|| from.display().to_string())?;
    fs::rename(&partial, to).with_context(|| to.display().to_string())
}
