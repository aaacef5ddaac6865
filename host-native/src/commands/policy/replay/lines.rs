//! The lines of a log, one at a time.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

/// Longest line that is read, in bytes.
const LONGEST: u64 = 32 << 20;

/// The lines of a file; there is never more than one of them in memory.
#[derive(Debug)]
pub(super) struct Lines {
    reader: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Its bytes, without the end of the line.
    Text(&'a [u8]),
    /// It has more bytes than are read.
    TooLong,
}

impl Lines {
    /// The lines of a file.
    ///
    /// # Errors
    /// It can't be opened.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { reader: BufReader::new(File::open(path)?), line: Vec::new(), number: 0 })
    }

    /// The next line that is not empty, and its number.
    ///
    /// # Errors
    /// The file can't be read.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Line<'_>)>> {
        loop {
            self.line.clear();
            if self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.line.len() as u64 == LONGEST && !self.line.ends_with(b"\n") {
                self.skip()?;
                return Ok(Some((self.number, Line::TooLong)));
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some((self.number, Line::Text(self.line.trim_ascii()))));
            }
        }
    }

    /// Passes over the rest of a line.
    fn skip(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.reader.fill_buf()?;
            let end = bytes.iter().position(|byte| *byte == b'\n').map(|end| end + 1);
            let length = end.unwrap_or(bytes.len());
            self.reader.consume(length);
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn lines_are_read_one_by_one_and_long_ones_passed_over() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "one\n\n").unwrap();
        let chunk = vec![b'x'; 1 << 20];
        (0..40).for_each(|_| file.write_all(&chunk).unwrap());
        write!(file, "\ntwo").unwrap();
        let mut lines = Lines::open(file.path()).unwrap();
        assert_eq!(lines.next().unwrap(), Some((1, Line::Text(b"one"))));
        assert_eq!(lines.next().unwrap(), Some((4, Line::TooLong)));
        assert_eq!(lines.next().unwrap(), Some((5, Line::Text(b"two"))));
        assert_eq!(lines.next().unwrap(), None);
        assert!(lines.line.capacity() as u64 <= 2 * LONGEST);
    }
}
