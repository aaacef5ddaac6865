//! One worker process, and what it is asked to do.

mod entry;
mod listener;
mod pending;

use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use mxcp_runtime::ports::{Reload, SqlEngine};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::message::{self, Order, Request, Work};
use crate::pool::{Lease, Seat};
use crate::process::{Ended, Printed, Process};
use crate::running::{Directory, RunningCall};
use entry::{Entry, Table};
use listener::Listener;

pub(crate) use entry::Reply;
pub(crate) use pending::Pending;

/// How long a call that was taken back may take to end before its process has to.
const GRACE: Duration = Duration::from_secs(2);
/// As long for a call that awaits. It keeps nobody from the process, and has reason to take its time: it may await when
/// it cleans up.
const AWAITING_GRACE: Duration = Duration::from_secs(30);

/// What all workers of an engine share.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) sql: Arc<dyn SqlEngine>,
    pub(crate) reload: Option<Arc<dyn Reload>>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) runtime: Handle,
    /// All that were started.
    pub(crate) workers: Mutex<Vec<Weak<Worker>>>,
}

impl Services {
    /// Ends all workers, whatever they do.
    pub(crate) fn kill(&self) {
        let workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in workers.iter().filter_map(Weak::upgrade) {
            worker.kill();
        }
    }
}

/// A worker.
#[derive(Debug)]
pub(crate) struct Worker {
    process: Arc<Process>,
    table: Mutex<Table>,
    last: AtomicU64,
    services: Arc<Services>,
    /// Its place among the others, once it has one.
    seat: OnceLock<Seat>,
    ended: CancellationToken,
}

impl Worker {
    /// Starts a process.
    pub(crate) fn start(
        command: &mut Command,
        folder: &Path,
        printed: Printed,
        services: &Arc<Services>,
    ) -> io::Result<Arc<Self>> {
        let mut made = None;
        Process::start(command, folder, printed, |process| {
            let worker = Arc::new(Self {
                process: Arc::clone(process),
                table: Mutex::default(),
                last: AtomicU64::new(0),
                services: Arc::clone(services),
                seat: OnceLock::new(),
                ended: CancellationToken::new(),
            });
            made = Some(Arc::clone(&worker));
            Listener(worker)
        })?;
        let worker = made.ok_or_else(|| io::Error::other("nothing listens to the process"))?;
        let mut workers = services.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.retain(|worker| worker.strong_count() > 0);
        workers.push(Arc::downgrade(&worker));
        Ok(worker)
    }

    /// How much it is busy with.
    pub(crate) fn load(&self) -> usize {
        self.table().entries.len()
    }

    /// Whether its process has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Gives it its place.
    pub(crate) fn seat(&self, seat: Seat) {
        let _ = self.seat.set(seat);
    }

    /// Asks it to do something, for a call if for any; the lease is held until it is done.
    pub(crate) fn request(
        self: &Arc<Self>,
        work: &Work<'_>,
        call: Option<Arc<RunningCall>>,
        lease: Option<Lease>,
    ) -> Pending {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (reply, receiver) = oneshot::channel();
        let pending = Pending::new(Arc::clone(self), number, receiver);
        let Some(frame) = message::frame(&Request { request: number, work }) else {
            let _ = reply.send(Reply::TooLarge);
            return pending;
        };
        let mut table = self.table();
        if let Some(ended) = &table.ended {
            let _ = reply.send(Reply::Ended(ended.clone()));
            drop(table);
            // `lease` and `call` end here, outside of the lock.
            return pending;
        }
        table.entries.insert(number, Entry { reply, call, lease, awaited: false, cancelled: false });
        drop(table);
        self.process.send(frame);
        pending
    }

    /// Takes a request back. If it has not ended by itself soon, the process has to.
    fn cancel(self: &Arc<Self>, number: u64) {
        let mut table = self.table();
        let Some(entry) = table.entries.get_mut(&number) else { return };
        entry.cancelled = true;
        let call = entry.call.clone();
        let grace = if entry.is_shared() { AWAITING_GRACE } else { GRACE };
        drop(table);
        if let Some(call) = call {
            call.end();
        }
        self.order(&Order::Cancel(number));
        let worker = Arc::clone(self);
        self.services.runtime.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(grace) => worker.expire(number),
                () = worker.ended.cancelled() => {}
            }
        });
    }

    /// A request that was taken back should have ended by now: nothing new is given to the process, which ends once
    /// nobody waits for it.
    fn expire(&self, number: u64) {
        let mut table = self.table();
        if !table.entries.contains_key(&number) {
            return;
        }
        table.retired = true;
        let kill = table.is_abandoned();
        drop(table);
        tracing::warn!("a Python call that was taken back does not end: its process is replaced");
        self.leave();
        if kill {
            self.process.kill();
        }
    }

    /// Gives its place to another.
    fn leave(&self) {
        if let Some(seat) = self.seat.get() {
            seat.leave();
        }
    }

    /// Something that a reload is to call is held, or one less is.
    pub(crate) fn hold_payload(&self) {
        self.table().payloads += 1;
    }

    /// One payload less is held. The last one ends a worker that waited for it.
    pub(crate) fn release_payload(&self, number: u64) {
        self.order(&Order::Forget(number));
        let mut table = self.table();
        table.payloads = table.payloads.saturating_sub(1);
        let close = table.closing && table.payloads == 0;
        drop(table);
        if close {
            self.process.close();
        }
    }

    /// Lets the process end in order, once no payload is held; waits for its end unless one is.
    pub(crate) async fn close(&self) {
        let waits = {
            let mut table = self.table();
            table.closing = true;
            table.payloads > 0
        };
        if waits {
            return;
        }
        self.process.close();
        self.ended.cancelled().await;
    }

    /// Ends the process, whatever it does.
    pub(crate) fn kill(&self) {
        self.table().closing = true;
        self.process.kill();
    }

    fn order(&self, order: &Order) {
        if let Some(frame) = message::frame(order) {
            self.process.send(frame);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process has ended: whoever waits for it hears so.
    fn end(&self, how: &Ended) {
        let mut table = self.table();
        table.ended = Some(how.clone());
        let entries = std::mem::take(&mut table.entries);
        let expected = table.closing || table.retired;
        drop(table);
        if !expected {
            tracing::error!(how = how.how, "a Python worker process ended unexpectedly");
        }
        self.leave();
        for entry in entries.into_values() {
            entry.settle(Reply::Ended(how.clone()));
        }
        self.ended.cancel();
    }
}
