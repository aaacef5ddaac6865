//! Making the call that is explained.

use std::sync::Arc;

use mxcp_core::call::{Call, CallContext, CallError};
use mxcp_core::registry::Registry;
use mxcp_core::value::Value;
use mxcp_runtime::{Inspection, Link};
use tokio_util::sync::CancellationToken;

use crate::approval;
use crate::compose::{self, Engines, Opening};
use crate::failure::Failure;
use crate::project::{Definitions, Project};
use crate::signals;

/// How the call is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// Whether it is approved where a policy asks for that.
    pub(super) approve: bool,
    /// Whether the database is opened for reading only.
    pub(super) readonly: bool,
}

/// Makes a call as `mxcp run` does, and gives the result before any rule: none if a rule kept it from being made.
///
/// # Errors
/// It can't be made, or fails for another reason than a rule.
pub(super) fn execute(
    project: &Project,
    definitions: Definitions,
    manner: Manner,
    call: Call,
    context: CallContext,
) -> Result<(Arc<Registry>, Option<Value>), Failure> {
    compose::block_on(async {
        let opening = Opening::of_command(manner.readonly);
        let engines = Engines::open(project, &definitions.registry, opening).await?;
        let pipeline = engines.pipeline(definitions.registry);
        let inspection = Inspection::default();
        let reply = signals::cancelling(|cancel: CancellationToken| {
            let approve = Some(approval::approver(manner.approve));
            let link = Link { cancel, approve, inspection: Some(inspection.clone()), ..Link::default() };
            pipeline.call(call, context, link)
        })
        .await;
        engines.close().await;
        match reply.undisguised() {
            Ok(_) | Err(CallError::InputDenied { .. } | CallError::OutputDenied { .. }) => {
                Ok((pipeline.registry(), inspection.take()))
            }
            Err(CallError::Cancelled) => Err(Failure::message(signals::CANCELLED)),
            Err(error) => Err(Failure::Other(error.clone().into())),
        }
    })
}
