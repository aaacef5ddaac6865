//! Where complete results are kept of which callers were shown a part.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use mxcp_core::delivery::{Complete, Kept, KeptRows};
use mxcp_core::schema::Export;

use super::BoxFuture;
use crate::owner::Owner;

/// Keeps complete results for a while, each for its owner alone.
pub trait ResultStore: fmt::Debug + Send + Sync {
    /// Keeps a result.
    fn keep(&self, result: NewResult) -> BoxFuture<'_, Result<Ticket, ResultError>>;

    /// How its owner asks for more of a result: for the rows from `next` on, if any, and for the whole.
    fn tell(&self, ticket: &Ticket, owner: &Owner, next: Option<u64>) -> Kept;

    /// The rows that a cursor stands before: as many as `most` allows, and one more.
    fn rows<'a>(
        &'a self,
        cursor: &'a str,
        owner: &'a Owner,
        most: Most,
    ) -> BoxFuture<'a, Result<Reading, ResultError>>;

    /// The complete result that a link leads to; `token` and `format` are parts of its path.
    fn export<'a>(
        &'a self,
        token: &'a str,
        format: Export,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<ExportedFile, ResultError>>;
}

/// A result to keep.
#[derive(Clone, Debug)]
pub struct NewResult {
    /// All that its owner may see.
    pub complete: Complete,
    /// Of which tool it is.
    pub tool: String,
    /// What it can be read as.
    pub export: Export,
    /// How long it is kept.
    pub expires: Duration,
}

/// A result that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// What tells it from others; no secret.
    pub id: String,
    /// Of which tool it is.
    pub tool: String,
    /// What it can be read as.
    pub export: Export,
    /// How long it is kept.
    pub expires_at: DateTime<Utc>,
}

/// How much is read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// Rows.
    pub rows: u64,
    /// Bytes as JSON.
    pub bytes: u64,
}

/// Rows of a result that is kept.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The result.
    pub ticket: Ticket,
    /// The rows.
    pub rows: KeptRows,
}

/// A complete result as a file, open at its beginning.
#[derive(Debug)]
pub struct ExportedFile {
    /// The file.
    pub file: File,
    /// Its bytes.
    pub bytes: u64,
    /// What tells the result from others; no secret.
    pub id: String,
}

/// Why a result can't be had, or not be kept.
#[derive(Debug, thiserror::Error)]
pub enum ResultError {
    /// It is not there for who asks: never was, is no longer, or is somebody else's.
    #[error("there is no such result")]
    Unknown,
    /// It is more than is kept.
    #[error("a result of {bytes} bytes is more than is kept")]
    TooLarge {
        /// Its bytes.
        bytes: u64,
    },
    /// The store, or what exports for it, fails.
    #[error("results can't be kept")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// Makes files of rows.
pub trait Exporter: fmt::Debug + Send + Sync {
    /// Makes a file.
    fn export(&self, table: ExportTable) -> BoxFuture<'_, Result<(), Box<dyn Error + Send + Sync>>>;
}

/// Rows that a file is to be made of.
#[derive(Clone, Debug)]
pub struct ExportTable {
    /// A file with a line for each row: a JSON object that has the values of the columns as texts, or null, under `c0`, `c1` and
    /// so on.
    pub rows: PathBuf,
    /// Bytes of the longest line.
    pub longest_row: u64,
    /// The columns, in order.
    pub columns: Vec<ExportColumn>,
    /// The file to make.
    pub to: PathBuf,
    /// What it is to be.
    pub format: TableFormat,
    /// A folder for what doesn't fit into memory meanwhile.
    pub scratch: PathBuf,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportColumn {
    /// Its name.
    pub name: String,
    /// What its texts stand for.
    pub kind: ColumnType,
}

/// What the texts of a column stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// `true` and `false`.
    Boolean,
    /// Integers of up to 64 bits.
    Integer,
    /// Exact numbers of so many digits, of which `scale` are a fraction.
    Decimal {
        /// All digits, 38 at most.
        width: u8,
        /// Digits of the fraction.
        scale: u8,
    },
    /// Numbers.
    Number,
    /// Themselves.
    Text,
    /// JSON.
    Json,
}

/// A file with columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated values with a header.
    Csv,
    /// Apache Parquet.
    Parquet,
}
