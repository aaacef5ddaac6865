//! What types ask of the parts of a list.

use super::{Kind, Type};
use crate::value::Value;

impl Type {
    /// Fewest items that a list of the type may have.
    #[must_use]
    pub(crate) fn fewest_items(&self) -> u64 {
        match self.kind() {
            Kind::Array(array) => array.min_items().unwrap_or(0),
            Kind::Schema(raw) => {
                raw.written().get("minItems").and_then(serde_json::Value::as_u64).unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// Whether a value is what the JSON Schema of the type says; anything is if it is not written as one.
    #[must_use]
    pub(crate) fn schema_accepts(&self, value: &Value) -> bool {
        match self.kind() {
            Kind::Schema(raw) => raw.accepts(value),
            _ => true,
        }
    }
}
