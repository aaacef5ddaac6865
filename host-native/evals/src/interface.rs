//! How services are spoken to: what requests look like, and what answers say.

mod claude;
mod openai;
#[cfg(test)]
mod tests;

use std::fmt;

use mxcp_core::call::Secret;
use mxcp_core::schema::ModelKind;
use mxcp_core::value::{Object, Value};
use serde_json::{Value as Json, json};

use crate::offer::Tool;

/// Most tokens that an answer may have.
const MAX_TOKENS: u64 = 4096;

/// The keys of requests that say how long an answer may be.
pub(crate) const LIMIT_KEYS: [&str; 2] = ["max_tokens", "max_completion_tokens"];

/// An interface of language models.
pub(crate) trait Interface: fmt::Debug + Send + Sync {
    /// The word that the user file has for it.
    fn word(&self) -> &'static str;

    /// Where a service with this base is asked.
    fn url(&self, base: &str) -> String;

    /// The headers by which a request says whose it is.
    fn headers(&self, key: &Secret) -> Vec<(&'static str, String)>;

    /// The messages of a conversation that begins with a question.
    fn opening(&self, question: &str) -> Vec<Json>;

    /// A tool as requests name it.
    fn tool(&self, tool: &Tool) -> Json;

    /// What an answer says; none if it is of another form.
    fn read(&self, answer: &Json) -> Option<Answer>;

    /// The messages that tell what came of calls.
    fn results(&self, results: &[ToolResult<'_>]) -> Vec<Json>;
}

/// A request, whatever the interface.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The model.
    pub(crate) model: &'a str,
    /// The conversation so far.
    pub(crate) messages: &'a [Json],
    /// What may be called; none where tools are described in words.
    pub(crate) tools: &'a [Tool],
    /// Which of [`LIMIT_KEYS`] the service wants.
    pub(crate) limit_key: &'static str,
}

/// What a model says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// Its text; empty if it only calls.
    pub(crate) text: String,
    /// Calls in the interface's own form.
    pub(crate) calls: Vec<NativeCall>,
    /// The answer as a message, for the conversation to go on after it.
    pub(crate) message: Json,
    /// Tokens that were sent.
    pub(crate) input_tokens: u64,
    /// Tokens that were written.
    pub(crate) output_tokens: u64,
}

/// A call in an interface's own form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NativeCall {
    /// By which its result is told.
    pub(crate) id: String,
    /// The name under which the tool was offered.
    pub(crate) name: String,
    /// The arguments; none if they are no object.
    pub(crate) arguments: Option<Object>,
}

/// What came of a call in an interface's own form.
#[derive(Debug)]
pub(crate) struct ToolResult<'a> {
    /// The call's.
    pub(crate) id: &'a str,
    /// The result, or what went wrong.
    pub(crate) text: &'a str,
    /// Whether something went wrong.
    pub(crate) failed: bool,
}

/// The interface of a kind of model.
pub(crate) fn of(kind: ModelKind) -> &'static dyn Interface {
    match kind {
        ModelKind::Claude => &claude::Claude,
        ModelKind::Openai => &openai::OpenAi,
    }
}

/// The body of a request.
pub(crate) fn body(interface: &dyn Interface, request: &Request<'_>) -> Json {
    let mut body = json!({ "model": request.model, "messages": request.messages });
    set(&mut body, request.limit_key, MAX_TOKENS);
    if !request.tools.is_empty() {
        let tools: Vec<_> = request.tools.iter().map(|tool| interface.tool(tool)).collect();
        set(&mut body, "tools", tools);
    }
    body
}

/// Sets a key of an object.
fn set(object: &mut Json, key: &str, value: impl Into<Json>) {
    if let Some(entries) = object.as_object_mut() {
        entries.insert(key.to_owned(), value.into());
    }
}

/// The object that JSON is; none if it is something else.
fn object(json: &Json) -> Option<Object> {
    match Value::from_json(json.clone()) {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// A count at a place of an answer; 0 where the service doesn't count.
fn count(answer: &Json, pointer: &str) -> u64 {
    answer.pointer(pointer).and_then(Json::as_u64).unwrap_or_default()
}
