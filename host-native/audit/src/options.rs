//! How an audit log is written.

use std::path::PathBuf;

use crate::clock::Clock;
use crate::key::SigningKey;
use crate::medium::Media;
use crate::table::Table;

/// How an audit log is written.
#[derive(Clone, Debug)]
pub struct Options {
    /// `<folder>/<stem>.jsonl`: segments are files beside it whose names begin with the stem.
    pub path: PathBuf,
    /// Bytes after which a new segment begins.
    pub max_file_size: u64,
    /// Most records that wait to be written. A long record counts as several, one for each 4 KiB.
    pub queue: usize,
    /// What becomes of records for which there is no room.
    pub when_full: WhenFull,
    /// When the disk is asked to keep what was written.
    pub sync: Sync,
    /// What signs the log; none for the key in its folder, which is made at first use.
    pub key: Option<SigningKey>,
    /// What tells the time.
    pub clock: Clock,
    /// Where the records go, if not into files beside `path`.
    pub table: Option<Table>,
    pub(crate) medium: Media,
}

/// What becomes of records when there is no room in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Calls wait. An answer goes out when its record has been handed to the operating system, so that a process that is
    /// killed leaves no answered call without a record. While the disk refuses to take records, answers wait for room in the
    /// queue only.
    #[default]
    Block,
    /// Calls never wait: records are lost, counted, and the number is recorded once there is room again.
    Drop,
}

/// When the disk is asked to keep what was written (`fdatasync`). It matters when the machine fails; a process that fails
/// loses nothing either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    /// When the operating system sees fit, and when a segment ends.
    #[default]
    Never,
    /// Once a second.
    EverySecond,
    /// After each write, before the answers go out whose records were in it.
    EveryWrite,
}

impl Options {
    /// With the defaults of the specification: segments of 50 MiB, 8192 records in the queue.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_file_size: 50 * 1024 * 1024,
            queue: 8192,
            when_full: WhenFull::default(),
            sync: Sync::default(),
            key: None,
            clock: Clock::default(),
            table: None,
            medium: Media::default(),
        }
    }
}
