//! Deleting what is too old: whole segments, when the newest record in them is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::error::Error;
use crate::head::{Head, State};
use crate::key::SigningKey;
use crate::place::{self, Place};
use crate::reader::{FolderReader, Known};
use crate::schema::{self, Schemas};
use crate::segment;

/// What was deleted, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CleanUp {
    /// Records by schema: `mxcp.endpoints:v2`. Only schemas of which there are some.
    pub deleted: BTreeMap<String, u64>,
    /// The segments.
    pub segments: Vec<String>,
}

/// What of a record decides how long it is kept.
#[derive(Deserialize)]
struct Aging {
    schema_name: String,
    schema_version: u32,
    timestamp: DateTime<Utc>,
}

/// Whether anything is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Delete,
    Look,
}

impl FolderReader {
    /// Deletes segments without a record that is still to be kept. That they are gone is signed, by the key in the folder of the
    /// log or by `key`, so that the chain holds without them.
    ///
    /// # Errors
    /// Something can't be read or deleted, or there is no key.
    pub(crate) fn clean_up(&self, key: Option<&SigningKey>, now: DateTime<Utc>) -> Result<CleanUp, Error> {
        self.go_through(key, now, Mode::Delete)
    }

    /// What [`FolderReader::clean_up`] would delete.
    ///
    /// # Errors
    /// Something can't be read.
    pub(crate) fn would_clean_up(&self, now: DateTime<Utc>) -> Result<CleanUp, Error> {
        self.go_through(None, now, Mode::Look)
    }

    fn go_through(&self, key: Option<&SigningKey>, now: DateTime<Utc>, mode: Mode) -> Result<CleanUp, Error> {
        let place = &self.place;
        let mut done = CleanUp::default();
        let schemas = schema::read(place)?;
        let segments = self.segments()?;
        if segments.is_empty() {
            return Ok(done);
        }
        let _lock = match mode {
            Mode::Delete => {
                let path = place.lock();
                let lock = fs::File::create(&path).map_err(Error::unwritable(path))?;
                let _ = lock.lock();
                Some(lock)
            }
            Mode::Look => None,
        };
        for known in segments {
            let mut options = OpenOptions::new();
            options.read(true);
            // What can't be opened is kept, and so is what is being written.
            let Ok(Some(_unused)) = segment::unused(&known.path, &options) else { continue };
            let Some(counts) = outdated(&known, &schemas, now) else { continue };
            let name = place::name(&known.path);
            if mode == Mode::Delete {
                delete(place, key, &known.path, &name, now)?;
            }
            for (schema, count) in counts {
                *done.deleted.entry(schema).or_default() += count;
            }
            done.segments.push(name);
        }
        if mode == Mode::Delete {
            forget(place)?;
        }
        Ok(done)
    }
}

/// How many records of which schema a segment has; none if it is to be kept, or can't be read.
fn outdated(known: &Known, schemas: &Schemas, now: DateTime<Utc>) -> Option<BTreeMap<String, u64>> {
    let longest = schemas.values().filter_map(|schema| schema.retention_days).min()?;
    if known.newest.is_some_and(|newest| now - newest <= days(longest)) {
        return None;
    }
    let mut counts: BTreeMap<(String, u32), u64> = BTreeMap::new();
    let (mut newest, mut malformed) = (None, Vec::new());
    let read = known.each_line(&mut malformed, |line| {
        let Ok(record) = serde_json::from_slice::<Aging>(line) else { return false };
        newest = newest.max(Some(record.timestamp));
        *counts.entry((record.schema_name, record.schema_version)).or_default() += 1;
        true
    });
    if read.is_err() || !malformed.is_empty() {
        return None;
    }
    // A schema that nobody knows, or that says nothing, keeps its records for ever.
    let kept = counts.keys().map(|schema| schemas.get(schema)?.retention_days).collect::<Option<Vec<_>>>()?;
    let is_old = |newest: DateTime<Utc>| kept.iter().max().is_some_and(|kept| now - newest > days(*kept));
    // An empty segment is nobody's.
    newest.is_none_or(is_old).then(|| {
        counts.into_iter().map(|((name, version), count)| (format!("{name}:v{version}"), count)).collect()
    })
}

pub(crate) fn days(days: u32) -> TimeDelta {
    TimeDelta::days(i64::from(days))
}

/// Signs that a segment is gone, and removes it.
fn delete(
    place: &Place,
    key: Option<&SigningKey>,
    path: &Path,
    name: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let path_of_head = place.head(name);
    if let Some(head) = Head::peek(&path_of_head) {
        let key = match key {
            Some(key) => Some(key.clone()),
            None => SigningKey::existing(place)?,
        };
        // What another key says to be gone would only look like a gap.
        let signer = Head::signer(&path_of_head);
        let key = key.filter(|key| signer == Some(key.public())).ok_or_else(|| {
            Error::Key(format!(
                "the head of {name} was signed by another, which has to sign that it is deleted"
            ))
        })?;
        Head { state: State::Deleted, signed_at: now, ..head }.write(place, &key)?;
    }
    fs::remove_file(path).map_err(Error::unwritable(path))
}

/// Removes the heads of deleted segments that no segment follows any more.
fn forget(place: &Place) -> Result<(), Error> {
    let heads: Vec<_> =
        place.heads()?.into_iter().filter_map(|path| Some((Head::peek(&path)?, path))).collect();
    let present = heads.iter().filter(|(head, _)| head.state != State::Deleted);
    let followed: BTreeSet<_> = present.map(|(head, _)| head.follows.clone()).collect();
    for (head, path) in &heads {
        if head.state == State::Deleted && !followed.contains(&head.hash) {
            fs::remove_file(path).map_err(Error::unwritable(path))?;
        }
    }
    Ok(())
}
