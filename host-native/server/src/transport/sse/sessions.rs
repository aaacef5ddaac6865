//! The clients that have a stream open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::ClientJsonRpcMessage;
use rmcp::service::{ServerInitializeError, serve_server_with_ct};
use rmcp::transport::common::server_side_http::session_id;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::events::Events;
use crate::authentication::Owner;
use crate::server::Server;
use crate::session::Reach;
use crate::transport::open_requests::OpenRequests;

/// Most sessions at once: each holds a connection, a task and buffers.
const SESSIONS: usize = 10_000;

/// Messages that may wait in either direction.
const WAITING: usize = 64;

/// The open sessions by their ids.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: Mutex<HashMap<Arc<str>, Entry>>,
}

/// What is known of a session.
#[derive(Clone, Debug)]
struct Entry {
    incoming: mpsc::Sender<ClientJsonRpcMessage>,
    requests: Arc<OpenRequests>,
    ended: CancellationToken,
    owner: Owner,
}

/// Where the messages of a client are put.
#[derive(Debug)]
pub(super) struct Inbox(Entry);

impl Sessions {
    /// Begins a session of somebody's; none if there are too many.
    pub(super) fn begin(self: &Arc<Self>, server: &Server, owner: Owner) -> Option<Events> {
        let id: Arc<str> = session_id().replace('-', "").into();
        let (incoming, messages) = mpsc::channel(WAITING);
        let (outgoing, events) = mpsc::channel(WAITING);
        let entry = Entry { incoming, requests: Arc::default(), ended: CancellationToken::new(), owner };
        let requests = Arc::clone(&entry.requests);
        let ended = entry.ended.clone();
        {
            let mut open = self.lock();
            if open.len() >= SESSIONS {
                return None;
            }
            open.insert(Arc::clone(&id), entry);
        }
        let channel = Channel { incoming: messages, outgoing, open: requests, begun: false };
        tokio::spawn(serve(server.connected(Reach::Anytime), channel, ended));
        Some(Events::new(id, events, Arc::clone(self)))
    }

    /// Where to put messages of a session; none if its owner has no such session.
    pub(super) fn inbox(&self, id: &str, owner: &Owner) -> Option<Inbox> {
        self.lock().get(id).filter(|entry| entry.owner == *owner).cloned().map(Inbox)
    }

    /// Ends a session whose client left, and takes its calls back.
    pub(super) fn leave(&self, id: &str) {
        if let Some(entry) = self.lock().remove(id) {
            entry.ended.cancel();
        }
    }

    /// Waits until every request is answered, or its client gone.
    pub(super) async fn requests_finished(&self) {
        let all: Vec<_> = self.lock().values().cloned().collect();
        for Entry { requests, ended, .. } in all {
            ended.run_until_cancelled(requests.all_closed()).await;
        }
    }

    /// Ends all sessions. Their streams end when everything in them is read.
    pub(super) fn end(&self) {
        // Without anyone to put messages in, a service ends as it does at the end of its input.
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Entry>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inbox {
    /// Puts a message in, as soon as there is room for it. Gives whether the session is still there.
    pub(super) async fn put(&self, message: ClientJsonRpcMessage) -> bool {
        self.0.requests.came(&message);
        self.0.incoming.send(message).await.is_ok()
    }
}

async fn serve(server: Server, channel: Channel, ended: CancellationToken) {
    match serve_server_with_ct(server, channel, ended).await {
        Ok(running) => {
            if let Err(error) = running.waiting().await {
                tracing::error!(%error, "session ended abnormally");
            }
        }
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => {}
        Err(error) => tracing::warn!(%error, "session did not begin"),
    }
}
