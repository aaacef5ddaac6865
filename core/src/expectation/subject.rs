//! What of a result is compared.

use std::borrow::Cow;

use crate::definition::Kind;
use crate::value::{Object, Value};

/// The result itself; of a prompt, what its assistant says last, if it says anything.
pub(super) fn of(value: &Value, kind: Kind) -> Cow<'_, Value> {
    let said = (kind == Kind::Prompt).then(|| last_said(value)).flatten();
    said.map_or(Cow::Borrowed(value), |text| Cow::Owned(parsed(text.trim())))
}

/// The text of the assistant's last message.
fn last_said(messages: &Value) -> Option<&str> {
    let Value::Array(messages) = messages else { return None };
    let role = |message: &Object| message.get("role").and_then(Value::as_str) == Some("assistant");
    let message = messages.iter().rev().filter_map(Value::as_object).find(|message| role(message))?;
    message.get("prompt").and_then(Value::as_str)
}

/// A text that is a JSON list or object as what it is; any other text as text.
fn parsed(text: &str) -> Value {
    let bracketed =
        text.starts_with('[') && text.ends_with(']') || text.starts_with('{') && text.ends_with('}');
    let json = bracketed.then(|| Value::parse_json(text).ok()).flatten();
    json.unwrap_or_else(|| Value::string(text))
}
