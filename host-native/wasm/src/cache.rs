//! Code that was compiled before.
//!
//! Compiling takes from milliseconds to half a minute, so what comes of it is kept in the user's cache, by the digest of
//! the component and by everything that the code depends on: version, configuration and processor.
//!
//! What is read from there is run. Whoever can write to the user's cache could therefore run code as the user, as
//! could anyone who can change the user's programs; files that others may write to are not read. An entry is mapped where it
//! lies, as a program is, so that a start does not wait for what it doesn't need: it is complete before it has its
//! name, and is never written to again.
#![expect(unsafe_code, reason = "trusts the entries of the user's own cache")]

use std::fs::{self, FileTimes};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mxcp_runtime::user_cache;
use tempfile::NamedTempFile;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::Error;
use crate::native_code::NativeCode;

/// Most bytes that the cache keeps; what was not used for longest goes first.
const MAX_BYTES: u64 = 2 << 30;

/// How files of entries end.
const EXTENSION: &str = "cwasm";

/// The compiled components of a user.
#[derive(Debug)]
pub struct Cache {
    /// None: everything is compiled anew.
    folder: Option<PathBuf>,
}

/// Bytes of a component, asked for only if they have to be compiled.
pub type Source<'a> = &'a mut dyn FnMut() -> Result<Vec<u8>, Error>;

impl Cache {
    /// The cache of the user who runs the program.
    #[must_use]
    pub fn of_user() -> Self {
        let folder = user_cache::folder("components");
        folder.map_or(Self { folder: None }, Self::at)
    }

    /// The cache in a folder, which is made. If others can write to it, nothing is kept.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        match user_cache::make_private(&folder) {
            Ok(()) => Self { folder: Some(folder) },
            Err(error) => {
                tracing::debug!(%error, "the cache can't be used for components");
                Self { folder: None }
            }
        }
    }

    /// The component of the digest `digest`, ready to be instantiated. `source` gives its bytes, if there is no code yet;
    /// they are compiled, which may take long: `shown` names the component in the log.
    ///
    /// Blocks the thread.
    ///
    /// # Errors
    /// `source` fails, or the bytes are no component that this engine can run.
    pub fn component(
        &self,
        engine: &Engine,
        digest: &str,
        shown: &str,
        source: Source<'_>,
    ) -> Result<Component, Error> {
        let name = name(engine, digest);
        if let Some(component) = self.find(engine, &name) {
            return Ok(component);
        }
        let bytes = source()?;
        tracing::info!(component = shown, bytes = bytes.len(), "compiling, once for this version of it");
        let code = NativeCode::compile(engine, &bytes).map_err(Error::Compile)?;
        let component = code.load(engine).map_err(Error::Compile)?;
        if let Some(folder) = &self.folder {
            match store(folder, &name, &code) {
                Ok(()) => evict(folder, &name),
                Err(error) => tracing::debug!(%error, "compiled code can't be kept"),
            }
        }
        Ok(component)
    }

    /// The component of an entry. One that can't be used is taken away.
    fn find(&self, engine: &Engine, name: &str) -> Option<Component> {
        let folder = self.folder.as_deref()?;
        let found = match private(folder, name) {
            // SAFETY: only the user can write to the file and to its folder, and `store` wrote it.
            Ok(()) => unsafe { NativeCode::map(engine, &folder.join(name)) }.ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(%error, "compiled code in the cache is not used");
                return None;
            }
        };
        if found.is_none() {
            tracing::warn!("compiled code in the cache is damaged, and made again");
            let _ = fs::remove_file(folder.join(name));
        }
        found
    }
}

/// The name of the entry for a component and an engine.
fn name(engine: &Engine, digest: &str) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    // Digests are hexadecimal; whatever else one is must not lead anywhere.
    let digest: String = digest.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{digest}-{:016x}.{EXTENSION}", hasher.finish())
}

/// Whether an entry is there that nobody else could have written.
fn private(folder: &Path, name: &str) -> io::Result<()> {
    let file = user_cache::open_private(folder, name)?;
    // That it was used can only be told by who may write to it.
    let _ = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
    Ok(())
}

/// Writes an entry at once: others may look for it at the same time.
fn store(folder: &Path, name: &str, code: &NativeCode) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(code.bytes())?;
    // An entry that a failing machine left half written would be run.
    file.as_file().sync_all()?;
    file.persist(folder.join(name)).map_err(|error| error.error)?;
    Ok(())
}

/// Takes away what was not used for longest, until the rest is small enough; never `kept`.
fn evict(folder: &Path, kept: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut found: Vec<(SystemTime, u64, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let path = entry.path();
            let metadata = entry.metadata().ok()?;
            let counts = path.extension().is_some_and(|extension| extension == EXTENSION);
            counts.then(|| (metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len(), path))
        })
        .collect();
    found.sort();
    let mut total: u64 = found.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, bytes, path) in found {
        if total <= MAX_BYTES {
            return;
        }
        if path.file_name().is_some_and(|name| name != kept) && fs::remove_file(&path).is_ok() {
            total = total.saturating_sub(bytes);
        }
    }
}

#[cfg(test)]
mod tests;
