//! Results of which a part is shown.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::ResultLimits;
use crate::audit::Measure;
use crate::value::Value;

/// The rows of a list that are shown, where they are not all, and how the others can be had. Its text is what a model reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Rows before the first one that is shown.
    pub before: u64,
    /// Rows that are shown.
    pub rows: u64,
    /// How much they are.
    pub size: Measure,
    /// Rows of the complete result.
    pub total_rows: u64,
    /// How much the complete result is.
    pub total_size: Measure,
    /// What the host keeps of it; nothing if absent.
    pub kept: Option<Kept>,
}

/// A complete result that a host keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What the next rows are asked for with; none if there are none.
    pub next: Option<String>,
    /// Where it can be read as a whole, if anywhere.
    pub export: Option<ExportLink>,
    /// How long it is kept.
    pub expires_at: DateTime<Utc>,
}

/// Where a complete result can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportLink {
    /// The file's name: `orders.csv`.
    pub name: String,
    /// Its URI, for `resources/read`.
    pub uri: String,
    /// Its address, if clients come over HTTP.
    pub url: Option<String>,
    /// What it is.
    pub mime_type: &'static str,
}

/// A result of which not all is shown, for hosts to keep. It is what the caller may see and nothing more.
#[derive(Clone, Debug, PartialEq)]
pub struct Complete {
    /// The result.
    pub value: Value,
    /// What is known of it beside.
    pub outline: Outline,
}

/// What has to be known of a complete result to show more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// Its rows; none if it is no list.
    pub rows: Option<u64>,
    /// Its bytes as JSON.
    pub bytes: u64,
    /// Whether objects in it are content blocks because their code said so.
    pub blocks: bool,
    /// Whether its parts have to be what the JSON Schema of the result says, as the whole is.
    pub strict: bool,
}

/// Rows of a kept result, from one on.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptRows {
    /// What is known of the whole.
    pub outline: Outline,
    /// How many rows there are before.
    pub before: u64,
    /// As many as may be shown at most, or one more.
    pub rows: Vec<Value>,
}

/// A result, or a part of one, that can't be shown without being more than may be shown. Its text says nothing of what is kept, for
/// errors are recorded, and links to results are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// What is too large.
    pub what: Whole,
    /// How much it is.
    pub size: Measure,
    /// How much may be shown.
    pub limits: ResultLimits,
    /// What the host keeps of the complete result; nothing if absent.
    pub kept: Option<Kept>,
}

/// What can't be shown in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// A result that is no list.
    Result,
    /// The row of a number, from 1 on.
    Row(u64),
    /// So many rows, of which a list has to have no fewer.
    Fewest(u64),
}

impl ResultLimits {
    /// Most bytes, by both limits that speak of them.
    #[must_use]
    pub fn most_bytes(&self) -> u64 {
        let of_tokens = self.tokens.map_or(u64::MAX, Measure::most_bytes);
        self.bytes.unwrap_or(u64::MAX).min(of_tokens)
    }

    /// Most rows of a list.
    #[must_use]
    pub fn most_rows(&self) -> u64 {
        self.rows.unwrap_or(u64::MAX)
    }
}

impl Kept {
    /// How long it is kept, in RFC 3339.
    #[must_use]
    pub fn expires(&self) -> String {
        self.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Part { before, rows, total_rows, kept, .. } = self;
        match rows {
            1 => write!(formatter, "Row {} of {total_rows} is shown.", before + 1)?,
            _ => write!(formatter, "Rows {} to {} of {total_rows} are shown.", before + 1, before + rows)?,
        }
        match kept {
            Some(kept) => write!(formatter, "{kept}"),
            None if before + rows < *total_rows => {
                formatter.write_str(" The others can't be had here: ask for less.")
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Kept { next, export, .. } = self;
        if let Some(next) = next {
            write!(formatter, " For the next rows, make the same call with `cursor`: \"{next}\".")?;
        }
        if let Some(export) = export {
            write!(formatter, " The complete result is {}.", export.uri)?;
        }
        if next.is_some() || export.is_some() {
            write!(formatter, " That is good until {}.", self.expires())?;
        }
        Ok(())
    }
}

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            Whole::Result => formatter.write_str("The result is")?,
            Whole::Row(number) => write!(formatter, "Row {number} of the result is")?,
            Whole::Fewest(rows) => write!(formatter, "The fewest rows that can be shown, {rows}, are")?,
        }
        let Measure { bytes, tokens } = self.size;
        write!(formatter, " too large: {bytes} bytes of JSON, about {tokens} tokens, where at most")?;
        match (self.limits.bytes, self.limits.tokens) {
            (Some(bytes), Some(tokens)) => write!(formatter, " {bytes} bytes and {tokens} tokens")?,
            (_, Some(tokens)) => write!(formatter, " {tokens} tokens")?,
            _ => write!(formatter, " {} bytes", self.limits.most_bytes())?,
        }
        formatter.write_str(" are shown. Ask for less.")
    }
}

impl std::error::Error for TooLarge {}
