//! What a running call tells its client before the result.
//!
//! Engines speak from threads of their own and must not wait, so what they say is put into an [`Outbox`] and sent from
//! there, in order, while the call goes on. The result is given out only when the outbox is empty.

mod outbox;
mod pace;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use mxcp_runtime::Link;
use mxcp_runtime::ports::Notify;
use rmcp::RoleServer;
use rmcp::model::{ServerJsonRpcMessage, ServerNotification};
use rmcp::service::{Peer, RequestContext};
use rmcp::transport::common::server_side_http::ServerSseMessage;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) use self::outbox::Outbox;
use crate::asking::Asking;
use crate::server::Server;
use crate::{context, logging};

/// The stream on which a request over HTTP is answered, where the session has others beside it.
#[derive(Clone, Debug)]
pub(crate) struct RequestStream(pub(crate) mpsc::Sender<ServerSseMessage>);

/// Cancelled when the session of a request ends, before rmcp has its requests end.
#[derive(Clone, Debug, Default)]
pub(crate) struct SessionEnd(pub(crate) CancellationToken);

/// Where the client of a request hears of it.
#[derive(Debug)]
enum Route {
    Stream(RequestStream),
    /// The connection has one stream only.
    Peer(Peer<RoleServer>),
}

/// Does the work of a request, linked with its client: the client can take it back, or end the session, hears what it
/// says, and answers what it asks, if there is a way.
pub(crate) async fn linked<F: Future>(
    server: &Server,
    context: &RequestContext<RoleServer>,
    asking: &Asking,
    work: impl FnOnce(Link) -> F,
) -> F::Output {
    let mut told = pin!(told(server, context, asking, work));
    if let Some(SessionEnd(end)) = context.extensions.get() {
        tokio::select! {
            biased;
            output = &mut told => return output,
            () = end.cancelled() => context.ct.cancel(),
        }
    }
    told.await
}

/// Does the work, and tells its client of it until it is done.
async fn told<F: Future>(
    server: &Server,
    context: &RequestContext<RoleServer>,
    asking: &Asking,
    work: impl FnOnce(Link) -> F,
) -> F::Output {
    let cancel = context.ct.clone();
    let address = context::address(&context.extensions);
    let token = context.meta.get_progress_token();
    let least_level = logging::least_level(server.session(), context);
    if token.is_none() && least_level.is_none() {
        let (ask, approve) = (asking.port(), asking.approver());
        return work(Link { cancel, ask, approve, address, ..Link::default() }).await;
    }
    let outbox = Arc::new(Outbox::new(token, least_level));
    asking.follow(&outbox);
    let route = Route::of(context);
    let notify: Arc<dyn Notify> = Arc::<Outbox>::clone(&outbox);
    let (ask, approve) = (asking.port(), asking.approver());
    let mut work =
        pin!(work(Link { cancel, notify: Some(notify), ask, approve, address, ..Link::default() }));
    let mut sending = pin!(send_all(&outbox, &route));
    let output = tokio::select! {
        biased;
        output = &mut work => output,
        // Ends after the outbox is closed only, which is below.
        () = &mut sending => work.await,
    };
    outbox.close();
    tokio::select! {
        biased;
        () = sending => {}
        () = context.ct.cancelled() => {}
    }
    output
}

/// Sends what is in the outbox and what will be, until it is closed.
async fn send_all(outbox: &Outbox, route: &Route) {
    while let Some(notification) = outbox.next().await {
        route.send(notification).await;
    }
}

impl Route {
    fn of(context: &RequestContext<RoleServer>) -> Self {
        match context.extensions.get::<RequestStream>() {
            Some(stream) => Self::Stream(stream.clone()),
            None => Self::Peer(context.peer.clone()),
        }
    }

    /// Sends a notification. A client that left hears nothing, and the call ends by that alone.
    async fn send(&self, notification: ServerNotification) {
        match self {
            Self::Stream(RequestStream(stream)) => {
                let message = ServerJsonRpcMessage::notification(notification);
                let _ = stream.send(ServerSseMessage::from_message(message)).await;
            }
            Self::Peer(peer) => {
                let _ = peer.send_notification(notification).await;
            }
        }
    }
}
