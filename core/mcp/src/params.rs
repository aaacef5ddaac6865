//! Why a request has not the shape of its method.

use rmcp::ErrorData;
use rmcp::model::{CustomRequest, ErrorCode, JsonObject};
use serde_json::Value;

use Era::{Any, Legacy, Modern};
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

/// The revisions that have a method.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Era {
    Any,
    /// Those before 2026-07-28.
    Legacy,
    /// 2026-07-28 and later.
    Modern,
}

type Field = (&'static str, Shape, Presence);

const PAGE: &[Field] = &[("cursor", Text, Optional)];
const TASK: &[Field] = &[("taskId", Text, Required)];
const URI: &[Field] = &[("uri", Text, Required)];

/// The methods served, with the fields whose shape can be wrong.
const METHODS: &[(&str, Era, &[Field])] = &[
    (
        "initialize",
        Legacy,
        &[
            ("protocolVersion", Text, Required),
            ("capabilities", Object, Required),
            ("clientInfo", Object, Required),
        ],
    ),
    ("ping", Legacy, &[]),
    ("logging/setLevel", Legacy, &[("level", Text, Required)]),
    ("server/discover", Modern, &[]),
    ("tools/list", Any, PAGE),
    ("tools/call", Any, &[("name", Text, Required), ("arguments", Object, Optional)]),
    ("resources/list", Any, PAGE),
    ("resources/templates/list", Any, PAGE),
    ("resources/read", Any, URI),
    ("resources/subscribe", Legacy, URI),
    ("resources/unsubscribe", Legacy, URI),
    ("subscriptions/listen", Modern, &[("notifications", Object, Required)]),
    ("prompts/list", Any, PAGE),
    ("completion/complete", Any, &[("ref", Object, Required), ("argument", Object, Required)]),
    ("tasks/get", Modern, TASK),
    ("tasks/update", Modern, &[("taskId", Text, Required), ("inputResponses", Object, Required)]),
    ("tasks/cancel", Modern, TASK),
    ("prompts/get", Any, &[("name", Text, Required), ("arguments", Texts, Optional)]),
];

/// The error for a request that fits no method: which field is wrong, or that there is no such method. `modern` says
/// whether the request is of 2026-07-28 or later.
pub fn refusal(request: &CustomRequest, modern: bool) -> ErrorData {
    let known = METHODS.iter().find(|(method, era, _)| {
        *method == request.method && matches!((era, modern), (Any, _) | (Legacy, false) | (Modern, true))
    });
    let Some((_, _, fields)) = known else {
        let message = format!("Method not found: {}", request.method);
        return ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None);
    };
    let no_params = JsonObject::new();
    let params = match &request.params {
        Some(Value::Object(params)) => Some(params),
        None | Some(Value::Null) => Some(&no_params),
        Some(_) => None,
    };
    let problem = match params {
        None => Some("`params` must be an object".to_owned()),
        Some(params) => fields
            .iter()
            .find_map(|(name, shape, presence)| problem(name, params.get(*name), *shape, *presence)),
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
        let error = refusal(&CustomRequest::new(method, Some(params)), false);
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
        let error = refusal(&CustomRequest::new("resources/read", None), true);
        assert_eq!(error.message, "Invalid params: `uri` is missing");
    }

    #[test]
    fn a_method_of_the_other_era_is_unknown() {
        for (method, modern) in [("initialize", true), ("logging/setLevel", true), ("server/discover", false)]
        {
            let error = refusal(&CustomRequest::new(method, Some(json!({}))), modern);
            assert_eq!(error.code, ErrorCode::METHOD_NOT_FOUND, "{method}");
        }
    }
}
