//! What an unquoted scalar is, by the rules of YAML 1.1 as PyYAML applies them.

use super::node::Data;

/// Every decimal text of so many digits survives a double.
const MAX_DOUBLE_DIGITS: usize = 15;

/// Resolves an unquoted scalar.
pub(super) fn resolve(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Data::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Data::Bool(false),
        _ => {}
    }
    let numeric = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.'));
    numeric
        .then(|| integer(text).or_else(|| float(text)).or_else(|| timestamp(text)))
        .flatten()
        .unwrap_or_else(|| Data::String { text: text.to_owned(), literal: false })
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or("")),
        Some(b'+') => (false, text.get(1..).unwrap_or("")),
        _ => (false, text),
    }
}

fn integer(text: &str) -> Option<Data> {
    let (negative, digits) = split_sign(text);
    let first = digits.chars().next()?;
    let all = |digits: &str, radix: u32| {
        !digits.is_empty() && digits.chars().all(|digit| digit == '_' || digit.is_digit(radix))
    };
    let magnitude = if let Some(binary) = digits.strip_prefix("0b").filter(|digits| all(digits, 2)) {
        u128::from_str_radix(&binary.replace('_', ""), 2).ok()?
    } else if let Some(hexadecimal) = digits.strip_prefix("0x").filter(|digits| all(digits, 16)) {
        u128::from_str_radix(&hexadecimal.replace('_', ""), 16).ok()?
    } else if digits.contains(':') {
        sexagesimal(digits).filter(|_| first.is_ascii_digit() && first != '0')?
    } else if digits == "0" {
        0
    } else if first == '0' {
        all(digits, 8).then(|| u128::from_str_radix(&digits.replace('_', ""), 8).ok())??
    } else if first.is_ascii_digit() && all(digits, 10) {
        let plain = digits.replace('_', "");
        match plain.parse() {
            Ok(value) => value,
            Err(_) => return Some(Data::Wide(format!("{}{plain}", if negative { "-" } else { "" }))),
        }
    } else {
        return None;
    };
    let value = i128::try_from(magnitude).ok().map(|value| if negative { -value } else { value });
    match value.map(i64::try_from) {
        Some(Ok(value)) => Some(Data::Int(value)),
        _ => Some(Data::Wide(format!("{}{magnitude}", if negative { "-" } else { "" }))),
    }
}

/// Base 60: `1:30` is 90.
fn sexagesimal(text: &str) -> Option<u128> {
    let mut parts = text.split(':');
    let leading: u128 = parts.next()?.replace('_', "").parse().ok()?;
    parts.try_fold(leading, |value, part| {
        let digits = part.len() <= 2 && part.bytes().all(|digit| digit.is_ascii_digit());
        let part: u128 = digits.then(|| part.parse().ok()).flatten().filter(|part| *part < 60)?;
        value.checked_mul(60)?.checked_add(part)
    })
}

fn float(text: &str) -> Option<Data> {
    let (negative, digits) = split_sign(text);
    let signed = |value: f64| Some(Data::Float(if negative { -value } else { value }));
    match digits {
        ".inf" | ".Inf" | ".INF" => return signed(f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if digits == text => return Some(Data::Float(f64::NAN)),
        _ => {}
    }
    let (whole, fraction) = digits.split_once('.')?;
    let (fraction, exponent) = match fraction.find(['e', 'E']) {
        // YAML 1.1 asks for the exponent's sign.
        Some(at) => (fraction.get(..at)?, Some(fraction.get(at + 1..)?.strip_prefix(['+', '-'])?)),
        None => (fraction, None),
    };
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let valid = plain(fraction)
        && exponent.is_none_or(|digits| !digits.is_empty() && plain(digits))
        && if whole.is_empty() {
            fraction.starts_with(|first: char| first.is_ascii_digit())
        } else {
            plain(whole)
        }
        && !whole.starts_with('_');
    let plain = valid.then(|| digits.replace('_', ""))?;
    if plain.bytes().filter(u8::is_ascii_digit).count() > MAX_DOUBLE_DIGITS
        && !plain.starts_with('.')
        && exponent.is_none()
    {
        return Some(Data::Wide(format!("{}{plain}", if negative { "-" } else { "" })));
    }
    signed(plain.parse().ok()?)
}

/// `2024-02-29`, or a date and time.
fn timestamp(text: &str) -> Option<Data> {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let date = digits(0..4)
        && bytes.get(4) == Some(&b'-')
        && digits(5..7)
        && bytes.get(7) == Some(&b'-')
        && digits(8..10);
    let rest = text.get(10..).filter(|_| date)?;
    let time = rest.trim_start_matches(['T', 't', ' ', '\t']);
    let matches = rest.is_empty()
        || (time.len() < rest.len()
            && time.bytes().take(2).all(|byte| byte.is_ascii_digit())
            && time.matches(':').count() >= 2
            && time.bytes().all(|byte| byte.is_ascii_digit() || b":.+-Z ".contains(&byte)));
    matches.then(|| Data::Timestamp(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        format!("{:?}", resolve(text))
    }

    #[test]
    fn reads_scalars_as_yaml_1_1_does() {
        for (text, expected) in [
            ("yes", "Bool(true)"),
            ("Off", "Bool(false)"),
            ("010", "Int(8)"),
            ("1:30", "Int(90)"),
            ("1_000", "Int(1000)"),
            ("0x1F", "Int(31)"),
            ("-7", "Int(-7)"),
            ("1.5", "Float(1.5)"),
            ("-.inf", "Float(-inf)"),
            ("2024-02-29", "Timestamp(\"2024-02-29\")"),
            ("~", "Null"),
            ("170141183460469231731687303715884105728", "Wide(\"170141183460469231731687303715884105728\")"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn leaves_texts_alone() {
        for text in ["1e3", "08", "1.2.3", "tRue", "10:90", "-", "+", ".", "1__x", "2024-2-9"] {
            assert!(show(text).starts_with("String"), "{text}: {}", show(text));
        }
    }
}
