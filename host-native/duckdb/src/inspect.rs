//! Looking at the library, a database and extensions without changing anything.

use std::path::Path;

use mxcp_core::site::Extension;

pub use crate::extensions::MissingExtension;
use crate::ffi::{self, Config, Connection, Database};
use crate::{Options, extensions, store};

/// The version of DuckDB that this crate is written for, as DuckDB writes it.
pub const VERSION: &str = "v1.5.5";

/// The version of DuckDB that runs in this process, as in [`VERSION`].
#[must_use]
pub fn library_version() -> String {
    ffi::version()
}

/// Opens the database at `path` for reading only, and closes it again. Blocks.
///
/// # Errors
/// There is no such file, or it can't be opened: DuckDB's message, in a further line with what to do about it if others hold
/// the file.
pub fn try_open(path: &Path) -> Result<(), String> {
    // Opening would make it.
    if !path.exists() {
        return Err(format!("there is no file {}", path.display()));
    }
    let options = Options { readonly: true, ..Options::new(path) };
    store::open(&options).map(drop)
}

/// Loads an extension that is there already, into a database in memory: nothing is downloaded or installed. `folder` is that of
/// [`Options::extension_folder`]. Blocks.
///
/// # Errors
/// It is not there, or can't be loaded.
pub fn try_extension(extension: &Extension, folder: Option<&Path>) -> Result<(), MissingExtension> {
    let unusable = MissingExtension::Unusable;
    let mut config = store::with_extensions(folder, 1).map_err(unusable)?;
    for name in ["autoinstall_known_extensions", "autoload_known_extensions"] {
        config.set(name, "false").map_err(unusable)?;
    }
    let connection = in_memory(&config).map_err(unusable)?;
    extensions::load_present(&connection, &extension.name, folder)
}

fn in_memory(config: &Config) -> Result<Connection, String> {
    Connection::open(&Database::open(":memory:", config)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn extension(name: &str) -> Extension {
        Extension { name: name.to_owned(), repository: None }
    }

    #[test]
    fn the_library_is_the_one_that_this_is_written_for() {
        assert_eq!(library_version(), VERSION);
    }

    #[test]
    fn a_database_that_is_looked_at_is_neither_made_nor_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.duckdb");
        assert!(try_open(&path).is_err());
        assert!(!path.exists());
        fs::write(&path, "no database").unwrap();
        assert!(try_open(&path).is_err());
        fs::remove_file(&path).unwrap();
        drop(store::open(&Options::new(&path)).unwrap());
        let before = fs::read(&path).unwrap();
        assert_eq!(try_open(&path), Ok(()));
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_extension_that_is_not_there_is_not_fetched() {
        let folder = tempfile::tempdir().unwrap();
        let missing = try_extension(&extension("no_such_extension"), Some(folder.path()));
        assert!(matches!(missing, Err(MissingExtension::Absent(_))), "{missing:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(folder.path().join("broken.duckdb_extension"), "no extension").unwrap();
        let broken = try_extension(&extension("broken"), Some(folder.path()));
        assert!(matches!(broken, Err(MissingExtension::Unusable(_))), "{broken:?}");
        assert_eq!(try_extension(&extension("json"), None), Ok(()));
    }
}
