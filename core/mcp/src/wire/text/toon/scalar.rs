//! Single values and keys.

use std::fmt::Write as _;

use mxcp_core::value::Value;

/// A value that is no list and no object.
pub(super) fn scalar(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Number(number) => exact(number.as_str()),
        other => match other.text_form() {
            Some(text) if needs_quotes(&text) => quoted(&text),
            Some(text) => text,
            None => other.to_json_text(),
        },
    }
}

/// A key of an object, or the name of a column.
pub(super) fn key(name: &str) -> String {
    let mut characters = name.chars();
    let begins = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if begins && characters.all(|other| other.is_ascii_alphanumeric() || matches!(other, '_' | '.')) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// A double in as few digits as tell it from others, with an exponent where it is very large or very small.
fn float(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let size = number.abs();
    if (1e-6..1e21).contains(&size) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    if size < 1.0 { text } else { text.replace('e', "e+") }
}

/// The digits of a number, without zeros at the end of its fraction.
fn exact(digits: &str) -> String {
    let is_fraction = digits.contains('.') && !digits.contains(['e', 'E']);
    let digits = if is_fraction { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    if digits == "-0" { "0".to_owned() } else { digits.to_owned() }
}

/// Whether a text would be taken for something else, or end where it should not.
fn needs_quotes(text: &str) -> bool {
    matches!(text, "" | "true" | "false" | "null")
        || text.starts_with(['-', '#', ' '])
        || text.ends_with(' ')
        || text.contains([',', ':', '"', '\\', '[', ']', '{', '}'])
        || text.chars().any(|character| character < ' ')
        || is_like_a_number(text)
}

/// Whether a text has the form of a number, leading zeros included.
fn is_like_a_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(digits)
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if control < ' ' => {
                // Memory takes it.
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
