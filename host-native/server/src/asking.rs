//! What calls ask their clients.
//!
//! Before 2026-07-28 a question goes to the client while the call waits for it ([`live`]). Since then nothing goes to
//! clients but answers: the call ends with its questions for an answer, and the client makes it again from its beginning
//! with what it says to them ([`rounds`]). A call that runs as a task waits for the answers as it did before ([`within`]).

mod answer;
mod approval;
mod form;
mod keys;
mod live;
mod memory;
mod question;
mod rounds;
mod tickets;
mod within;

use std::sync::Arc;
use std::time::Duration;

use mxcp_core::call::{CallError, Principal};
use mxcp_core::definition::{Implementation, Kind};
use mxcp_core::registry::Registry;
use mxcp_core::schema::TaskQuestions;
use mxcp_runtime::ports::{Approve, Ask};
use rmcp::model::{InputRequiredResult, InputResponses, JsonObject};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use self::live::Live;
pub(crate) use self::memory::Seal;
use self::memory::Subject;
use self::rounds::Rounds;
pub(crate) use self::within::Within;
use crate::notifications::Outbox;
use crate::server::Server;
use crate::session::Reach;
use crate::tools::is_modern;

/// How long a client may take for an answer: people read, think, and look things up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// A request whose call may ask something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// Its method.
    pub(crate) method: &'static str,
    /// The tool, the prompt or the URI.
    pub(crate) name: &'a str,
    /// Its arguments as the client wrote them.
    pub(crate) arguments: Option<&'a JsonObject>,
    /// Who makes it.
    pub(crate) principal: Option<&'a Principal>,
}

/// What a client brings that makes a call again.
#[derive(Debug, Default)]
pub(crate) struct Retry {
    /// Its answers by the keys of the questions.
    pub(crate) answers: Option<InputResponses>,
    /// What it was told to bring along.
    pub(crate) state: Option<String>,
}

/// The questions of one request, until it is answered.
#[derive(Debug)]
pub(crate) enum Asking {
    /// Nobody is there to answer.
    Nobody,
    /// The client answers while the call waits.
    Live(Arc<Live>),
    /// The client answers by making the call again.
    Rounds(Arc<Rounds>),
    /// The client answers while it looks after the task that the call runs as.
    Within(Arc<Within>),
}

/// Whether an endpoint has code that can ask anything, or policies that can ask for approval.
pub(crate) fn may_ask(registry: &Registry, kind: Kind, name: &str) -> bool {
    registry.get(kind, name).is_some_and(|endpoint| {
        matches!(endpoint.implementation, Implementation::Python(_)) || endpoint.policies.may_ask()
    })
}

impl Asking {
    /// The questions of a request that begins now.
    ///
    /// # Errors
    /// What the client brings is not what it was given, or too old.
    pub(crate) async fn of_request(
        server: &Server,
        context: &RequestContext<RoleServer>,
        request: Request<'_>,
        retry: Retry,
    ) -> Result<Self, ErrorData> {
        if is_modern(context) {
            let subject = Subject::new(&request);
            let capabilities = context.client_capabilities().unwrap_or_default();
            let rounds = Rounds::begin(capabilities, Arc::clone(server.seal()), subject, retry).await?;
            return Ok(Self::Rounds(Arc::new(rounds)));
        }
        Ok(match server.session().reach() {
            Reach::Anytime => Self::Live(Arc::new(Live::new(context, server.closing().clone()))),
            Reach::WithAnswers => Self::Nobody,
        })
    }

    /// The questions of a request whose call runs as a task.
    ///
    /// # Errors
    /// What the client brings is not what it was given, or too old.
    pub(crate) async fn of_task(
        server: &Server,
        context: &RequestContext<RoleServer>,
        request: Request<'_>,
        retry: Retry,
        questions: TaskQuestions,
    ) -> Result<Arc<Within>, ErrorData> {
        let capabilities = context.client_capabilities().unwrap_or_default();
        let before = match questions {
            TaskQuestions::Within => None,
            TaskQuestions::Before => {
                let (subject, seal) = (Subject::new(&request), Arc::clone(server.seal()));
                Some(Arc::new(Rounds::begin(capabilities.clone(), seal, subject, retry).await?))
            }
        };
        Ok(Arc::new(Within::new(capabilities, before, server.closing().clone())))
    }

    /// What puts the questions of the call.
    pub(crate) fn port(&self) -> Option<Arc<dyn Ask>> {
        match self {
            Self::Nobody => None,
            Self::Live(live) => Some(Arc::<Live>::clone(live)),
            Self::Rounds(rounds) => Some(Arc::<Rounds>::clone(rounds)),
            Self::Within(within) => Some(Arc::<Within>::clone(within)),
        }
    }

    /// What puts the question whether the call may run.
    pub(crate) fn approver(&self) -> Option<Arc<dyn Approve>> {
        match self {
            Self::Nobody => None,
            Self::Live(live) => Some(Arc::<Live>::clone(live)),
            Self::Rounds(rounds) => Some(Arc::<Rounds>::clone(rounds)),
            Self::Within(within) => Some(Arc::<Within>::clone(within)),
        }
    }

    /// Puts no question before what was said earlier has been told.
    pub(crate) fn follow(&self, outbox: &Arc<Outbox>) {
        if let Self::Live(live) = self {
            live.follow(Arc::clone(outbox));
        }
    }

    /// The questions, if it is for those that the call ended with `error`.
    ///
    /// # Errors
    /// The call ended because the client has not a capability that it needs, or the questions can't be put.
    pub(crate) fn input_required(
        &self,
        server: &Server,
        error: &CallError,
    ) -> Result<Option<InputRequiredResult>, ErrorData> {
        let result = match self {
            Self::Rounds(rounds) => rounds.input_required(error)?,
            Self::Within(within) => within.input_required(error)?,
            Self::Nobody | Self::Live(_) => None,
        };
        Ok(result.map(|result| result.with_meta(server.identity())))
    }
}

impl Drop for Asking {
    /// No question outlives its call.
    fn drop(&mut self) {
        match self {
            Self::Nobody => {}
            Self::Live(live) => live.end(),
            Self::Rounds(rounds) => rounds.end(),
            Self::Within(within) => within.end(),
        }
    }
}
