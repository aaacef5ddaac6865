//! How deep arguments may be nested, and arguments given as JSON text.

use super::fault::Fault;
use crate::value::Value;

/// Levels that an argument may be nested: an object of lists has two.
pub(super) const MAX_DEPTH: usize = 64;

/// Whether a value has more than `levels` levels of lists and objects; looks no deeper than that.
pub(crate) fn is_deeper(value: &Value, levels: usize) -> bool {
    match (value, levels.checked_sub(1)) {
        (Value::Array(_) | Value::Object(_), None) => true,
        (Value::Array(items), Some(levels)) => items.iter().any(|item| is_deeper(item, levels)),
        (Value::Object(object), Some(levels)) => object.iter().any(|(_, value)| is_deeper(value, levels)),
        _ => false,
    }
}

/// Refuses an argument of more than `levels` levels.
pub(super) fn limit_depth(value: &Value, levels: usize) -> Result<(), Fault> {
    if is_deeper(value, levels) {
        return Err(Fault::Rule(format!("Value is nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(())
}

/// The value in a text given for a list or object; `what` is `JSON array` or `JSON object`.
pub(super) fn parse(text: String, what: &'static str, levels: usize) -> Result<Value, Fault> {
    let Ok(value) = Value::parse_json(&text) else {
        return Err(Fault::Invalid { what, got: text, hint: "" });
    };
    limit_depth(&value, levels)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::testing::{convert, json};

    fn nested(levels: usize) -> String {
        format!("{}{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn counts_levels() {
        assert!(!is_deeper(&json("1"), 0));
        assert!(!is_deeper(&json(r#"[{"a": 1}]"#), 2));
        assert!(is_deeper(&json(r#"[{"a": []}]"#), 2));
    }

    #[test]
    fn refuses_deep_arguments_however_they_are_given() {
        assert!(convert("type: array", &nested(MAX_DEPTH)).is_ok());
        let refusal = Err("Error validating parameter 'a': Value is nested deeper than 64 levels".to_owned());
        assert_eq!(convert("type: array", &nested(MAX_DEPTH + 1)), refusal);
        assert_eq!(convert("type: array", &format!("\"{}\"", nested(MAX_DEPTH + 1))), refusal);
        let inside = convert("{type: array, items: {type: array}}", &format!("[\"{}\"]", nested(MAX_DEPTH)));
        assert_eq!(
            inside,
            Err("Error validating parameter 'a[0]': Value is nested deeper than 64 levels".to_owned())
        );
    }
}
