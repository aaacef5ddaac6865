//! Sessions before 2026-07-28, in which each request has a stream of its own for what is said about it.
//!
//! Sessions themselves are rmcp's. It sends progress on the stream of its request and everything else on the stream that
//! belongs to no request; here, a request brings a channel along by which its call can speak on the request's own stream.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use rmcp::model::{ClientJsonRpcMessage, GetExtensions as _, ServerJsonRpcMessage};
use rmcp::transport::WorkerTransport;
use rmcp::transport::common::server_side_http::{ServerSseMessage, SessionId, session_id};
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError, create_local_session,
};
use tokio::sync::mpsc;

use crate::authentication::Owner;
use crate::notifications::RequestStream;

/// Messages about a request that may wait for a client that reads slowly.
const WAITING: usize = 16;

/// The open sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    inner: LocalSessionManager,
    owners: Mutex<BTreeMap<SessionId, Owner>>,
}

impl Sessions {
    /// Sessions that end after being idle for that long.
    pub(super) fn new(idle: Duration) -> Self {
        let mut inner = LocalSessionManager::default();
        inner.session_config.keep_alive = Some(idle);
        inner.session_config.sse_retry = None;
        Self { inner, owners: Mutex::default() }
    }

    /// How many are open.
    pub(super) async fn count(&self) -> usize {
        self.inner.sessions.read().await.len()
    }

    /// Whether a session is open.
    pub(super) async fn contains(&self, id: &str) -> bool {
        self.inner.sessions.read().await.contains_key(id)
    }

    /// Says to whom a session belongs, unless that was said before.
    pub(super) async fn belongs_to(&self, id: &str, owner: Owner) {
        self.owners().entry(id.into()).or_insert(owner);
        // It may have been closed in the meantime.
        if !self.contains(id).await {
            self.owners().remove(id);
        }
    }

    /// Whether a session belongs to somebody.
    pub(super) fn is_of(&self, id: &str, owner: &Owner) -> bool {
        self.owners().get(id) == Some(owner)
    }

    fn owners(&self) -> MutexGuard<'_, BTreeMap<SessionId, Owner>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        // 32 digits, as in the older transport and the servers before this one.
        let id: SessionId = session_id().replace('-', "").into();
        let (handle, worker) = create_local_session(Arc::clone(&id), self.inner.session_config.clone());
        self.inner.sessions.write().await.insert(Arc::clone(&id), handle);
        Ok((id, WorkerTransport::spawn(worker)))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.inner.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        self.inner.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        let closed = self.inner.close_session(id).await;
        self.owners().remove(id);
        closed
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        mut message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let (speaker, said) = mpsc::channel(WAITING);
        if let ClientJsonRpcMessage::Request(request) = &mut message {
            request.request.extensions_mut().insert(RequestStream(speaker));
        }
        let answer = self.inner.create_stream(id, message).await?;
        Ok(RequestEvents { said, answer: Box::pin(answer) })
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.inner.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.resume(id, last_event_id).await
    }
}

/// What is said about a request, and its answer, which ends the stream.
struct RequestEvents<S> {
    said: mpsc::Receiver<ServerSseMessage>,
    answer: Pin<Box<S>>,
}

impl<S: Stream<Item = ServerSseMessage>> Stream for RequestEvents<S> {
    type Item = ServerSseMessage;

    /// What was said comes before the answer: a call has said everything by the time it is answered.
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.said.poll_recv(context) {
            Poll::Ready(Some(message)) => Poll::Ready(Some(message)),
            Poll::Ready(None) | Poll::Pending => self.answer.as_mut().poll_next(context),
        }
    }
}
