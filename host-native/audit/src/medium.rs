//! What takes the bytes of a segment.

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;

/// A file, or what stands before it in a test: a disk that is slow, or fails.
pub(crate) trait Medium: fmt::Debug + Send {
    /// Writes bytes at a place.
    ///
    /// # Errors
    /// Not all could be written.
    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Cuts off what is behind a place.
    ///
    /// # Errors
    /// It is still there.
    fn cut(&mut self, at: u64) -> io::Result<()>;

    /// Has what was written kept, also if the machine fails.
    ///
    /// # Errors
    /// It may not be.
    fn keep(&mut self) -> io::Result<()>;

    /// Whether somebody has removed it, so that nobody would ever see what is written.
    fn is_gone(&self) -> bool;
}

impl Medium for File {
    #[cfg(unix)]
    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, at)
    }

    #[cfg(not(unix))]
    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        use std::io::{Seek as _, SeekFrom, Write as _};
        self.seek(SeekFrom::Start(at))?;
        self.write_all(bytes)
    }

    fn cut(&mut self, at: u64) -> io::Result<()> {
        self.set_len(at)
    }

    fn keep(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    #[cfg(unix)]
    fn is_gone(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        self.metadata().is_ok_and(|data| data.nlink() == 0)
    }

    #[cfg(not(unix))]
    fn is_gone(&self) -> bool {
        false
    }
}

/// What is put before the files of segments: nothing, unless in tests.
#[derive(Clone, Default)]
pub(crate) struct Media(Option<Arc<Before>>);

type Before = dyn Fn(File) -> Box<dyn Medium> + Send + Sync;

impl Media {
    /// Puts something before each file.
    #[cfg(test)]
    pub(crate) fn new(before: impl Fn(File) -> Box<dyn Medium> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(before)))
    }

    /// What takes the bytes of a file.
    pub(crate) fn of(&self, file: File) -> Box<dyn Medium> {
        match &self.0 {
            Some(before) => before(file),
            None => Box::new(file),
        }
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Media")
    }
}
