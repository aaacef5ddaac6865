//! Results given exactly, from a server to one that stands before it and finishes the call itself.
//!
//! The content blocks of a reply don't say what the value was: a list of one looks like its item, a number like its
//! text, a missing null like nothing. A server before another one validates the value and applies the output policy once
//! more, so it must have the value itself. It asks for that in the request's `_meta`, with [`ASK`]; the reply then has
//! no content, and the value in its own `_meta`, under [`VALUE`]:
//!
//! ```json
//! { "form": "value", "value": [{ "id": 7, "price": 12.50, "day": "2026-01-02", "note": null }] }
//! ```
//!
//! `form` is `value`; `content` where objects in the value are content blocks; or `bytes`, in base64. The value is what the
//! caller would get and nothing more: validated, with the output policy applied. Numbers keep their digits, objects their
//! order; dates and intervals are the texts that types of a definition read as such.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mxcp_core::registry::{Output, Success};
use mxcp_core::types::ContentPlan;
use mxcp_core::value::{ExactNumber, Value};
use rmcp::model::{JsonObject, MetaObject};
use serde_json::{Value as Json, json};

/// The key in a request's `_meta` that asks for the exact value, by being true.
pub const ASK: &str = "io.mxcp/exact";

/// The key in a reply's `_meta` that holds the exact value.
pub const VALUE: &str = "io.mxcp/value";

/// A reply that has no exact value in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inexact;

/// Whether a request, by its `_meta`, asks for the exact value.
#[must_use]
pub fn is_asked(meta: &JsonObject) -> bool {
    meta.get(ASK) == Some(&Json::Bool(true))
}

/// The `_meta` of a reply that gives a value exactly. `binary` says that the value is the base64 of bytes.
#[must_use]
pub fn encode(success: &Success, binary: bool) -> MetaObject {
    let form = match success.content.as_deref() {
        _ if binary => "bytes",
        Some(ContentPlan::Blocks) => "content",
        _ => "value",
    };
    let exact = json!({ "form": form, "value": success.value.to_json() });
    MetaObject(JsonObject::from_iter([(VALUE.to_owned(), exact)]))
}

/// The output that a result, as JSON, gives exactly.
///
/// # Errors
/// It gives none.
pub fn decode(result: &mut Json) -> Result<Output, Inexact> {
    let exact = result.get_mut("_meta").and_then(|meta| meta.get_mut(VALUE)).ok_or(Inexact)?;
    let value = exact.get_mut("value").map(Json::take).ok_or(Inexact)?;
    match exact.get("form").and_then(Json::as_str) {
        Some("value") => Ok(Output::Value(written(value))),
        Some("content") => Ok(Output::Content(written(value))),
        Some("bytes") => {
            let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok()).ok_or(Inexact)?;
            Ok(Output::Value(Value::Bytes(bytes)))
        }
        _ => Err(Inexact),
    }
}

/// A value whose numbers are written as they were: a decimal has the zeros at its end still.
fn written(json: Json) -> Value {
    match json {
        Json::Number(number) => {
            let text = number.to_string();
            match Value::from_json(Json::Number(number)) {
                value @ Value::Float(_) if value.to_json_text() == text => value,
                value @ Value::Float(_) => ExactNumber::parse(&text).map_or(value, Value::Number),
                value => value,
            }
        }
        Json::Array(items) => Value::Array(items.into_iter().map(written).collect()),
        Json::Object(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (key, written(value))).collect())
        }
        other => Value::from_json(other),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A value after its way over the wire.
    fn there_and_back(success: &Success, binary: bool) -> Output {
        let text = json!({ "content": [], "_meta": encode(success, binary) }).to_string();
        decode(&mut serde_json::from_str(&text).unwrap()).unwrap()
    }

    fn value(text: &str) -> Success {
        Success { value: Value::parse_json(text).unwrap(), typed: true, content: None, part: None }
    }

    #[test]
    fn values_keep_their_digits_order_and_nesting() {
        for text in [
            "null",
            "7",
            "7.0",
            "12345678901234567890123456789.010",
            r#""7""#,
            "[]",
            "[[1,[null]],[]]",
            r#"{"result":[1]}"#,
            r#"{"b":{"z":null,"a":1.50},"a":"2026-01-02"}"#,
        ] {
            let Output::Value(back) = there_and_back(&value(text), false) else { panic!("no value: {text}") };
            assert_eq!(back.to_json_text(), value(text).value.to_json_text());
        }
    }

    #[test]
    fn decimals_keep_the_zeros_at_their_end() {
        for text in ["39.70", "1000000.00", "-0.10"] {
            let decimal = Value::Array(vec![Value::Number(ExactNumber::parse(text).unwrap())]);
            let Output::Value(back) = there_and_back(&Success { value: decimal, ..value("0") }, false) else {
                panic!("no value: {text}")
            };
            assert_eq!(back.to_json_text(), format!("[{text}]"));
        }
    }

    #[test]
    fn bytes_and_content_blocks_stay_what_they_are() {
        let Output::Value(bytes) = there_and_back(&value(r#""AP8=""#), true) else { panic!("no value") };
        assert_eq!(bytes, Value::Bytes(vec![0, 255]));
        let blocks = Success { content: Some(Arc::new(ContentPlan::Blocks)), ..value("[]") };
        assert!(matches!(there_and_back(&blocks, false), Output::Content(_)));
    }

    #[test]
    fn a_reply_without_an_exact_value_is_told_apart() {
        for text in [
            r#"{"content":[{"type":"text","text":"7"}]}"#,
            r#"{"_meta":{"io.mxcp/value":{"form":"value"}}}"#,
            r#"{"_meta":{"io.mxcp/value":{"form":"other","value":1}}}"#,
            r#"{"_meta":{"io.mxcp/value":{"form":"bytes","value":"*"}}}"#,
            "null",
        ] {
            assert!(decode(&mut serde_json::from_str(text).unwrap()).is_err(), "{text}");
        }
    }

    #[test]
    fn exactness_is_asked_for_in_so_many_words() {
        let meta = |value: Json| JsonObject::from_iter([(ASK.to_owned(), value)]);
        assert!(is_asked(&meta(json!(true))));
        assert!(!is_asked(&meta(json!("true"))) && !is_asked(&JsonObject::new()));
    }
}
