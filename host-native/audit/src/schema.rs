//! What records are: the file beside the log that says how long they are kept, and what is kept out of them. Operators edit it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::error::Error;
use crate::place::Place;
use crate::redaction::Redaction;

/// The schema of all that is written.
pub(crate) const NAME: &str = "mxcp.endpoints";
/// Its version.
pub(crate) const VERSION: u32 = 2;

/// What a line of the file says.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Schema {
    schema_name: String,
    version: u32,
    /// Days after which records are deleted; none: never.
    #[serde(default)]
    pub(crate) retention_days: Option<u32>,
    /// Keys that records repeat in their `business_context`.
    #[serde(default)]
    pub(crate) extract_fields: Vec<String>,
    /// What is made unreadable before it is written.
    #[serde(default)]
    pub(crate) field_redactions: Vec<Redaction>,
}

/// All schemas, by name and version.
pub(crate) type Schemas = BTreeMap<(String, u32), Schema>;

/// The file, read again whenever it is another.
#[derive(Debug)]
pub(crate) struct SchemaFile {
    path: PathBuf,
    seen: Option<(SystemTime, u64)>,
    own: Schema,
}

impl SchemaFile {
    /// The file of a log; our schema is put into it if it isn't there.
    ///
    /// # Errors
    /// It can't be read or written.
    pub(crate) fn open(place: &Place, now: DateTime<Utc>) -> Result<Self, Error> {
        let path = place.schemas();
        if !read(place)?.contains_key(&(NAME.to_owned(), VERSION)) {
            append(&path, &(line(now) + "\n")).map_err(Error::unwritable(&path))?;
        }
        let mut file = Self { path, seen: None, own: builtin() };
        file.refresh();
        Ok(file)
    }

    /// The schema as the file says it now. While the file can't be read, or has no such schema, it stays as it was.
    pub(crate) fn refresh(&mut self) -> &Schema {
        let seen = fs::metadata(&self.path).and_then(|data| Ok((data.modified()?, data.len()))).ok();
        if seen != self.seen {
            self.seen = seen;
            match fs::read_to_string(&self.path).map(|text| parse(&text).remove(&(NAME.to_owned(), VERSION)))
            {
                Ok(Some(schema)) => self.own = schema,
                Ok(None) | Err(_) => {
                    tracing::warn!(
                        file = %self.path.display(),
                        "the schema of audit records can't be read: records are written as before"
                    );
                }
            }
        }
        &self.own
    }
}

/// All schemas of a log; none if nothing was ever written.
///
/// # Errors
/// The file is there and can't be read.
pub(crate) fn read(place: &Place) -> Result<Schemas, Error> {
    match fs::read_to_string(place.schemas()) {
        Ok(text) => Ok(parse(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Schemas::new()),
        Err(error) => Err(Error::unreadable(place.schemas())(error)),
    }
}

/// Appends a line, also to a file that somebody has left without the end of its last one.
fn append(path: &PathBuf, line: &str) -> io::Result<()> {
    let mut file: File = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let separator = if last == [b'\n'] { "" } else { "\n" };
    file.write_all(format!("{separator}{line}").as_bytes())
}

/// The last line of a name and version counts.
fn parse(text: &str) -> Schemas {
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Schema>(line).ok());
    lines.map(|schema| ((schema.schema_name.clone(), schema.version), schema)).collect()
}

fn builtin() -> Schema {
    Schema {
        schema_name: NAME.to_owned(),
        version: VERSION,
        retention_days: Some(90),
        extract_fields: EXTRACTED.map(str::to_owned).to_vec(),
        field_redactions: Vec::new(),
    }
}

const EXTRACTED: [&str; 4] = ["operation_type", "operation_name", "operation_status", "policy_decision"];

/// What is put into the file.
fn line(now: DateTime<Utc>) -> String {
    let field = |name: &str, kind: &str, required: bool, description: &str, sensitive: bool| {
        json!({
            "name": name, "type": kind, "required": required, "description": description, "sensitive": sensitive,
        })
    };
    let schema = builtin();
    json!({
        "schema_name": NAME,
        "version": VERSION,
        "description": "What was called, or happened beside calls, and how it was decided",
        "retention_days": schema.retention_days,
        "evidence_level": "detailed",
        "extract_fields": schema.extract_fields,
        "require_signature": false,
        "created_at": now.to_rfc3339_opts(SecondsFormat::Micros, true),
        "created_by": "system",
        "active": true,
        "indexes": ["operation_type", "operation_name", "timestamp", "user_id"],
        "fields": [
            field("operation_type", "string", true, "The kind of what was called, or of what happened", false),
            field("operation_name", "string", true, "What was called, or happened", false),
            field("input_data", "object", false, "The arguments", true),
            field("output_data", "object", false, "The result", true),
            field("execution_events", "array", false, "What the code noted of the call", false),
            field("error", "string", false, "Why it failed", false),
            field("policy_decision", "string", false, "What the policies decided", false),
            field("policy_reason", "string", false, "Why they decided so", false),
        ],
        "field_redactions": [],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, Place) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(&folder.path().join("logs.jsonl"));
        (folder, place)
    }

    #[test]
    fn a_schema_is_registered_once() {
        let (_folder, place) = place();
        for _ in 0..2 {
            let mut file = SchemaFile::open(&place, Utc::now()).unwrap();
            assert_eq!(file.refresh().retention_days, Some(90));
        }
        assert_eq!(fs::read_to_string(place.schemas()).unwrap().lines().count(), 1);
    }

    #[test]
    fn the_last_line_of_an_edited_file_counts_at_once() {
        let (_folder, place) = place();
        let mut file = SchemaFile::open(&place, Utc::now()).unwrap();
        let other = r#"{"schema_name": "mxcp.endpoints", "version": 2, "retention_days": 7, "extract_fields": ["user_id"]}"#;
        append(&place.schemas(), &format!("{other}\nno json\n")).unwrap();
        let schema = file.refresh();
        assert_eq!(
            (schema.retention_days, schema.extract_fields.as_slice()),
            (Some(7), &["user_id".to_owned()][..])
        );
        fs::remove_file(place.schemas()).unwrap();
        assert_eq!(file.refresh().retention_days, Some(7));
    }

    #[test]
    fn a_line_is_appended_as_a_line_of_its_own() {
        let (_folder, place) = place();
        fs::write(place.schemas(), r#"{"schema_name": "other", "version": 1}"#).unwrap();
        SchemaFile::open(&place, Utc::now()).unwrap();
        assert_eq!(read(&place).unwrap().len(), 2);
    }
}
