//! The file that is served.

use std::fs;
use std::path::{Path, PathBuf};

use mxcp_wasm::Cache;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::description::Description;
use crate::error::Error;

/// How every component begins: the magic number, and the version and layer of the binary format.
const BEGINNING: &[u8] = b"\0asm\x0d\0\x01\0";

/// A component as it is in its file.
pub(super) struct Program {
    path: PathBuf,
    bytes: Vec<u8>,
    digest: String,
    /// What it says of itself.
    pub(super) description: Description,
}

impl Program {
    /// Reads it.
    ///
    /// # Errors
    /// The file can't be read, or is no component.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let path = path.to_owned();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(source) => return Err(Error::File { action: "read", path, source }),
        };
        // Whoever parses it would quote what it begins with.
        if !bytes.starts_with(BEGINNING) {
            return Err(Error::NoHandler { path, source: "it is no WebAssembly component".into() });
        }
        let description = Description::read(&bytes).unwrap_or_default();
        // Nobody sees it: it finds the code that was compiled before, and a start waits for it. SHA-256 takes four times as
        // long.
        let digest = blake3::hash(&bytes).to_string();
        Ok(Self { path, bytes, digest, description })
    }

    /// Its code, compiled now or before.
    ///
    /// # Errors
    /// It can't be compiled.
    pub(super) fn component(self, engine: &Engine) -> Result<Component, Error> {
        let Self { path, bytes, digest, .. } = self;
        let shown = path.display().to_string();
        let mut bytes = Some(bytes);
        let component =
            Cache::of_user().component(engine, &digest, &shown, &mut || Ok(bytes.take().unwrap_or_default()));
        component.map_err(|source| Error::NoHandler { path, source: source.into() })
    }
}
