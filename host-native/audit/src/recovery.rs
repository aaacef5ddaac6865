//! Taking stock at the start: what servers left that ended without a word, and what the next segment follows.

use std::fs::{File, OpenOptions};
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::chain::{self, Hash};
use crate::error::Error;
use crate::head::{Head, Read, State};
use crate::key::{PublicKey, SigningKey};
use crate::lines::Lines;
use crate::place::{self, Place};
use crate::record::Times;
use crate::segment::{self, Extent};

/// Goes through all segments that nobody writes. Torn last lines are cut off, empty segments removed, and heads signed of those
/// that have no last one. Gives what the next segment follows: the last record of the newest of them.
///
/// # Errors
/// A segment can't be read or written.
pub(crate) fn take_stock(place: &Place, key: &SigningKey, now: DateTime<Utc>) -> Result<Hash, Error> {
    let mut newest = Hash::ORIGIN;
    // The operator may have taken to another key since.
    let keys: Vec<_> = [key.public()].into_iter().chain(PublicKey::of(place)?).collect();
    for path in place.segments()? {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        let unreadable = || Error::unreadable(&path);
        let Some(mut file) = segment::unused(&path, &options).map_err(unreadable())? else { continue };
        if file.metadata().map_err(unreadable())?.len() == 0 {
            std::fs::remove_file(&path).map_err(Error::unwritable(&path))?;
            // Of what never was, there is nothing to sign.
            let _ = std::fs::remove_file(place.head(&place::name(&path)));
            continue;
        }
        let head = match Head::read(&place.head(&place::name(&path)), &keys) {
            Read::Signed(head) => Some(*head),
            Read::Absent => None,
            Read::Untrusted(problem) => {
                tracing::error!(segment = %path.display(), "the audit log may have been changed: {problem}");
                continue;
            }
        };
        if let Some(last) = head.as_ref().filter(|head| head.is_final()).and_then(Head::last) {
            newest = last;
            continue;
        }
        if let Some(hash) = recover(place, key, &path, &mut file, head.as_ref(), now)? {
            newest = hash;
        }
    }
    Ok(newest)
}

/// Takes stock of one segment; none if it has no chain, or not the one that was signed.
fn recover(
    place: &Place,
    key: &SigningKey,
    path: &Path,
    file: &mut File,
    head: Option<&Head>,
    now: DateTime<Utc>,
) -> Result<Option<Hash>, Error> {
    let found = read(file).map_err(Error::unreadable(path))?;
    // Segments of other programs have no chain, and are left as they are.
    if found.follows.is_none() && found.extent.records > 0 {
        return Ok(None);
    }
    if found.torn > 0 {
        tracing::warn!(
            segment = %path.display(),
            bytes = found.torn,
            "a server ended while it wrote a record: what there is of it is removed"
        );
        file.set_len(found.extent.bytes).map_err(Error::unwritable(path))?;
    }
    let Some(follows) = found.follows else { return Ok(None) };
    let signed = head.is_none_or(|head| {
        Some(follows) == Hash::parse(head.follows.as_bytes())
            && (head.records == 0 || found.marks(head.records) == head.last())
    });
    if !signed || found.flawed {
        tracing::error!(
            segment = %path.display(),
            "the audit log may have been changed since it was written: `mxcp log verify` says where"
        );
        return Ok(None);
    }
    let head = found.extent.head(place::name(path), State::Recovered, follows, now);
    head.write(place, key)?;
    Ok(Some(found.extent.hash))
}

struct Found {
    extent: Extent,
    follows: Option<Hash>,
    hashes: Vec<Hash>,
    torn: u64,
    flawed: bool,
}

impl Found {
    /// The hash of a record by its number, from 1.
    fn marks(&self, number: u64) -> Option<Hash> {
        self.hashes.get(usize::try_from(number.checked_sub(1)?).ok()?).copied()
    }
}

fn read(file: &mut File) -> std::io::Result<Found> {
    let mut found = Found {
        extent: Extent::empty(Hash::ORIGIN),
        follows: None,
        hashes: Vec::new(),
        torn: 0,
        flawed: false,
    };
    let mut lines = Lines::new(file);
    while let Some(line) = lines.next()? {
        if !line.is_whole {
            found.torn = line.text.len() as u64;
            break;
        }
        found.extent.bytes += line.text.len() as u64 + 1;
        found.extent.records += 1;
        match chain::check(line.text) {
            Ok(link) => {
                let follows = *found.follows.get_or_insert(link.previous);
                let expected = found.hashes.last().copied().unwrap_or(follows);
                found.flawed |= link.previous != expected;
                found.hashes.push(link.hash);
                found.extent.hash = link.hash;
            }
            Err(_) => found.flawed = true,
        }
        if let Some(times) = Times::of(line.text) {
            found.extent.spans(times.timestamp);
        }
    }
    Ok(found)
}
