//! Prints the JSON Schemas of all file formats as one JSON document: texts by file name. For `cargo xtask schemas`.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use mxcp_core::schema::json::Format;

fn main() -> io::Result<()> {
    let texts: BTreeMap<_, _> = Format::ALL.map(|format| (format.file_name(), format.text())).into();
    serde_json::to_writer(io::stdout(), &texts)?;
    writeln!(io::stdout())
}
