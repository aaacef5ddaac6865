//! Numbers and texts that are not stored as Rust has them.

use mxcp_core::value::{ExactNumber, Value};

/// The header of a BIGNUM.
const BIGNUM_HEADER: usize = 3;

/// An integer of up to 128 bits.
pub(super) fn signed(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| Value::Number(ExactNumber::from_i128(number)), Value::Int)
}

/// An unsigned integer of up to 128 bits.
pub(super) fn unsigned(number: u128) -> Value {
    i64::try_from(number).map_or_else(|_| Value::Number(ExactNumber::from_u128(number)), Value::Int)
}

/// A FLOAT in its own shortest form, as a double: `0.1`, not the `0.10000000149011612` that is nearest to it.
pub(super) fn float(number: f32) -> Option<f64> {
    number.to_string().parse().ok()
}

/// A UUID; the first bit is stored the other way round, so that they sort as signed numbers.
pub(super) fn uuid(bits: u128) -> Value {
    let hex = format!("{:032x}", bits ^ (1 << 127));
    let group = |from, to| hex.get(from..to).unwrap_or_default();
    let groups = [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)];
    Value::String(groups.join("-"))
}

/// A VARCHAR, which DuckDB keeps in UTF-8.
pub(super) fn text(bytes: &[u8]) -> Value {
    Value::String(String::from_utf8_lossy(bytes).into_owned())
}

/// A BIT: the first byte says how many bits of the second don't count.
pub(super) fn bits(stored: &[u8]) -> Value {
    let Some((&unused, bytes)) = stored.split_first() else {
        return Value::string("");
    };
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    Value::String(bits.skip(usize::from(unused)).map(|bit| if bit == 1 { '1' } else { '0' }).collect())
}

/// A BIGNUM: a header whose first bit is set for numbers from 0 up, then the digits to the base of 256, highest first.
/// All bits of a negative one are inverted.
pub(super) fn bignum(stored: &[u8]) -> Value {
    let negative = stored.first().is_some_and(|first| first & 0x80 == 0);
    let invert = if negative { 0xff } else { 0 };
    // Groups of nine decimal digits, lowest first.
    let mut groups = vec![0_u32];
    for byte in stored.iter().skip(BIGNUM_HEADER) {
        let mut carry = u64::from(byte ^ invert);
        for group in &mut groups {
            let value = u64::from(*group) << 8 | carry;
            *group = u32::try_from(value % 1_000_000_000).unwrap_or(0);
            carry = value / 1_000_000_000;
        }
        if let Ok(carry @ 1..) = u32::try_from(carry) {
            groups.push(carry);
        }
    }
    let mut text = if negative { "-".to_owned() } else { String::new() };
    let mut groups = groups.iter().rev();
    text += &groups.next().map(u32::to_string).unwrap_or_default();
    groups.for_each(|group| text += &format!("{group:09}"));
    match text.parse::<i64>() {
        Ok(number) => Value::Int(number),
        Err(_) => ExactNumber::parse(&text).map_or(Value::Null, Value::Number),
    }
}
