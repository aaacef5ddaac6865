//! The Chat Completions interface of OpenAI, which many services speak.

use mxcp_core::call::Secret;
use mxcp_core::value::Object;
use serde_json::{Value as Json, json};

use super::{Answer, Interface, NativeCall, ToolResult, count, object, set};
use crate::offer::Tool;

/// What the model is told before everything else.
const SYSTEM: &str = "You are an assistant who answers with the help of tools.";

/// The Chat Completions interface.
#[derive(Debug)]
pub(super) struct OpenAi;

impl Interface for OpenAi {
    fn word(&self) -> &'static str {
        "openai"
    }

    fn url(&self, base: &str) -> String {
        format!("{base}/chat/completions")
    }

    fn headers(&self, key: &Secret) -> Vec<(&'static str, String)> {
        vec![("authorization", format!("Bearer {}", key.reveal()))]
    }

    fn opening(&self, question: &str) -> Vec<Json> {
        vec![json!({ "role": "system", "content": SYSTEM }), json!({ "role": "user", "content": question })]
    }

    fn tool(&self, tool: &Tool) -> Json {
        let mut function = json!({ "name": tool.offered_as, "parameters": tool.input_schema });
        if !tool.description.is_empty() {
            set(&mut function, "description", tool.description.as_str());
        }
        json!({ "type": "function", "function": function })
    }

    fn read(&self, answer: &Json) -> Option<Answer> {
        let message = answer.pointer("/choices/0/message")?;
        message.as_object()?;
        let content = message.get("content");
        let text = match content {
            Some(Json::String(text)) => text.clone(),
            // Some services answer in parts, as requests may be written.
            Some(Json::Array(parts)) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
            Some(Json::Null) | None => {
                message.get("refusal").and_then(Json::as_str).unwrap_or_default().to_owned()
            }
            Some(_) => return None,
        };
        let written = message.get("tool_calls").filter(|calls| !calls.is_null());
        let call = |call: &Json| {
            let function = call.get("function")?;
            Some(NativeCall {
                id: call.get("id").and_then(Json::as_str).unwrap_or_default().to_owned(),
                name: function.get("name")?.as_str()?.to_owned(),
                arguments: arguments(function.get("arguments")),
            })
        };
        let calls = match written {
            Some(calls) => calls.as_array()?.iter().map(call).collect::<Option<Vec<_>>>()?,
            None => Vec::new(),
        };
        // Services refuse messages with keys that they only know from answers.
        let mut repeated = json!({ "role": "assistant", "content": content });
        if !calls.is_empty() {
            set(&mut repeated, "tool_calls", written.cloned().unwrap_or_default());
        }
        Some(Answer {
            text,
            calls,
            message: repeated,
            input_tokens: count(answer, "/usage/prompt_tokens"),
            output_tokens: count(answer, "/usage/completion_tokens"),
        })
    }

    fn results(&self, results: &[ToolResult<'_>]) -> Vec<Json> {
        let message = |result: &ToolResult<'_>| {
            let text = if result.failed { format!("Error: {}", result.text) } else { result.text.to_owned() };
            json!({ "role": "tool", "tool_call_id": result.id, "content": text })
        };
        results.iter().map(message).collect()
    }
}

/// Arguments are the text of a JSON object; none at all is none given.
fn arguments(written: Option<&Json>) -> Option<Object> {
    match written {
        None | Some(Json::Null) => Some(Object::new()),
        Some(Json::String(text)) if text.trim().is_empty() => Some(Object::new()),
        Some(Json::String(text)) => serde_json::from_str(text).ok().as_ref().and_then(object),
        Some(other) => object(other),
    }
}
