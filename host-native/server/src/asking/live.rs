//! Questions before 2026-07-28: requests to the client, while the call waits.

use std::sync::{Arc, Mutex, PoisonError};

use mxcp_runtime::ports::{
    Answer, ApprovalRequest, Approve, Ask, AskError, BoxFuture, Question, QuestionKind,
};
use rmcp::RoleServer;
use rmcp::model::{
    ClientCapabilities, ClientResult, ElicitRequestParams, ErrorCode, GetExtensions as _, InputRequest,
    RequestId, ServerRequest,
};
use rmcp::service::{OriginatingRequestId, Peer, PeerRequestOptions, RequestContext, ServiceError};
use serde_json::Value as Json;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::keys::Keys;
use super::{PATIENCE, answer, approval, question};
use crate::notifications::Outbox;

/// Longest part of a client's refusal that is passed on, in characters.
const LONGEST: usize = 500;

/// Puts the questions of one call.
#[derive(Debug)]
pub(crate) struct Live {
    peer: Peer<RoleServer>,
    /// The request that is answered by the call: questions belong on its stream.
    origin: RequestId,
    capabilities: ClientCapabilities,
    keys: Mutex<Keys>,
    /// What the call says besides, which comes in order.
    said: Mutex<Option<Arc<Outbox>>>,
    /// Cancelled when the call has ended.
    ended: CancellationToken,
    /// Cancelled when no answer can come any more.
    closing: CancellationToken,
    /// Questions are put from threads that know of no runtime.
    runtime: Handle,
}

impl Live {
    pub(super) fn new(context: &RequestContext<RoleServer>, closing: CancellationToken) -> Self {
        Self {
            peer: context.peer.clone(),
            origin: context.id.clone(),
            capabilities: context.client_capabilities().unwrap_or_default(),
            keys: Mutex::default(),
            said: Mutex::default(),
            ended: context.ct.child_token(),
            closing,
            runtime: Handle::current(),
        }
    }

    /// Takes back what is still asked.
    pub(super) fn end(&self) {
        self.ended.cancel();
    }

    /// Puts no question before what was said earlier has been told.
    pub(super) fn follow(&self, outbox: Arc<Outbox>) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(outbox);
    }

    fn request(&self, question: &Question) -> Result<InputRequest, AskError> {
        let mut request = question::request(question)?;
        if question::missing(&request, &self.capabilities).is_some() {
            return Err(AskError::Unsupported(question.kind));
        }
        let key = self.keys.lock().unwrap_or_else(PoisonError::into_inner).next(question)?;
        if let InputRequest::Elicitation(request) = &mut request
            && let ElicitRequestParams::UrlElicitationParams { elicitation_id, .. } = &mut request.params
            && elicitation_id.is_empty()
        {
            *elicitation_id = format!("{}-{key}", self.origin);
        }
        Ok(request)
    }

    /// Puts a request in a task of its own, which takes it back when nobody waits for the answer any more.
    fn put(&self, mut request: ServerRequest, given_up: CancellationToken) -> oneshot::Receiver<Reply> {
        request.extensions_mut().insert(OriginatingRequestId(self.origin.clone()));
        let (tell, told) = oneshot::channel();
        let (peer, closing) = (self.peer.clone(), self.closing.clone());
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|said| said.told());
        self.runtime.spawn(async move {
            if let Some(told) = said {
                given_up.run_until_cancelled(told).await;
            }
            let _ = tell.send(exchange(&peer, request, &given_up, &closing).await);
        });
        told
    }
}

type Reply = Result<ClientResult, ServiceError>;

async fn exchange(
    peer: &Peer<RoleServer>,
    request: ServerRequest,
    given_up: &CancellationToken,
    closing: &CancellationToken,
) -> Reply {
    let mut asked = peer.send_cancellable_request(request, PeerRequestOptions::no_options()).await?;
    tokio::select! {
        biased;
        reply = &mut asked.rx => reply.unwrap_or(Err(ServiceError::TransportClosed)),
        () = given_up.cancelled() => {
            let _ = asked.cancel(Some("the answer is not needed any more".to_owned())).await;
            Err(ServiceError::Cancelled { reason: None })
        }
        () = closing.cancelled() => Err(ServiceError::TransportClosed),
        () = tokio::time::sleep(PATIENCE) => {
            let _ = asked.cancel(Some("the answer took too long".to_owned())).await;
            Err(ServiceError::Timeout { timeout: PATIENCE })
        }
    }
}

/// What a client's reply means.
fn read(reply: Reply, kind: QuestionKind) -> Result<Json, AskError> {
    match reply {
        Ok(result) => serde_json::to_value(result).map_err(|error| AskError::Failed(error.to_string())),
        Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => {
            Err(AskError::Unsupported(kind))
        }
        Err(ServiceError::McpError(error)) => {
            let reason: String = error.message.chars().take(LONGEST).collect();
            Err(AskError::Failed(format!("the client refused: {reason}")))
        }
        Err(
            ServiceError::Cancelled { .. } | ServiceError::TransportClosed | ServiceError::TransportSend(_),
        ) => Err(AskError::Cancelled),
        Err(ServiceError::Timeout { timeout }) => {
            Err(AskError::Failed(format!("the client did not answer within {} s", timeout.as_secs())))
        }
        Err(error) => Err(AskError::Failed(error.to_string())),
    }
}

impl Ask for Live {
    fn ask(&self, question: Question) -> BoxFuture<'static, Result<Json, AskError>> {
        let request = match self.request(&question) {
            Ok(request) => request,
            Err(error) => return Box::pin(async { Err(error) }),
        };
        let Some(to_client) = question::to_client(request.clone()) else {
            return Box::pin(async move { Err(AskError::Unsupported(question.kind)) });
        };
        let given_up = self.ended.child_token();
        let told = self.put(to_client, given_up.clone());
        Box::pin(async move {
            let _given_up_when_dropped = given_up.drop_guard();
            let reply = told.await.unwrap_or(Err(ServiceError::TransportClosed));
            answer::checked(&request, read(reply, question.kind)?)
        })
    }
}

impl Approve for Live {
    fn approve(&self, request: ApprovalRequest) -> BoxFuture<'static, Result<Answer, AskError>> {
        let asked = self.ask(approval::question(&request));
        Box::pin(async move { Ok(approval::read(&asked.await?)) })
    }
}

#[cfg(test)]
mod tests {
    use rmcp::ErrorData;

    use super::*;

    fn refused(error: ServiceError) -> AskError {
        read(Err(error), QuestionKind::Sampling).unwrap_err()
    }

    #[test]
    fn refusals_are_told_apart() {
        let no_such_method = ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "?", None);
        assert_eq!(
            refused(ServiceError::McpError(no_such_method)),
            AskError::Unsupported(QuestionKind::Sampling)
        );
        let no = ErrorData::new(ErrorCode(-1), "no".repeat(1000), None);
        let AskError::Failed(reason) = refused(ServiceError::McpError(no)) else { panic!() };
        assert!(reason.starts_with("the client refused: nono") && reason.len() < 600, "{reason}");
        assert_eq!(refused(ServiceError::TransportClosed), AskError::Cancelled);
        let late = AskError::Failed("the client did not answer within 600 s".to_owned());
        assert_eq!(refused(ServiceError::Timeout { timeout: PATIENCE }), late);
    }
}
