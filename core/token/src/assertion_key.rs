//! The key that an edge and its origin share.

use jsonwebtoken::{DecodingKey, EncodingKey};

/// A shared key. `Debug` does not show it.
#[derive(Clone)]
pub struct AssertionKey {
    bytes: Vec<u8>,
}

/// The key is too short to be safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key must have {least} bytes or more", least = AssertionKey::LEAST_BYTES)]
pub struct ShortKey;

impl AssertionKey {
    /// Least length of a key, in bytes.
    pub const LEAST_BYTES: usize = 32;

    /// The key of these bytes.
    ///
    /// # Errors
    /// There are fewer than [`LEAST_BYTES`](Self::LEAST_BYTES).
    pub fn new(bytes: &[u8]) -> Result<Self, ShortKey> {
        if bytes.len() < Self::LEAST_BYTES { Err(ShortKey) } else { Ok(Self { bytes: bytes.to_vec() }) }
    }

    pub(crate) fn signing(&self) -> EncodingKey {
        EncodingKey::from_secret(&self.bytes)
    }

    pub(crate) fn verifying(&self) -> DecodingKey {
        DecodingKey::from_secret(&self.bytes)
    }
}

impl std::fmt::Debug for AssertionKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AssertionKey([redacted])")
    }
}
