//! Numbers without a fraction, of any width.

use serde_json::{Map, Value as Json};

use super::bounds::Bounds;
use super::decimal::Decimal;
use super::fault::Fault;
use super::number::without_underscores;
use super::schema::View;
use crate::schema::TypeDef;
use crate::value::{ExactNumber, Value};
use crate::yaml::{DocPath, Report};

/// What only integers have.
#[derive(Clone, Debug)]
pub struct IntegerType {
    bounds: Bounds,
}

impl IntegerType {
    pub(super) fn compile(def: &TypeDef, path: &DocPath, report: &mut Report<'_>) -> Option<Self> {
        Some(Self { bounds: Bounds::compile(def, path, report)? })
    }

    /// Its limits.
    #[must_use]
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// From a number without a fraction, a text that is one, or a boolean.
    pub(super) fn convert(&self, value: Value) -> Result<Value, Fault> {
        let integer = match &value {
            Value::Bool(boolean) => Some(Value::Int(i64::from(*boolean))),
            Value::String(text) => parse(text),
            number => to_integer(number),
        };
        let Some(integer) = integer else {
            return Err(Fault::Expected { expected: "integer", got: value });
        };
        self.bounds.check(&integer).map_err(Fault::Rule)?;
        Ok(integer)
    }

    /// Integral doubles and decimals become integers.
    pub(super) fn check(&self, value: &mut Value) -> Result<(), String> {
        match to_integer(value) {
            Some(integer) => *value = integer,
            None => return Err(format!("Expected integer, got {}", value.json_type())),
        }
        self.bounds.check(value)
    }

    pub(super) fn describe(&self, schema: &mut Map<String, Json>, view: View<'_>) {
        self.bounds.describe(schema, view);
    }
}

/// A number as the narrowest integer that holds it; none if it has a fraction.
fn to_integer(number: &Value) -> Option<Value> {
    match number {
        Value::Int(integer) => Some(Value::Int(*integer)),
        // A double's shortest text has zeros where the double itself has digits: 1e23 is not 10^23.
        Value::Float(float) if float.fract() == 0.0 => from_digits(&format!("{float:.0}")),
        Value::Number(wide) => Decimal::of(&Value::Number(wide.clone()))?.to_integer(),
        _ => None,
    }
}

/// `5`, ` +5 `, `1_000`, `5.0`.
fn parse(text: &str) -> Option<Value> {
    let text = without_underscores(text.trim())?;
    let whole = match text.split_once('.') {
        Some((whole, zeros)) => {
            (!zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0')).then_some(whole)?
        }
        None => &text,
    };
    from_digits(whole)
}

/// From an optional sign and decimal digits.
fn from_digits(text: &str) -> Option<Value> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let digits = match digits.trim_start_matches('0') {
        "" => return Some(Value::Int(0)),
        digits => format!("{sign}{digits}"),
    };
    match digits.parse() {
        Ok(integer) => Some(Value::Int(integer)),
        Err(_) => ExactNumber::parse(&digits).map(Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::testing::{compile, convert, json};

    #[test]
    fn takes_integers_in_many_forms() {
        for (given, expected) in [
            ("5", 5),
            ("5.0", 5),
            ("1e3", 1000),
            ("true", 1),
            (r#"" 5 ""#, 5),
            (r#""+5""#, 5),
            (r#""-1_000""#, -1000),
            (r#""5.0""#, 5),
            (r#""007""#, 7),
            (r#""-0""#, 0),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(convert("type: integer", given), Ok(Value::Int(expected)), "{given}");
        }
    }

    #[test]
    fn keeps_wide_integers_exact() {
        let wide = Value::Number(ExactNumber::parse("170141183460469231731687303715884105728").unwrap());
        for given in
            ["170141183460469231731687303715884105728", r#""170141183460469231731687303715884105728.0""#]
        {
            assert_eq!(convert("type: integer", given), Ok(wide.clone()));
        }
        let double = Value::Number(ExactNumber::parse("99999999999999991611392").unwrap());
        assert_eq!(convert("type: integer", "1e23"), Ok(double));
    }

    #[test]
    fn refuses_what_is_no_integer() {
        for given in ["5.9", r#""5.9""#, r#""abc""#, r#""1e3""#, r#""5.""#, r#""""#, r#""--5""#, "[5]", "{}"]
        {
            let error = convert("type: integer", given).unwrap_err();
            assert_eq!(error, format!("Error validating parameter 'a': Expected integer, got {given}"));
        }
    }

    #[test]
    fn integral_results_of_any_width_pass_as_integers() {
        let integer = compile("type: integer");
        assert_eq!(integer.check_output(Value::Float(5.0)), Ok(Value::Int(5)));
        let decimal = |text: &str| Value::Number(ExactNumber::parse(text).unwrap());
        assert_eq!(integer.check_output(decimal("5.00")), Ok(Value::Int(5)));
        let wide = "170141183460469231731687303715884105728";
        assert_eq!(integer.check_output(decimal(wide)), Ok(decimal(wide)));
        assert_eq!(integer.check_output(json("5.5")), Err("Expected integer, got number".into()));
        assert_eq!(integer.check_output(json("true")), Err("Expected integer, got boolean".into()));
    }
}
