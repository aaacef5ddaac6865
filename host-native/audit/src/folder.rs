//! Records in the files of a folder.

use std::fs;

use chrono::{DateTime, Utc};

use crate::destination::{Destination, said};
use crate::error::Error;
use crate::head::State;
use crate::key::SigningKey;
use crate::options::{Options, Sync};
use crate::place::{self, Place};
use crate::recovery;
use crate::segment::{Extent, Segment};

/// The segments of one server in a folder.
#[derive(Debug)]
pub(crate) struct Folder {
    place: Place,
    key: SigningKey,
    segment: Segment,
    max_file_size: u64,
    sync: Sync,
    /// How many records the head says there are that was signed last.
    signed: u64,
    head_failed: bool,
}

impl Folder {
    /// Puts in order what earlier servers left, and begins a segment.
    ///
    /// # Errors
    /// The folder can't be read or written.
    pub(crate) fn open(
        options: &Options,
        place: &Place,
        key: SigningKey,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        // Two servers that start at a time take stock one after the other.
        let lock = place.lock();
        let lock = fs::File::create(&lock).map_err(Error::unwritable(lock))?;
        let _ = lock.lock();
        let follows = recovery::take_stock(place, &key, now)?;
        let segment = Segment::begin(place, follows, now, &options.medium)?;
        let mut folder = Self {
            place: place.clone(),
            key,
            segment,
            max_file_size: options.max_file_size,
            sync: options.sync,
            signed: 0,
            head_failed: false,
        };
        folder.sign(State::Open, now);
        Ok(folder)
    }

    fn close_segment(&mut self, now: DateTime<Utc>) {
        match self.segment.finish() {
            Ok(true) if !self.segment.is_gone() => self.sign(State::Closed, now),
            Ok(true) => {}
            // There is nothing left that a head could be of.
            Ok(false) => drop(fs::remove_file(self.place.head(&place::name(self.segment.path())))),
            Err(error) => tracing::error!(%error, "a segment of the audit log can't be finished"),
        }
    }

    fn sign(&mut self, state: State, now: DateTime<Utc>) {
        let head = self.segment.head(state, now);
        match head.write(&self.place, &self.key) {
            Ok(()) => {
                self.signed = head.records;
                self.head_failed = false;
            }
            Err(error) if !self.head_failed => {
                self.head_failed = true;
                said(&error, "it is not signed how far the log has come");
            }
            Err(_) => {}
        }
    }
}

impl Destination for Folder {
    fn extent(&self) -> Extent {
        self.segment.extent()
    }

    fn is_full(&self) -> bool {
        self.segment.extent().bytes >= self.max_file_size
    }

    fn is_quick(&self) -> bool {
        self.sync != Sync::EveryWrite
    }

    fn is_gone(&self) -> bool {
        self.segment.is_gone()
    }

    fn begin(&mut self, now: DateTime<Utc>) -> Result<(), Error> {
        let next = self.segment.next(&self.place, now)?;
        self.close_segment(now);
        self.segment = next;
        self.signed = 0;
        self.sign(State::Open, now);
        Ok(())
    }

    fn append(&mut self, text: &[u8], extent: Extent, _now: DateTime<Utc>) -> Result<(), Error> {
        let path = self.segment.path().to_path_buf();
        self.segment.append(text, extent).map_err(Error::unwritable(path))?;
        if self.sync == Sync::EveryWrite
            && let Err(error) = self.segment.sync()
        {
            let error = Error::unwritable(self.segment.path())(error);
            said(&error, "the disk does not keep the audit log");
        }
        Ok(())
    }

    fn beat(&mut self, now: DateTime<Utc>) {
        if self.sync == Sync::EverySecond
            && let Err(error) = self.segment.sync()
        {
            tracing::error!(%error, "the disk does not keep the audit log");
        }
        if self.signed != self.segment.extent().records {
            self.sign(State::Open, now);
        }
    }

    fn end(&mut self, now: DateTime<Utc>) {
        self.close_segment(now);
    }
}
