//! Finding records again. Nothing is written and nothing created.

use std::cell::Cell;
use std::cmp::Reverse;
use std::fs::{File, OpenOptions};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::filter::{Filter, Sieve};
use crate::head::Head;
use crate::lines::Lines;
use crate::place::{self, Place};
use crate::record::Record;
use crate::segment;

/// Most threads that read.
const THREADS: usize = 8;

/// Reads the log of a folder, also while it is written.
#[derive(Clone, Debug)]
pub(crate) struct FolderReader {
    pub(crate) place: Place,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Newest first.
    pub records: Vec<Record>,
    /// Lines that are no records, and were passed over.
    pub malformed: Vec<Malformed>,
}

impl Found {
    /// In order, and of the newest those that a filter asks for.
    pub(crate) fn page(mut self, filter: &Filter) -> Self {
        sort(&mut self.records, filter.most());
        self.records.drain(..filter.offset.min(self.records.len()));
        self.malformed.sort();
        self
    }
}

/// A line that is no record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Malformed {
    /// The file.
    pub file: PathBuf,
    /// Its number, from 1.
    pub line: u64,
}

impl FolderReader {
    /// The log of `<folder>/<stem>.jsonl`. A log that was never written is an empty one.
    pub(crate) fn new(path: &Path) -> Self {
        Self { place: Place::new(path) }
    }

    /// The records that a filter wants, newest first.
    ///
    /// # Errors
    /// A segment can't be read.
    pub(crate) fn query(&self, filter: &Filter) -> Result<Found, Error> {
        let most = filter.most();
        if most == filter.offset {
            return Ok(Found::default());
        }
        let mut segments: Vec<_> =
            self.segments()?.into_iter().filter(|it| it.may_have(filter.since)).collect();
        // Those come first that may have the newest records.
        segments.sort_by_key(|segment| Reverse(segment.newest.unwrap_or(DateTime::<Utc>::MAX_UTC)));
        let newest = Newest { most, found: Mutex::default() };
        let sieve = filter.sieve();
        in_parallel(&segments, |segment| {
            if !segment.may_have(newest.least()) {
                return Ok(());
            }
            let (mut records, mut malformed) = (Vec::new(), Vec::new());
            let least = Cell::new(newest.least());
            segment.scan(
                &sieve,
                || least.get(),
                &mut malformed,
                |record| {
                    records.push(record);
                    if records.len() >= most.saturating_mul(2).max(1024) {
                        newest.add(std::mem::take(&mut records), Vec::new());
                        least.set(newest.least());
                    }
                },
            )?;
            newest.add(records, malformed);
            Ok(())
        })?;
        let found = newest.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(found.page(filter))
    }

    /// Hands over all records that a filter wants, whatever its limit, until `take` has enough: segment by segment, newest first
    /// in each. There is never more in memory than one segment. Gives the lines that were passed over.
    ///
    /// # Errors
    /// A segment can't be read.
    pub(crate) fn each(
        &self,
        filter: &Filter,
        mut take: impl FnMut(Record) -> bool,
    ) -> Result<Vec<Malformed>, Error> {
        let sieve = filter.sieve();
        let mut malformed = Vec::new();
        for segment in self.segments()?.into_iter().rev().filter(|it| it.may_have(filter.since)) {
            let mut records = Vec::new();
            segment.scan(&sieve, || None, &mut malformed, |record| records.push(record))?;
            sort(&mut records, usize::MAX);
            if !records.into_iter().all(&mut take) {
                break;
            }
        }
        malformed.sort();
        Ok(malformed)
    }

    /// All segments, as far as they are known without reading them.
    pub(crate) fn segments(&self) -> Result<Vec<Known>, Error> {
        let known = |path: PathBuf| {
            let head = Head::peek(&self.place.head(&place::name(&path))).filter(Head::is_final);
            Known { newest: head.and_then(|head| head.newest), path }
        };
        Ok(self.place.segments()?.into_iter().map(known).collect())
    }
}

/// A segment, and the newest time of a record in it, if that is known.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) path: PathBuf,
    pub(crate) newest: Option<DateTime<Utc>>,
}

impl Known {
    fn may_have(&self, since: Option<DateTime<Utc>>) -> bool {
        match (self.newest, since) {
            (Some(newest), Some(since)) => since <= newest,
            _ => true,
        }
    }

    /// Goes through the records that a filter wants and that are not older than `least` says.
    fn scan(
        &self,
        sieve: &Sieve<'_>,
        least: impl Fn() -> Option<DateTime<Utc>>,
        malformed: &mut Vec<Malformed>,
        mut take: impl FnMut(Record),
    ) -> Result<(), Error> {
        self.each_line(malformed, |line| {
            if !sieve.passes(line, least()) {
                return true;
            }
            match sieve.read(line) {
                Ok(record) => {
                    record.into_iter().for_each(&mut take);
                    true
                }
                Err(_) => false,
            }
        })
    }

    /// Goes through all lines; `take` gives whether one is a record. A last one without an end is left out if it may be on its way.
    pub(crate) fn each_line(
        &self,
        malformed: &mut Vec<Malformed>,
        mut take: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Error> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            // Somebody cleans up.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::unreadable(&self.path)(error)),
        };
        let mut lines = Lines::new(file);
        let mut length = 0;
        while let Some(line) = lines.next().map_err(Error::unreadable(&self.path))? {
            length += line.text.len() as u64 + u64::from(line.is_whole);
            let text = line.text.trim_ascii();
            if text.is_empty() || !line.is_whole && !self.ends_at(length) {
                continue;
            }
            let is_object = text.starts_with(b"{") && text.ends_with(b"}");
            if !is_object || !take(text) {
                malformed.push(Malformed { file: self.path.clone(), line: line.number });
            }
        }
        Ok(())
    }

    /// Whether so many bytes are all that there will be: nobody writes the segment, and nobody has since they were read. Where nobody
    /// can tell, they are not.
    fn ends_at(&self, length: u64) -> bool {
        let mut options = OpenOptions::new();
        options.read(true);
        match segment::unused(&self.path, &options) {
            Ok(Some(file)) => file.metadata().is_ok_and(|data| data.len() == length),
            Ok(None) | Err(_) => false,
        }
    }
}

/// The newest records found so far.
struct Newest {
    most: usize,
    found: Mutex<Found>,
}

impl Newest {
    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A time before which no record is wanted any more.
    fn least(&self) -> Option<DateTime<Utc>> {
        let found = self.found();
        if found.records.len() < self.most {
            None
        } else {
            found.records.last().map(|record| record.timestamp)
        }
    }

    fn add(&self, records: Vec<Record>, malformed: Vec<Malformed>) {
        let mut found = self.found();
        found.malformed.extend(malformed);
        if !records.is_empty() {
            found.records.extend(records);
            if self.most != usize::MAX {
                sort(&mut found.records, self.most);
            }
        }
    }
}

fn sort(records: &mut Vec<Record>, most: usize) {
    // Of the same time, ids decide, so that the order is always the same.
    records.sort_by(|one, other| (other.timestamp, &other.record_id).cmp(&(one.timestamp, &one.record_id)));
    records.truncate(most);
}

/// Does something with each, in order, on several threads.
pub(crate) fn in_parallel<T: std::marker::Sync>(
    all: &[T],
    work: impl Fn(&T) -> Result<(), Error> + std::marker::Sync,
) -> Result<(), Error> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS).min(all.len());
    let next = AtomicUsize::new(0);
    let run = || {
        while let Some(item) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(item)?;
        }
        Ok(())
    };
    if threads <= 1 {
        return run();
    }
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let own = run();
        others.into_iter().fold(own, |done, other| {
            done.and(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    })
}

#[cfg(test)]
mod tests;
