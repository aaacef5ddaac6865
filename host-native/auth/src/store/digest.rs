//! Digests as the store writes them.

use sha2::{Digest as _, Sha256};

use super::Digest;

impl Digest {
    /// The digest of a secret.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// As 64 hexadecimal digits.
    pub(super) fn hex(self) -> String {
        self.0
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect()
    }

    /// What `hex` gave; none if the text is something else.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            *byte = u8::try_from(high? << 4 | low?).ok()?;
        }
        Some(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FIPS 180-2.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_digest_is_sha_256_in_hexadecimal_digits() {
        assert_eq!(Digest::of("abc").hex(), ABC);
        assert_eq!(Digest::from_hex(ABC), Some(Digest::of("abc")));
    }

    #[test]
    fn other_texts_are_no_digests() {
        for text in
            ["", "ba", &ABC[1..], &format!("{ABC}00"), &ABC.replace('b', "x"), &ABC.replace("ba", "é")]
        {
            assert_eq!(Digest::from_hex(text), None, "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_a_digest() {
        assert_eq!(format!("{:?}", Digest::of("abc")), "Digest(…)");
    }
}
