//! Names that nobody else has.

use std::io;

/// A random UUID, version 4.
///
/// # Errors
/// The operating system has no randomness.
pub(crate) fn uuid() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let number = u128::from_be_bytes(bytes);
    // Version 4, variant 1.
    let number = number & !(0xf << 76) | 0x4 << 76;
    let number = number & !(0x3 << 62) | 0x2 << 62;
    let text = format!("{number:032x}");
    let mut parts = [8, 4, 4, 4, 12].iter();
    let (mut rest, mut uuid) = (text.as_str(), String::with_capacity(36));
    while let Some((part, after)) = parts.next().and_then(|length| rest.split_at_checked(*length)) {
        if !uuid.is_empty() {
            uuid.push('-');
        }
        uuid.push_str(part);
        rest = after;
    }
    Ok(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_form_of_a_random_uuid() {
        let (one, other) = (uuid().unwrap(), uuid().unwrap());
        assert_ne!(one, other);
        let lengths: Vec<_> = one.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(one.as_bytes().get(14), Some(&b'4'));
        assert!(matches!(one.as_bytes().get(19), Some(b'8' | b'9' | b'a' | b'b')), "{one}");
    }
}
