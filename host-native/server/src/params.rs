//! Why a request has not the shape of its method.

use rmcp::ErrorData;
use rmcp::model::{CustomRequest, ErrorCode};
use serde_json::Value;

use Presence::{Optional, Required};
use Shape::{Object, Text, Texts};

#[derive(Clone, Copy)]
enum Shape {
    Text,
    Object,
    /// An object whose values are all texts.
    Texts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
}

type Field = (&'static str, Shape, Presence);

const PAGE: &[Field] = &[("cursor", Text, Optional)];
const URI: &[Field] = &[("uri", Text, Required)];

/// The methods served, with the fields whose shape can be wrong.
const METHODS: &[(&str, &[Field])] = &[
    (
        "initialize",
        &[
            ("protocolVersion", Text, Required),
            ("capabilities", Object, Required),
            ("clientInfo", Object, Required),
        ],
    ),
    ("ping", &[]),
    ("server/discover", &[]),
    ("tools/list", PAGE),
    ("tools/call", &[("name", Text, Required), ("arguments", Object, Optional)]),
    ("resources/list", PAGE),
    ("resources/templates/list", PAGE),
    ("resources/read", URI),
    ("prompts/list", PAGE),
    ("prompts/get", &[("name", Text, Required), ("arguments", Texts, Optional)]),
    ("logging/setLevel", &[("level", Text, Required)]),
];

/// The error for a request that fits no method: which field is wrong, or that there is no such method.
pub(crate) fn refusal(request: &CustomRequest) -> ErrorData {
    let Some((_, fields)) = METHODS.iter().find(|(method, _)| *method == request.method) else {
        let message = format!("Method not found: {}", request.method);
        return ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None);
    };
    let problem = match &request.params {
        Some(Value::Object(params)) => fields
            .iter()
            .find_map(|(name, shape, presence)| problem(name, params.get(*name), *shape, *presence)),
        None | Some(Value::Null) => {
            fields.iter().find_map(|(name, shape, presence)| problem(name, None, *shape, *presence))
        }
        Some(_) => Some("`params` must be an object".to_owned()),
    };
    let problem = problem.unwrap_or_else(|| format!("not the shape `{}` has", request.method));
    ErrorData::invalid_params(format!("Invalid params: {problem}"), None)
}

fn problem(name: &str, value: Option<&Value>, shape: Shape, presence: Presence) -> Option<String> {
    let value = match value {
        None | Some(Value::Null) if presence == Optional => return None,
        None => return Some(format!("`{name}` is missing")),
        Some(value) => value,
    };
    match (shape, value) {
        (Text, Value::String(_)) | (Object, Value::Object(_)) => None,
        (Texts, Value::Object(entries)) => {
            let (key, _) = entries.iter().find(|(_, value)| !value.is_string())?;
            Some(format!("`{name}.{key}` must be a string"))
        }
        (Text, _) => Some(format!("`{name}` must be a string")),
        (Object | Texts, _) => Some(format!("`{name}` must be an object")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(method: &str, params: Value) -> (i32, String) {
        let error = refusal(&CustomRequest::new(method, Some(params)));
        (error.code.0, error.message.into_owned())
    }

    #[test]
    fn an_unknown_method_is_named() {
        assert_eq!(message("tools/drop", json!({})), (-32601, "Method not found: tools/drop".into()));
    }

    #[test]
    fn a_missing_or_misshapen_field_is_named() {
        assert_eq!(message("tools/call", json!({})), (-32602, "Invalid params: `name` is missing".into()));
        assert_eq!(
            message("tools/call", json!({"name": "t", "arguments": [1]})),
            (-32602, "Invalid params: `arguments` must be an object".into())
        );
        assert_eq!(
            message("prompts/get", json!({"name": "p", "arguments": {"n": 1}})),
            (-32602, "Invalid params: `arguments.n` must be a string".into())
        );
    }

    #[test]
    fn params_that_are_no_object_are_refused() {
        assert_eq!(
            message("tools/list", json!([])),
            (-32602, "Invalid params: `params` must be an object".into())
        );
    }

    #[test]
    fn absent_params_miss_their_required_fields() {
        let error = refusal(&CustomRequest::new("resources/read", None));
        assert_eq!(error.message, "Invalid params: `uri` is missing");
    }
}
