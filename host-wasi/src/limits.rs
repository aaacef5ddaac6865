//! How much is taken of anything.

use std::time::Duration;

/// Largest request, in bytes.
pub(crate) const REQUEST_BYTES: usize = 1024 * 1024;

/// Largest answer of the origin, in bytes.
pub(crate) const ORIGIN_BYTES: usize = 32 * 1024 * 1024;

/// Longest wait for the origin: a call may take 30 s there, and its answer its time.
pub(crate) const ORIGIN_TIMEOUT: Duration = Duration::from_secs(35);

/// Largest set of keys, in bytes.
pub(crate) const KEYS_BYTES: usize = 256 * 1024;

/// Longest wait for the issuer's keys.
pub(crate) const KEYS_TIMEOUT: Duration = Duration::from_secs(5);
