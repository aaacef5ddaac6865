//! Waiting for a reply.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Reply, Worker};
use crate::process::Ended;

/// A request that was made. Dropping it takes the request back.
#[derive(Debug)]
pub(crate) struct Pending {
    worker: Arc<Worker>,
    number: u64,
    receiver: oneshot::Receiver<Reply>,
    replied: bool,
}

impl Pending {
    pub(super) fn new(worker: Arc<Worker>, number: u64, receiver: oneshot::Receiver<Reply>) -> Self {
        Self { worker, number, receiver, replied: false }
    }

    /// The reply.
    pub(crate) async fn reply(mut self) -> Reply {
        let reply = (&mut self.receiver).await;
        self.replied = true;
        // Whoever takes an entry out of the table replies.
        reply.unwrap_or_else(|_| {
            Reply::Ended(Ended { how: "no reply".to_owned(), code: None, tail: String::new() })
        })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.replied {
            self.worker.cancel(self.number);
        }
    }
}
