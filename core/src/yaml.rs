//! YAML with places: a marked tree, the checks against the file format, and serde on top.
//!
//! The dialect is YAML 1.1 as the safe loader of PyYAML reads it (spec `configuration.md` section 1), except
//! that a repeated key is an error.

mod deserialize;
mod document;
mod edit;
mod entries;
mod limits;
mod node;
mod offsets;
mod parse;
mod path;
mod report;
mod scalar;
mod shape;
mod trail;
mod write;

pub use document::Document;
pub use node::{Data, Entry, Node};
pub use path::DocPath;
pub use report::Report;
pub use shape::Shape;

use crate::diagnostic::{Code, Diagnostic};

/// The text of a file, which may be UTF-8 with or without a byte-order mark, or UTF-16 with one.
///
/// # Errors
/// The bytes are neither.
pub fn decode(bytes: &[u8]) -> Result<String, Diagnostic> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks(2).map(|pair| match *pair {
            [first, second] => unit([first, second]),
            // Half a unit at the end is a lone surrogate: no text.
            _ => 0xD800,
        });
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    };
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    text.ok_or_else(|| {
        Diagnostic::error(Code::UnreadableFile, "file is neither UTF-8 nor UTF-16 with a byte-order mark")
            .help("save it as UTF-8")
    })
}
