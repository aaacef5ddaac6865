//! Values of CEL as authors are shown them: back in the project's own form, and short.

use cel_interpreter::common::types::{
    CelBool, CelBytes, CelDouble, CelDuration, CelInt, CelString, CelTimestamp, CelUInt, Kind,
};
use cel_interpreter::common::value::Val;

use crate::types::REDACTED;
use crate::value::{ExactNumber, Object, Value};

/// Most characters of a text, and most entries of a list or map, that are shown.
const TEXT: usize = 200;
const ENTRIES: usize = 20;

/// Deepest nesting that is shown.
const DEPTH: usize = 4;

/// A value, without what is too much to read and without what nobody should.
pub(super) fn shown(value: &dyn Val) -> Value {
    at(0, value)
}

/// Whether what stands under this key must not be seen: it opens doors.
pub(in crate::policy) fn is_credential(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["token", "secret", "password", "api_key", "apikey"].iter().any(|word| key.contains(word))
}

fn at(depth: usize, value: &dyn Val) -> Value {
    if let Some(boolean) = value.downcast_ref::<CelBool>() {
        return Value::Bool(*boolean.inner());
    }
    if let Some(int) = value.downcast_ref::<CelInt>() {
        return Value::Int(*int.inner());
    }
    if let Some(uint) = value.downcast_ref::<CelUInt>() {
        return Value::Number(ExactNumber::from_u128(u128::from(*uint.inner())));
    }
    if let Some(double) = value.downcast_ref::<CelDouble>() {
        return Value::float(*double.inner());
    }
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        return Value::String(cut(text.inner()));
    }
    if let Some(bytes) = value.downcast_ref::<CelBytes<'_>>() {
        return Value::String(format!("{} bytes", bytes.inner().len()));
    }
    if let Some(moment) = value.downcast_ref::<CelTimestamp>() {
        return Value::string(moment.inner().to_rfc3339());
    }
    if let Some(span) = value.downcast_ref::<CelDuration>() {
        return Value::string(span.inner().to_string());
    }
    match value.get_type().kind() {
        Kind::NullType => Value::Null,
        Kind::List | Kind::Map if depth == DEPTH => Value::string("…"),
        Kind::List => list(depth, value),
        Kind::Map => map(depth, value),
        _ => Value::string(value.get_type().name()),
    }
}

fn list(depth: usize, list: &dyn Val) -> Value {
    let mut shown = Vec::new();
    if let Some(items) = list.as_iterable() {
        let mut items = items.iter();
        while let Some(item) = items.next() {
            if shown.len() == ENTRIES {
                shown.push(Value::string("…"));
                break;
            }
            shown.push(at(depth + 1, item));
        }
    }
    Value::Array(shown)
}

fn map(depth: usize, map: &dyn Val) -> Value {
    let mut shown = Object::new();
    if let (Some(keys), Some(entries)) = (map.as_iterable(), map.as_indexer()) {
        let mut keys = keys.iter();
        while let Some(key) = keys.next() {
            if shown.len() == ENTRIES {
                shown.insert("…", Value::Null);
                break;
            }
            let name = match at(DEPTH, key) {
                Value::String(text) => text,
                other => other.to_json_text(),
            };
            let value = match entries.get(key) {
                _ if is_credential(&name) => Value::string(REDACTED),
                Ok(value) => at(depth + 1, value.as_ref()),
                Err(_) => Value::Null,
            };
            shown.insert(name, value);
        }
    }
    Value::Object(shown)
}

/// A text as far as it is shown.
fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
