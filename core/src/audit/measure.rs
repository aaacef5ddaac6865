//! How much a value is.

use std::io;

use serde::Serialize;

/// Bytes that count as one token.
const BYTES_OF_A_TOKEN: u64 = 4;

/// How much a value is as compact JSON. It is measured as it is recorded, so that it says nothing about what is redacted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// Bytes of its text in UTF-8.
    pub bytes: u64,
    /// About how many tokens of a model that is: a fourth of the bytes, rounded up. What a model counts depends on the model.
    pub tokens: u64,
}

impl Measure {
    /// Measures a value.
    pub fn of(value: &impl Serialize) -> Self {
        let mut counter = Counter(0);
        // Nothing that is counted fails to be written; a value without a JSON form is as long as it got.
        let _ = serde_json::to_writer(&mut counter, value);
        Self::of_bytes(counter.0)
    }

    /// The measure of so many bytes.
    #[must_use]
    pub fn of_bytes(bytes: u64) -> Self {
        Self { bytes, tokens: bytes.div_ceil(BYTES_OF_A_TOKEN) }
    }

    /// Most bytes that count as so many tokens.
    #[must_use]
    pub fn most_bytes(tokens: u64) -> u64 {
        tokens.saturating_mul(BYTES_OF_A_TOKEN)
    }
}

/// Counts what is written.
struct Counter(u64);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn bytes_are_those_of_the_text_and_a_token_is_four_of_them() {
        let measured = |text: &str| Measure::of(&Value::parse_json(text).unwrap());
        assert_eq!(measured(r#"{"a": "é"}"#), Measure { bytes: 10, tokens: 3 });
        assert_eq!(measured("null"), Measure { bytes: 4, tokens: 1 });
        assert_eq!(Measure::default(), Measure { bytes: 0, tokens: 0 });
    }
}
