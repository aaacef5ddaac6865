//! How far a segment has come, signed: a file beside each segment, replaced as a whole.

use std::fs;
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::chain::Hash;
use crate::error::Error;
use crate::key::{PublicKey, SigningKey};
use crate::place::Place;

/// What is signed of a segment.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Head {
    /// The segment's file name.
    pub(crate) segment: String,
    /// What becomes of it.
    pub(crate) state: State,
    /// How many records it has, at least.
    pub(crate) records: u64,
    /// How many bytes these are.
    pub(crate) bytes: u64,
    /// What its first record follows, in hexadecimal.
    pub(crate) follows: String,
    /// The hash of the last of these records; `follows` if there are none.
    pub(crate) hash: String,
    /// The oldest and the newest time of a record, by whatever the clock said.
    pub(crate) oldest: Option<DateTime<Utc>>,
    pub(crate) newest: Option<DateTime<Utc>>,
    /// When this was signed.
    pub(crate) signed_at: DateTime<Utc>,
}

/// What becomes of a segment.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It may have more records than the head says.
    Open,
    /// It has no more.
    Closed,
    /// Its writer ended without a word, and the next one took stock of it.
    Recovered,
    /// It was deleted because it was too old.
    Deleted,
}

/// A head with its signature, as it is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Signed {
    pub(crate) head: Head,
    public_key: String,
    signature: String,
}

impl Signed {
    /// A head, signed.
    pub(crate) fn of(head: &Head, key: &SigningKey) -> Self {
        Self { head: head.clone(), public_key: key.public().to_string(), signature: key.sign(&head.text()) }
    }

    /// What [`Signed::text`] has written; none if that is something else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// One line of JSON.
    pub(crate) fn text(&self) -> String {
        // A struct of texts and numbers always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Who says to have signed it.
    pub(crate) fn signer(&self) -> Option<PublicKey> {
        PublicKey::parse(&self.public_key).ok()
    }

    /// The head, if one of the keys signed it.
    pub(crate) fn checked(self, keys: &[PublicKey]) -> Read {
        let Self { head, public_key, signature } = self;
        let Some(key) = keys.iter().find(|key| key.to_string() == public_key) else {
            return Read::Untrusted("its head is signed by a key that is not trusted");
        };
        if !key.verifies(&head.text(), &signature) {
            return Read::Untrusted("the signature of its head is wrong");
        }
        Read::Signed(Box::new(head))
    }
}

/// A head as it was read.
#[derive(Debug)]
pub(crate) enum Read {
    /// There is none.
    Absent,
    /// One of the keys signed it.
    Signed(Box<Head>),
    /// It can't be read, or nobody who is trusted has signed it.
    Untrusted(&'static str),
}

impl Head {
    /// What is signed: every field, in an order that can't be mistaken.
    fn text(&self) -> String {
        // A struct of texts and numbers always has a JSON form.
        format!("mxcp-audit-head-1\n{}", serde_json::to_string(self).unwrap_or_default())
    }

    /// Signs it and puts it beside its segment.
    ///
    /// # Errors
    /// The file can't be written.
    pub(crate) fn write(&self, place: &Place, key: &SigningKey) -> Result<(), Error> {
        let path = place.head(&self.segment);
        let text = Signed::of(self, key).text() + "\n";
        let draft = path.with_extension("head.new");
        fs::write(&draft, text).and_then(|()| fs::rename(&draft, &path)).map_err(Error::unwritable(path))
    }

    /// The head in a file, if one of the keys signed it.
    pub(crate) fn read(path: &Path, keys: &[PublicKey]) -> Read {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Read::Absent,
            Err(_) => return Read::Untrusted("its head can't be read"),
        };
        match Signed::parse(&text) {
            Some(signed) => signed.checked(keys),
            None => Read::Untrusted("its head can't be read"),
        }
    }

    /// The head in a file, whoever signed it: for what needs no proof.
    pub(crate) fn peek(path: &Path) -> Option<Self> {
        Some(Signed::parse(&fs::read_to_string(path).ok()?)?.head)
    }

    /// Who says to have signed the head in a file.
    pub(crate) fn signer(path: &Path) -> Option<PublicKey> {
        Signed::parse(&fs::read_to_string(path).ok()?)?.signer()
    }

    /// The hash of its last record.
    pub(crate) fn last(&self) -> Option<Hash> {
        Hash::parse(self.hash.as_bytes())
    }

    /// Whether the segment gets no more records.
    pub(crate) fn is_final(&self) -> bool {
        self.state != State::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_good_as_it_was_signed_only() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(&folder.path().join("logs.jsonl"));
        let key = SigningKey::of(&place).unwrap();
        let head = Head {
            segment: "logs-20260115T103045.jsonl".to_owned(),
            state: State::Open,
            records: 2,
            bytes: 300,
            follows: Hash::ORIGIN.to_string(),
            hash: Hash::of(b"").to_string(),
            oldest: None,
            newest: Some("2026-01-15T10:30:45.5Z".parse().unwrap()),
            signed_at: "2026-01-15T10:30:46Z".parse().unwrap(),
        };
        head.write(&place, &key).unwrap();
        let path = place.head(&head.segment);
        let keys = [key.public()];
        assert!(matches!(Head::read(&path, &keys), Read::Signed(read) if *read == head));
        assert!(matches!(Head::read(&path, &[]), Read::Untrusted(_)));
        let forged = fs::read_to_string(&path).unwrap().replace("\"records\":2", "\"records\":1");
        fs::write(&path, forged).unwrap();
        assert!(matches!(Head::read(&path, &keys), Read::Untrusted(_)));
        assert!(matches!(Head::read(&folder.path().join("none"), &keys), Read::Absent));
    }
}
