//! Following a log as it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom};
use std::path::PathBuf;

use crate::error::Error;
use crate::filter::Filter;
use crate::lines::Lines;
use crate::reader::{FolderReader, Found, Malformed};

/// Gives the records of a folder that came since it was last asked.
#[derive(Debug)]
pub(crate) struct FolderTail {
    reader: FolderReader,
    filter: Filter,
    /// How many bytes of each segment have been read, and how many lines.
    read: BTreeMap<PathBuf, (u64, u64)>,
}

impl FolderTail {
    pub(crate) fn new(reader: FolderReader, filter: Filter) -> Self {
        Self { reader, filter, read: BTreeMap::new() }
    }

    /// The records that came, oldest first.
    ///
    /// # Errors
    /// A segment can't be read.
    pub(crate) fn read_on(&mut self) -> Result<Found, Error> {
        let mut found = Found::default();
        let sieve = self.filter.sieve();
        let segments = self.reader.place.segments()?;
        for path in &segments {
            let (offset, number) = self.read.get(path).copied().unwrap_or_default();
            let length = fs::metadata(path).map_or(0, |data| data.len());
            if length <= offset {
                continue;
            }
            let opened =
                File::open(path).and_then(|mut file| file.seek(SeekFrom::Start(offset)).map(|_| file));
            let mut lines = Lines::new(opened.map_err(Error::unreadable(path))?);
            let (mut bytes, mut last) = (offset, number);
            while let Some(line) = lines.next().map_err(Error::unreadable(path))?.filter(|line| line.is_whole)
            {
                bytes += line.text.len() as u64 + 1;
                last = number + line.number;
                let text = line.text.trim_ascii();
                if text.is_empty() || !sieve.passes(text, None) {
                    continue;
                }
                match sieve.read(text) {
                    Ok(record) => found.records.extend(record),
                    Err(_) => found.malformed.push(Malformed { file: path.clone(), line: last }),
                }
            }
            self.read.insert(path.clone(), (bytes, last));
        }
        let present: BTreeSet<_> = segments.into_iter().collect();
        self.read.retain(|path, _| present.contains(path));
        found.records.sort_by_key(|record| record.timestamp);
        Ok(found)
    }
}
