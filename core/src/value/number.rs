//! Numbers that neither an `i64` nor an `f64` holds without loss.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Value;

/// A wide integer or a decimal, kept as the digits of a JSON number (`-170141183460469231731687303715884105728`,
/// `1.50`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExactNumber(Box<str>);

impl ExactNumber {
    /// From an integer of up to 128 bits.
    #[must_use]
    pub fn from_i128(value: i128) -> Self {
        Self(value.to_string().into())
    }

    /// From an unsigned integer of up to 128 bits.
    #[must_use]
    pub fn from_u128(value: u128) -> Self {
        Self(value.to_string().into())
    }

    /// `unscaled / 10^scale`, with all `scale` digits.
    #[must_use]
    pub fn from_decimal(unscaled: i128, scale: u8) -> Self {
        let scale = usize::from(scale);
        if scale == 0 {
            return Self::from_i128(unscaled);
        }
        let sign = if unscaled < 0 { "-" } else { "" };
        let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        Self(format!("{sign}{whole}.{fraction}").into())
    }

    /// From the text of a JSON number; none if it is no such text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let number = digits.starts_with(|first: char| first.is_ascii_digit());
        (number && text.parse::<serde_json::Number>().is_ok()).then(|| Self(text.into()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has no fraction (`2.00` has none).
    #[must_use]
    pub fn is_integer(&self) -> bool {
        match self.0.split_once('.') {
            None => !self.0.contains(['e', 'E']),
            Some((_, fraction)) => fraction.bytes().all(|digit| digit == b'0'),
        }
    }

    /// The value if it is an integer of up to 128 bits.
    #[must_use]
    pub fn as_i128(&self) -> Option<i128> {
        self.is_integer().then(|| self.0.split('.').next()?.parse().ok()).flatten()
    }

    /// The value if it is an unsigned integer of up to 128 bits.
    #[must_use]
    pub fn as_u128(&self) -> Option<u128> {
        self.is_integer().then(|| self.0.split('.').next()?.parse().ok()).flatten()
    }

    /// The nearest double; infinite for numbers beyond its range.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        self.0.parse().map_or(serde_json::Value::Null, serde_json::Value::Number)
    }
}

impl fmt::Display for ExactNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for ExactNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

/// The narrowest kind that holds a JSON number exactly as it is written.
pub(super) fn from_json(number: &serde_json::Number) -> Value {
    if let Some(value) = number.as_i64() {
        return Value::Int(value);
    }
    let text = number.to_string();
    if !text.contains(['.', 'e', 'E']) {
        return ExactNumber::parse(&text).map_or(Value::Null, Value::Number);
    }
    match number.as_f64() {
        // A double prints its shortest form; if that has all the digits, nothing is lost by it.
        Some(value) if value.is_finite() && significant(&text) <= 15 => Value::Float(value),
        _ => ExactNumber::parse(&text).map_or(Value::Null, Value::Number),
    }
}

/// How many significant digits a number's text has: every text of up to 15 survives a double.
fn significant(text: &str) -> usize {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').len()
}
