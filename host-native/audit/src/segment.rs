//! The segment that is being written.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::chain::Hash;
use crate::error::Error;
use crate::head::{Head, State};
use crate::medium::{Media, Medium};
use crate::place::{self, Place};

/// Names to try for the segments of one second, before something else has to be wrong.
const MOST_OF_A_SECOND: u32 = 10_000;

/// A file of records that only this process writes, as its lock says to others.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    file: Box<dyn Medium>,
    media: Media,
    /// What is in it, as far as it is whole.
    extent: Extent,
    follows: Hash,
    /// Whether there may be a part of a record behind that.
    torn: bool,
    /// Whether something was written since the disk was asked to keep it.
    unsynced: bool,
}

/// How far a segment has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    /// Of the last record; of the one that the segment follows if there is none.
    pub(crate) hash: Hash,
    pub(crate) oldest: Option<DateTime<Utc>>,
    pub(crate) newest: Option<DateTime<Utc>>,
}

impl Extent {
    /// Of a segment without records.
    pub(crate) fn empty(follows: Hash) -> Self {
        Self { records: 0, bytes: 0, hash: follows, oldest: None, newest: None }
    }

    /// Counts a time of a record.
    pub(crate) fn spans(&mut self, time: DateTime<Utc>) {
        self.oldest = Some(self.oldest.map_or(time, |oldest| oldest.min(time)));
        self.newest = Some(self.newest.map_or(time, |newest| newest.max(time)));
    }

    /// What is signed of it.
    pub(crate) fn head(&self, segment: String, state: State, follows: Hash, now: DateTime<Utc>) -> Head {
        Head {
            segment,
            state,
            records: self.records,
            bytes: self.bytes,
            follows: follows.to_string(),
            hash: self.hash.to_string(),
            oldest: self.oldest,
            newest: self.newest,
            signed_at: now,
        }
    }
}

impl Segment {
    /// A new segment, whose first record follows another.
    ///
    /// # Errors
    /// It can't be made.
    pub(crate) fn begin(
        place: &Place,
        follows: Hash,
        now: DateTime<Utc>,
        media: &Media,
    ) -> Result<Self, Error> {
        fs::create_dir_all(place.folder()).map_err(Error::unwritable(place.folder()))?;
        for count in 0..MOST_OF_A_SECOND {
            let path = place.folder().join(place.segment(now, count));
            match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => {
                    // Nobody else has had it yet; where there are no locks, readers see an end that is no end.
                    let _ = file.try_lock();
                    let extent = Extent::empty(follows);
                    let (file, media) = (media.of(file), media.clone());
                    return Ok(Self { path, file, media, extent, follows, torn: false, unsynced: false });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::unwritable(path)(error)),
            }
        }
        Err(Error::unwritable(place.folder())(io::ErrorKind::AlreadyExists.into()))
    }

    /// The segment that follows this one.
    ///
    /// # Errors
    /// It can't be made.
    pub(crate) fn next(&self, place: &Place, now: DateTime<Utc>) -> Result<Self, Error> {
        Self::begin(place, self.extent.hash, now, &self.media)
    }

    /// Appends whole records, all or none; `extent` is how far the segment has come then.
    ///
    /// # Errors
    /// They can't be written. What was written of them is taken back before anything else is written.
    pub(crate) fn append(&mut self, text: &[u8], extent: Extent) -> io::Result<()> {
        if self.torn {
            self.file.cut(self.extent.bytes)?;
        }
        self.torn = true;
        self.file.write_at(text, self.extent.bytes)?;
        self.torn = false;
        self.unsynced = true;
        self.extent = extent;
        Ok(())
    }

    /// Asks the disk to keep what was written.
    ///
    /// # Errors
    /// It doesn't.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            self.file.keep()?;
            self.unsynced = false;
        }
        Ok(())
    }

    /// Whether somebody has removed the file, so that nobody would ever see what is written.
    pub(crate) fn is_gone(&self) -> bool {
        self.file.is_gone()
    }

    pub(crate) fn extent(&self) -> Extent {
        self.extent
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is to be signed of it.
    pub(crate) fn head(&self, state: State, now: DateTime<Utc>) -> Head {
        self.extent.head(place::name(&self.path), state, self.follows, now)
    }

    /// Takes back what is left of a record, and removes the file if nothing is in it. Gives whether something is.
    ///
    /// # Errors
    /// The file system refuses.
    pub(crate) fn finish(&mut self) -> io::Result<bool> {
        if self.torn {
            self.file.cut(self.extent.bytes)?;
            self.torn = false;
        }
        if self.extent.records > 0 {
            self.sync()?;
            return Ok(true);
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(false),
        }
    }
}

/// A segment that nobody writes: the file, locked as long as it is held; none if somebody writes it.
///
/// # Errors
/// It can't be opened.
pub(crate) fn unused(path: &Path, options: &OpenOptions) -> io::Result<Option<File>> {
    let file = options.open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        // Where there are no locks, nobody can tell: what is written at the moment must not be touched.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, Place) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(&folder.path().join("logs.jsonl"));
        (folder, place)
    }

    fn extent(records: u64, bytes: u64) -> Extent {
        Extent { records, bytes, ..Extent::empty(Hash::ORIGIN) }
    }

    #[test]
    fn segments_of_one_second_have_different_names() {
        let (_folder, place) = place();
        let now = "2026-01-15T10:30:45Z".parse().unwrap();
        let names: Vec<_> = (0..3)
            .map(|_| {
                place::name(Segment::begin(&place, Hash::ORIGIN, now, &Media::default()).unwrap().path())
            })
            .collect();
        assert_eq!(
            names,
            ["logs-20260115T103045.jsonl", "logs-20260115T103045-1.jsonl", "logs-20260115T103045-2.jsonl"]
        );
    }

    #[test]
    fn a_clock_that_jumps_widens_the_times_of_a_segment() {
        let mut extent = Extent::empty(Hash::ORIGIN);
        let times = ["2026-01-15T10:00:00Z", "2031-01-01T00:00:00Z", "1999-01-01T00:00:00Z"];
        let times = times.map(|time| time.parse::<DateTime<Utc>>().unwrap());
        times.into_iter().for_each(|time| extent.spans(time));
        assert_eq!((extent.oldest, extent.newest), (Some(times[2]), Some(times[1])));
    }

    #[test]
    fn an_empty_segment_is_removed_at_its_end() {
        let (_folder, place) = place();
        let mut empty = Segment::begin(&place, Hash::ORIGIN, Utc::now(), &Media::default()).unwrap();
        assert!(!empty.finish().unwrap() && !empty.path().exists());
        let mut full = Segment::begin(&place, Hash::ORIGIN, Utc::now(), &Media::default()).unwrap();
        full.append(b"{}\n", extent(1, 3)).unwrap();
        assert!(full.finish().unwrap() && full.path().exists());
    }

    #[test]
    fn a_segment_that_is_written_is_not_unused() {
        let (_folder, place) = place();
        let segment = Segment::begin(&place, Hash::ORIGIN, Utc::now(), &Media::default()).unwrap();
        let path = segment.path().to_path_buf();
        let mut options = OpenOptions::new();
        options.read(true);
        assert!(unused(&path, &options).unwrap().is_none());
        drop(segment);
        assert!(unused(&path, &options).unwrap().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_removed_file_is_noticed() {
        let (_folder, place) = place();
        let segment = Segment::begin(&place, Hash::ORIGIN, Utc::now(), &Media::default()).unwrap();
        assert!(!segment.is_gone());
        fs::remove_file(segment.path()).unwrap();
        assert!(segment.is_gone());
    }
}
