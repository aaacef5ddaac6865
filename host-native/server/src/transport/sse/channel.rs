//! The messages of a session, as a transport.

use std::sync::Arc;

use mxcp_mcp::params;
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::sync::mpsc;

use crate::transport::beginning::{self, begins_session};
use crate::transport::open_requests::OpenRequests;

/// Between those who post messages, the stream, and the service.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) incoming: mpsc::Receiver<ClientJsonRpcMessage>,
    pub(super) outgoing: mpsc::Sender<ServerJsonRpcMessage>,
    pub(super) open: Arc<OpenRequests>,
    /// Whether the session has begun.
    pub(super) begun: bool,
}

/// The client closed its stream.
#[derive(Debug, thiserror::Error)]
#[error("the client closed its stream")]
pub(super) struct Closed;

impl Transport<RoleServer> for Channel {
    type Error = Closed;

    fn send(
        &mut self,
        mut message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Closed>> + Send + 'static {
        if let ServerJsonRpcMessage::Error(error) = &mut message {
            params::put_in_words(&mut error.error);
        }
        let (outgoing, open) = (self.outgoing.clone(), Arc::clone(&self.open));
        async move {
            // An answer that can't be delivered is waited for no longer, either.
            let place = outgoing.reserve().await;
            open.went(&message);
            place.map(|place| place.send(message)).map_err(|_| Closed)
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            // Whoever doesn't read the answers is not listened to, so that no more answers pile up.
            let place = self.outgoing.reserve().await.ok()?;
            let message = self.incoming.recv().await?;
            self.begun |= begins_session(&message);
            if !self.begun
                && let Some(refusal) = beginning::refusal(&message)
            {
                self.open.went(&refusal);
                place.send(refusal);
                continue;
            }
            drop(place);
            if self.begun || matches!(message, ClientJsonRpcMessage::Request(_)) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Closed> {
        Ok(())
    }
}
