//! The link between a running call and its caller.

use std::net::IpAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::admitted::Admitted;
use crate::freshness::Freshness;
use crate::inspection::Inspection;
use crate::knowledge::Knowledge;
use crate::notes::Notes;
use crate::ports::{Approve, Ask, CallTelemetry, Notify};
use crate::show::Show;

/// Connects a call with its caller while it runs. A token alone is a link to someone who neither listens nor answers.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// Takes the call back.
    pub cancel: CancellationToken,
    /// Hears how the call goes.
    pub notify: Option<Arc<dyn Notify>>,
    /// Answers questions.
    pub ask: Option<Arc<dyn Ask>>,
    /// Approves the call where a policy asks for it. Without one, such a call is denied.
    pub approve: Option<Arc<dyn Approve>>,
    /// The caller's address; none if there is no network between.
    pub address: Option<IpAddr>,
    /// Traces and counts the call. The pipeline fills it in.
    pub telemetry: Option<Arc<dyn CallTelemetry>>,
    /// Sees the result before any rule; none unless the author of the endpoint makes the call.
    pub inspection: Option<Inspection>,
    /// How much of the result is shown.
    pub show: Show,
    /// What the code of the call notes for its record.
    pub notes: Notes,
    /// Hears when the call has been let in and runs from then on.
    pub admitted: Admitted,
    /// What the code of the call comes to know of the caller.
    pub knowledge: Knowledge,
    /// How long the result is good for. The pipeline fills it in.
    pub freshness: Freshness,
}

impl From<CancellationToken> for Link {
    fn from(cancel: CancellationToken) -> Self {
        Self { cancel, ..Self::default() }
    }
}
