//! The servers that are compared, with the same work each.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use mxcp_test_support::provider::{CLIENT_ID, CLIENT_SECRET, Provider};
use serde_json::{Value, json};

use crate::contender::{Call, Contender, SERVE, list_call, plain_call, tool_call, words};
use crate::copy_folder;
use crate::large::{self, Size};
use crate::options::Options;

/// All that can be asked of a call at once: types in and out, policies before and after, a field that is masked.
pub(crate) const GUARDED: &str = "mxcp: 1
tool:
  name: guarded
  description: The number after the one given, and a note
  annotations: {readOnlyHint: true}
  parameters:
    - {name: n, type: integer, minimum: 0, maximum: 1000, description: A number}
  return:
    type: object
    properties:
      answer: {type: integer, description: The next number}
      note: {type: integer, description: For the boss only}
  policies:
    input:
      - {condition: \"user.username == 'mallory' || n > 900\", action: deny, reason: Not for you}
    output:
      - {condition: \"user.username != 'boss'\", action: mask_fields, fields: [note]}
  source:
    code: SELECT $n + 1 AS answer, 7 AS note
";

/// A tool of many rows.
const ROWS: &str = "mxcp: 1
tool:
  name: rows
  description: Many rows
  parameters:
    - {name: count, type: integer, description: How many}
  return:
    type: array
    items:
      type: object
      properties:
        number: {type: integer}
        text: {type: string}
        share: {type: number}
  source:
    code: SELECT i AS number, 'row ' || i AS text, i / 7.0 AS share FROM range($count) AS numbers(i)
";

/// The floors of SQL: as DuckDB chooses, and with one thread for each query, which is better on few cores.
pub(super) fn floors(options: &Options, project: &Path) -> [Contender; 2] {
    let floor = |name, arguments: &[&str]| Contender {
        name,
        program: options.binaries.join("floor-sql"),
        arguments: words(arguments),
        variables: Vec::new(),
        folder: project.to_owned(),
        calls: vec![
            ("answer", plain_call("/answer", &json!({"n": 41}), vec![("/0/answer", json!(42))])),
            ("guarded", plain_call("/guarded", &json!({"n": 41}), vec![("/0/note", json!(7))])),
        ],
    };
    [floor("floor: axum + DuckDB", &["PORT"]), floor("floor: the same, threads = 1", &["PORT", "1"])]
}

/// A server of its own copy of the project of the bench.
pub(super) fn plain(options: &Options, scratch: &Path) -> Result<Contender> {
    let folder = scratch.join("plain");
    copy_folder(&options.workspace.join("tests/bench/project"), &folder)?;
    fs::write(folder.join("tools/rows.yml"), ROWS)?;
    Ok(mxcp(options, "mxcp serve", &folder, vec![("answer", answer())]))
}

/// A server where everything is on: verified tokens, policies, types, masks and the audit log.
pub(super) fn guarded(options: &Options, scratch: &Path, provider: &Provider) -> Result<Contender> {
    let folder = scratch.join("guarded");
    copy_folder(&options.workspace.join("tests/bench/project"), &folder)?;
    fs::write(folder.join("tools/guarded.yml"), GUARDED)?;
    let user = json!({
        "transport": {"http": {"base_url": "http://localhost:8123"}},
        "projects": {"bench": {"profiles": {"default": {"auth": {
            "mode": "verifier", "provider": "oidc", "oidc": {
                "config_url": provider.config_url(), "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
                "scope": "openid", "audience": "mxcp",
            }}}}}},
    });
    fs::write(folder.join("user.yml"), user.to_string())?;
    let token = provider.token("ada", &json!({ "exp": mxcp_test_support::provider::now()? + 86_400 }))?;
    let expected = vec![
        ("/result/structuredContent/answer", json!(42)),
        ("/result/structuredContent/note", json!("****")),
    ];
    let mut call = tool_call("guarded", &json!({"n": 41}), expected);
    call.headers.push(("Authorization", format!("Bearer {token}")));
    let mut server = mxcp(options, "mxcp serve, everything on", &folder, vec![("guarded", call)]);
    server.variables = vec![("MXCP_CONFIG", folder.join("user.yml")), ("MXCP_AUDIT_ENABLED", "true".into())];
    Ok(server)
}

/// A server of a thousand tools, and one that gives the bytes of its list.
pub(super) fn lists(options: &Options, scratch: &Path) -> Result<[Contender; 2]> {
    let folder = scratch.join("large");
    large::write(&folder, Size::LARGE)?;
    let call = list_call("tool_00000");
    let server = mxcp(options, "mxcp serve, 1,000 tools", &folder, vec![("tools/list", call.clone())]);
    let file = scratch.join("tools.json");
    fs::write(&file, body_of(&server, &call)?)?;
    let list = Call { path: "/file".to_owned(), headers: Vec::new(), ..call };
    let floor = Contender {
        name: "floor: a file of the same bytes",
        program: options.binaries.join("floor-static"),
        arguments: vec!["PORT".to_owned(), file.to_str().context("a path")?.to_owned()],
        variables: Vec::new(),
        folder,
        calls: vec![("tools/list", list)],
    };
    Ok([floor, server])
}

/// What a server answers.
fn body_of(contender: &Contender, call: &Call) -> Result<String> {
    let server = crate::process::ServerProcess::start(contender)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let body: Value = runtime
        .block_on(async { crate::client::Client::connect(server.address(), call).await?.answer().await })?;
    let count = body.pointer("/result/tools").and_then(Value::as_array).map(Vec::len);
    ensure!(count == Some(Size::LARGE.tools), "{count:?} tools");
    Ok(body.to_string())
}

/// Frameworks in other languages with the same tool, as far as they are installed.
pub(super) fn others(options: &Options, scratch: &Path) -> Result<Vec<Contender>> {
    let folder = options.workspace.join("tests/bench/others");
    let result = || vec![("/result/structuredContent/result", json!(42))];
    let call = || tool_call("answer", &json!({"n": 41}), result());
    let mut others = Vec::new();
    if let Some(python) = &options.fastmcp {
        others.push(Contender {
            name: "fastmcp (Python)",
            program: python.clone(),
            arguments: words(&["fastmcp_server.py", "PORT"]),
            variables: vec![("PYTHONDONTWRITEBYTECODE", "1".into())],
            folder: folder.clone(),
            calls: vec![("answer", call())],
        });
    }
    if let Some(packages) = &options.sdk {
        let packages = packages.to_str().context("a path")?;
        others.push(Contender {
            name: "TypeScript SDK",
            program: "node".into(),
            arguments: words(&["sdk_server.mjs", "PORT", packages]),
            variables: Vec::new(),
            folder,
            calls: vec![("answer", call())],
        });
    }
    if let Some(environment) = &options.reference {
        let folder = scratch.join("reference");
        copy_folder(&options.workspace.join("tests/bench/project"), &folder)?;
        let mut arguments = words(SERVE);
        arguments.push("--stateless".to_owned());
        others.push(Contender {
            name: "MXCP 0.12 (Python)",
            program: environment.join("bin/mxcp"),
            arguments,
            variables: vec![("MXCP_DISABLE_ANALYTICS", "1".into())],
            folder,
            calls: vec![("answer", call().of_before())],
        });
    }
    Ok(others)
}

fn answer() -> Call {
    tool_call("answer", &json!({"n": 41}), vec![("/result/structuredContent/result", json!(42))])
}

fn mxcp(options: &Options, name: &'static str, folder: &Path, calls: Vec<(&'static str, Call)>) -> Contender {
    Contender {
        name,
        program: options.binaries.join("mxcp"),
        arguments: words(SERVE),
        variables: Vec::new(),
        folder: folder.to_owned(),
        calls,
    }
}
