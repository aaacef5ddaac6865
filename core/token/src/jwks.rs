//! The public keys of an identity provider (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value as Json};

use crate::algorithm::{Algorithm, KeyKind};
use crate::error::TokenError;

/// Longest document of keys, in bytes.
const MOST_BYTES: usize = 512 * 1024;

/// Lengths of the modulus of RSA keys that are used, in bytes: shorter ones are not safe, longer ones not supported.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

/// A set of public keys.
#[derive(Clone, Debug)]
pub struct Jwks {
    keys: Vec<Key>,
}

/// Why a document is no set of public keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// It is not `{"keys": […]}`.
    #[error("it is no JSON object with a list `keys`")]
    NotASet,
    /// It is too long.
    #[error("it is longer than {MOST_BYTES} bytes")]
    TooLong,
    /// It tells a private or shared key: whoever reads it can sign.
    #[error("it has a private or shared key, which must not be published")]
    Private,
}

#[derive(Clone, Debug)]
struct Key {
    id: Option<String>,
    kind: KeyKind,
    /// The only algorithm it is for, if it says so; an unknown one is none that could be asked for.
    algorithm: Option<Option<Algorithm>>,
    key: DecodingKey,
}

impl Jwks {
    /// The keys of a document. Those that are not for verifying signatures, broken, weak or of a kind that is not known are
    /// left out, as RFC 7517 section 5 asks for.
    ///
    /// # Errors
    /// It is no set of keys, or tells a private key.
    pub fn parse(json: &str) -> Result<Self, JwksError> {
        if json.len() > MOST_BYTES {
            return Err(JwksError::TooLong);
        }
        let mut document: Map<String, Json> = serde_json::from_str(json).map_err(|_| JwksError::NotASet)?;
        let Some(Json::Array(keys)) = document.remove("keys") else { return Err(JwksError::NotASet) };
        let keys: Vec<_> = keys.iter().filter_map(Json::as_object).collect();
        if keys.iter().any(|key| key.contains_key("d") || key.contains_key("k")) {
            return Err(JwksError::Private);
        }
        Ok(Self { keys: keys.into_iter().filter_map(Key::read).collect() })
    }

    /// How many keys can be used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key can be used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key that a token is said to be signed with. Without an id it is the only one it could be.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&DecodingKey, TokenError> {
        let Some(id) = id else {
            let mut fitting = self.keys.iter().filter(|key| key.fits(algorithm));
            return match (fitting.next(), fitting.next()) {
                (Some(key), None) => Ok(&key.key),
                _ => Err(TokenError::UnknownKey),
            };
        };
        let mut named = self.keys.iter().filter(|key| key.id.as_deref() == Some(id)).peekable();
        if named.peek().is_none() {
            return Err(TokenError::UnknownKey);
        }
        let fitting = named.find(|key| key.fits(algorithm));
        fitting.map(|key| &key.key).ok_or(TokenError::WrongAlgorithm)
    }
}

impl Key {
    fn read(written: &Map<String, Json>) -> Option<Self> {
        let text = |key: &str| written.get(key).and_then(Json::as_str);
        let for_signatures = written.get("use").is_none_or(|usage| usage == "sig");
        let for_verifying = written.get("key_ops").is_none_or(|operations| {
            operations.as_array().is_some_and(|operations| operations.iter().any(|word| word == "verify"))
        });
        if !for_signatures || !for_verifying {
            return None;
        }
        let part = |key: &str, length: usize| text(key).filter(|text| bytes(text) == Some(length));
        let (kind, key) = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let modulus =
                    text("n").filter(|text| bytes(text).is_some_and(|length| MODULUS.contains(&length)))?;
                (KeyKind::Rsa, DecodingKey::from_rsa_components(modulus, text("e")?))
            }
            ("EC", Some("P-256")) => {
                (KeyKind::P256, DecodingKey::from_ec_components(part("x", 32)?, part("y", 32)?))
            }
            ("EC", Some("P-384")) => {
                (KeyKind::P384, DecodingKey::from_ec_components(part("x", 48)?, part("y", 48)?))
            }
            ("OKP", Some("Ed25519")) => (KeyKind::Ed25519, DecodingKey::from_ed_components(part("x", 32)?)),
            _ => return None,
        };
        Some(Self {
            id: text("kid").map(str::to_owned),
            kind,
            algorithm: written.get("alg").map(|name| name.as_str().and_then(Algorithm::of_name)),
            key: key.ok()?,
        })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        self.kind == algorithm.key_kind() && self.algorithm.is_none_or(|only| only == Some(algorithm))
    }
}

/// How many bytes a text in base64 stands for.
fn bytes(text: &str) -> Option<usize> {
    URL_SAFE_NO_PAD.decode(text).ok().map(|bytes| bytes.len())
}
