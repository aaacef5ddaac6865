//! What callers get in their hands of a kept result: its id, how long it is kept, and a code that nobody else can make.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use mxcp_runtime::Owner;
use sha2::Sha256;

use crate::error::Error;
use crate::folder::Stem;

/// Bytes of a code: half of what SHA-256 gives is more than anybody can guess.
const CODE: usize = 16;

/// What the key is derived for, so that no other seal of the server with the same key is one of these.
const PURPOSE: &[u8] = b"mxcp: kept results, 1";

/// Seals and opens.
pub(crate) struct Seal {
    key: [u8; 32],
}

/// What a sealed text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// The rows from one on.
    Rows(u64),
    /// The complete result as a file of a kind.
    File(&'static str),
}

impl Seal {
    /// The seal of a key, or of a random one.
    pub(crate) fn new(key: Option<&[u8]>) -> Result<Self, Error> {
        let mut random = [0; 32];
        let key = match key {
            Some(key) => key,
            None => {
                getrandom::fill(&mut random).map_err(Error::Random)?;
                &random
            }
        };
        let mut derived = keyed(key);
        derived.update(PURPOSE);
        Ok(Self { key: derived.finalize().into_bytes().into() })
    }

    /// A cursor before a row.
    pub(crate) fn cursor(&self, stem: &Stem, row: u64, owner: &Owner) -> String {
        let mut bytes = stem.to_bytes().to_vec();
        bytes.extend(row.to_be_bytes());
        bytes.extend(self.code(stem, Use::Rows(row), owner));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The token of a link to a file of a kind.
    pub(crate) fn token(&self, stem: &Stem, suffix: &'static str, owner: &Owner) -> String {
        let mut bytes = stem.to_bytes().to_vec();
        bytes.extend(self.code(stem, Use::File(suffix), owner));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Where a cursor stands; none if it is no cursor of this owner.
    pub(crate) fn open_cursor(&self, text: &str, owner: &Owner) -> Option<(Stem, u64)> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (stem, rest) = bytes.split_first_chunk()?;
        let (row, code) = rest.split_first_chunk()?;
        let (stem, row) = (Stem::from_bytes(*stem), u64::from_be_bytes(*row));
        self.is_code(&stem, Use::Rows(row), owner, code).then_some((stem, row))
    }

    /// Where a link leads; none if it is no link of this owner to such a file.
    pub(crate) fn open_token(&self, text: &str, suffix: &'static str, owner: &Owner) -> Option<Stem> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (stem, code) = bytes.split_first_chunk()?;
        let stem = Stem::from_bytes(*stem);
        self.is_code(&stem, Use::File(suffix), owner, code).then_some(stem)
    }

    fn code(&self, stem: &Stem, purpose: Use, owner: &Owner) -> Vec<u8> {
        let mut code = self.mac(stem, purpose, owner).finalize().into_bytes().to_vec();
        code.truncate(CODE);
        code
    }

    fn is_code(&self, stem: &Stem, purpose: Use, owner: &Owner, given: &[u8]) -> bool {
        given.len() == CODE && self.mac(stem, purpose, owner).verify_truncated_left(given).is_ok()
    }

    fn mac(&self, stem: &Stem, purpose: Use, owner: &Owner) -> Hmac<Sha256> {
        let (word, row) = match purpose {
            Use::Rows(row) => ("rows", row),
            Use::File(suffix) => (suffix, 0),
        };
        let mut mac = keyed(&self.key);
        mac.update(&[u8::try_from(word.len()).unwrap_or(u8::MAX)]);
        mac.update(word.as_bytes());
        mac.update(&stem.to_bytes());
        mac.update(&row.to_be_bytes());
        mac.update(owner.text().as_bytes());
        mac
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Seal")
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("a key of any length")
}
