//! What processes of Python print, among the events of the log.

use std::io::{self, Write};
use std::sync::PoisonError;

use super::{Format, LOG, json};

/// What it is told as in the log.
const LOGGER: &str = "python";

/// Longest line; a longer one becomes several.
const LONGEST: usize = 64 * 1024;

/// Writes to standard error: as it comes, or where the log is one for programs, each line as an event.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    /// The beginning of a line.
    begun: Vec<u8>,
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let format = LOG.lock().unwrap_or_else(PoisonError::into_inner).format();
        let text = match format {
            Format::Text => return io::stderr().write(bytes),
            Format::Json => self.lines(bytes),
        };
        io::stderr().lock().write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl Printed {
    /// The lines that end in `bytes`, as events.
    fn lines(&mut self, bytes: &[u8]) -> String {
        let mut events = String::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(part);
            if part.ends_with(b"\n") || self.begun.len() > LONGEST {
                let line = String::from_utf8_lossy(&self.begun);
                let line = line.trim_end_matches(['\r', '\n']);
                if !line.is_empty() {
                    events.push_str(&json::event("INFO", LOGGER, line.to_owned(), None));
                }
                self.begun.clear();
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    #[test]
    fn each_line_is_an_event_however_it_comes() {
        let mut printed = Printed::default();
        assert_eq!(printed.lines(b"one"), "");
        let events = printed.lines(b" \"1\"\r\n\ntwo\nth");
        let messages: Vec<Json> = events
            .lines()
            .map(|line| serde_json::from_str::<Json>(line).unwrap()["message"].take())
            .collect();
        assert_eq!(messages, ["one \"1\"", "two"]);
        assert!(printed.lines(&[b'x'; LONGEST]).contains("thxxx"));
    }
}
