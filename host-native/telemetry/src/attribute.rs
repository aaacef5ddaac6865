//! Attributes that code of calls gives, within bounds.

use mxcp_runtime::ports::{Attribute, Attributes};
use opentelemetry::{KeyValue, Value};

/// Most attributes of one thing.
pub(crate) const MOST: usize = 64;

/// Most bytes of a text.
const LONGEST: usize = 4096;

/// As the library has them; those beyond the bounds are left out, and long texts cut.
pub(crate) fn convert(attributes: Attributes) -> Vec<KeyValue> {
    attributes.into_iter().take(MOST).map(|(name, value)| KeyValue::new(cut(name), of(value))).collect()
}

/// A text that is not too long.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
    }
    text
}

fn of(value: Attribute) -> Value {
    match value {
        Attribute::Text(text) => Value::String(cut(text).into()),
        Attribute::Integer(number) => Value::I64(number),
        Attribute::Number(number) => Value::F64(number),
        Attribute::Boolean(boolean) => Value::Bool(boolean),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_attributes_and_long_texts_are_cut() {
        let many = (0..100).map(|number| (number.to_string(), Attribute::Integer(number))).collect();
        assert_eq!(convert(many).len(), MOST);
        assert_eq!(cut("é".repeat(LONGEST)).len(), LONGEST);
        assert_eq!(cut(format!("a{}", "é".repeat(LONGEST))).len(), LONGEST - 1);
    }
}
