//! Why a request has not the shape of its method.

use rmcp::ErrorData;
use rmcp::model::{CustomRequest, ErrorCode, JsonObject};
use serde_json::Value;

use Era::{Any, Legacy, Modern};
use Presence::{Optional, Required};
use Shape::{Flag, Object, OneOf, Text, TextList, Texts};

#[derive(Clone, Copy)]
enum Shape {
    Text,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    Flag,
    Object,
    /// An object whose values are all texts.
    Texts,
    /// A list of texts.
    TextList,
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

/// A field by its name, that of one in an object behind the object's and a dot.
type Field = (&'static str, Shape, Presence);

const LEVELS: &[&str] = &["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
const PROMPT: &str = "ref/prompt";
const RESOURCE: &str = "ref/resource";

const PAGE: &[Field] = &[("cursor", Text, Optional)];
const TASK: &[Field] = &[("taskId", Text, Required)];
const URI: &[Field] = &[("uri", Text, Required)];

/// What a request brings along that is made again with answers.
const ANSWERS: Field = ("inputResponses", Object, Optional);
const STATE: Field = ("requestState", Text, Optional);

/// The methods served, with the fields whose shape can be wrong, each behind the object that it is in.
const METHODS: &[(&str, Era, &[Field])] = &[
    (
        "initialize",
        Legacy,
        &[
            ("protocolVersion", Text, Required),
            ("capabilities", Object, Required),
            ("clientInfo", Object, Required),
            ("clientInfo.name", Text, Required),
            ("clientInfo.version", Text, Required),
        ],
    ),
    ("ping", Legacy, &[]),
    ("logging/setLevel", Legacy, &[("level", OneOf(LEVELS), Required)]),
    ("server/discover", Modern, &[]),
    ("tools/list", Any, PAGE),
    ("tools/call", Any, &[("name", Text, Required), ("arguments", Object, Optional), ANSWERS, STATE]),
    ("resources/list", Any, PAGE),
    ("resources/templates/list", Any, PAGE),
    ("resources/read", Any, &[("uri", Text, Required), ANSWERS, STATE]),
    ("resources/subscribe", Legacy, URI),
    ("resources/unsubscribe", Legacy, URI),
    (
        "subscriptions/listen",
        Modern,
        &[
            ("notifications", Object, Required),
            ("notifications.toolsListChanged", Flag, Optional),
            ("notifications.promptsListChanged", Flag, Optional),
            ("notifications.resourcesListChanged", Flag, Optional),
            ("notifications.resourceSubscriptions", TextList, Optional),
        ],
    ),
    ("prompts/list", Any, PAGE),
    (
        "completion/complete",
        Any,
        &[
            ("ref", Object, Required),
            ("ref.type", OneOf(&[PROMPT, RESOURCE]), Required),
            ("argument", Object, Required),
            ("argument.name", Text, Required),
            ("argument.value", Text, Required),
            ("context", Object, Optional),
            ("context.arguments", Texts, Optional),
        ],
    ),
    ("tasks/get", Modern, TASK),
    ("tasks/update", Modern, &[("taskId", Text, Required), ("inputResponses", Object, Required)]),
    ("tasks/cancel", Modern, TASK),
    ("prompts/get", Any, &[("name", Text, Required), ("arguments", Texts, Optional), ANSWERS, STATE]),
];

/// The error for a request that fits no method: which field is wrong, or that there is no such method. `modern` says
/// whether the request is of 2026-07-28 or later.
pub fn refusal(request: &CustomRequest, modern: bool) -> ErrorData {
    let known = METHODS.iter().find(|(method, era, _)| {
        *method == request.method && matches!((era, modern), (Any, _) | (Legacy, false) | (Modern, true))
    });
    let Some((_, _, fields)) = known else { return unknown_method(&request.method) };
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
            .find_map(|field| field_problem(params, *field))
            .or_else(|| reference_problem(params)),
    };
    let problem = problem.unwrap_or_else(|| format!("not the shape `{}` has", request.method));
    ErrorData::invalid_params(format!("Invalid params: {problem}"), None)
}

/// The error for a method that there is none of.
#[must_use]
pub fn unknown_method(method: &str) -> ErrorData {
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("Method not found: {method}"), None)
}

/// Says of an error that there is no such method, where it has the method's name and no words: so rmcp has them.
pub fn put_in_words(error: &mut ErrorData) {
    if error.code == ErrorCode::METHOD_NOT_FOUND && !error.message.contains(' ') {
        *error = unknown_method(&error.message);
    }
}

fn field_problem(params: &JsonObject, (name, shape, presence): Field) -> Option<String> {
    match name.split_once('.') {
        None => problem(name, params.get(name), shape, presence),
        // What is wrong with the object itself was found before.
        Some((outer, inner)) => problem(name, params.get(outer)?.as_object()?.get(inner), shape, presence),
    }
}

/// What is wrong with what a completion is for, which depends on what that is.
fn reference_problem(params: &JsonObject) -> Option<String> {
    let name = match params.get("ref")?.get("type")?.as_str()? {
        PROMPT => "ref.name",
        RESOURCE => "ref.uri",
        _ => return None,
    };
    field_problem(params, (name, Text, Required))
}

fn problem(name: &str, value: Option<&Value>, shape: Shape, presence: Presence) -> Option<String> {
    let value = match value {
        None | Some(Value::Null) if presence == Optional => return None,
        None => return Some(format!("`{name}` is missing")),
        Some(value) => value,
    };
    match (shape, value) {
        (Text, Value::String(_)) | (Object, Value::Object(_)) | (Flag, Value::Bool(_)) => None,
        (OneOf(known), Value::String(text)) if known.contains(&text.as_str()) => None,
        (Texts, Value::Object(entries)) => {
            let (key, _) = entries.iter().find(|(_, value)| !value.is_string())?;
            Some(format!("`{name}.{key}` must be a string"))
        }
        (TextList, Value::Array(items)) if items.iter().all(Value::is_string) => None,
        (Text, _) => Some(format!("`{name}` must be a string")),
        (OneOf(known), _) => Some(format!("`{name}` must be one of {}", known.join(", "))),
        (Flag, _) => Some(format!("`{name}` must be true or false")),
        (Object | Texts, _) => Some(format!("`{name}` must be an object")),
        (TextList, _) => Some(format!("`{name}` must be a list of strings")),
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
    fn a_field_within_an_object_is_named_with_it() {
        let modern = |method: &str, params: Value| {
            refusal(&CustomRequest::new(method, Some(params)), true).message.into_owned()
        };
        let prompt = json!({"type": "ref/prompt", "name": "p"});
        for (method, params, problem) in [
            ("tools/call", json!({"name": "t", "requestState": 5}), "`requestState` must be a string"),
            ("tools/call", json!({"name": "t", "inputResponses": []}), "`inputResponses` must be an object"),
            (
                "subscriptions/listen",
                json!({"notifications": {"toolsListChanged": "x"}}),
                "`notifications.toolsListChanged` must be true or false",
            ),
            (
                "subscriptions/listen",
                json!({"notifications": {"resourceSubscriptions": [1]}}),
                "`notifications.resourceSubscriptions` must be a list of strings",
            ),
            (
                "completion/complete",
                json!({"ref": {"type": "ref/tool"}, "argument": {"name": "a", "value": ""}}),
                "`ref.type` must be one of ref/prompt, ref/resource",
            ),
            (
                "completion/complete",
                json!({"ref": {"type": "ref/resource"}, "argument": {"name": "a", "value": ""}}),
                "`ref.uri` is missing",
            ),
            (
                "completion/complete",
                json!({"ref": prompt, "argument": {"name": "a"}}),
                "`argument.value` is missing",
            ),
            (
                "completion/complete",
                json!({"ref": prompt, "argument": {"name": 1, "value": ""}}),
                "`argument.name` must be a string",
            ),
        ] {
            assert_eq!(modern(method, params), format!("Invalid params: {problem}"));
        }
        let client =
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c"}});
        let (code, problem) = message("initialize", client);
        assert_eq!((code, &*problem), (-32602, "Invalid params: `clientInfo.version` is missing"));
        let (_, problem) = message("logging/setLevel", json!({"level": "blah"}));
        assert!(problem.starts_with("Invalid params: `level` must be one of debug, info, "), "{problem}");
    }

    #[test]
    fn a_bare_name_of_a_method_is_put_in_words() {
        let mut error = ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "ping", None);
        for _ in 0..2 {
            put_in_words(&mut error);
            assert_eq!(error.message, "Method not found: ping");
        }
        let mut other = ErrorData::invalid_params("ping", None);
        put_in_words(&mut other);
        assert_eq!(other.message, "ping");
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
