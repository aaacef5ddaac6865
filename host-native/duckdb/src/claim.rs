//! One database per file within a process.
//!
//! DuckDB's lock on a file belongs to the process: it keeps others out, but a second database in the same process gets it
//! too, and both write.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

/// How the files that are open in this process are used.
static CLAIMS: Mutex<BTreeMap<PathBuf, Use>> = Mutex::new(BTreeMap::new());

#[derive(Debug)]
enum Use {
    /// By one database.
    Writing,
    /// By so many.
    Reading(usize),
}

/// The right to open a file; ends when dropped, which must be after the database is closed.
#[derive(Debug)]
pub(crate) struct Claim(PathBuf);

impl Claim {
    /// Claims a file, which need not exist, but whose folder must.
    ///
    /// # Errors
    /// The folder can't be read, or the file is in use, in DuckDB's form of a message.
    pub(crate) fn new(path: &Path, readonly: bool) -> Result<Self, String> {
        let path = absolute(path).map_err(|error| format!("IO Error: Cannot open file {path:?}: {error}"))?;
        let mut claims = CLAIMS.lock().unwrap_or_else(PoisonError::into_inner);
        match claims.get_mut(&path) {
            None => {
                let usage = if readonly { Use::Reading(1) } else { Use::Writing };
                claims.insert(path.clone(), usage);
            }
            Some(Use::Reading(count)) if readonly => *count += 1,
            Some(_) => {
                return Err(format!(
                    "IO Error: Could not set lock on file {path:?}: this process has it open already"
                ));
            }
        }
        Ok(Self(path))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claims = CLAIMS.lock().unwrap_or_else(PoisonError::into_inner);
        match claims.get_mut(&self.0) {
            Some(Use::Reading(count)) if *count > 1 => *count -= 1,
            _ => drop(claims.remove(&self.0)),
        }
    }
}

/// One name for a file, whether it exists or not.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path).or_else(|_| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")))?;
        Ok(path.file_name().map_or(folder.clone(), |name| folder.join(name)))
    })
}

#[cfg(test)]
mod tests {
    use super::Claim;

    #[test]
    fn a_file_has_one_writer_or_many_readers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let writer = Claim::new(&path, false).unwrap();
        for readonly in [false, true] {
            let message = Claim::new(&folder.path().join(".").join("a"), readonly).unwrap_err();
            assert!(message.contains("this process"), "{message}");
        }
        drop(writer);
        let readers = [Claim::new(&path, true).unwrap(), Claim::new(&path, true).unwrap()];
        assert!(Claim::new(&path, false).is_err());
        drop(readers);
        Claim::new(&path, false).unwrap();
    }
}
