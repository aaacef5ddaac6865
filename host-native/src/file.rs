//! Reading files that people write, which are small.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use mxcp_core::diagnostic::{Code, Diagnostic};

use crate::failure::Failure;

/// Largest file that is read, in bytes: definitions, their sources and configuration are written by people.
pub(crate) const MAX_BYTES: u64 = 8 << 20;

/// Largest component that is read, in bytes: those of Python and JavaScript bring their interpreter along.
pub(crate) const MAX_COMPONENT_BYTES: u64 = 128 << 20;

/// The bytes of a file; none if it has more than [`MAX_BYTES`]. A pipe is read until it ends.
///
/// # Errors
/// It can't be read.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    read_up_to(MAX_BYTES, path)
}

/// The bytes of a file; none if it has more than `most`.
///
/// # Errors
/// It can't be read.
pub(crate) fn read_up_to(most: u64, path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = fs::File::open(path)?;
    let length = file.metadata()?.len().min(most);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= most))
}

/// That a file has more than [`MAX_BYTES`]; `what` introduces the problem, `shown` is the file.
pub(crate) fn too_large(what: &str, shown: &str) -> Failure {
    let problem = format!("file is larger than {MAX_BYTES} bytes");
    Failure::project(what, [Diagnostic::error(Code::TooLarge, problem).at(shown)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let file = fs::File::create(&path).unwrap();
        file.set_len(MAX_BYTES).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().len() as u64, MAX_BYTES);
        file.set_len(MAX_BYTES + 1).unwrap();
        assert_eq!(read(&path).unwrap(), None);
        assert_eq!(read(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
