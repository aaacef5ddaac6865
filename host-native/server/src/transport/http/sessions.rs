//! Sessions before 2026-07-28, in which each request has a stream of its own for what is said about it.
//!
//! Sessions themselves are rmcp's. It sends progress on the stream of its request and everything else on the stream that
//! belongs to no request; here, a request brings a channel along by which its call can speak on the request's own stream.

mod claim;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use mxcp_mcp::params;
use rmcp::ErrorData;
use rmcp::model::{ClientJsonRpcMessage, Extensions, GetExtensions as _, RequestId, ServerJsonRpcMessage};
use rmcp::transport::WorkerTransport;
use rmcp::transport::common::server_side_http::{ServerSseMessage, SessionId, session_id};
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError, create_local_session,
};
use tokio::sync::mpsc;

use self::claim::{Claim, Ids};
use crate::authentication::Owner;
use crate::notifications::{RequestStream, SessionEnd};

/// Messages about a request that may wait for a client that reads slowly.
const WAITING: usize = 16;

/// The open sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    inner: LocalSessionManager,
    open: Mutex<BTreeMap<SessionId, Open>>,
}

/// What is known of an open session here.
#[derive(Debug, Default)]
struct Open {
    /// To whom it belongs, once that was said.
    owner: Option<Owner>,
    end: SessionEnd,
    /// What its requests are called that are not answered yet.
    ids: Ids,
}

impl Sessions {
    /// Sessions that end after being idle for that long.
    pub(super) fn new(idle: Duration) -> Self {
        let mut inner = LocalSessionManager::default();
        inner.session_config.keep_alive = Some(idle);
        inner.session_config.sse_retry = None;
        Self { inner, open: Mutex::default() }
    }

    /// How many are open.
    pub(super) async fn count(&self) -> usize {
        self.inner.sessions.read().await.len()
    }

    /// Whether a session is open.
    pub(super) async fn contains(&self, id: &str) -> bool {
        self.inner.sessions.read().await.contains_key(id)
    }

    /// Says to whom a session belongs, unless that was said before, or it is closed.
    pub(super) fn belongs_to(&self, id: &str, owner: Owner) {
        if let Some(open) = self.open().get_mut(id) {
            open.owner.get_or_insert(owner);
        }
    }

    /// Whether a session belongs to somebody.
    pub(super) fn is_of(&self, id: &str, owner: &Owner) -> bool {
        self.open().get(id).is_some_and(|open| open.owner.as_ref() == Some(owner))
    }

    /// Lets a request know when its session ends.
    fn bind(&self, id: &str, request: &mut Extensions) {
        if let Some(open) = self.open().get(id) {
            request.insert(open.end.clone());
        }
    }

    /// Takes an id for a request of a session; none if another request has it, that is not answered yet.
    fn claim(&self, id: &str, request: &RequestId) -> Option<Arc<Claim>> {
        let ids = self.open().get(id).map(|open| open.ids.clone()).unwrap_or_default();
        ids.claim(request)
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<SessionId, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.open().insert(Arc::clone(&id), Open::default());
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

    /// Takes back what is called within the session first: rmcp would wait for that a while, and a reload with it.
    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        let open = self.open().remove(id);
        if let Some(Open { end: SessionEnd(end), .. }) = open {
            end.cancel();
        }
        self.inner.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        mut message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let (speaker, said) = mpsc::channel(WAITING);
        let mut claim = None;
        if let ClientJsonRpcMessage::Request(request) = &mut message {
            let Some(claimed) = self.claim(id, &request.id) else {
                return Ok(RequestEvents::refusal(&request.id));
            };
            let extensions = request.request.extensions_mut();
            extensions.insert(RequestStream(speaker));
            // A call goes on when its client stops listening or takes it back, and has its id until it ends.
            extensions.insert(Arc::clone(&claimed));
            self.bind(id, extensions);
            claim = Some(claimed);
        }
        let answer = self.inner.create_stream(id, message).await?;
        Ok(RequestEvents { said, answer: Some(Box::pin(answer)), claim })
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
    /// None where the answer is among what is said.
    answer: Option<Pin<Box<S>>>,
    /// That of the request's id, until the answer is there.
    claim: Option<Arc<Claim>>,
}

impl<S> RequestEvents<S> {
    /// The answer to a request whose id is that of another one.
    fn refusal(id: &RequestId) -> Self {
        let problem = format!("Invalid Request: a request with the id {id} is still being answered");
        let refusal =
            ServerJsonRpcMessage::error(ErrorData::invalid_request(problem, None), Some(id.clone()));
        let (speaker, said) = mpsc::channel(1);
        // There is room for one.
        let _sent = speaker.try_send(ServerSseMessage::from_message(refusal));
        Self { said, answer: None, claim: None }
    }
}

impl<S: Stream<Item = ServerSseMessage>> Stream for RequestEvents<S> {
    type Item = ServerSseMessage;

    /// What was said comes before the answer: a call has said everything by the time it is answered.
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(Some(message)) = self.said.poll_recv(context) {
            return Poll::Ready(Some(message));
        }
        let Some(answer) = &mut self.answer else { return Poll::Ready(None) };
        let mut event = ready!(answer.as_mut().poll_next(context));
        // Whoever has the answer may use its id again at once.
        if event.as_ref().is_some_and(is_answer)
            && let Some(claim) = self.claim.take()
        {
            claim.release();
        }
        if let Some(message) = event.as_mut().and_then(|event| event.message.as_mut())
            && matches!(**message, ServerJsonRpcMessage::Error(_))
            && let ServerJsonRpcMessage::Error(error) = Arc::make_mut(message)
        {
            params::put_in_words(&mut error.error);
        }
        Poll::Ready(event)
    }
}

fn is_answer(event: &ServerSseMessage) -> bool {
    matches!(
        event.message.as_deref(),
        Some(ServerJsonRpcMessage::Response(_) | ServerJsonRpcMessage::Error(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_a_session_ends_its_requests_and_no_others() {
        let sessions = Sessions::new(Duration::from_secs(60));
        let (first, _transport) = sessions.create_session().await.unwrap();
        let (second, _transport) = sessions.create_session().await.unwrap();
        let requests = [&first, &second].map(|id| {
            let mut request = Extensions::new();
            sessions.bind(id, &mut request);
            request
        });
        let ended =
            || requests.each_ref().map(|request| request.get().map(|SessionEnd(end)| end.is_cancelled()));
        assert_eq!(ended(), [Some(false), Some(false)]);
        // Whether rmcp's part of it was still there does not matter.
        let _closed = sessions.close_session(&first).await;
        assert_eq!(ended(), [Some(true), Some(false)]);
    }
}
