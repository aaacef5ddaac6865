//! Requests that a worker has not replied to.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use tokio::sync::oneshot;

use crate::message::Failed;
use crate::pool::Lease;
use crate::process::Ended;
use crate::running::RunningCall;

/// What a worker is busy with.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) entries: BTreeMap<u64, Entry>,
    /// How it ended.
    pub(super) ended: Option<Ended>,
    /// Nothing new is given to it.
    pub(super) retired: bool,
    /// It is to end.
    pub(super) closing: bool,
    /// How many functions reloads wait to call in it.
    pub(super) payloads: usize,
}

/// One request.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) reply: oneshot::Sender<Reply>,
    pub(super) call: Option<Arc<RunningCall>>,
    pub(super) lease: Option<Lease>,
    /// Whether it is for a function that awaits.
    pub(super) awaited: bool,
    /// Nobody waits for it any more.
    pub(super) cancelled: bool,
}

/// What comes of a request.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A result.
    Done {
        /// With tags.
        result: Json,
        /// Whether objects in it are content blocks.
        content: bool,
        /// Whether the function awaited.
        awaited: bool,
    },
    /// The worker's reason why there is none.
    Failed(Failed, String),
    /// The worker ended.
    Ended(Ended),
    /// The request is longer than frames may be.
    TooLarge,
}

impl Table {
    /// Whether all that it is busy with was taken back.
    pub(super) fn is_abandoned(&self) -> bool {
        self.retired && self.entries.values().all(|entry| entry.cancelled)
    }
}

impl Entry {
    /// Whether it runs beside others.
    pub(super) fn is_shared(&self) -> bool {
        self.lease.as_ref().is_some_and(Lease::is_shared)
    }

    /// Ends what belongs to the request, and passes the reply on: afterwards, so that whoever gets it finds the worker free.
    pub(super) fn settle(self, reply: Reply) {
        if let Some(call) = self.call {
            call.end();
        }
        drop(self.lease);
        // Nobody is there to hear it if the request was taken back.
        let _ = self.reply.send(reply);
    }
}
