//! When two numbers are the same, whatever their form.

use crate::value::Value;

/// A decimal number in the one form it has: `0.digits * 10^exponent`, no zeros at either end.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

/// Whether both are numbers, and the same one. Integers and decimals are compared digit by digit; a double that
/// came out of a call holds no more digits than a double does, however many the test gives.
pub(super) fn same(result: &Value, expected: &Value) -> bool {
    match (result, expected) {
        (Value::Int(one), Value::Int(other)) => one == other,
        (Value::Float(one), Value::Float(other)) => one == other,
        (Value::Float(double), Value::Number(written)) if !written.is_integer() => {
            *double == written.to_f64()
        }
        _ => {
            let others = decimals(expected);
            decimals(result).iter().any(|decimal| others.contains(decimal))
        }
    }
}

/// The decimals that a number stands for: of a large double, its shortest text and its exact value.
fn decimals(number: &Value) -> Vec<Decimal> {
    let texts = match number {
        Value::Int(value) => vec![value.to_string()],
        Value::Number(exact) => vec![exact.as_str().to_owned()],
        #[expect(clippy::cast_possible_truncation, reason = "a double without a fraction, within 128 bits")]
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 1e38 => {
            vec![format!("{value:e}"), (*value as i128).to_string()]
        }
        Value::Float(value) => vec![format!("{value:e}")],
        _ => Vec::new(),
    };
    texts.iter().filter_map(|text| Decimal::parse(text)).collect()
}

impl Decimal {
    /// From the text of a JSON number; none if its exponent is out of all measure.
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let leading = i64::try_from(digits.len() - significant.len()).ok()?;
        let whole = i64::try_from(whole.len()).ok()?;
        let exponent = exponent.parse::<i64>().ok()?.checked_add(whole)?.checked_sub(leading)?;
        Some(Self { negative, digits: significant.trim_end_matches('0').to_owned(), exponent })
    }
}

#[cfg(test)]
mod tests {
    use super::same;
    use crate::value::{ExactNumber, Value};

    fn json(text: &str) -> Value {
        Value::parse_json(text).unwrap()
    }

    #[test]
    fn the_form_of_a_number_does_not_count() {
        for (one, other) in [
            ("5", "5.0"),
            ("1.50", "1.5"),
            ("150e-2", "1.5"),
            ("0.05", "5e-2"),
            ("-0.0", "0"),
            ("1152921504606846976", "1152921504606846976.0"),
            ("12345678901234567.890", "12345678901234567.89"),
        ] {
            assert!(same(&json(one), &json(other)), "{one} {other}");
            assert!(same(&json(other), &json(one)), "{other} {one}");
        }
        assert!(same(&Value::Float(1_152_921_504_606_846_976.0), &Value::Int(1_152_921_504_606_846_976)));
        assert!(same(&Value::Float(1e22), &json("10000000000000000000000")));
    }

    #[test]
    fn digits_beyond_those_of_a_double_count() {
        for (one, other) in [
            ("9007199254740993", "9007199254740992"),
            ("170141183460469231731687303715884105728", "170141183460469231731687303715884105727"),
            ("12345678901234567.89", "12345678901234567.88"),
            ("5", "-5"),
            ("5", "50"),
            ("0.5", "5"),
        ] {
            assert!(!same(&json(one), &json(other)), "{one} {other}");
        }
        assert!(!same(&Value::Float(9_007_199_254_740_992.0), &Value::Int(9_007_199_254_740_993)));
    }

    #[test]
    fn a_double_is_compared_as_a_double() {
        let written = ExactNumber::parse("0.10000000000000000555").unwrap();
        assert!(same(&Value::Float(0.1), &Value::Number(written.clone())));
        assert!(!same(&Value::Number(written), &Value::Float(0.1)));
    }

    #[test]
    fn what_is_no_number_is_the_same_as_none() {
        assert!(!same(&Value::Null, &Value::Null));
        assert!(!same(&Value::string("1"), &Value::Int(1)));
    }
}
