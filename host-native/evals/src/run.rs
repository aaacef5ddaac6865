//! One test, from its question to the judgement.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use mxcp_core::call::{
    Call, CallContext, CallError, Caller, Headers, OutputValidation, Principal, UnknownArguments,
};
use mxcp_core::definition::Kind;
use mxcp_core::evals::{MadeCall, failures};
use mxcp_core::registry::{Registry, Success};
use mxcp_core::schema::EvalTest;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::ports::{Approve, ApprovedBeforehand};
use mxcp_runtime::{Link, Pipeline, Show};
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

use crate::dialogue::{Asked, Dialogue, Done};
use crate::error::ServiceError;
use crate::offer::Offer;
use crate::service::Service;
use crate::usage::Usage;

/// How often a model is asked in a test; what it said last is its answer then.
const MOST_REQUESTS: usize = 10;

/// Numbers the calls of a process.
static CALLS: AtomicU64 = AtomicU64::new(1);

/// What a test runs in.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// The way of every call.
    pub pipeline: &'a Pipeline,
    /// The model.
    pub service: &'a Service,
    /// Who calls in place of the test's own `user_context`.
    pub principal: Option<Arc<Principal>>,
    /// Takes the test back.
    pub cancel: &'a CancellationToken,
}

/// How a test ended.
#[derive(Debug)]
pub struct Conclusion {
    /// What was judged; else why there is nothing to judge.
    pub outcome: Result<Finished, String>,
    /// What it used, also where it broke.
    pub usage: Usage,
}

/// A test that came to its end.
#[derive(Debug)]
pub struct Finished {
    /// What does not hold; nothing if the test has passed.
    pub failures: Vec<String>,
    /// What the model said at last.
    pub response: String,
    /// The calls that it made, in order, without what is sensitive.
    pub calls: Vec<MadeCall>,
}

/// Plays a test. Calls are made as the server makes them: with conversion, defaults, validation and policies.
pub async fn run(test: &EvalTest, setting: &Setting<'_>) -> Conclusion {
    let mut usage = Usage::default();
    let outcome = converse(test, setting, &mut usage).await;
    let outcome = outcome.map(|(response, calls)| Finished {
        failures: failures(&test.assertions, &calls, &response),
        response,
        calls: calls.into_iter().map(|call| redacted(call, &setting.pipeline.registry())).collect(),
    });
    Conclusion { outcome, usage }
}

/// A call as it may be told: without arguments that are sensitive.
fn redacted(call: MadeCall, registry: &Registry) -> MadeCall {
    let Some(endpoint) = [Kind::Tool, Kind::Resource].iter().find_map(|kind| registry.get(*kind, &call.tool))
    else {
        return call;
    };
    let arguments = call.arguments.map(|arguments| endpoint.parameters.redact(&arguments));
    MadeCall { arguments, ..call }
}

/// What the model said at last, and the calls that it made.
async fn converse(
    test: &EvalTest,
    setting: &Setting<'_>,
    usage: &mut Usage,
) -> Result<(String, Vec<MadeCall>), String> {
    let principal = match &setting.principal {
        Some(principal) => Some(Arc::clone(principal)),
        None => own_caller(test)?,
    };
    let offer = Offer::to(&setting.pipeline.registry(), &context(principal.clone()));
    let mut dialogue = Dialogue::new(setting.service, &offer, &test.prompt);
    let mut calls = Vec::new();
    let mut response = String::new();
    for _ in 0..MOST_REQUESTS {
        let turn = dialogue.next(setting.cancel).await.map_err(|problem| problem.to_string())?;
        *usage += turn.usage;
        response.clone_from(&turn.text);
        if turn.calls.is_empty() {
            break;
        }
        let mut done = Vec::with_capacity(turn.calls.len());
        for asked in &turn.calls {
            let result = make(asked, &offer, test, setting, principal.clone()).await?;
            let error = match &result {
                Done::Error(error) => Some(error.clone()),
                Done::Result(_) => None,
            };
            calls.push(MadeCall { tool: asked.tool.clone(), arguments: asked.arguments.clone(), error });
            done.push(result);
        }
        dialogue.tell(turn, &done);
    }
    Ok((response, calls))
}

/// Makes a call. What goes wrong with it is for the model to know.
///
/// # Errors
/// The user has stopped the test.
async fn make(
    asked: &Asked,
    offer: &Offer,
    test: &EvalTest,
    setting: &Setting<'_>,
    principal: Option<Arc<Principal>>,
) -> Result<Done, String> {
    let Some(arguments) = &asked.arguments else {
        return Ok(Done::Error("the arguments are no JSON object".to_owned()));
    };
    // What is not on offer may be called all the same: the server answers as well, if only that it is not allowed.
    let registry = setting.pipeline.registry();
    let is_resource = registry.get(Kind::Tool, &asked.tool).is_none()
        && registry.get(Kind::Resource, &asked.tool).is_some();
    // A cursor would be another text in each run, and no recorded answer would be for it.
    let show = Show::Parts { cursor: None, base: None };
    let call = Call {
        kind: if is_resource { Kind::Resource } else { Kind::Tool },
        name: asked.tool.clone(),
        arguments: arguments.clone(),
        unknown_arguments: UnknownArguments::Drop,
        output_validation: OutputValidation::Check,
    };
    let approve = (test.approve == Some(true)).then(|| Arc::new(ApprovedBeforehand) as Arc<dyn Approve>);
    let link = Link { cancel: setting.cancel.clone(), approve, show, ..Link::default() };
    match setting.pipeline.call(call, context(principal), link).await.into_result() {
        Ok(success) => Ok(Done::Result(told(&success))),
        Err(CallError::Cancelled) if setting.cancel.is_cancelled() => {
            Err(ServiceError::Cancelled.to_string())
        }
        Err(CallError::UnknownEndpoint { .. }) => Ok(Done::Error(unknown(&asked.tool, offer))),
        Err(error) => Ok(Done::Error(error.to_string())),
    }
}

/// What a model is told of a result: where not all of it is shown, also how much there is.
fn told(success: &Success) -> Json {
    let value = success.value.to_json();
    match &success.part {
        None => value,
        Some(part) => json!({ "rows": value, "note": part.to_string() }),
    }
}

/// What a model is told of a tool that does not exist, or pretends not to.
fn unknown(tool: &str, offer: &Offer) -> String {
    let names: Vec<_> = offer.tools.iter().map(|tool| format!("'{}'", tool.name)).collect();
    format!("Tool '{tool}' not found. Available tools: [{}]", names.join(", "))
}

fn context(principal: Option<Arc<Principal>>) -> CallContext {
    CallContext {
        request_id: format!("eval-{}-{}", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed)),
        now: SystemTime::now().into(),
        caller: Caller::Test,
        principal,
        headers: Headers::none(),
        session_id: None,
        trace: None,
    }
}

/// Who calls in a test, as it says itself.
fn own_caller(test: &EvalTest) -> Result<Option<Arc<Principal>>, String> {
    let Some(context) = &test.user_context else { return Ok(None) };
    let context = Value::Object(Object::from_json(context.clone()));
    Principal::from_context(context, "test")
        .map(|principal| Some(Arc::new(principal)))
        .map_err(|error| error.to_string())
}
