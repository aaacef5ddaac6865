//! An entry of the cache: a header that tells whether the code after it is whole.

use sha2::{Digest as _, Sha256};

/// What an entry begins with.
const MAGIC: &[u8; 16] = b"mxcp-component 1";

/// Bytes of a digest.
const DIGEST: usize = 32;

/// What stands before `code`.
pub(super) fn header(code: &[u8]) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&Sha256::digest(code));
    header
}

/// The code of an entry; none if it is not whole.
pub(super) fn open(mut entry: Vec<u8>) -> Option<Vec<u8>> {
    let (header, code) = entry.split_at_checked(MAGIC.len() + DIGEST)?;
    let (magic, digest) = header.split_at_checked(MAGIC.len())?;
    if magic != MAGIC || digest != &Sha256::digest(code)[..] {
        return None;
    }
    entry.drain(..MAGIC.len() + DIGEST);
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(code: &[u8]) -> Vec<u8> {
        let mut entry = header(code);
        entry.extend_from_slice(code);
        entry
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(open(entry(b"code")).unwrap(), b"code");
    }

    #[test]
    fn an_entry_that_was_cut_or_changed_is_no_entry() {
        let whole = entry(b"code");
        for length in 0..whole.len() {
            assert!(open(whole[..length].to_vec()).is_none(), "{length}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(open(changed).is_none(), "{at}");
        }
    }
}
