//! A lock as a text: YAML that any tool can read, and of which a line changes where a file does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Digest, Lock, Origin, VERSION};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::SourceFile;
use crate::yaml::{Data, DocPath, Document, Report, Shape};

/// What stands at the top of the file.
const HEADING: &str = "# What this project serves, pinned. Written by `mxcp lock`, checked by `mxcp lock --check` \
                       and `mxcp serve --locked`.\n";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    #[expect(dead_code, reason = "checked before anything else is, in the tree")]
    version: i64,
    files: BTreeMap<String, String>,
    #[serde(default)]
    origins: BTreeMap<String, WrittenOrigin>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrittenOrigin {
    reference: String,
    digest: String,
}

pub(super) fn write(lock: &Lock) -> String {
    let mut text = format!("{HEADING}version: {VERSION}\n");
    // Writing to a string can't fail.
    let _ = match lock.files.is_empty() {
        true => writeln!(text, "files: {{}}"),
        false => writeln!(text, "files:"),
    };
    for (path, digest) in &lock.files {
        let _ = writeln!(text, "  {}: {digest}", Scalar(path));
    }
    if !lock.origins.is_empty() {
        text.push_str("origins:\n");
    }
    for (path, origin) in &lock.origins {
        let (path, reference) = (Scalar(path), Scalar(&origin.reference));
        let _ = writeln!(text, "  {path}:\n    reference: {reference}\n    digest: {}", origin.digest);
    }
    text
}

/// A text as YAML writes it.
struct Scalar<'a>(&'a str);

impl std::fmt::Display for Scalar<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if is_plain(self.0) {
            return formatter.write_str(self.0);
        }
        formatter.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(formatter, "\\{character}")?,
                ' '..='~' => formatter.write_char(character)?,
                // What a terminal would not show as it is, is not left in a file that people review.
                _ if character.is_alphanumeric() => formatter.write_char(character)?,
                _ => write!(formatter, "\\U{:08X}", u32::from(character))?,
            }
        }
        formatter.write_char('"')
    }
}

/// Whether a text needs no quotes: a path of ordinary names, which can't be taken for a number or `true`.
fn is_plain(text: &str) -> bool {
    let ordinary = |character: char| character.is_ascii_alphanumeric() || "/._-@:".contains(character);
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.contains(['/', '.'])
        && !text.ends_with(':')
        && text.chars().all(ordinary)
}

pub(super) fn parse(file: &Arc<SourceFile>) -> Result<Lock, Diagnostics> {
    let mut findings = Diagnostics::new();
    let lock = Document::parse(file, &mut findings).and_then(|document| read(&document, &mut findings));
    lock.filter(|_| !findings.has_errors()).ok_or(findings)
}

fn read(document: &Document, findings: &mut Diagnostics) -> Option<Lock> {
    let mut report = Report::new(document, findings);
    let version = DocPath::root().key("version");
    // What a newer version calls an error is not for this one to judge.
    if let Some(Data::Int(written)) = document.node(&version).map(|node| &node.data)
        && *written != VERSION
    {
        let problem = format!("format {written} of the lock is not known");
        let help = "it was written by another version of mxcp: use that one, or run `mxcp lock` again";
        report.add(&version, Diagnostic::error(Code::InvalidValue, problem).help(help));
        return None;
    }
    Shape::of::<Written>().check(&mut report);
    if report.has_errors() {
        return None;
    }
    let written: Written = match document.deserialize() {
        Ok(written) => written,
        Err(problem) => {
            report.error(Code::WrongType, &DocPath::root(), problem.to_string());
            return None;
        }
    };
    let mut lock = Lock::default();
    let files = DocPath::root().key("files");
    for (path, text) in written.files {
        if let Some(digest) = digest(&text, &files.key(path.as_str()), &mut report) {
            lock.files.insert(path, digest);
        }
    }
    let origins = DocPath::root().key("origins");
    for (path, WrittenOrigin { reference, digest: text }) in written.origins {
        if let Some(digest) = digest(&text, &origins.key(path.as_str()).key("digest"), &mut report) {
            lock.origins.insert(path, Origin { reference, digest });
        }
    }
    Some(lock)
}

fn digest(text: &str, place: &DocPath, report: &mut Report<'_>) -> Option<Digest> {
    match text.parse() {
        Ok(digest) => Some(digest),
        Err(problem) => {
            report.error(Code::InvalidValue, place, problem.to_string());
            None
        }
    }
}
