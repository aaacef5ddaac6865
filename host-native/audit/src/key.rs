//! The key that signs how far a log has come.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use crate::error::Error;
use crate::place::Place;

/// Bytes of a key, either half.
const LENGTH: usize = 32;

/// An Ed25519 key. `Debug` does not show it.
#[derive(Clone)]
pub struct SigningKey(Arc<Ed25519KeyPair>);

/// The half of a key that verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; LENGTH]);

impl SigningKey {
    /// The key with a seed: 32 bytes in base64.
    ///
    /// # Errors
    /// It is no such text. It is not quoted.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let seed = STANDARD.decode(text.trim()).ok().filter(|seed| seed.len() == LENGTH);
        let pair = seed.and_then(|seed| Ed25519KeyPair::from_seed_unchecked(&seed).ok());
        let problem = || Error::Key("it has to be 32 bytes in base64".to_owned());
        Ok(Self(Arc::new(pair.ok_or_else(problem)?)))
    }

    /// The key in the folder of the log `<folder>/<stem>.jsonl`, if there is one. None is made.
    ///
    /// # Errors
    /// It can't be read, or is no key.
    pub fn beside(log: &Path) -> Result<Option<Self>, Error> {
        Self::existing(&Place::new(log))
    }

    /// The half that verifies.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; LENGTH];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(bytes)
    }

    /// The signature of a text, in base64.
    pub(crate) fn sign(&self, text: &str) -> String {
        STANDARD.encode(self.0.sign(text.as_bytes()))
    }

    /// The key in the folder of a log; made if there is none. Only the user whom the server runs as may read it.
    ///
    /// # Errors
    /// It can't be read or made, or is no key.
    pub(crate) fn of(place: &Place) -> Result<Self, Error> {
        let path = place.key();
        if let Some(key) = Self::read(&path)? {
            return Ok(key);
        }
        let mut seed = [0; LENGTH];
        getrandom::fill(&mut seed).map_err(|error| Error::Key(error.to_string()))?;
        match create(&path).and_then(|mut file| writeln!(file, "{}", STANDARD.encode(seed))) {
            Ok(()) => {}
            // Another server was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::unwritable(path)(error)),
        }
        let key = Self::read(&path)?.ok_or_else(|| Error::Key("it was removed as it was made".to_owned()))?;
        let public = place.public_key();
        fs::write(&public, format!("{}\n", key.public())).map_err(Error::unwritable(public))?;
        Ok(key)
    }

    /// The key in the folder of a log, if there is one.
    ///
    /// # Errors
    /// It can't be read, or is no key.
    pub(crate) fn existing(place: &Place) -> Result<Option<Self>, Error> {
        Self::read(&place.key())
    }

    fn read(path: &Path) -> Result<Option<Self>, Error> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::unreadable(path)(error)),
        }
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("SigningKey").field(&self.public()).finish()
    }
}

impl PublicKey {
    /// A key as [`fmt::Display`] writes it: base64.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        let problem = || Error::Key("a public key is 32 bytes in base64".to_owned());
        Ok(Self(bytes.ok_or_else(problem)?))
    }

    /// Keys that are trusted: those that somebody names; else the one in the folder of a log, if there is one.
    ///
    /// # Errors
    /// That can't be read, or is none.
    pub(crate) fn trusted(named: &[Self], place: &Place) -> Result<Vec<Self>, Error> {
        let own = if named.is_empty() { Self::of(place)? } else { None };
        Ok(named.iter().copied().chain(own).collect())
    }

    /// The public key in the folder of a log, if there is one.
    pub(crate) fn of(place: &Place) -> Result<Option<Self>, Error> {
        let path = place.public_key();
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::unreadable(path)(error)),
        }
    }

    /// Whether it made a signature of a text.
    pub(crate) fn verifies(&self, text: &str, signature: &str) -> bool {
        let signature = STANDARD.decode(signature).unwrap_or_default();
        UnparsedPublicKey::new(&ED25519, &self.0).verify(text.as_bytes(), &signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&STANDARD.encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(&folder.path().join("logs.jsonl"));
        let key = SigningKey::of(&place).unwrap();
        assert_eq!(SigningKey::of(&place).unwrap().public(), key.public());
        assert_eq!(PublicKey::of(&place).unwrap(), Some(key.public()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(place.key()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(!format!("{key:?}").contains(fs::read_to_string(place.key()).unwrap().trim()));
    }

    #[test]
    fn a_signature_is_good_for_its_text_and_key_only() {
        let key = SigningKey::parse(&STANDARD.encode([7; 32])).unwrap();
        let other = SigningKey::parse(&STANDARD.encode([8; 32])).unwrap();
        let signature = key.sign("text");
        assert!(key.public().verifies("text", &signature));
        assert!(!key.public().verifies("texts", &signature) && !other.public().verifies("text", &signature));
        assert!(!key.public().verifies("text", "no base64"));
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_quoted() {
        let error = SigningKey::parse("c2VjcmV0").unwrap_err().to_string();
        assert!(!error.contains("c2VjcmV0"), "{error}");
    }
}
