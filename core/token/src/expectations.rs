//! What is expected of tokens.

use crate::algorithm::Algorithm;

/// What a token must be to be accepted.
#[derive(Clone, Debug)]
pub struct Expectations {
    /// Who must have issued it, to the byte.
    pub issuer: String,
    /// Whom it must be for.
    pub audiences: Audiences,
    /// How it may be signed.
    pub algorithms: Vec<Algorithm>,
    /// Scopes it must carry, all of them.
    pub required_scopes: Vec<String>,
    /// Seconds by which the issuer's clock may differ.
    pub leeway: u32,
}

/// Whom tokens may be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audiences {
    /// Whoever it is. A token that some other service got can then be used here.
    Any,
    /// One of these; none means that no token is accepted.
    OneOf(Vec<String>),
}

impl Expectations {
    /// Expects an issuer and one audience: any algorithm there is, no scopes, and clocks that are right.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audiences: Audiences::OneOf(vec![audience.into()]),
            algorithms: Algorithm::ALL.to_vec(),
            required_scopes: Vec::new(),
            leeway: 0,
        }
    }
}
