//! Why a token is refused.

/// Why a token is refused. The text is for logs: it never quotes the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no token, or a part of it is not what it must be.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// No key of the set is the one it names. Fresher keys might have it.
    #[error("the token is signed with an unknown key")]
    UnknownKey,
    /// It is signed in a way that is not accepted, or that is not the key's.
    #[error("the token is signed with an algorithm that is not accepted")]
    WrongAlgorithm,
    /// The signature is not of this key and this token.
    #[error("the signature of the token is wrong")]
    BadSignature,
    /// Its issuer says that it is not good, or not any more.
    #[error("the token is not active")]
    Inactive,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not begun, or it was issued in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Somebody else issued it.
    #[error("the token is of another issuer")]
    WrongIssuer,
    /// It is meant for somebody else.
    #[error("the token is for another audience")]
    WrongAudience,
    /// It is good and does not carry this scope.
    #[error("the token lacks the scope `{0}`")]
    MissingScope(String),
    /// The assertion is about another call.
    #[error("the assertion is for another call")]
    WrongCall,
}

impl TokenError {
    /// Whether the same token may be good with a set of keys that is newer.
    #[must_use]
    pub fn asks_for_fresh_keys(&self) -> bool {
        *self == Self::UnknownKey
    }

    /// The word for it in `WWW-Authenticate` and in the body (RFC 6750 section 3.1). `insufficient_scope` goes with
    /// status 403, `invalid_token` with 401.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingScope(_) => "insufficient_scope",
            _ => "invalid_token",
        }
    }

    /// What callers are told beside [`code`](Self::code): nothing about what is wrong with a bad token.
    #[must_use]
    pub fn description(&self) -> String {
        match self {
            Self::MissingScope(scope) => format!("Required scope: {scope}"),
            _ => "Authentication required".to_owned(),
        }
    }
}
