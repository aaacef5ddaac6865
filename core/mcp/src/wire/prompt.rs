//! Prompts as MCP has them.

use mxcp_core::call::CallError;
use mxcp_core::registry::PromptDescription;
use mxcp_core::value::Value;
use rmcp::ErrorData;
use rmcp::model::{ContentBlock, Prompt, PromptArgument, Role};

use super::{argument_lines, retry_after};

/// A prompt as `prompts/list` shows it.
pub fn prompt(description: &PromptDescription) -> Prompt {
    let arguments = description.arguments.iter().map(|argument| {
        PromptArgument::new(argument.name.clone())
            .with_description(argument.description.clone())
            .with_required(argument.required)
    });
    Prompt::new(description.name.clone(), Some(description.description.clone()), Some(arguments.collect()))
}

/// A rendered message.
#[derive(Debug, PartialEq)]
pub struct Message<'a> {
    pub role: Role,
    pub kind: &'a str,
    pub text: &'a str,
}

/// The messages of a rendered prompt, as the core gives them. An output policy may have changed them: whatever is no
/// message any more is left out.
pub fn messages(value: &Value) -> Vec<Message<'_>> {
    let Value::Array(items) = value else { return Vec::new() };
    items
        .iter()
        .filter_map(|item| {
            let message = item.as_object()?;
            let text = |name: &str| message.get(name).and_then(Value::as_str);
            Some(Message {
                // MCP knows two speakers: the system's words are sent as the user's.
                role: if text("role") == Some("assistant") { Role::Assistant } else { Role::User },
                kind: text("type").unwrap_or("text"),
                text: text("prompt")?,
            })
        })
        .collect()
}

/// The content of a `data:` URI: an image or a sound in base64.
///
/// # Errors
/// It is no such URI.
pub fn media(text: &str) -> Result<ContentBlock, String> {
    let parts = text.trim().strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match parts {
        Some((mime_type, data)) if mime_type.starts_with("image/") => {
            Ok(ContentBlock::image(data, mime_type))
        }
        Some((mime_type, data)) if mime_type.starts_with("audio/") => {
            Ok(ContentBlock::audio(data, mime_type))
        }
        _ => Err(
            "a message of type `image` must be `data:image/...;base64,...` or `data:audio/...;base64,...`"
                .to_owned(),
        ),
    }
}

/// The error for a prompt that can't be rendered.
pub fn render_failure(name: &str, error: &CallError) -> ErrorData {
    match error {
        CallError::UnknownEndpoint { .. } => unknown_prompt(name),
        CallError::InvalidArguments(errors) => {
            let message = format!("Error rendering prompt {name}: {}", argument_lines(errors));
            ErrorData::invalid_params(message, None)
        }
        other => {
            let data = retry_after(other).map(Into::into);
            ErrorData::internal_error(format!("Error rendering prompt {name}: {other}"), data)
        }
    }
}

/// The error for a name that no prompt has.
pub fn unknown_prompt(name: &str) -> ErrorData {
    ErrorData::invalid_params(format!("Unknown prompt: {name}"), None)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn speakers_are_the_two_of_mcp() {
        let rendered = Value::from_json(json!([
            {"prompt": "a", "role": "system", "type": null},
            {"prompt": "b", "role": "assistant", "type": "resource"},
            {"prompt": "c", "role": null, "type": "text"},
            {"role": "user"}, "gone",
        ]));
        let message = |role, kind, text| Message { role, kind, text };
        assert_eq!(
            messages(&rendered),
            [
                message(Role::User, "text", "a"),
                message(Role::Assistant, "resource", "b"),
                message(Role::User, "text", "c"),
            ]
        );
        assert_eq!(messages(&Value::Null), []);
    }

    #[test]
    fn images_and_sounds_are_data_uris() {
        assert_eq!(media("data:image/png;base64,AA==\n"), Ok(ContentBlock::image("AA==", "image/png")));
        assert_eq!(media("data:audio/wav;base64,AA=="), Ok(ContentBlock::audio("AA==", "audio/wav")));
        for text in ["x", "data:text/plain;base64,AA==", "data:image/png,AA=="] {
            assert!(media(text).unwrap_err().contains("data:image/"), "{text}");
        }
    }

    #[test]
    fn failures_have_the_codes_of_their_causes() {
        let code = |error| render_failure("p", &error).code.0;
        assert_eq!(code(CallError::InvalidArguments(Vec::new())), -32602);
        assert_eq!(code(CallError::Execution("division by zero".into())), -32603);
        assert_eq!(code(CallError::InputDenied { reason: "no".into() }), -32603);
        assert_eq!(unknown_prompt("p").code.0, -32602);
    }
}
