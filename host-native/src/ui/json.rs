//! JSON documents on standard output: indented by two, in ASCII.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;

/// `{"status": "ok", "result": …}`.
#[derive(Debug, Serialize)]
pub(crate) struct ResultDocument<T> {
    status: &'static str,
    result: T,
}

/// `{"status": "error", "error": …}`.
#[derive(Debug, Serialize)]
pub(super) struct ErrorDocument<'a> {
    status: &'static str,
    error: &'a str,
    #[serde(flatten)]
    details: Option<Details>,
}

/// What `--debug` adds to an error.
#[derive(Debug, Serialize)]
pub(super) struct Details {
    /// The causes of the error, one per line.
    pub(super) traceback: String,
    /// What kind of error it is.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

impl<T> ResultDocument<T> {
    /// The document of a command that ran.
    pub(crate) fn new(result: T) -> Self {
        Self { status: "ok", result }
    }
}

impl<'a> ErrorDocument<'a> {
    pub(super) fn new(error: &'a str, details: Option<Details>) -> Self {
        Self { status: "error", error, details }
    }
}

/// The text of a document. Characters beyond ASCII, which only strings have, are written as escapes.
pub(super) fn text(document: &impl Serialize) -> io::Result<String> {
    let pretty = serde_json::to_string_pretty(document)?;
    if pretty.is_ascii() {
        return Ok(pretty);
    }
    let mut text = String::with_capacity(pretty.len() * 2);
    for character in pretty.chars() {
        if character.is_ascii() {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a string can't fail.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_beyond_ascii_is_escaped_as_utf_16() {
        let written = text(&["é", "🦆", "\u{7f}"]).unwrap();
        assert_eq!(written, "[\n  \"\\u00e9\",\n  \"\\ud83e\\udd86\",\n  \"\u{7f}\"\n]");
        assert_eq!(serde_json::from_str::<Vec<String>>(&written).unwrap(), ["é", "🦆", "\u{7f}"]);
    }

    #[test]
    fn documents_have_two_keys_and_details_only_on_request() {
        let ok = text(&ResultDocument::new([0; 0])).unwrap();
        assert_eq!(ok, "{\n  \"status\": \"ok\",\n  \"result\": []\n}");
        let error = text(&ErrorDocument::new("x", None)).unwrap();
        assert_eq!(error, "{\n  \"status\": \"error\",\n  \"error\": \"x\"\n}");
        let details = Details { traceback: "y".to_owned(), kind: "Error" };
        let error = text(&ErrorDocument::new("x", Some(details))).unwrap();
        assert!(
            error.ends_with("\"error\": \"x\",\n  \"traceback\": \"y\",\n  \"type\": \"Error\"\n}"),
            "{error}"
        );
    }
}
