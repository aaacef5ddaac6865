//! How much of a result a caller is shown at once.

use std::sync::Arc;

use mxcp_core::call::{ArgumentError, CallError};
use mxcp_core::delivery::CURSOR;
use mxcp_core::value::{Object, Value};
use serde_json::{Map, Value as Json, json};

/// How much of a result a caller is shown at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// All of it, whatever its endpoint says.
    #[default]
    Everything,
    /// As much as its endpoint says.
    Parts {
        /// After which rows of a result that is kept; from the first one of a new result if absent.
        cursor: Option<String>,
        /// URL by which the client reaches the server, without a slash at its end; none if not over HTTP.
        base: Option<Arc<str>>,
    },
}

impl Show {
    /// As much as the endpoint says, after the cursor among the arguments, which is taken out of them.
    ///
    /// # Errors
    /// The cursor is no text.
    pub fn parts(arguments: &mut Object, base: Option<Arc<str>>) -> Result<Self, CallError> {
        let cursor = match arguments.remove(CURSOR) {
            None | Some(Value::Null) => None,
            // Models fill in what they need not.
            Some(Value::String(text)) => Some(text).filter(|text| !text.is_empty()),
            Some(other) => {
                let message = format!(
                    "Error validating parameter '{CURSOR}': Expected string, got {}",
                    other.json_type()
                );
                let error = ArgumentError { pointer: format!("/{CURSOR}"), message };
                return Err(CallError::InvalidArguments(vec![error]));
            }
        };
        Ok(Self::Parts { cursor, base })
    }
}

/// Adds the cursor to the JSON Schema of a tool's arguments.
pub fn offer_cursor(schema: &mut Map<String, Json>) {
    let meaning = "Where to go on in a result of which not all rows were shown, as it says. The other arguments stay the same.";
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        properties.insert(CURSOR.to_owned(), json!({ "type": "string", "description": meaning }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_taken_out_of_the_arguments() {
        let given = |cursor: Value| {
            let mut arguments: Object = [("a", Value::Int(1)), (CURSOR, cursor)].into_iter().collect();
            let show = Show::parts(&mut arguments, None);
            assert_eq!(Value::Object(arguments).to_json_text(), r#"{"a":1}"#);
            show
        };
        let after = |cursor: Option<&str>| Ok(Show::Parts { cursor: cursor.map(str::to_owned), base: None });
        assert_eq!(given(Value::string("x")), after(Some("x")));
        assert_eq!((given(Value::Null), given(Value::string(""))), (after(None), after(None)));
        assert!(matches!(given(Value::Int(1)), Err(CallError::InvalidArguments(_))));
    }

    #[test]
    fn the_cursor_is_offered_beside_other_arguments() {
        let Json::Object(mut schema) = json!({"type": "object", "properties": {"a": {}}}) else {
            unreachable!()
        };
        offer_cursor(&mut schema);
        assert_eq!(schema["properties"][CURSOR]["type"], "string");
        assert!(schema["properties"]["a"].is_object() && schema.get("required").is_none());
    }
}
