//! What Python wants called in the course of a reload.

use std::sync::Arc;

use mxcp_runtime::ports::ReloadPayload;

use crate::blocking;
use crate::error;
use crate::message::Work;
use crate::worker::{Reply, Worker};

/// A function that a worker keeps; the worker lives as long as this, even when its generation has ended.
#[derive(Debug)]
pub(crate) struct Payload {
    worker: Arc<Worker>,
    number: u64,
}

impl Payload {
    /// Holds function number `number` of a worker.
    pub(crate) fn hold(worker: &Arc<Worker>, number: u64) -> Self {
        worker.hold_payload();
        Self { worker: Arc::clone(worker), number }
    }

    /// Something that calls it and waits until it has come back. Not called, it is forgotten.
    pub(crate) fn into_function(self) -> ReloadPayload {
        Box::new(move || self.call())
    }

    fn call(&self) -> Result<(), String> {
        let pending = self.worker.request(&Work::Payload { payload: self.number }, None, None);
        match blocking::wait(pending.reply()) {
            Reply::Done { .. } => Ok(()),
            other => Err(error::of_reply(other).to_string()),
        }
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        self.worker.release_payload(self.number);
    }
}
