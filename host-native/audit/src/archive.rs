//! Reading a log, wherever it is. Nothing is written and nothing created.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::filter::Filter;
use crate::key::{PublicKey, SigningKey};
use crate::reader::{FolderReader, Found, Malformed};
use crate::record::Record;
use crate::retention::CleanUp;
use crate::stats::Stats;
use crate::table::{Table, TableTail};
use crate::tail::FolderTail;
use crate::verify::Verification;

/// Reads a log, also while it is written.
#[derive(Clone, Debug)]
pub struct AuditReader(Archive);

#[derive(Clone, Debug)]
enum Archive {
    Folder(FolderReader),
    Table(Table),
}

/// Gives the records that came since it was last asked.
#[derive(Debug)]
pub struct Tail(Following);

#[derive(Debug)]
enum Following {
    Folder(FolderTail),
    Table(TableTail),
}

impl AuditReader {
    /// The log of `<folder>/<stem>.jsonl`. A log that was never written is an empty one.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(Archive::Folder(FolderReader::new(path)))
    }

    /// The log in a database.
    #[must_use]
    pub fn of_table(table: Table) -> Self {
        Self(Archive::Table(table))
    }

    /// The records that a filter wants, newest first.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn query(&self, filter: &Filter) -> Result<Found, Error> {
        match &self.0 {
            Archive::Folder(folder) => folder.query(filter),
            Archive::Table(table) => table.query(filter),
        }
    }

    /// Hands over all records that a filter wants, whatever its limit, until `take` has enough: segment by segment, newest first
    /// in each. There is never more in memory than one segment. Gives the lines that were passed over.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn each(&self, filter: &Filter, take: impl FnMut(Record) -> bool) -> Result<Vec<Malformed>, Error> {
        match &self.0 {
            Archive::Folder(folder) => folder.each(filter, take),
            Archive::Table(table) => table.each(filter, take),
        }
    }

    /// Counts the records from one time to another, both included. Lines that are no records don't count.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn stats(&self, since: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) -> Result<Stats, Error> {
        match &self.0 {
            Archive::Folder(folder) => folder.stats(since, until),
            Archive::Table(table) => table.stats(since, until),
        }
    }

    /// Verifies all segments. Heads have to be signed by one of `keys`; by the key whose public half is in the folder if there
    /// are none.
    ///
    /// # Errors
    /// Something can't be read, or the public key in the folder is none.
    pub fn verify(&self, keys: &[PublicKey]) -> Result<Verification, Error> {
        match &self.0 {
            Archive::Folder(folder) => folder.verify(keys),
            Archive::Table(table) => table.verify(keys),
        }
    }

    /// Deletes segments without a record that is still to be kept. That they are gone is signed, by the key in the folder of the
    /// log or by `key`, so that the chain holds without them.
    ///
    /// # Errors
    /// Something can't be read or deleted, or there is no key.
    pub fn clean_up(&self, key: Option<&SigningKey>, now: DateTime<Utc>) -> Result<CleanUp, Error> {
        match &self.0 {
            Archive::Folder(folder) => folder.clean_up(key, now),
            Archive::Table(table) => table.clean_up(key, now),
        }
    }

    /// What [`AuditReader::clean_up`] would delete.
    ///
    /// # Errors
    /// Something can't be read.
    pub fn would_clean_up(&self, now: DateTime<Utc>) -> Result<CleanUp, Error> {
        match &self.0 {
            Archive::Folder(folder) => folder.would_clean_up(now),
            Archive::Table(table) => table.would_clean_up(now),
        }
    }
}

impl Tail {
    /// Begins to follow a log. The first answer has all records there are that the filter wants, whatever its limit.
    #[must_use]
    pub fn new(reader: AuditReader, filter: Filter) -> Self {
        Self(match reader.0 {
            Archive::Folder(folder) => Following::Folder(FolderTail::new(folder, filter)),
            Archive::Table(table) => Following::Table(TableTail::new(table, filter)),
        })
    }

    /// The records that came, oldest first.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn read_on(&mut self) -> Result<Found, Error> {
        match &mut self.0 {
            Following::Folder(folder) => folder.read_on(),
            Following::Table(table) => table.read_on(),
        }
    }
}
