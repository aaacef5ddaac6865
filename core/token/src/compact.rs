//! The compact form of signed tokens: three parts in base64, separated by dots.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value as Json};

use crate::error::TokenError;

/// Longest token that is looked at, in bytes.
pub const MOST_BYTES: usize = 16 * 1024;

/// A token taken apart. Nothing of it is proven.
#[derive(Debug)]
pub(crate) struct Compact<'a> {
    pub(crate) header: Map<String, Json>,
    /// What is signed: header and payload as they came.
    pub(crate) signed: &'a str,
    /// The signature in base64.
    pub(crate) signature: &'a str,
    payload: &'a str,
}

impl<'a> Compact<'a> {
    /// Takes a token apart.
    pub(crate) fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MOST_BYTES {
            return Err(TokenError::Malformed("it is too long"));
        }
        let (signed, signature) =
            token.rsplit_once('.').ok_or(TokenError::Malformed("it has not three parts"))?;
        let (header, payload) =
            signed.split_once('.').ok_or(TokenError::Malformed("it has not three parts"))?;
        if payload.contains('.') {
            return Err(TokenError::Malformed("it has not three parts"));
        }
        if signature.is_empty() {
            return Err(TokenError::Malformed("it has no signature"));
        }
        let header = object(header).ok_or(TokenError::Malformed("its header is no JSON object"))?;
        // Extensions that must be understood, and none is.
        if header.contains_key("crit") {
            return Err(TokenError::Malformed("it has critical extensions"));
        }
        let kind = header.get("typ").map_or(Some("JWT"), Json::as_str).map(plain_type);
        if !kind.is_some_and(|kind| KINDS.iter().any(|known| known.eq_ignore_ascii_case(kind))) {
            return Err(TokenError::Malformed("its type is another"));
        }
        Ok(Self { header, signed, signature, payload })
    }

    /// A text of the header; none if it is absent.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&str>, TokenError> {
        match self.header.get(key) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(TokenError::Malformed("its header has a value of a wrong type")),
        }
    }

    /// The claims, for after the signature was verified.
    pub(crate) fn claims(&self) -> Result<Map<String, Json>, TokenError> {
        object(self.payload).ok_or(TokenError::Malformed("its claims are no JSON object"))
    }
}

/// The types of access tokens: others, such as logout tokens, are signed with the same keys and mean something else.
const KINDS: [&str; 2] = ["JWT", "at+jwt"];

/// A media type without the prefix that may be left out (RFC 7515 section 4.1.9).
fn plain_type(kind: &str) -> &str {
    const PREFIX: &str = "application/";
    match kind.get(..PREFIX.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(PREFIX) => kind.get(PREFIX.len()..).unwrap_or_default(),
        _ => kind,
    }
}

fn object(part: &str) -> Option<Map<String, Json>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
