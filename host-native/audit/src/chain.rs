//! The chain of hashes through all records.
//!
//! The last three keys of a line are `prev_hash`, `record_hash` and `signature`. `record_hash` is the SHA-256 of the bytes of
//! the line before `,"record_hash"`, as they stand in the file; `prev_hash`, which is among them, is the `record_hash` of the
//! record before. Nothing has to be parsed to verify that, and no two programs can disagree about how JSON is written.

use std::fmt;

use ring::digest::{SHA256, digest};

const PREVIOUS: &[u8] = b"\"prev_hash\":\"";
const HASH: &[u8] = b",\"record_hash\":\"";
const END: &[u8] = b"\",\"signature\":null}";
const DIGITS: usize = 64;

/// The hash of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hash([u8; 32]);

impl Hash {
    /// What the first record of all follows.
    pub(crate) const ORIGIN: Self = Self([0; 32]);

    /// The hash of bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(hash)
    }

    /// What hexadecimal digits in lower case stand for.
    pub(crate) fn parse(digits: &[u8]) -> Option<Self> {
        let digits: &[u8; DIGITS] = digits.try_into().ok()?;
        // Without a way out in between, this is done for many digits at a time.
        let are_digits = digits.iter().fold(true, |all, digit| all & is_digit(*digit));
        let mut hash = [0; 32];
        for (byte, [high, low]) in hash.iter_mut().zip(digits.as_chunks::<2>().0) {
            *byte = value(*high) << 4 | value(*low);
        }
        are_digits.then_some(Self(hash))
    }

    fn write(self, text: &mut Vec<u8>) {
        let mut digits = [0; DIGITS];
        for ([high, low], byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            (*high, *low) = (digit(byte >> 4), digit(byte & 15));
        }
        text.extend_from_slice(&digits);
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

fn is_digit(digit: u8) -> bool {
    (digit.wrapping_sub(b'0') < 10) | (digit.wrapping_sub(b'a') < 6)
}

/// What a digit stands for, if it is one.
fn value(digit: u8) -> u8 {
    (digit & 15).wrapping_add((digit >> 6) * 9)
}

/// Ends a line: `text` is a JSON object from byte `start` on, without its closing brace. Gives the hash of the record.
pub(crate) fn seal(text: &mut Vec<u8>, start: usize, previous: Hash) -> Hash {
    text.push(b',');
    text.extend_from_slice(PREVIOUS);
    previous.write(text);
    text.push(b'"');
    let hash = Hash::of(text.get(start..).unwrap_or_default());
    text.extend_from_slice(HASH);
    hash.write(text);
    text.extend_from_slice(END);
    text.push(b'\n');
    hash
}

/// A line of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The record that it says it follows.
    pub(crate) previous: Hash,
    /// What its hash is.
    pub(crate) hash: Hash,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It has no hash.
    Unchained,
    /// Its hash is not the one of its text. This is what it says.
    Changed(Link),
}

/// Checks one line, without the end of the line.
pub(crate) fn check(line: &[u8]) -> Result<Link, Flaw> {
    let parts = || {
        let rest = line.strip_suffix(END)?;
        let (rest, told) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
        let text = rest.strip_suffix(HASH)?;
        let (before, previous) =
            text.strip_suffix(b"\"")?.split_at_checked(text.len().checked_sub(DIGITS + 1)?)?;
        before.ends_with(PREVIOUS).then_some(())?;
        Some((text, Hash::parse(previous)?, Hash::parse(told)?))
    };
    let (text, previous, told) = parts().ok_or(Flaw::Unchained)?;
    let hash = Hash::of(text);
    if hash == told { Ok(Link { previous, hash }) } else { Err(Flaw::Changed(Link { previous, hash: told })) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(text: &str, previous: Hash) -> (Vec<u8>, Hash) {
        let mut line = text.as_bytes().to_vec();
        let hash = seal(&mut line, 0, previous);
        assert_eq!(line.pop(), Some(b'\n'));
        (line, hash)
    }

    #[test]
    fn a_sealed_line_is_json_and_holds() {
        let (first, one) = sealed(r#"{"a":"é""#, Hash::ORIGIN);
        let (second, two) = sealed(r#"{"a":2"#, one);
        assert_eq!(check(&first), Ok(Link { previous: Hash::ORIGIN, hash: one }));
        assert_eq!(check(&second), Ok(Link { previous: one, hash: two }));
        let json: serde_json::Value = serde_json::from_slice(&second).unwrap();
        assert_eq!(json["prev_hash"], one.to_string());
        assert_eq!(json["record_hash"], two.to_string());
        assert!(json["signature"].is_null());
    }

    #[test]
    fn a_hash_is_written_in_digits_of_lower_case_and_read_from_nothing_else() {
        let hash = Hash::of(b"abc");
        let digits = b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Hash::parse(digits), Some(hash));
        for at in 0..DIGITS {
            for wrong in [b'/', b':', b'`', b'g', b'A', 0, 0xff, b'@', b'\n'] {
                let mut digits = *digits;
                digits[at] = wrong;
                assert_eq!(Hash::parse(&digits), None);
            }
        }
        assert_eq!((Hash::parse(&digits[1..]), Hash::parse(&[&digits[..], b"0"].concat())), (None, None));
    }

    #[test]
    fn anybody_can_compute_the_hash() {
        let (line, hash) = sealed("{\"a\":1", Hash::ORIGIN);
        let text = String::from_utf8(line).unwrap();
        let (before, _) = text.split_once(",\"record_hash\"").unwrap();
        assert_eq!(hash, Hash::of(before.as_bytes()));
    }

    #[test]
    fn whatever_is_changed_shows() {
        let (line, _) = sealed(r#"{"a":1"#, Hash::ORIGIN);
        for at in 0..line.len() {
            let mut changed = line.clone();
            changed[at] ^= 1;
            assert!(check(&changed).is_err(), "byte {at}");
        }
        assert_eq!(check(br#"{"prev_hash":null,"record_hash":null,"signature":null}"#), Err(Flaw::Unchained));
        assert_eq!(check(b""), Err(Flaw::Unchained));
    }
}
