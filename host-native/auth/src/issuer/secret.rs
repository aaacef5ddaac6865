//! Texts that nobody can guess, and how they are told apart without giving them away.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use mxcp_core::call::Secret;
use sha2::{Digest as _, Sha256};

use super::problem::Problem;
use crate::store::Digest;

/// What our access tokens begin with.
pub(super) const ACCESS: &str = "mcp_";

/// What our refresh tokens begin with.
pub(super) const REFRESH: &str = "mcp_refresh_";

/// Bytes of a token.
const TOKEN: usize = 32;

/// Random bytes.
///
/// # Errors
/// The machine has none.
pub(super) fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], Problem> {
    let mut bytes = [0; LENGTH];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => {
            tracing::error!(%error, "the machine gives no random bytes");
            Err(Problem::unavailable())
        }
    }
}

/// A new token: a prefix and 64 hexadecimal digits.
///
/// # Errors
/// The machine gives no random bytes.
pub(super) fn token(prefix: &str) -> Result<Secret, Problem> {
    Ok(Secret::new(format!("{prefix}{}", hex(&random::<TOKEN>()?))))
}

/// Whether a text could be a token of ours: others are not worth a look into the store.
pub(super) fn is_token(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        digits.len() == 2 * TOKEN && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes as they may stand in a URL.
pub(super) fn url_safe(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the store knows a secret by.
pub(super) fn digest(secret: &str) -> Digest {
    Digest(Sha256::digest(secret.as_bytes()).into())
}

/// Whether two secrets are the same. Digests are compared: how long it takes tells nothing of the secrets.
pub(super) fn same(one: &str, other: &str) -> bool {
    digest(one) == digest(other)
}

/// Whether a verifier is the one of a challenge (RFC 7636, S256).
pub(super) fn verifies(verifier: &str, challenge: &str) -> bool {
    same(&url_safe(&digest(verifier).0), challenge)
}

/// A key that signs. All servers of a store have the same.
#[derive(Clone)]
pub(super) struct SigningKey([u8; 32]);

impl SigningKey {
    pub(super) fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The signature of parts, of which each counts for itself.
    pub(super) fn sign(&self, parts: &[&str]) -> String {
        url_safe(&self.mac(parts).finalize().into_bytes())
    }

    /// Whether it is the signature of these parts. Takes equally long for all wrong ones.
    pub(super) fn verify(&self, parts: &[&str], signature: &str) -> bool {
        URL_SAFE_NO_PAD.decode(signature).is_ok_and(|bytes| self.mac(parts).verify_slice(&bytes).is_ok())
    }

    fn mac(&self, parts: &[&str]) -> Hmac<Sha256> {
        // Shorter keys are filled with zeros to the length of a block.
        let mut block = [0; 64];
        for (place, byte) in block.iter_mut().zip(self.0) {
            *place = byte;
        }
        let mut mac = Hmac::<Sha256>::new(&block.into());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_by_their_form() {
        let token = token(ACCESS).unwrap();
        assert_eq!(token.reveal().len(), 68);
        assert!(is_token(token.reveal(), ACCESS));
        for text in ["", "mcp_", "mcp_g", &token.reveal()[1..], &token.reveal().to_uppercase()] {
            assert!(!is_token(text, ACCESS), "{text}");
        }
        assert!(!is_token(token.reveal(), REFRESH));
    }

    #[test]
    fn the_verifier_of_the_standard_is_the_one_of_its_challenge() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(verifies(verifier, challenge));
        // As `plain` would have it.
        assert!(!verifies(challenge, challenge));
        assert!(!verifies("", challenge));
    }

    #[test]
    fn a_signature_is_good_for_its_parts_and_key_only() {
        let key = SigningKey::new([7; 32]);
        let signature = key.sign(&["a", "bc"]);
        assert!(key.verify(&["a", "bc"], &signature));
        assert!(!key.verify(&["ab", "c"], &signature));
        assert!(!key.verify(&["a", "bc", ""], &signature));
        assert!(!SigningKey::new([8; 32]).verify(&["a", "bc"], &signature));
        for forged in ["", "AAAA", "?"] {
            assert!(!key.verify(&["a", "bc"], forged));
        }
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", SigningKey::new([7; 32])), "SigningKey(…)");
    }
}
