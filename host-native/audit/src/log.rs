//! The sink of the pipeline.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mxcp_core::audit::AuditRecord;
use mxcp_core::call::Caller;
use mxcp_runtime::ports::{AuditEvent, AuditSink, CallFacts, EventKind, Kept};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::answers::Answers;
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::Ids;
use crate::line::Entry;
use crate::options::{Options, WhenFull};
use crate::queue::{Closing, Item};
use crate::writer::Writer;
use crate::writing::Writing;

/// Bytes of a record that count as one place in the queue.
const PLACE: u64 = 4096;

/// Writes the audit log of a server.
#[derive(Debug)]
pub struct AuditLog {
    writing: Arc<Writing>,
    room: Arc<Semaphore>,
    capacity: u32,
    when_full: WhenFull,
    dropped: Arc<AtomicU64>,
    thread: Mutex<Option<JoinHandle<()>>>,
    clock: Clock,
    answers: Answers,
    /// A random id of this process.
    process: String,
}

impl AuditLog {
    /// Opens a log: the folder, the key and the first segment are made, and what an earlier server left unfinished is put in
    /// order.
    ///
    /// # Errors
    /// One of that can't be done.
    pub fn open(options: &Options) -> Result<Self, Error> {
        let capacity = u32::try_from(options.queue.clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let room = Arc::new(Semaphore::new(capacity as usize));
        let dropped = Arc::new(AtomicU64::new(0));
        let answers = Answers::default();
        let (tell, told) = mpsc::channel();
        let opening = (options.clone(), Arc::clone(&dropped), answers.clone());
        // What is opened by a thread is its own: a database is spoken to on a runtime that must not be within another.
        let thread = thread::Builder::new().name("audit".to_owned()).spawn(move || {
            let (options, dropped, answers) = opening;
            match Writer::open(&options, dropped, answers) {
                Ok(writer) => {
                    let writing = Arc::new(Writing::new(writer));
                    let _ = tell.send(Ok(Arc::clone(&writing)));
                    writing.run();
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        });
        let thread = thread.map_err(Error::Thread)?;
        let writing = told.recv().map_err(|_| Error::Thread(std::io::Error::other("it ended at once")))??;
        let thread = Mutex::new(Some(thread));
        Ok(Self {
            writing,
            room,
            capacity,
            when_full: options.when_full,
            dropped,
            thread,
            clock: options.clock.clone(),
            answers,
            process: Ids::default().next(),
        })
    }

    /// How many records were lost because there was no room for them.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Writes what waits, and ends the log. Waits for a disk that takes nothing no longer than `patience`. Blocks. Gives how many
    /// records could not be written.
    pub fn close(&self, patience: Duration) -> u64 {
        let (tell, told) = mpsc::channel();
        if !self.writing.queue().close(Closing { by: Instant::now() + patience, left: tell }) {
            return 0;
        }
        // The thread gives up by itself.
        let left = told.recv().unwrap_or(0);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("writing the audit log ended unexpectedly");
        }
        left
    }

    fn take(&self, entry: Entry, when_full: WhenFull) -> Kept {
        let places = u32::try_from(entry.size() / PLACE + 1).unwrap_or(u32::MAX).min(self.capacity);
        let time = self.clock.now();
        if when_full == WhenFull::Block {
            self.answers.settle();
        }
        let (tell, told) = oneshot::channel();
        let written = (when_full == WhenFull::Block).then_some(tell);
        match Arc::clone(&self.room).try_acquire_many_owned(places) {
            Ok(room) => self.write(Item { entry, time, room: Some(room), written }),
            Err(_) if when_full == WhenFull::Drop => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                return Kept::now();
            }
            Err(_) => self.wait(places, Item { entry, time, room: None, written }),
        }
        match when_full {
            WhenFull::Block => Kept::when(told),
            WhenFull::Drop => Kept::now(),
        }
    }

    /// Takes an item as soon as there is room for it, whoever still waits for that.
    fn wait(&self, places: u32, mut item: Item) {
        let Ok(runtime) = Handle::try_current() else {
            // Nobody can wait here: better too many than one lost.
            return self.writing.send(item);
        };
        let (room, writing) = (Arc::clone(&self.room), Arc::clone(&self.writing));
        runtime.spawn(async move {
            item.room = room.acquire_many_owned(places).await.ok();
            writing.write(item);
        });
    }

    /// Where calls never wait, they don't write either.
    fn write(&self, item: Item) {
        match self.when_full {
            WhenFull::Block => self.writing.write(item),
            WhenFull::Drop => self.writing.send(item),
        }
    }
}

impl AuditSink for AuditLog {
    fn enabled(&self) -> bool {
        true
    }

    fn record(&self, mut record: AuditRecord, facts: CallFacts) -> Kept {
        // Standard input is one session from the beginning of the process to its end.
        if record.caller_type == Caller::Stdio {
            record.session_id.get_or_insert_with(|| self.process.clone());
        }
        self.take(Entry::Call(Box::new(record), facts), self.when_full)
    }

    fn event(&self, event: AuditEvent) {
        // Strangers can make as many of these as they like, and must not fill the memory with those that wait for room.
        let patience = match event.kind {
            EventKind::Authentication => WhenFull::Drop,
            EventKind::Admin | EventKind::Server => self.when_full,
        };
        let _kept = self.take(Entry::of(event), patience);
    }
}

/// Room in the queue, given back when its record is written.
pub(crate) type Room = OwnedSemaphorePermit;

#[cfg(test)]
mod tests;
