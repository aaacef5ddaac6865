//! The one thread that writes.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
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
use crate::schema::SchemaFile;
use crate::segment::Extent;

/// How often a head is signed while records come, and how often the disk is asked to keep them where the operator wants that.
const BEAT: Duration = Duration::from_secs(1);
/// How long a disk is left alone that refused to take records.
const PAUSE: Duration = Duration::from_millis(250);
/// Bytes after which a write is not made longer.
const WRITE: usize = 1 << 20;

/// A record that waits.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) entry: Entry,
    /// When the call ended.
    pub(crate) time: DateTime<Utc>,
    pub(crate) room: Option<Room>,
    /// Who waits until it is written.
    pub(crate) written: Option<oneshot::Sender<()>>,
}

/// What the thread is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// To write a record.
    Item(Item),
    /// To write what waits, to say how much of it could not be written, and to end.
    Close { patience: Duration, left: Sender<u64> },
}

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
    receiver: Receiver<Message>,
    queue: VecDeque<Item>,
    /// What has its place in the chain, and is not yet written.
    batch: Batch,
    max_file_size: u64,
    /// When it is tried again to write what was refused.
    retry: Option<Instant>,
    beat: Instant,
    dropped: Arc<AtomicU64>,
    told_dropped: u64,
    closing: Option<(Instant, Sender<u64>)>,
}

impl Writer {
    pub(crate) fn open(
        options: &Options,
        receiver: Receiver<Message>,
        dropped: Arc<AtomicU64>,
        answers: Answers,
    ) -> Result<Self, Error> {
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
            receiver,
            queue: VecDeque::new(),
            retry: None,
            beat: Instant::now(),
            dropped,
            told_dropped: 0,
            closing: None,
        })
    }

    /// Writes until it is told to end.
    pub(crate) fn run(mut self) {
        loop {
            let ended = self.receive();
            self.write_all();
            if self.beat.elapsed() >= BEAT {
                self.beat = Instant::now();
                self.destination.beat(self.clock.now());
            }
            if let Some((end, _)) = &self.closing
                && (self.is_done() || Instant::now() >= *end)
            {
                return self.end();
            }
            if ended && self.closing.is_none() {
                return self.end();
            }
        }
    }

    /// Waits for something to do, and takes all there is. Gives whether nothing will ever come any more.
    fn receive(&mut self) -> bool {
        let wait = match self.retry {
            Some(retry) => retry.saturating_duration_since(Instant::now()),
            None if self.closing.is_some() => Duration::ZERO,
            None => BEAT,
        };
        match self.receiver.recv_timeout(wait) {
            Ok(message) => {
                self.hear(message);
                // Where processors are scarce, those go first who have more to say: one write does for all of them.
                thread::yield_now();
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return true,
        }
        while let Ok(message) = self.receiver.try_recv() {
            self.hear(message);
        }
        false
    }

    fn hear(&mut self, message: Message) {
        match message {
            Message::Item(item) => self.queue.push_back(item),
            Message::Close { patience, left } => self.closing = Some((Instant::now() + patience, left)),
        }
    }

    fn is_done(&self) -> bool {
        self.queue.is_empty() && self.batch.text.is_empty()
    }

    fn write_all(&mut self) {
        self.record_drops();
        loop {
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
        if self.queue.is_empty() {
            return;
        }
        let schema = self.schemas.refresh();
        while self.batch.text.len() < WRITE
            && self.destination.extent().bytes + (self.batch.text.len() as u64) < self.max_file_size
            && let Some(item) = self.queue.pop_front()
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
        self.destination.append(&self.batch.text, self.batch.extent, self.clock.now())?;
        self.batch.settle();
        if self.destination.is_full() {
            self.rotate();
        }
        Ok(())
    }

    fn refused(&mut self, error: &Error) {
        if self.retry.is_none() {
            said(error, "records wait in memory until it can be, and calls as soon as there are too many");
        }
        self.retry = Some(Instant::now() + PAUSE);
    }

    /// Lets all answers go whose records wait for the disk.
    fn answer_all(&mut self) {
        for item in &mut self.queue {
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
        self.queue.push_back(Item { entry, time: self.clock.now(), room: None, written: None });
    }

    fn end(mut self) {
        let left = (self.queue.len() + self.batch.rooms.len()) as u64;
        if left > 0 {
            tracing::error!(records = left, "audit records are lost: they can't be written");
        }
        self.answer_all();
        self.destination.end(self.clock.now());
        if let Some((_, tell)) = self.closing.take() {
            let _ = tell.send(left);
        }
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
