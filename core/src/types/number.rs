//! Numbers with or without a fraction.

use serde_json::{Map, Value as Json};

use super::bounds::Bounds;
use super::fault::Fault;
use super::schema::View;
use crate::schema::TypeDef;
use crate::value::Value;
use crate::yaml::{DocPath, Report};

/// What only numbers have.
#[derive(Clone, Debug)]
pub struct NumberType {
    bounds: Bounds,
}

impl NumberType {
    pub(super) fn compile(def: &TypeDef, path: &DocPath, report: &mut Report<'_>) -> Option<Self> {
        Some(Self { bounds: Bounds::compile(def, path, report)? })
    }

    /// Its limits.
    #[must_use]
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// From a number, a text that is one, or a boolean; always a double, as it is bound to SQL.
    pub(super) fn convert(&self, value: Value) -> Result<Value, Fault> {
        #[expect(clippy::cast_precision_loss, reason = "numbers are doubles by definition")]
        let number = match &value {
            Value::Int(integer) => Some(*integer as f64),
            Value::Float(float) => Some(*float),
            Value::Number(number) => Some(number.to_f64()),
            Value::Bool(boolean) => Some(f64::from(u8::from(*boolean))),
            Value::String(text) => parse(text),
            _ => None,
        };
        let Some(number) = number.filter(|number| number.is_finite()) else {
            return Err(Fault::Expected { expected: "number", got: value });
        };
        let number = Value::Float(number);
        self.bounds.check(&number).map_err(Fault::Rule)?;
        Ok(number)
    }

    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        match value {
            Value::Int(_) | Value::Float(_) | Value::Number(_) => self.bounds.check(value),
            other => Err(format!("Expected number, got {}", other.json_type())),
        }
    }

    pub(super) fn describe(&self, schema: &mut Map<String, Json>, view: View<'_>) {
        self.bounds.describe(schema, view);
    }
}

/// The number in a text; not the words for infinity and NaN, which JSON has no numbers for.
pub(super) fn parse(text: &str) -> Option<f64> {
    let text = without_underscores(text.trim())?;
    text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)).then(|| text.parse().ok())?
}

/// `1_000` as `1000`; none if an underscore is not between digits.
pub(super) fn without_underscores(text: &str) -> Option<String> {
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let between = |at: usize| at > 0 && digit(bytes.get(at - 1)) && digit(bytes.get(at + 1));
    text.match_indices('_').all(|(at, _)| between(at)).then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::testing::{compile, convert, json};

    #[test]
    fn takes_numbers_in_many_forms() {
        for (given, expected) in [
            ("5", 5.0),
            ("1.5", 1.5),
            (r#""1e3""#, 1000.0),
            (r#"" 5 ""#, 5.0),
            (r#""1_000.5""#, 1000.5),
            (r#""+.5""#, 0.5),
            ("true", 1.0),
            ("123456789012345678901234567890", 123_456_789_012_345_680_000_000_000_000.0),
        ] {
            assert_eq!(convert("type: number", given), Ok(Value::Float(expected)), "{given}");
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for given in
            [r#""abc""#, r#""NaN""#, r#""inf""#, r#""-Infinity""#, r#""""#, r#""1__0""#, r#""_1""#, "[1]"]
        {
            let error = convert("type: number", given).unwrap_err();
            assert_eq!(error, format!("Error validating parameter 'a': Expected number, got {given}"));
        }
        assert_eq!(
            convert("type: number", "1e400").unwrap_err(),
            "Error validating parameter 'a': Expected number, got 1e+400"
        );
    }

    #[test]
    fn results_must_be_numbers() {
        let number = compile("type: number");
        for good in ["5", "1.50", "12345678901234567.89", "null"] {
            assert_eq!(number.check_output(json(good)), Ok(json(good)));
        }
        assert_eq!(number.check_output(json("true")), Err("Expected number, got boolean".into()));
        assert_eq!(number.check_output(json(r#""1""#)), Err("Expected number, got string".into()));
    }
}
