//! Decimal numbers, exact: for equality and `multipleOf`, where doubles would lie (`0.3` is no multiple of
//! `0.1` in binary).

use std::cmp::Ordering;

use crate::value::{ExactNumber, Value};

/// Zeros that are written out for an integer given with an exponent; doubles end at 308.
const MAX_ZEROS: i64 = 400;

/// `digits * 10^exponent`, the digits without zeros at either end: equal numbers have equal parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// The number in a value, a double by its shortest text; none if the value is no number.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(integer) => Self::parse(&integer.to_string()),
            Value::Float(float) => Self::parse(&format!("{float:e}")),
            Value::Number(number) => Self::parse(number.as_str()),
            _ => None,
        }
    }

    /// From a JSON number's text.
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_end_matches('0');
        let zeros = i64::try_from(all.len() - digits.len()).ok()?;
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?.checked_add(zeros)?;
        Some(Self { negative, digits: digits.to_owned(), exponent })
    }

    /// As an integer value, if it is one.
    pub(super) fn to_integer(&self) -> Option<Value> {
        if !(0..=MAX_ZEROS).contains(&self.exponent) && !self.is_zero() {
            // Trailing zeros that were written out are in the exponent as well, and may be many.
            return None;
        }
        let sign = if self.negative { "-" } else { "" };
        let digits = if self.is_zero() { "0" } else { &self.digits };
        let zeros = usize::try_from(self.exponent).ok()?;
        let text = format!("{sign}{digits}{:0<zeros$}", "");
        match text.parse() {
            Ok(integer) => Some(Value::Int(integer)),
            Err(_) => ExactNumber::parse(&text).map(Value::Number),
        }
    }

    /// Whether it is a whole number of `step`s; a step of zero fits nothing.
    pub(super) fn is_multiple_of(&self, step: &Decimal) -> bool {
        let Some(divisor) = step.digits.parse::<u64>().ok().filter(|divisor| *divisor > 0).map(u128::from)
        else {
            return false;
        };
        if self.is_zero() {
            return true;
        }
        // Neither has zeros at its end, so a number that goes on behind the step's last digit is no multiple.
        let Ok(zeros) = u64::try_from(i128::from(self.exponent) - i128::from(step.exponent)) else {
            return false;
        };
        let digits = self.digits.bytes().map(|digit| u128::from(digit - b'0'));
        let rest = digits.fold(0, |rest, digit| (rest * 10 + digit) % divisor);
        (rest * power_of_ten(zeros, divisor)).is_multiple_of(divisor)
    }

    /// A text that is the same for equal numbers, and that no other number has.
    pub(super) fn canonical(&self) -> String {
        format!("{}{}e{}", if self.negative { "-" } else { "" }, self.digits, self.exponent)
    }

    /// Whether [`is_multiple_of`](Self::is_multiple_of) can work with it as a step.
    pub(super) fn can_be_step(&self) -> bool {
        !self.negative && self.digits.parse::<u64>().is_ok_and(|digits| digits > 0)
    }

    /// How it compares, exactly.
    pub(super) fn compare(&self, other: &Decimal) -> Ordering {
        let sign = |number: &Decimal| match (number.is_zero(), number.negative) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => -1,
        };
        let (own, others) = (sign(self), sign(other));
        if own != others || own == 0 {
            return own.cmp(&others);
        }
        // Digits have no zeros at either end, so with the same number of places they compare as texts.
        let places = |number: &Decimal| {
            i64::try_from(number.digits.len()).unwrap_or(i64::MAX).saturating_add(number.exponent)
        };
        let larger = places(self).cmp(&places(other)).then_with(|| self.digits.cmp(&other.digits));
        if own < 0 { larger.reverse() } else { larger }
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }
}

/// `10^exponent` modulo a number of up to 64 bits, which keeps the products in 128.
fn power_of_ten(mut exponent: u64, modulus: u128) -> u128 {
    let mut result = 1 % modulus;
    let mut factor = 10 % modulus;
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result * factor % modulus;
        }
        factor = factor * factor % modulus;
        exponent /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn equal_numbers_are_equal_however_written() {
        for (left, right) in [("1", "1.0"), ("100", "1e2"), ("0.50", "5e-1"), ("-0", "0.000"), ("0012", "12")]
        {
            assert_eq!(decimal(left), decimal(right));
            assert_eq!(decimal(left).canonical(), decimal(right).canonical());
        }
        assert_ne!(decimal("1"), decimal("-1"));
        assert_ne!(decimal("9007199254740993"), decimal("9007199254740992"));
    }

    #[test]
    fn multiples_are_exact() {
        let multiple = |value: f64, step: f64| {
            Decimal::of(&Value::Float(value))
                .unwrap()
                .is_multiple_of(&Decimal::of(&Value::Float(step)).unwrap())
        };
        assert!(multiple(0.3, 0.1));
        assert!(multiple(19.99, 0.01));
        assert!(multiple(-4.0, 2.0));
        assert!(multiple(1e300, 3e299) == multiple(10.0, 3.0));
        assert!(multiple(0.0, 7.0));
        assert!(!multiple(0.35, 0.1));
        assert!(!multiple(5.0, 2.0));
        assert!(!multiple(5.0, 0.0));
    }

    #[test]
    fn compares_whatever_the_notation() {
        let ascending = ["-1e30", "-12", "-1.5", "0", "5e-9", "0.3", "1", "1.05", "9", "10", "123e9999"];
        for pair in ascending.windows(2) {
            assert_eq!(decimal(pair[0]).compare(&decimal(pair[1])), Ordering::Less, "{pair:?}");
            assert_eq!(decimal(pair[1]).compare(&decimal(pair[0])), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(decimal("1.0").compare(&decimal("10e-1")), Ordering::Equal);
    }

    #[test]
    fn integers_come_out_of_any_notation() {
        assert_eq!(decimal("5.00").to_integer(), Some(Value::Int(5)));
        assert_eq!(decimal("1.5e1").to_integer(), Some(Value::Int(15)));
        assert_eq!(decimal("-0.0").to_integer(), Some(Value::Int(0)));
        assert_eq!(decimal("5.5").to_integer(), None);
        let wide = "123456789012345678901234567890";
        assert_eq!(decimal(wide).to_integer(), ExactNumber::parse(wide).map(Value::Number));
        assert_eq!(decimal("1e999999999").to_integer(), None);
    }

    #[test]
    fn huge_exponents_cost_nothing() {
        assert!(decimal("1e999999999").is_multiple_of(&decimal("0.5")));
        assert!(!decimal("1e999999999").is_multiple_of(&decimal("3")));
    }
}
