//! The issuer's public keys, as far as they are known.

/// Keys and when they were fetched.
#[derive(Debug, Default)]
pub struct Keys {}
