//! What is recorded of a call (spec `policies.md` section 9, `audit.md`).

mod measure;
mod secrets;

use serde::Serialize;

pub use measure::Measure;
pub(crate) use secrets::Secrets;

use crate::call::{CallContext, CallError, Caller};
use crate::definition::Kind;
use crate::value::{Object, Value};

/// The record of one call, complete but for what only the writer knows (record id, duration).
#[derive(Clone, Debug, Serialize)]
pub struct AuditRecord {
    /// Id of the request.
    pub request_id: String,
    /// When the call began, RFC 3339 in UTC.
    pub timestamp: String,
    /// Through which door it came.
    pub caller_type: Caller,
    /// Tool, resource or prompt.
    pub operation_type: Kind,
    /// Name or URI template.
    pub operation_name: String,
    /// Who called.
    pub user_id: Option<String>,
    /// MCP session.
    pub session_id: Option<String>,
    /// The trace that the call is part of: 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// SHA-256 of the definition that decided; none if there is no such endpoint. It is the digest of the file in `mxcp.lock`,
    /// unless the file is not in UTF-8.
    pub definition_digest: Option<String>,
    /// SHA-256 of the rules that decided, as [`PolicySet::digest`](crate::policy::PolicySet::digest) has it; none without any.
    pub policy_digest: Option<String>,
    /// Arguments after conversion, sensitive ones redacted; as sent if they could not be converted.
    pub input_data: Value,
    /// The result after the policies, sensitive parts redacted.
    pub output_data: Option<Value>,
    /// How the call ended.
    pub operation_status: Status,
    /// Why it failed, as the caller was told but without what sensitive arguments say; the true reason where the endpoint
    /// pretends not to exist.
    pub error: Option<String>,
    /// What the policies decided; none if the endpoint has none.
    pub policy_decision: Option<PolicyDecision>,
    /// Why.
    pub policy_reason: Option<String>,
    /// `input[0]: <condition>` for every rule evaluated, in order.
    pub policies_evaluated: Vec<String>,
    /// `input[0]: <what went wrong>` for every rule that could not be evaluated.
    pub policy_errors: Vec<String>,
    /// How much went in: `input_data` as it is recorded.
    pub input_size: Measure,
    /// How much came out: `output_data` as it is recorded.
    pub output_size: Measure,
}

impl AuditRecord {
    /// The record of a call to a tool of mxcp's own, which has no policies and whose result is not recorded.
    #[must_use]
    pub fn of_built_in(
        name: &str,
        arguments: Object,
        error: Option<&CallError>,
        context: &CallContext,
    ) -> Self {
        Self {
            request_id: context.request_id.clone(),
            timestamp: context.timestamp(),
            caller_type: context.caller,
            operation_type: Kind::Tool,
            operation_name: name.to_owned(),
            user_id: context.user_id(),
            session_id: context.session_id.clone(),
            trace_id: context.trace_id(),
            definition_digest: None,
            policy_digest: None,
            input_size: Measure::of(&arguments),
            output_size: Measure::default(),
            input_data: Value::Object(arguments),
            output_data: None,
            operation_status: if error.is_none() { Status::Success } else { Status::Error },
            error: error.map(ToString::to_string),
            policy_decision: None,
            policy_reason: None,
            policies_evaluated: Vec::new(),
            policy_errors: Vec::new(),
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// With a result.
    Success,
    /// With an error.
    Error,
}

/// What the policies decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyDecision {
    /// The call went through untouched.
    Allow,
    /// The result was changed.
    Warn,
    /// A person was asked to approve the call, and had not answered when it ended.
    Ask,
    /// The call was denied.
    Deny,
}
