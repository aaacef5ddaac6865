//! The JSON Schemas that editors check and complete the files of a project with.

use std::path::Path;
use std::{fs, io};

use mxcp_core::schema::json::Format;

/// Their folder in the project: they lie beside what they describe, so that editors need no network.
const FOLDER: &str = ".mxcp/schemas";

/// Writes the schemas that are missing, and gives their folder if there was one.
pub(super) fn write(root: &Path) -> io::Result<Option<String>> {
    let folder = root.join(FOLDER);
    fs::create_dir_all(&folder)?;
    let mut made = None;
    for format in Format::ALL {
        let file = folder.join(format.file_name());
        if !file.exists() {
            fs::write(file, format.text())?;
            made = Some(format!("{FOLDER}/"));
        }
    }
    Ok(made)
}

/// The line by which editors find the schema of a file that is `depth` folders below the root.
pub(super) fn comment(format: Format, depth: usize) -> String {
    format!("# yaml-language-server: $schema={}{FOLDER}/{}\n", "../".repeat(depth), format.file_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_written_once() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(write(root.path()).unwrap().as_deref(), Some(".mxcp/schemas/"));
        assert_eq!(write(root.path()).unwrap(), None);
        let text = fs::read_to_string(root.path().join(".mxcp/schemas/endpoint.schema.json")).unwrap();
        assert_eq!(text, Format::Endpoint.text());
    }

    #[test]
    fn the_comment_leads_out_of_the_folder() {
        assert_eq!(
            comment(Format::Endpoint, 1),
            "# yaml-language-server: $schema=../.mxcp/schemas/endpoint.schema.json\n"
        );
    }
}
