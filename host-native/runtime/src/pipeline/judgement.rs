//! What operators read in the log about what policies did (spec `policies.md` sections 3.1, 9 and 12).

use mxcp_core::call::{CallError, Caller};
use mxcp_core::policy::Stage;
use mxcp_core::registry::Reply;

/// The parameter that conditions can't see, as they call the caller so.
const USER: &str = "user";

/// Tells of a denial, of conditions that could not be evaluated, and of an argument that they can't see. Whoever calls on the command
/// line reads the log as well: they have the reason of a denial already, and hear nothing of what is hidden from them.
pub(super) fn tell(reply: &Reply) {
    let Some(endpoint) = reply.endpoint() else { return };
    let (name, request_id) = (&*endpoint.name, &*reply.context().request_id);
    let is_served = matches!(reply.context().caller, Caller::Http | Caller::Stdio);
    if reply.is_hidden() && !is_served {
        return;
    }
    if endpoint.parameters.get(USER).is_some()
        && endpoint.policies.rules().any(|rule| rule.stage == Stage::Input)
    {
        tracing::warn!(
            request_id,
            endpoint = name,
            "Query parameter 'user' conflicts with user context namespace: conditions see the caller, not the argument"
        );
    }
    for error in reply.policy_errors() {
        tracing::error!(
            request_id,
            endpoint = name,
            error,
            "a policy can't be evaluated, and counts as holding"
        );
    }
    match reply.denial().filter(|_| is_served) {
        Some(CallError::InputDenied { reason }) => {
            tracing::warn!(request_id, endpoint = name, "Input policy denied access: {reason}");
        }
        Some(CallError::OutputDenied { reason }) => {
            tracing::warn!(request_id, endpoint = name, "Output policy denied access: {reason}");
        }
        _ => {}
    }
}
