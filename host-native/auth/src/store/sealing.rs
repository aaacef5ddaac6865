//! What the store holds has to be opened again by this server only: Fernet, the format of the reference.
//!
//! A token is the URL-safe base64 of: version `0x80`, the time in seconds (8 bytes, big-endian), an IV of 16 bytes,
//! AES-128-CBC of the text (PKCS #7), and HMAC-SHA256 of everything before. The first half of a key signs, the second
//! encrypts.

use std::fmt;

use aes::Aes128;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

use super::StoreError;
use crate::now;

const VERSION: u8 = 0x80;
const TIME: usize = 8;
const IV: usize = 16;
const BLOCK: usize = 16;
const MAC: usize = 32;

/// What every token begins with until the year 2106, and no JSON does.
pub(super) const MARK: &str = "gAAAA";

/// Seals and opens what the store holds. The first key seals, and all open: so keys can be exchanged.
pub(super) struct Sealing(Vec<Key>);

struct Key {
    signing: [u8; 16],
    encryption: [u8; 16],
}

impl Sealing {
    /// With keys as the settings have them: 32 bytes each in URL-safe base64. Without a key, everything is left as it is.
    ///
    /// # Errors
    /// One of them is no key.
    pub(super) fn new<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<Self, StoreError> {
        keys.into_iter().map(Key::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is a key.
    pub(super) fn has_key(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether something may have been sealed with another key than the one that seals now.
    pub(super) fn has_older_keys(&self) -> bool {
        self.0.len() > 1
    }

    /// The text as it may be kept.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(super) fn seal(&self, text: &str) -> Result<String, StoreError> {
        match self.0.first() {
            Some(key) => key.seal(text.as_bytes(), now(), random()?),
            None => Ok(text.to_owned()),
        }
    }

    /// What was sealed; none if it was with a key that is not there. A text from a time without a key is as it is.
    pub(super) fn open(&self, kept: &str) -> Option<String> {
        if !kept.starts_with(MARK) {
            return Some(kept.to_owned());
        }
        self.0.iter().find_map(|key| String::from_utf8(key.open(kept)?).ok())
    }

    /// What was kept in clear or with an older key, sealed as it would be now; none if there is nothing to be done about it.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(super) fn seal_anew(&self, kept: &str) -> Result<Option<String>, StoreError> {
        let Some(newest) = self.0.first() else { return Ok(None) };
        if kept.starts_with(MARK) && newest.open(kept).is_some() {
            return Ok(None);
        }
        self.open(kept).map(|text| self.seal(&text)).transpose()
    }

    /// A record as it may be kept.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(super) fn seal_record(&self, record: &impl Serialize) -> Result<String, StoreError> {
        let record = serde_json::to_string(record)
            .map_err(|_| StoreError::Unavailable("a record is no JSON".to_owned()))?;
        self.seal(&record)
    }

    /// The record that was sealed; none if it was with another key.
    pub(super) fn open_record<T: DeserializeOwned>(&self, kept: &str) -> Option<T> {
        serde_json::from_str(&self.open(kept)?).ok()
    }
}

impl fmt::Debug for Sealing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealing({} keys)", self.0.len())
    }
}

/// Bytes that nobody can guess.
///
/// # Errors
/// The system has none.
pub(super) fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], StoreError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Unavailable(format!("the system has no random numbers: {error}")))?;
    Ok(bytes)
}

impl Key {
    /// Both alphabets of base64 are taken, with or without padding.
    fn parse(text: &str) -> Result<Self, StoreError> {
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let text = text.trim();
        let alphabet = if text.contains(['+', '/']) { &alphabet::STANDARD } else { &alphabet::URL_SAFE };
        let bytes = GeneralPurpose::new(alphabet, config).decode(text).ok();
        let halves = bytes.as_deref().and_then(|bytes| match bytes.as_chunks::<16>() {
            ([signing, encryption], []) => Some((*signing, *encryption)),
            _ => None,
        });
        let (signing, encryption) = halves.ok_or_else(|| {
            StoreError::Settings(
                "`auth.persistence.auth_encryption_key`: Invalid Fernet key: \
                 expected urlsafe base64-encoded 32-byte value"
                    .to_owned(),
            )
        })?;
        Ok(Self { signing, encryption })
    }

    fn seal(&self, text: &[u8], time: i64, iv: [u8; IV]) -> Result<String, StoreError> {
        let mut token = vec![VERSION];
        token.extend(time.to_be_bytes());
        token.extend(iv);
        token.extend(
            cbc::Encryptor::<Aes128>::new(&self.encryption.into(), &iv.into())
                .encrypt_padded_vec::<Pkcs7>(text),
        );
        let code = self.authentication_code(&token).finalize();
        token.extend(code.as_bytes());
        Ok(URL_SAFE.encode(token))
    }

    /// The padding is looked at only after the authentication code was found right, so nothing is to be learnt from it.
    fn open(&self, token: &str) -> Option<Vec<u8>> {
        let token = URL_SAFE.decode(token).ok()?;
        let (signed, code) = token.split_last_chunk::<MAC>()?;
        self.authentication_code(signed).verify_slice(code).ok()?;
        let (version, rest) = signed.split_first()?;
        let (_, rest) = rest.split_first_chunk::<TIME>()?;
        let (iv, sealed) = rest.split_first_chunk::<IV>()?;
        if *version != VERSION || sealed.is_empty() || sealed.len() % BLOCK != 0 {
            return None;
        }
        let decryptor = cbc::Decryptor::<Aes128>::new(&self.encryption.into(), iv.into());
        decryptor.decrypt_padded_vec::<Pkcs7>(sealed).ok()
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn authentication_code(&self, signed: &[u8]) -> Hmac<Sha256> {
        let mut code = Hmac::<Sha256>::new_from_slice(&self.signing).expect("a key of any length");
        code.update(signed);
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const OTHER: &str = "__________________________________________8=";

    fn sealing(key: &str) -> Sealing {
        Sealing::new([key]).unwrap()
    }

    #[test]
    fn what_was_sealed_is_opened_with_the_same_key_only() {
        for text in ["", "a", "0123456789abcdef", "Grüße {\"a\": 1}"] {
            let sealed = sealing(KEY).seal(text).unwrap();
            assert!(sealed.starts_with(MARK) && (text.len() < 8 || !sealed.contains(text)));
            assert_eq!(sealing(KEY).open(&sealed).as_deref(), Some(text));
            assert_eq!(sealing(OTHER).open(&sealed), None);
            assert_eq!(Sealing::new([]).unwrap().open(&sealed), None);
        }
    }

    /// The example of the specification of Fernet, `generate.json`.
    #[test]
    fn the_format_is_that_of_the_specification() {
        let key = Key::parse("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=").unwrap();
        let token = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
        let iv = std::array::from_fn(|index| u8::try_from(index).unwrap());
        assert_eq!(key.seal(b"hello", 499_162_800, iv).unwrap(), token);
        assert_eq!(key.open(token).as_deref(), Some(&b"hello"[..]));
    }

    #[test]
    fn the_same_text_is_sealed_differently_every_time() {
        assert_ne!(sealing(KEY).seal("text").unwrap(), sealing(KEY).seal("text").unwrap());
    }

    #[test]
    fn of_several_keys_the_first_seals_and_all_open() {
        let (old, both) = (sealing(OTHER), Sealing::new([KEY, OTHER]).unwrap());
        let sealed = both.seal("text").unwrap();
        assert_eq!((sealing(KEY).open(&sealed).as_deref(), old.open(&sealed)), (Some("text"), None));
        let before = old.seal("text").unwrap();
        assert_eq!(both.open(&before).as_deref(), Some("text"));
        let anew = both.seal_anew(&before).unwrap().unwrap();
        assert_eq!(sealing(KEY).open(&anew).as_deref(), Some("text"));
        assert_eq!(both.seal_anew(&anew).unwrap(), None);
        assert!(both.seal_anew("in clear").unwrap().is_some_and(|sealed| sealed.starts_with(MARK)));
        let foreign = sealing(&format!("{}=", "A".repeat(43)));
        assert_eq!(both.seal_anew(&foreign.seal("text").unwrap()).unwrap(), None);
    }

    #[test]
    fn a_change_anywhere_is_noticed() {
        let token = URL_SAFE.decode(sealing(KEY).seal("a text").unwrap()).unwrap();
        for index in 0..token.len() {
            let mut changed = token.clone();
            changed[index] ^= 1;
            assert_eq!(Key::parse(KEY).unwrap().open(&URL_SAFE.encode(changed)), None, "{index}");
        }
        for length in 0..token.len() {
            assert_eq!(Key::parse(KEY).unwrap().open(&URL_SAFE.encode(&token[..length])), None, "{length}");
        }
    }

    #[test]
    fn a_text_from_a_time_without_a_key_is_as_it_is() {
        assert_eq!(sealing(KEY).open("{\"a\": 1}").as_deref(), Some("{\"a\": 1}"));
        assert_eq!(Sealing::new([]).unwrap().seal("text").unwrap(), "text");
    }

    #[test]
    fn keys_are_32_bytes_of_base64() {
        for key in [KEY.trim_end_matches('='), &format!(" {KEY}\n"), &OTHER.replace('_', "/")] {
            assert!(Sealing::new([key]).is_ok(), "{key}");
        }
        for key in ["", "s3cr3t", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ==", "//__"] {
            let error = Sealing::new([key]).unwrap_err().to_string();
            assert!(
                error.contains("Invalid Fernet key") && (key.is_empty() || !error.contains(key)),
                "{error}"
            );
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        assert_eq!(format!("{:?}", sealing(KEY)), "Sealing(1 keys)");
    }
}
