//! A call, and the facts of it that only a host knows.

use chrono::DateTime;
use mxcp_core::call::{self, Caller, OutputValidation, Principal, UnknownArguments};
use mxcp_core::definition::Kind;

use super::problem::{Problem, json, object};
use crate::bindings::mxcp::core::types as wit;

pub(crate) fn kind(kind: wit::Kind) -> Kind {
    match kind {
        wit::Kind::Tool => Kind::Tool,
        wit::Kind::Resource => Kind::Resource,
        wit::Kind::Prompt => Kind::Prompt,
    }
}

pub(crate) fn wit_kind(kind: Kind) -> wit::Kind {
    match kind {
        Kind::Tool => wit::Kind::Tool,
        Kind::Resource => wit::Kind::Resource,
        Kind::Prompt => wit::Kind::Prompt,
    }
}

pub(crate) fn call(call: wit::Call) -> Result<call::Call, Problem> {
    Ok(call::Call {
        kind: kind(call.kind),
        name: call.name,
        arguments: object("arguments", &call.arguments)?,
        unknown_arguments: match call.unknown_arguments {
            wit::UnknownArguments::Refuse => UnknownArguments::Refuse,
            wit::UnknownArguments::Drop => UnknownArguments::Drop,
        },
        output_validation: if call.check_output { OutputValidation::Check } else { OutputValidation::Skip },
    })
}

pub(crate) fn context(context: wit::Context) -> Result<call::CallContext, Problem> {
    let principal = context.principal.map(|(provider, profile)| {
        Principal::from_context(json("principal", &profile)?, &provider)
            .map_err(|error| Problem::Principal(error.to_string()))
    });
    Ok(call::CallContext {
        request_id: context.request_id,
        now: DateTime::from_timestamp_micros(context.now).unwrap_or(DateTime::UNIX_EPOCH),
        caller: match context.caller {
            wit::Caller::Cli => Caller::Cli,
            wit::Caller::Stdio => Caller::Stdio,
            wit::Caller::Http => Caller::Http,
            wit::Caller::Test => Caller::Test,
        },
        principal: principal.transpose()?.map(Into::into),
        // Headers only matter to what runs, and the host runs it.
        headers: call::Headers::none(),
        session_id: context.session_id,
        trace: None,
    })
}
