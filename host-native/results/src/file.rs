//! A result as files: a line of what is known of it and a line for each row, and beside it where each row begins.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};

use mxcp_core::delivery::{Complete, KeptRows, Outline};
use mxcp_core::schema::Export;
use mxcp_core::value::{ExactNumber, Value};
use mxcp_runtime::ports::{Most, NewResult};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tempfile::NamedTempFile;

use crate::columns::Columns;
use crate::error::{Doing as _, Error};
use crate::folder::{Folder, Stem};

/// The rows.
pub(crate) const ROWS: &str = "rows";

/// Where each row begins, and where the last one ends: bytes of the file of rows.
const INDEX: &str = "index";

/// Bytes of a place in the index.
const PLACE: u64 = 8;

/// What is known of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) tool: String,
    pub(crate) export: Export,
    pub(crate) outline: Outline,
    pub(crate) columns: Columns,
}

/// Writes a result.
pub(crate) fn write(folder: &Folder, stem: &Stem, result: NewResult) -> Result<(), Error> {
    let NewResult { complete: Complete { value, outline }, tool, export, .. } = result;
    let rows = match value {
        Value::Array(rows) => rows,
        other => vec![other],
    };
    let header = Header { tool, export, outline, columns: Columns::of(&rows) };
    let doing = "keeping a result";
    let new = || NamedTempFile::new_in(folder.path()).doing(doing);
    let (mut lines, mut index) = (BufWriter::new(new()?), BufWriter::new(new()?));
    let mut place: u64 = 0;
    let mut line = serde_json::to_vec(&header).map_err(Error::Broken)?;
    for row in &rows {
        line.push(b'\n');
        lines.write_all(&line).doing(doing)?;
        place += line.len() as u64;
        index.write_all(&place.to_be_bytes()).doing(doing)?;
        line.clear();
        serde_json::to_writer(&mut line, row).map_err(Error::Broken)?;
    }
    line.push(b'\n');
    lines.write_all(&line).doing(doing)?;
    place += line.len() as u64;
    index.write_all(&place.to_be_bytes()).doing(doing)?;
    for (file, suffix) in [(index, INDEX), (lines, ROWS)] {
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error).doing(doing)?;
        // Whoever finds the rows finds the index: it is there before.
        let kept = file.persist(folder.path().join(stem.file(suffix)));
        kept.map_err(|error| error.error).doing(doing)?;
    }
    Ok(())
}

/// A result that is open.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) header: Header,
    /// After the header.
    lines: BufReader<File>,
}

impl Kept {
    pub(crate) fn open(folder: &Folder, stem: &Stem) -> Result<Self, Error> {
        let mut lines = BufReader::new(folder.open(stem, ROWS)?);
        let mut line = String::new();
        lines.read_line(&mut line).doing("reading a kept result")?;
        let header = serde_json::from_str(&line).map_err(Error::Broken)?;
        Ok(Self { header, lines })
    }

    /// Rows from the one of an index on: as many as `most` allows, and one more.
    pub(crate) fn rows(
        mut self,
        folder: &Folder,
        stem: &Stem,
        from: u64,
        most: Most,
    ) -> Result<KeptRows, Error> {
        let doing = "reading a kept result";
        let mut index = folder.open(stem, INDEX)?;
        index.seek(SeekFrom::Start(from.saturating_mul(PLACE))).doing(doing)?;
        let mut place = [0; PLACE as usize];
        index.read_exact(&mut place).doing(doing)?;
        self.lines.seek(SeekFrom::Start(u64::from_be_bytes(place))).doing(doing)?;
        let left = self.header.outline.rows.unwrap_or_default().saturating_sub(from);
        let mut rows = Vec::new();
        let (mut bytes, mut line) = (0, String::new());
        while (rows.len() as u64) < left.min(most.rows.saturating_add(1)) && bytes <= most.bytes {
            line.clear();
            bytes += self.lines.read_line(&mut line).doing(doing)? as u64;
            rows.push(written(serde_json::from_str(&line).map_err(Error::Broken)?));
        }
        Ok(KeptRows { outline: self.header.outline, before: from, rows })
    }

    /// All rows, as their lines.
    pub(crate) fn lines(self) -> impl Iterator<Item = Result<String, Error>> {
        self.lines.lines().map(|line| line.doing("reading a kept result"))
    }
}

/// A value whose numbers are written as they were: a decimal has the zeros at its end still.
fn written(json: Json) -> Value {
    match json {
        Json::Number(number) => {
            let text = number.to_string();
            match Value::from_json(Json::Number(number)) {
                value @ Value::Float(_) if value.to_json_text() != text => {
                    ExactNumber::parse(&text).map_or(value, Value::Number)
                }
                value => value,
            }
        }
        Json::Array(items) => Value::Array(items.into_iter().map(written).collect()),
        Json::Object(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (key, written(value))).collect())
        }
        other => Value::from_json(other),
    }
}
