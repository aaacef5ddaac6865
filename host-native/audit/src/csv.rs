//! Records as CSV (RFC 4180).

use std::io::{self, Write};

use serde_json::Value as Json;

use crate::record::Record;

/// The columns of exports, in order. Those are JSON that hold objects and lists.
const COLUMNS: [&str; 23] = [
    "record_id",
    "timestamp",
    "caller_type",
    "operation_type",
    "operation_name",
    "duration_ms",
    "user_id",
    "session_id",
    "trace_id",
    "operation_status",
    "error",
    "policy_decision",
    "policy_reason",
    "business_context",
    "execution_events",
    "schema_name",
    "schema_version",
    "input_data",
    "output_data",
    "policies_evaluated",
    "prev_hash",
    "record_hash",
    "signature",
];

/// Writes records as CSV.
#[derive(Debug)]
pub struct Csv<W> {
    out: W,
}

impl<W: Write> Csv<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// It can't be written.
    pub fn begin(mut out: W) -> io::Result<Self> {
        write!(out, "{}\r\n", COLUMNS.join(","))?;
        Ok(Self { out })
    }

    /// Writes a record.
    ///
    /// # Errors
    /// It can't be written.
    pub fn record(&mut self, record: &Record) -> io::Result<()> {
        let record = serde_json::to_value(record)?;
        for (at, column) in COLUMNS.iter().enumerate() {
            let separator = if at == 0 { "" } else { "," };
            let cell = match record.get(column) {
                None | Some(Json::Null) => String::new(),
                Some(Json::String(text)) if !is_json(column) => text.clone(),
                Some(value) => value.to_string(),
            };
            write!(self.out, "{separator}{}", quoted(&cell))?;
        }
        write!(self.out, "\r\n")
    }

    /// Hands everything on.
    ///
    /// # Errors
    /// It can't be written.
    pub fn end(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn is_json(column: &str) -> bool {
    matches!(
        column,
        "business_context" | "execution_events" | "input_data" | "output_data" | "policies_evaluated"
    )
}

/// A cell. What a spreadsheet would take for a formula stays what it is: the file is for programs, and has to be exact.
fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_json_where_they_hold_more_than_a_text() {
        let record: Record = serde_json::from_str(
            r#"{"record_id": "a", "timestamp": "2026-01-15T10:30:45.123456Z", "operation_type": "tool",
                "operation_name": "say \"hi\", you", "operation_status": "success", "duration_ms": 1,
                "caller_type": "stdio", "input_data": {"a": "z"}, "output_data": "text"}"#,
        )
        .unwrap();
        let mut out = Vec::new();
        let mut csv = Csv::begin(&mut out).unwrap();
        csv.record(&record).unwrap();
        csv.end().unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.split("\r\n").collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].split(',').count(), 23);
        assert!(lines[1].contains(r#","say ""hi"", you",1,,,,success,"#), "{text}");
        assert!(lines[1].contains(r#","{""a"":""z""}","""text""",[],,,"#), "{text}");
    }
}
