//! Who writes.
//!
//! A caller whose record finds nobody writing writes it, and what came meanwhile from others: handing bytes to the operating
//! system takes a few microseconds, and having another thread do it takes ten times as long. Only one writes at a time, and
//! nobody waits for their turn: whoever writes looks once more before they go. What may take its time is left to a thread: a disk that
//! is slow or refuses, a database, the end of a segment, signing.

use std::sync::{Mutex, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crate::queue::{Item, Queue};
use crate::writer::Writer;

/// How often a head is signed while records come, and how often the disk is asked to keep them where the operator wants that.
const BEAT: Duration = Duration::from_secs(1);
/// How often a caller writes for others before it goes.
const TURNS: usize = 4;

/// Records that wait, and what writes them.
#[derive(Debug)]
pub(crate) struct Writing {
    queue: Queue,
    /// None once the log has ended.
    writer: Mutex<Option<Writer>>,
}

/// Ends the log when its thread does, however that comes about.
struct AtTheEnd<'a>(&'a Writing);

impl Writing {
    pub(crate) fn new(writer: Writer) -> Self {
        Self { queue: Queue::default(), writer: Mutex::new(Some(writer)) }
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Has a record written by the thread.
    pub(crate) fn send(&self, item: Item) {
        if self.push(item) {
            self.queue.ring();
        }
    }

    /// Writes a record, or leaves it to whoever writes at the moment.
    pub(crate) fn write(&self, item: Item) {
        if !self.push(item) {
            return;
        }
        for _ in 0..TURNS {
            match self.writer.try_lock() {
                Ok(mut writer) => {
                    if !writer.as_mut().is_some_and(|writer| writer.write_at_once(&self.queue)) {
                        break;
                    }
                }
                // They look once more when they are done.
                Err(TryLockError::WouldBlock) => return,
                Err(TryLockError::Poisoned(_)) => break,
            }
            if self.queue.is_empty() {
                return;
            }
        }
        self.queue.ring();
    }

    fn push(&self, item: Item) -> bool {
        let taken = self.queue.push(item).is_ok();
        if !taken {
            tracing::error!("a record came after the end of the audit log, and is lost");
        }
        taken
    }

    /// Writes what is left to the thread, until the log is to end.
    pub(crate) fn run(&self) {
        let _ended = AtTheEnd(self);
        let mut beat = Instant::now();
        let mut wait = BEAT;
        loop {
            self.queue.wait(wait);
            // Where processors are scarce, those go first who have more to say: one write does for all of them.
            thread::yield_now();
            let Ok(mut writer) = self.writer.lock() else {
                tracing::error!("a call that wrote to the audit log has failed at it");
                return;
            };
            let Some(writing) = writer.as_mut() else { return };
            // Before it writes: what was lost until then is said in the log as well.
            let by = self.queue.closes_by();
            writing.write_all(&self.queue);
            if beat.elapsed() >= BEAT {
                beat = Instant::now();
                writing.beat();
            }
            if by.is_some_and(|by| writing.is_done() && self.queue.is_empty() || Instant::now() >= by) {
                return;
            }
            wait = writing.retries_in().unwrap_or(BEAT);
            drop(writer);
            if by.is_some() {
                // It does not wait by itself any more.
                thread::sleep(wait.min(BEAT / 100));
            }
        }
    }
}

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        let writing = self.0;
        let (rest, closing) = writing.queue.end();
        // Dropped by this thread, as it was opened by it.
        let writer = writing.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let left = match writer {
            Some(writer) if !thread::panicking() && !writing.writer.is_poisoned() => writer.end(rest),
            // Nobody knows what became of its last records.
            Some(writer) => writer.waiting() + rest.len() as u64,
            None => rest.len() as u64,
        };
        if left > 0 {
            tracing::error!(records = left, "audit records are lost: they can't be written");
        }
        if let Some(closing) = closing {
            let _ = closing.left.send(left);
        }
    }
}
