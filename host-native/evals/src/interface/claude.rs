//! The Messages interface of Anthropic.

use mxcp_core::call::Secret;
use serde_json::{Value as Json, json};

use super::{Answer, Interface, NativeCall, ToolResult, count, object, set};
use crate::offer::Tool;

/// The version of the interface that is spoken.
const VERSION: &str = "2023-06-01";

/// The Messages interface.
#[derive(Debug)]
pub(super) struct Claude;

impl Interface for Claude {
    fn word(&self) -> &'static str {
        "claude"
    }

    fn url(&self, base: &str) -> String {
        format!("{base}/v1/messages")
    }

    fn headers(&self, key: &Secret) -> Vec<(&'static str, String)> {
        vec![("x-api-key", key.reveal().to_owned()), ("anthropic-version", VERSION.to_owned())]
    }

    fn opening(&self, question: &str) -> Vec<Json> {
        vec![json!({ "role": "user", "content": question })]
    }

    fn tool(&self, tool: &Tool) -> Json {
        let mut described = json!({ "name": tool.offered_as, "input_schema": tool.input_schema });
        if !tool.description.is_empty() {
            set(&mut described, "description", tool.description.as_str());
        }
        described
    }

    fn read(&self, answer: &Json) -> Option<Answer> {
        let blocks = answer.get("content")?.as_array()?;
        let of_kind = |kind: &'static str| {
            blocks.iter().filter(move |block| block.get("type").is_some_and(|it| it == kind))
        };
        // Of several blocks each one goes on where the one before ended.
        let text = of_kind("text").filter_map(|block| block.get("text")?.as_str()).collect();
        let call = |block: &Json| {
            Some(NativeCall {
                id: block.get("id")?.as_str()?.to_owned(),
                name: block.get("name")?.as_str()?.to_owned(),
                arguments: block.get("input").and_then(object),
            })
        };
        let calls = of_kind("tool_use").map(call).collect::<Option<Vec<_>>>()?;
        // What was read from a cache was sent as well.
        let input = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];
        Some(Answer {
            text,
            calls,
            message: json!({ "role": "assistant", "content": blocks }),
            input_tokens: input.iter().map(|key| count(answer, &format!("/usage/{key}"))).sum(),
            output_tokens: count(answer, "/usage/output_tokens"),
        })
    }

    fn results(&self, results: &[ToolResult<'_>]) -> Vec<Json> {
        let block = |result: &ToolResult<'_>| {
            let mut block =
                json!({ "type": "tool_result", "tool_use_id": result.id, "content": result.text });
            if result.failed {
                set(&mut block, "is_error", true);
            }
            block
        };
        vec![json!({ "role": "user", "content": results.iter().map(block).collect::<Vec<_>>() })]
    }
}
