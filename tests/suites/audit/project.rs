//! A project whose calls are recorded.

use std::fs;
use std::path::{Path, PathBuf};

use mxcp_test_support::project::Project;
use serde_json::Value as Json;

pub(super) const SITE: &str = "
mxcp: 1
project: tested
profile: default
profiles: {default: {audit: {enabled: true}}}
";

const GREET: &str = "
tool:
  name: greet
  parameters: [{name: who, type: string}, {name: loud, type: boolean, default: false}]
  return: {type: string}
  source: {code: \"SELECT 'hi ' || $who || CASE WHEN $loud THEN '!' ELSE '' END\"}
";

const CARD: &str = "
tool:
  name: card
  parameters:
    - name: owner
      type: object
      properties: {name: {type: string}, pin: {type: integer, sensitive: true}}
    - {name: number, type: string, sensitive: true}
  return:
    type: object
    properties:
      owner: {type: string}
      secret: {type: string, sensitive: true}
      keys: {type: array, items: {type: object, properties: {id: {type: integer}, key: {type: string, sensitive: true}}}}
  source:
    code: >
      SELECT struct_extract($owner, 'name') AS owner, 'hush-' || $number AS secret, [{'id': 1, 'key': 'hush-key'}] AS keys
  policies:
    input:
      - {condition: \"owner.name == 'eve'\", action: deny, reason: not eve}
    output:
      - {condition: \"response.owner == 'bob'\", action: mask_fields, fields: [owner]}
";

const NOTE: &str = "
resource:
  uri: \"note://{id}\"
  parameters: [{name: id, type: string}]
  mime_type: application/octet-stream
  return: {type: string}
  source: {code: \"SELECT '\\\\xFF'::BLOB || encode($id)\"}
";

const HELLO: &str = "
prompt:
  name: hello
  parameters: [{name: who, type: string}]
  messages: [{role: user, prompt: \"Greet {{who}}\"}]
";

pub(super) fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (path, text) in [
        ("mxcp-site.yml", SITE),
        ("tools/greet.yml", GREET),
        ("tools/card.yml", CARD),
        ("resources/note.yml", NOTE),
        ("prompts/hello.yml", HELLO),
    ] {
        project.file(path, text).unwrap();
    }
    project
}

/// The files of records, by name.
pub(super) fn segments(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut segments: Vec<_> = paths
        .filter(|path| {
            path.extension().is_some_and(|it| it == "jsonl") && !path.ends_with("logs-default_schemas.jsonl")
        })
        .collect();
    segments.sort();
    segments
}

/// All records, as they are written.
pub(super) fn all_records(project: &Project) -> Vec<Json> {
    let segments = segments(&project.path().join("audit"));
    let texts = segments.iter().map(|path| fs::read_to_string(path).unwrap()).collect::<String>();
    texts.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All records but those that a server starts or ends.
pub(super) fn records(project: &Project) -> Vec<Json> {
    let mut records = all_records(project);
    records.retain(|record| record["operation_type"] != "server");
    records
}

/// What `mxcp log verify` finds.
pub(super) fn verified(project: &Project) -> Json {
    project.run(&["log", "verify", "--json"]).unwrap().json().unwrap()["result"].clone()
}
