//! What code that runs within a call may know and do.

use std::sync::Arc;

use mxcp_core::call::{CallContext, Headers, Principal};
use tokio_util::sync::CancellationToken;

use crate::knowledge::Knowledge;
use crate::link::Link;
use crate::notes::Notes;
use crate::ports::{Ask, CallTelemetry, Notify, OperatorLog};

/// A call as its implementation sees it: who calls, and how to reach them.
#[derive(Clone, Debug)]
pub struct CallScope {
    /// Unique id of the call, for logs.
    pub request_id: String,
    /// Through which door it came: `cli`, `stdio`, `streamable-http`.
    pub transport: &'static str,
    /// The user; none without authentication.
    pub principal: Option<Arc<Principal>>,
    /// Headers of the request.
    pub headers: Headers,
    /// MCP session, if there is one.
    pub session_id: Option<String>,
    /// Hears what the implementation says.
    pub notify: Arc<dyn Notify>,
    /// Puts questions to the client; none if nobody is there to answer.
    pub ask: Option<Arc<dyn Ask>>,
    /// Takes the call back.
    pub cancel: CancellationToken,
    /// Hears what its code says about its own work; none if nobody wants to know.
    pub telemetry: Option<Arc<dyn CallTelemetry>>,
    /// Keeps what the implementation notes for the record of the call.
    pub notes: Notes,
    /// What the implementation comes to know of the caller. Whoever hands it something of this scope that is the caller's has to
    /// say so.
    pub knowledge: Knowledge,
}

impl CallScope {
    /// The scope of a call.
    #[must_use]
    pub fn new(context: &CallContext, link: Link) -> Self {
        Self {
            request_id: context.request_id.clone(),
            transport: context.caller.transport(),
            principal: context.principal.clone(),
            headers: context.headers.clone(),
            session_id: context.session_id.clone(),
            notify: Arc::new(OperatorLog::new(&*context.request_id, link.notify)),
            ask: link.ask,
            cancel: link.cancel,
            telemetry: link.telemetry,
            notes: link.notes,
            knowledge: link.knowledge,
        }
    }

    /// The scope of work that nobody called for, as hooks are; `what` stands in the log for the id of a request.
    #[must_use]
    pub fn of_host(what: &str, transport: &'static str) -> Self {
        Self {
            request_id: what.to_owned(),
            transport,
            principal: None,
            headers: Headers::none(),
            session_id: None,
            notify: Arc::new(OperatorLog::new(what, None)),
            ask: None,
            cancel: CancellationToken::new(),
            telemetry: None,
            notes: Notes::default(),
            knowledge: Knowledge::default(),
        }
    }
}
