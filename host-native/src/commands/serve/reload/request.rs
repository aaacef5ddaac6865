//! What a reload is asked for by, and the queue of those that wait.

use std::fmt;
use std::sync::Arc;

use mxcp_runtime::ports::{Reload, ReloadPayload};
use tokio::sync::mpsc;

use super::status::Status;

/// A reload that somebody wants.
#[derive(Debug)]
pub(crate) struct Request {
    /// What it is known by, if whoever asked has to recognise it.
    pub(crate) id: Option<String>,
    /// Who wants it, and why.
    pub(crate) trigger: Trigger,
}

/// Why something is reloaded.
pub(crate) enum Trigger {
    /// SIGHUP.
    Signal,
    /// Somebody asked over the admin socket.
    Admin,
    /// These files of the project are not as they were.
    Files(Vec<String>),
    /// Python asks for it.
    Python {
        /// What for.
        description: String,
        /// What is to be done while the database is closed.
        payload: Option<ReloadPayload>,
    },
}

impl Trigger {
    /// The word by which statuses and records name it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Admin => "admin",
            Self::Files(_) => "files",
            Self::Python { .. } => "python",
        }
    }
}

impl fmt::Debug for Trigger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Trigger");
        shown.field("name", &self.name());
        match self {
            Self::Files(changed) => shown.field("changed", changed),
            Self::Python { description, .. } => shown.field("description", description),
            Self::Signal | Self::Admin => &mut shown,
        };
        shown.finish_non_exhaustive()
    }
}

/// Where reloads are asked for. They are done one at a time, in order.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    sender: mpsc::UnboundedSender<Request>,
    status: Arc<Status>,
}

/// The reloads that were asked for.
#[derive(Debug)]
pub(crate) struct Requests(mpsc::UnboundedReceiver<Request>);

/// The server is going down: nothing is reloaded any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GoingDown;

/// A queue and its end; `status` knows how many wait.
pub(crate) fn queue(status: Arc<Status>) -> (Queue, Requests) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Queue { sender, status }, Requests(receiver))
}

impl Queue {
    /// Asks for a reload and returns at once.
    ///
    /// # Errors
    /// Nobody will do it.
    pub(crate) fn ask(&self, request: Request) -> Result<(), GoingDown> {
        self.status.queued();
        self.sender.send(request).map_err(|_closed| {
            self.status.refused();
            GoingDown
        })
    }
}

impl Requests {
    /// The next one.
    pub(super) async fn next(&mut self) -> Request {
        match self.0.recv().await {
            Some(request) => request,
            None => std::future::pending().await,
        }
    }
}

impl Reload for Queue {
    fn request(&self, description: String, payload: Option<ReloadPayload>) {
        // Nobody listens any more when the server is going down.
        let _ = self.ask(Request { id: None, trigger: Trigger::Python { description, payload } });
    }
}
