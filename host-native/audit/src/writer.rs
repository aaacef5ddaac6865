//! Appending records to segments.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mxcp_core::audit::Status;
use mxcp_core::value::Value;
use mxcp_runtime::ports::{AuditEvent, EventKind};
use tokio::sync::oneshot;

use crate::answers::Answers;
use crate::chain::{self, Hash};
use crate::clock::Clock;
use crate::destination::{Destination, said};
use crate::error::Error;
use crate::folder::Folder;
use crate::ids::Ids;
use crate::key::SigningKey;
use crate::line::Entry;
use crate::log::Room;
use crate::options::Options;
use crate::place::Place;
use crate::queue::{Item, Queue};
use crate::schema::SchemaFile;
use crate::segment::Extent;

/// How long a disk is left alone that refused to take records.
const PAUSE: Duration = Duration::from_millis(250);
/// How long the writes of callers may take, how far they may be behind that together before the next ones are left to the
/// thread, and for how long they are. A caller that loses its processor while it writes is no sign of a slow disk.
const QUICK: Duration = Duration::from_millis(2);
const BEHIND: Duration = Duration::from_millis(50);
const LEFT_TO_THE_THREAD: Duration = Duration::from_secs(10);
/// Bytes after which a write is not made longer.
const WRITE: usize = 1 << 20;

/// Records as they are to be written, in order, and what is given back when they are.
#[derive(Debug)]
struct Batch {
    text: Vec<u8>,
    extent: Extent,
    rooms: Vec<Option<Room>>,
    waiting: Vec<oneshot::Sender<()>>,
    answers: Answers,
    ids: Ids,
}

/// Appends records to segments.
#[derive(Debug)]
pub(crate) struct Writer {
    schemas: SchemaFile,
    destination: Box<dyn Destination>,
    clock: Clock,
    /// What was taken from the queue, and has no place in the chain yet.
    waiting: VecDeque<Item>,
    /// What has its place in the chain, and is not yet written.
    batch: Batch,
    max_file_size: u64,
    /// When it is tried again to write what was refused.
    retry: Option<Instant>,
    /// How far writes of callers are behind what they may take.
    behind: Duration,
    /// Until when the disk is taken for slow.
    slow_until: Option<Instant>,
    dropped: Arc<AtomicU64>,
    told_dropped: u64,
}

impl Writer {
    pub(crate) fn open(options: &Options, dropped: Arc<AtomicU64>, answers: Answers) -> Result<Self, Error> {
        let now = options.clock.now();
        let place = Place::new(&options.path);
        std::fs::create_dir_all(place.folder()).map_err(Error::unwritable(place.folder()))?;
        let key = match &options.key {
            Some(key) => key.clone(),
            None => SigningKey::of(&place)?,
        };
        let schemas = SchemaFile::open(&place, now)?;
        let destination: Box<dyn Destination> = match &options.table {
            Some(table) => Box::new(table.write(key, options.max_file_size, now)?),
            None => Box::new(Folder::open(options, &place, key, now)?),
        };
        Ok(Self {
            batch: Batch::after(destination.extent(), answers),
            schemas,
            destination,
            clock: options.clock.clone(),
            max_file_size: options.max_file_size,
            waiting: VecDeque::new(),
            retry: None,
            behind: Duration::ZERO,
            slow_until: None,
            dropped,
            told_dropped: 0,
        })
    }

    /// Writes what waits if that takes no time worth speaking of. Gives whether nothing is left for the thread to do.
    pub(crate) fn write_at_once(&mut self, queue: &Queue) -> bool {
        let is_slow = self.slow_until.is_some_and(|until| Instant::now() < until);
        if is_slow || self.retry.is_some() || !self.destination.is_quick() || self.must_begin() {
            return false;
        }
        queue.take(&mut self.waiting);
        self.collect();
        if !self.batch.text.is_empty() {
            let begun = Instant::now();
            if let Err(error) = self.append() {
                self.refused(&error);
                return false;
            }
            self.behind = (self.behind + begun.elapsed()).saturating_sub(QUICK);
            self.slow_until = (self.behind > BEHIND).then(|| {
                self.behind = Duration::ZERO;
                begun + LEFT_TO_THE_THREAD
            });
        }
        self.waiting.is_empty()
    }

    /// Does what is to be done once a second.
    pub(crate) fn beat(&mut self) {
        self.destination.beat(self.clock.now());
    }

    /// In how long it is to be tried again to write what was refused.
    pub(crate) fn retries_in(&self) -> Option<Duration> {
        self.retry.map(|retry| retry.saturating_duration_since(Instant::now()))
    }

    /// Whether nothing that was taken from the queue is left to write.
    pub(crate) fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.batch.text.is_empty()
    }

    /// How many records that were taken from the queue are not known to be written.
    pub(crate) fn waiting(&self) -> u64 {
        (self.waiting.len() + self.batch.rooms.len()) as u64
    }

    /// Writes what waits, however long that takes.
    pub(crate) fn write_all(&mut self, queue: &Queue) {
        self.record_drops();
        loop {
            queue.take(&mut self.waiting);
            if self.destination.is_full() && !self.is_done() {
                self.rotate();
            }
            if self.retry.is_some_and(|retry| Instant::now() < retry) {
                // The queue has an end, so that answers need not wait for the disk.
                return self.answer_all();
            }
            self.collect();
            if self.batch.text.is_empty() {
                return;
            }
            if let Err(error) = self.write() {
                self.refused(&error);
                return self.answer_all();
            }
            if self.retry.take().is_some() {
                tracing::warn!("the audit log can be written again: nothing is lost");
            }
        }
    }

    /// Gives records their places in the chain, until there are enough for one write.
    fn collect(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let room = self.max_file_size.saturating_sub(self.destination.extent().bytes);
        let schema = self.schemas.refresh();
        while self.batch.text.len() < WRITE
            // One goes into a segment that is too long, where there can't be another one.
            && (self.batch.text.is_empty() || (self.batch.text.len() as u64) < room)
            && let Some(item) = self.waiting.pop_front()
        {
            self.batch.add(item, schema);
        }
    }

    fn write(&mut self) -> Result<(), Error> {
        if self.destination.is_gone() {
            tracing::error!(
                "somebody has removed a segment of the audit log while it was written: another one is begun"
            );
            self.begin()?;
        }
        self.append()
    }

    fn append(&mut self) -> Result<(), Error> {
        self.destination.append(&self.batch.text, self.batch.extent, self.clock.now())?;
        self.batch.settle();
        Ok(())
    }

    /// Whether nothing can be appended before another segment is begun.
    fn must_begin(&self) -> bool {
        self.destination.is_full() || self.destination.is_gone()
    }

    fn refused(&mut self, error: &Error) {
        if self.retry.is_none() {
            said(error, "records wait in memory until it can be, and calls as soon as there are too many");
        }
        self.retry = Some(Instant::now() + PAUSE);
    }

    /// Lets all answers go whose records wait for the disk.
    fn answer_all(&mut self) {
        for item in &mut self.waiting {
            item.written.take().map(|written| written.send(()));
        }
        self.batch.answer();
    }

    /// Goes over to another segment. If there can't be one, the old one gets longer.
    fn rotate(&mut self) {
        if let Err(error) = self.begin() {
            said(&error, "no new segment can be begun: the old one gets longer");
        }
    }

    fn begin(&mut self) -> Result<(), Error> {
        self.destination.begin(self.clock.now())?;
        self.batch.moves(self.destination.extent());
        Ok(())
    }

    /// Says in the log itself what is not in it.
    fn record_drops(&mut self) {
        let dropped = self.dropped.load(Ordering::Relaxed);
        let new = dropped - self.told_dropped;
        if new == 0 || self.retry.is_some() {
            return;
        }
        self.told_dropped = dropped;
        tracing::error!(records = new, "audit records were lost: there was no room for them");
        let entry = Entry::of(AuditEvent {
            kind: EventKind::Server,
            name: "audit_records_dropped".to_owned(),
            status: Status::Error,
            user_id: None,
            error: Some(format!("{new} records were lost: there was no room for them")),
            details: [("records", Value::Int(i64::try_from(new).unwrap_or(i64::MAX)))].into_iter().collect(),
        });
        self.waiting.push_back(Item { entry, time: self.clock.now(), room: None, written: None });
    }

    /// Ends the log; `rest` is what came too late. Gives how many records could not be written.
    pub(crate) fn end(mut self, rest: VecDeque<Item>) -> u64 {
        self.waiting.extend(rest);
        let left = self.waiting();
        self.answer_all();
        self.destination.end(self.clock.now());
        left
    }
}

impl Batch {
    /// An empty batch that goes on where a segment ends.
    fn after(extent: Extent, answers: Answers) -> Self {
        Self {
            text: Vec::new(),
            extent,
            rooms: Vec::new(),
            waiting: Vec::new(),
            answers,
            ids: Ids::default(),
        }
    }

    fn add(&mut self, item: Item, schema: &crate::schema::Schema) {
        let Item { entry, time, room, written } = item;
        let start = self.text.len();
        entry.write(self.ids.next(), time, schema, &mut self.text);
        self.extent.hash = chain::seal(&mut self.text, start, self.extent.hash);
        self.extent.bytes += (self.text.len() - start) as u64;
        self.extent.records += 1;
        self.extent.spans(time);
        self.rooms.push(room);
        self.waiting.extend(written);
    }

    /// It is written.
    fn settle(&mut self) {
        self.answer();
        self.rooms.clear();
        self.text.clear();
        // One long record is no reason to keep so much.
        self.text.shrink_to(2 * WRITE);
    }

    fn answer(&mut self) {
        self.answers.give(mem::take(&mut self.waiting));
    }

    /// It goes into another segment, whose first record it has.
    fn moves(&mut self, to: Extent) {
        let records = self.rooms.len() as u64;
        let hash: Hash = if records == 0 { to.hash } else { self.extent.hash };
        self.extent = Extent { records, bytes: self.text.len() as u64, hash, ..self.extent };
        if records == 0 {
            (self.extent.oldest, self.extent.newest) = (None, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::Sync;
    use crate::reader::FolderReader;
    use crate::testing::{call, options};

    /// A folder in which no other segment can be begun.
    #[derive(Debug)]
    struct Only(Box<dyn Destination>);

    impl Destination for Only {
        fn extent(&self) -> Extent {
            self.0.extent()
        }

        fn is_full(&self) -> bool {
            self.0.is_full()
        }

        fn is_quick(&self) -> bool {
            self.0.is_quick()
        }

        fn is_gone(&self) -> bool {
            self.0.is_gone()
        }

        fn begin(&mut self, _now: DateTime<Utc>) -> Result<(), Error> {
            Err(Error::Thread(std::io::Error::other("no room")))
        }

        fn append(&mut self, text: &[u8], extent: Extent, now: DateTime<Utc>) -> Result<(), Error> {
            self.0.append(text, extent, now)
        }

        fn beat(&mut self, now: DateTime<Utc>) {
            self.0.beat(now);
        }

        fn end(&mut self, now: DateTime<Utc>) {
            self.0.end(now);
        }
    }

    #[test]
    fn a_segment_gets_longer_than_it_should_where_no_other_can_be_begun() {
        let (_folder, mut options) = options();
        options.max_file_size = 1000;
        let mut writer = Writer::open(&options, Arc::default(), Answers::default()).unwrap();
        let folder = writer.destination;
        writer.destination = Box::new(Only(folder));
        let queue = Queue::default();
        for at in 0..5 {
            let item =
                Item { entry: call(&at.to_string()), time: options.clock.now(), room: None, written: None };
            assert!(queue.push(item).is_ok());
            writer.write_all(&queue);
        }
        assert_eq!(writer.end(VecDeque::new()), 0);
        let verified = FolderReader::new(&options.path).verify(&[]).unwrap();
        assert!(verified.is_intact(), "{verified:?}");
        assert_eq!((verified.records, verified.segments.len()), (5, 1));
    }

    #[test]
    fn a_caller_writes_unless_the_disk_is_asked_to_keep_each_write() {
        for (sync, at_once) in [(Sync::Never, true), (Sync::EverySecond, true), (Sync::EveryWrite, false)] {
            let (_folder, mut options) = options();
            options.sync = sync;
            let mut writer = Writer::open(&options, Arc::default(), Answers::default()).unwrap();
            let queue = Queue::default();
            let item = Item { entry: call("a"), time: options.clock.now(), room: None, written: None };
            assert!(queue.push(item).is_ok());
            assert_eq!((writer.write_at_once(&queue), queue.is_empty()), (at_once, at_once), "{sync:?}");
            writer.write_all(&queue);
            assert_eq!(writer.end(VecDeque::new()), 0);
            assert_eq!(FolderReader::new(&options.path).verify(&[]).unwrap().records, 1);
        }
    }
}
