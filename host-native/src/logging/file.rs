//! A log file of limited size.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A file that is renamed to `<name>.1` when it is full; what had that name becomes `<name>.2`, and so on.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    size: u64,
    max_bytes: u64,
    backups: u32,
}

impl LogFile {
    /// Opens the file for appending and makes its folders. It grows without end if either number is 0.
    pub(super) fn open(path: &Path, max_bytes: u64, backups: u32) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = append(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, size, max_bytes, backups })
    }

    /// Adds a line, which ends with a line end.
    pub(super) fn write(&mut self, line: &str) -> io::Result<()> {
        let length = line.len() as u64;
        let limited = self.max_bytes > 0 && self.backups > 0 && self.size > 0;
        if limited && self.size.saturating_add(length) > self.max_bytes {
            self.rotate()?;
        }
        self.file.write_all(line.as_bytes())?;
        self.size += length;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..self.backups).rev() {
            rename(&self.backup(number), &self.backup(number + 1))?;
        }
        rename(&self.path, &self.backup(1))?;
        self.file = append(&self.path)?;
        self.size = 0;
        Ok(())
    }

    fn backup(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Renames a file that need not exist.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_files_move_on_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/log");
        let mut log = LogFile::open(&path, 8, 2).unwrap();
        for line in ["one 1\n", "two 2\n", "a line longer than a file\n", "four\n", "5\n"] {
            log.write(line).unwrap();
        }
        let text = |name: &str| fs::read_to_string(folder.path().join("new").join(name)).unwrap_or_default();
        assert_eq!(
            [text("log"), text("log.1"), text("log.2")],
            ["four\n5\n", "a line longer than a file\n", "two 2\n"]
        );
        assert!(!folder.path().join("new/log.3").exists());
    }

    #[test]
    fn a_file_is_continued_and_counted_from_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "1234567\n").unwrap();
        LogFile::open(&path, 10, 1).unwrap().write("next\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "next\n");
        assert_eq!(fs::read_to_string(folder.path().join("log.1")).unwrap(), "1234567\n");
    }

    #[test]
    fn without_limits_the_file_grows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = LogFile::open(&path, 3, 0).unwrap();
        log.write("first\n").unwrap();
        log.write("second\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "first\nsecond\n");
    }
}
