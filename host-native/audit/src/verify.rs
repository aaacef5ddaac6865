//! Proving that nothing was changed or removed.
//!
//! Each segment is read once: every record has to have the hash that it says, and to follow the one before. Then the segments
//! have to follow each other, and every segment to have come as far as its signed head says. What can't be told is what was
//! removed behind the last signed head of a segment that nobody has followed yet: at most what was written within the second
//! before a server was killed, unless somebody also has the key or puts an old copy of the whole folder back.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::sync::{Mutex, PoisonError};

use crate::chain::{self, Flaw, Hash};
use crate::error::Error;
use crate::head::{Head, Read, State};
use crate::key::PublicKey;
use crate::lines::Lines;
use crate::place;
use crate::reader::{FolderReader, Known, in_parallel};
use crate::segment;

/// What came of verifying a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Each segment that is there, or should be, by the time at which it was begun.
    pub segments: Vec<SegmentReport>,
    /// How many records are proven.
    pub records: u64,
    /// How many have no chain, so that nothing can be said about them.
    pub unchained: u64,
    /// How many bytes were read.
    pub bytes: u64,
}

/// What came of verifying a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentReport {
    /// Its file name.
    pub name: String,
    /// How many records it has.
    pub records: u64,
    /// How many of them were there when its head was signed.
    pub signed: u64,
    /// What is to be thought of it.
    pub state: SegmentState,
    /// What is wrong with it, each with the line where there is one.
    pub problems: Vec<String>,
}

/// What is to be thought of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentState {
    /// Its records are as they were written, and all there are.
    Intact,
    /// So far, and somebody is writing it.
    Open,
    /// It has no chain: another program wrote it, and nothing can be said about it.
    Unchained,
    /// It was deleted because it was too old.
    Deleted,
    /// Something is wrong.
    Broken,
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.segments.iter().all(|segment| segment.state != SegmentState::Broken)
    }
}

/// A segment as it was read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) report: SegmentReport,
    follows: Option<Hash>,
    /// Of the last record.
    last: Option<Hash>,
    bytes: u64,
}

/// A segment while it is read.
#[derive(Debug)]
pub(crate) struct Checking {
    reading: Reading,
    head: Option<Head>,
    unchained: u64,
    /// The hash of the last record that was there when the head was signed.
    at_head: Option<Hash>,
}

impl Checking {
    /// A segment with its head, if that can be trusted. It gets longer if it `is_written`.
    pub(crate) fn new(name: String, head: Read, is_written: bool) -> Self {
        let state = if is_written { SegmentState::Open } else { SegmentState::Intact };
        let mut report = SegmentReport { name, records: 0, signed: 0, state, problems: Vec::new() };
        let head = match head {
            Read::Signed(head) => Some(*head),
            Read::Absent => None,
            Read::Untrusted(problem) => {
                report.problems.push(problem.to_owned());
                None
            }
        };
        let reading = Reading { report, follows: None, last: None, bytes: 0 };
        Self { reading, head, unchained: 0, at_head: None }
    }

    /// Checks the next line.
    pub(crate) fn line(&mut self, text: &[u8]) {
        let Reading { report, follows, last, bytes } = &mut self.reading;
        *bytes += text.len() as u64 + 1;
        report.records += 1;
        let number = report.records;
        match chain::check(text) {
            Ok(found) => {
                let first = *follows.get_or_insert(found.previous);
                if found.previous != last.unwrap_or(first) {
                    report
                        .broken(number, "it does not follow the one before: something was removed or put in");
                }
                *last = Some(found.hash);
            }
            Err(Flaw::Changed(said)) => {
                report.broken(number, "it was changed");
                follows.get_or_insert(said.previous);
                // Only this line is to be blamed if the next one follows it.
                *last = Some(said.hash);
            }
            Err(Flaw::Unchained) => self.unchained += 1,
        }
        if self.head.as_ref().is_some_and(|head| head.records == number) {
            self.at_head = *last;
        }
    }

    /// What came of it.
    pub(crate) fn end(self) -> Reading {
        let Self { mut reading, head, unchained, at_head } = self;
        if unchained > 0 && (reading.follows.is_some() || head.is_some()) {
            reading.report.problems.push(format!("{unchained} records are not part of the chain"));
        } else if unchained > 0 {
            reading.report.state = SegmentState::Unchained;
        }
        reading.report.compare(head.as_ref(), reading.follows, at_head);
        reading
    }
}

impl Verification {
    /// What came of all segments.
    pub(crate) fn of(mut readings: Vec<Reading>) -> Self {
        readings.sort_by(|one, other| one.report.name.cmp(&other.report.name));
        link(&mut readings);
        let mut verification = Self::default();
        for Reading { mut report, bytes, .. } in readings {
            if !report.problems.is_empty() {
                report.state = SegmentState::Broken;
            }
            if matches!(report.state, SegmentState::Intact | SegmentState::Open) {
                verification.records += report.records;
            } else if report.state == SegmentState::Unchained {
                verification.unchained += report.records;
            }
            verification.bytes += bytes;
            verification.segments.push(report);
        }
        verification
    }
}

impl Reading {
    /// A segment of which only a head is left; none if that is as it should be.
    pub(crate) fn missing(name: String, head: Read) -> Option<Self> {
        let (head, problem) = match head {
            Read::Signed(head) if head.state == State::Deleted => (Some(*head), None),
            // Nothing was in it when its server was killed.
            Read::Signed(head) if head.records == 0 => return None,
            Read::Signed(head) => (None, Some(format!("it is gone, with {} records", head.records))),
            Read::Absent => return None,
            Read::Untrusted(problem) => (None, Some(format!("it is gone, and {problem}"))),
        };
        let state = if problem.is_none() { SegmentState::Deleted } else { SegmentState::Broken };
        let problems = problem.into_iter().collect();
        let report = SegmentReport { name, records: 0, signed: 0, state, problems };
        let last = head.as_ref().and_then(Head::last);
        Some(Self { report, follows: None, last, bytes: 0 })
    }
}

impl FolderReader {
    /// Verifies all segments. Heads have to be signed by one of `keys`; by the key whose public half is in the folder if there
    /// are none.
    ///
    /// # Errors
    /// Something can't be read, or the public key in the folder is none.
    pub(crate) fn verify(&self, keys: &[PublicKey]) -> Result<Verification, Error> {
        let keys = PublicKey::trusted(keys, &self.place)?;
        let readings = Mutex::new(Vec::new());
        in_parallel(&self.segments()?, |segment| {
            if let Some(reading) = self.read(segment, &keys)? {
                readings.lock().unwrap_or_else(PoisonError::into_inner).push(reading);
            }
            Ok(())
        })?;
        let mut readings = readings.into_inner().unwrap_or_else(PoisonError::into_inner);
        readings.extend(self.missing(&readings, &keys)?);
        Ok(Verification::of(readings))
    }

    /// Reads a segment; none if it has gone meanwhile.
    fn read(&self, known: &Known, keys: &[PublicKey]) -> Result<Option<Reading>, Error> {
        let mut options = OpenOptions::new();
        options.read(true);
        // The head comes first: a segment only gets longer, so that it has at least what the head says.
        let name = place::name(&known.path);
        let head = Head::read(&self.place.head(&name), keys);
        let is_written = match segment::unused(&known.path, &options) {
            Ok(unused) => unused.is_none(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::unreadable(&known.path)(error)),
        };
        let file = File::open(&known.path).map_err(Error::unreadable(&known.path))?;
        let mut checking = Checking::new(name, head, is_written);
        let mut lines = Lines::new(file);
        while let Some(line) = lines.next().map_err(Error::unreadable(&known.path))? {
            if !line.is_whole {
                // What is being written has no end yet.
                if !is_written {
                    checking.reading.report.problems.push(format!("line {}: it is torn", line.number));
                }
                break;
            }
            checking.line(line.text);
        }
        Ok(Some(checking.end()))
    }

    /// Segments of which only a head is left.
    fn missing(&self, readings: &[Reading], keys: &[PublicKey]) -> Result<Vec<Reading>, Error> {
        let present: BTreeSet<_> = readings.iter().map(|reading| reading.report.name.as_str()).collect();
        let mut missing = Vec::new();
        for path in self.place.heads()? {
            let name = place::name(&path).replace(".head", ".jsonl");
            // A segment that was begun or deleted just now is not missing.
            if present.contains(name.as_str()) || path.with_extension("jsonl").exists() {
                continue;
            }
            missing.extend(Reading::missing(name, Head::read(&path, keys)));
        }
        Ok(missing)
    }
}

impl SegmentReport {
    /// Says of a line what is wrong; of the first few only, as the others follow from them.
    fn broken(&mut self, line: u64, problem: &str) {
        const MOST: usize = 10;
        if self.problems.len() < MOST {
            self.problems.push(format!("line {line}: {problem}"));
        }
    }

    fn compare(&mut self, head: Option<&Head>, follows: Option<Hash>, at_head: Option<Hash>) {
        let Some(head) = head else {
            // Whoever writes it has not come to sign it yet.
            if self.state == SegmentState::Intact && self.records > 0 && self.problems.is_empty() {
                self.problems.push("it has no signed head".to_owned());
            }
            return;
        };
        self.signed = head.records.min(self.records);
        if head.segment != self.name {
            self.problems.push("its head is that of another segment".to_owned());
        }
        if self.records < head.records {
            let missing = head.records - self.records;
            self.problems
                .push(format!("{missing} records are missing that were there when its head was signed"));
        } else if head.records > 0 && at_head != head.last() {
            self.problems.push(format!("its first {} records are not those that were signed", head.records));
        }
        if follows.is_some_and(|follows| follows.to_string() != head.follows) {
            self.problems.push("its first record follows another than was signed".to_owned());
        }
        if head.is_final() && self.records > head.records {
            let more = self.records - head.records;
            self.problems.push(format!("{more} records were put in after its end was signed"));
        }
        if head.state == State::Deleted {
            self.problems.push("it was deleted, and is there again".to_owned());
        }
    }
}

/// Checks that segments follow each other.
fn link(readings: &mut [Reading]) {
    let ends: BTreeSet<_> = readings.iter().filter_map(|reading| reading.last).collect();
    for reading in readings.iter_mut() {
        let Some(follows) = reading.follows else { continue };
        if follows != Hash::ORIGIN && !ends.contains(&follows) {
            let problem = "what it follows is gone: a segment before it was removed, or its end";
            reading.report.problems.push(problem.to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
