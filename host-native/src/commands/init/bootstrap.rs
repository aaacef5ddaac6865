//! A first tool that works.

use std::path::Path;
use std::{fs, io};

use mxcp_core::definition::Kind;
use mxcp_core::schema::json::Format;

use super::schemas;
use crate::project::Project;

const DEFINITION: &str = r#"mxcp: 1
tool:
  name: hello_world
  description: Greets somebody by name.
  tags: [example]
  annotations:
    title: Hello World
    readOnlyHint: true
    destructiveHint: false
    idempotentHint: true
    openWorldHint: false
  parameters:
    - name: name
      type: string
      description: Who is to be greeted
      minLength: 1
      examples: [World, Ada, Grace]
  return:
    type: string
    description: The greeting
  source:
    file: SQL_FILE
  tests:
    - name: greets by name
      description: The name stands between "Hello, " and an exclamation mark
      arguments:
        - key: name
          value: World
      result: Hello, World!
"#;

const SQL: &str = "-- Values of parameters are bound as $name, never pasted into the text.
SELECT 'Hello, ' || $name || '!' AS greeting;
";

/// Writes the files that are missing, and gives their paths relative to the root.
pub(super) fn write(project: &Project) -> io::Result<Vec<String>> {
    let tools = project.site.folder(Kind::Tool).trim_end_matches('/');
    // From a folder of tools that lies deeper, `/` leads to the project root.
    let sql_file = if tools == "tools" { "../sql/hello-world.sql" } else { "/sql/hello-world.sql" };
    let depth = tools.split('/').filter(|part| !matches!(*part, "" | ".")).count();
    let inside = !tools.starts_with('/') && !tools.split('/').any(|part| part == "..");
    let schema = if inside { schemas::comment(Format::Endpoint, depth) } else { String::new() };
    let mut made = Vec::new();
    for (path, text) in [
        ("sql/hello-world.sql".to_owned(), SQL.to_owned()),
        (format!("{tools}/hello-world.yml"), schema + &DEFINITION.replace("SQL_FILE", sql_file)),
    ] {
        let file = project.root.join(&path);
        if !file.exists() {
            fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
            fs::write(file, text)?;
            made.push(path);
        }
    }
    Ok(made)
}
