//! Answers to input that is no JSON-RPC message.

use serde_json::{Value, json};

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const INVALID_PARAMS: i32 = -32602;

/// The error message for bytes that could not be read as one JSON-RPC message.
pub fn answer(bytes: &[u8]) -> Value {
    let Ok(message) = serde_json::from_slice::<Value>(bytes) else {
        return error(PARSE_ERROR, &Value::Null, "Parse error");
    };
    let problem = match &message {
        Value::Array(_) => "batches are not supported",
        Value::Object(_) if has_foreign_params(&message) => {
            return error(INVALID_PARAMS, id(&message), "Invalid params: `params` must be an object");
        }
        Value::Object(_) => problem(&message),
        _ => "a message must be an object",
    };
    error(INVALID_REQUEST, id(&message), &format!("Invalid Request: {problem}"))
}

/// The error message for a message of more than `limit` bytes.
pub fn too_large(limit: usize) -> Value {
    error(INVALID_REQUEST, &Value::Null, &format!("Invalid Request: a message may have {limit} bytes"))
}

/// Whether it is a request but for its params, which JSON-RPC allows to be a list and MCP does not.
fn has_foreign_params(message: &Value) -> bool {
    message.get("jsonrpc").and_then(Value::as_str) == Some("2.0")
        && message.get("method").is_some_and(Value::is_string)
        && !id(message).is_null()
        && message.get("params").is_some_and(|params| !params.is_object())
}

fn problem(message: &Value) -> &'static str {
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return "`jsonrpc` must be \"2.0\"";
    }
    match (message.get("method"), message.get("id")) {
        (Some(method), _) if !method.is_string() => "`method` must be a string",
        (Some(_), Some(_)) if id(message).is_null() => "`id` must be a string or an integer",
        (Some(_), _) => "not the shape of a request or notification",
        (None, _) if message.get("result").or(message.get("error")).is_some() => {
            "not the shape of a response"
        }
        (None, _) => "`method` is missing",
    }
}

/// The id as sent, null where it is nothing an id may be.
fn id(message: &Value) -> &Value {
    match message.get("id") {
        Some(id) if id.is_string() || id.is_i64() => id,
        _ => &Value::Null,
    }
}

fn error(code: i32, id: &Value, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_a_parse_error() {
        let wire = answer(b"{oops").to_string();
        assert_eq!(wire, r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#);
        assert_eq!(answer(b"\xff\xfe")["error"]["code"], -32700);
    }

    #[test]
    fn a_batch_is_an_invalid_request() {
        let answer = answer(br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#);
        assert_eq!(answer["error"]["code"], -32600);
        assert_eq!(answer["id"], Value::Null);
    }

    #[test]
    fn the_id_comes_back_if_it_is_one() {
        assert_eq!(answer(br#"{"jsonrpc":"1.0","id":"a","method":"ping"}"#)["id"], "a");
        let float = answer(br#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#);
        assert_eq!(float["id"], Value::Null);
        assert_eq!(float["error"]["message"], "Invalid Request: `id` must be a string or an integer");
    }

    #[test]
    fn params_that_are_no_object_are_invalid_params() {
        let answer = answer(br#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":[1]}"#);
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(3), &json!(-32602)));
        assert_eq!(answer["error"]["message"], "Invalid params: `params` must be an object");
    }

    #[test]
    fn a_message_without_method_is_told_so() {
        assert_eq!(
            answer(br#"{"jsonrpc":"2.0","id":7}"#)["error"]["message"],
            "Invalid Request: `method` is missing"
        );
    }
}
