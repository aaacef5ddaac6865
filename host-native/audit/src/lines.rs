//! The lines of a file, in blocks, so that memory is bounded by the longest of them.

use std::io::{self, Read};

/// Bytes that are read at a time.
const BLOCK: usize = 1 << 20;
/// Longest line; what is longer is no record.
const LONGEST: usize = 256 << 20;

/// Reads whole lines.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where what has not been given begins, and where it ends.
    start: usize,
    end: usize,
    number: u64,
}

/// A line without its end, its number, and whether it has an end at all.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) number: u64,
    pub(crate) is_whole: bool,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: vec![0; BLOCK], start: 0, end: 0, number: 0 }
    }

    /// The next line.
    ///
    /// # Errors
    /// The file can't be read, or a line has no end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut searched = 0;
        loop {
            let rest = self.buffer.get(self.start..self.end).unwrap_or_default();
            let unsearched = rest.get(searched..).unwrap_or_default();
            if let Some(length) = memchr::memchr(b'\n', unsearched).map(|at| at + searched) {
                let from = self.start;
                self.start += length + 1;
                self.number += 1;
                let text = self.buffer.get(from..from + length).unwrap_or_default();
                return Ok(Some(Line { text, number: self.number, is_whole: true }));
            }
            searched = rest.len();
            if self.fill()? == 0 {
                break;
            }
        }
        if self.start == self.end {
            return Ok(None);
        }
        let from = std::mem::replace(&mut self.start, self.end);
        self.number += 1;
        let text = self.buffer.get(from..self.end).unwrap_or_default();
        Ok(Some(Line { text, number: self.number, is_whole: false }))
    }

    fn fill(&mut self) -> io::Result<usize> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            if self.end >= LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
            }
            self.buffer.resize(self.end * 2, 0);
        }
        loop {
            match self.input.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(read) => {
                    self.end += read;
                    return Ok(read);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_however_they_lie_in_blocks() {
        let long = "x".repeat(BLOCK * 2 + 5);
        let text = format!("one\n\n{long}\ntorn");
        let mut lines = Lines::new(text.as_bytes());
        let mut next = || lines.next().unwrap().map(|line| (line.text.len(), line.number, line.is_whole));
        assert_eq!(next(), Some((3, 1, true)));
        assert_eq!(next(), Some((0, 2, true)));
        assert_eq!(next(), Some((long.len(), 3, true)));
        assert_eq!(next(), Some((4, 4, false)));
        assert_eq!(next(), None);
    }
}
