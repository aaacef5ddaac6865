//! What a client hears, as a stream of events.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::response::sse::Event;
use futures_core::Stream;
use rmcp::model::ServerJsonRpcMessage;
use tokio::sync::mpsc;

use super::MESSAGES_PATH;
use super::sessions::Sessions;

/// The stream of a session, which ends when the stream is dropped: the client left.
#[derive(Debug)]
pub(super) struct Events {
    id: Arc<str>,
    /// Whether the client knows where to post its messages.
    begun: bool,
    messages: mpsc::Receiver<ServerJsonRpcMessage>,
    sessions: Arc<Sessions>,
}

impl Events {
    pub(super) fn new(
        id: Arc<str>,
        messages: mpsc::Receiver<ServerJsonRpcMessage>,
        sessions: Arc<Sessions>,
    ) -> Self {
        Self { id, begun: false, messages, sessions }
    }
}

impl Stream for Events {
    type Item = Result<Event, serde_json::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.begun {
            self.begun = true;
            let place = format!("{MESSAGES_PATH}?session_id={}", self.id);
            return Poll::Ready(Some(Ok(Event::default().event("endpoint").data(place))));
        }
        self.messages.poll_recv(context).map(|message| {
            let text = serde_json::to_string(&message?);
            Some(text.map(|text| Event::default().event("message").data(text)))
        })
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.sessions.leave(&self.id);
    }
}
