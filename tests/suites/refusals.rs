//! Bad input is refused clearly, nothing is lost, and the server goes on.

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use mxcp_test_support::client::{Client, Http, Pipes};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

const GOOD: &str =
    "mxcp: 1\ntool: {name: good, return: {type: integer}, source: {code: 'SELECT 42 AS answer'}}\n";

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("tools/good.yml", GOOD).unwrap();
    project
}

/// What `validate` says of one file, and that it fails because of it while the good file stays good.
fn validated(project: &Project, path: &str) -> Json {
    let ran = project.run(&["validate", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let document = ran.json().unwrap();
    assert_eq!(document["result"]["status"], "error", "{document}");
    let files = document["result"]["validated"].as_array().unwrap().clone();
    let good = files.iter().find(|file| file["path"] == "tools/good.yml").unwrap();
    assert_eq!(good["status"], "ok", "{document}");
    assert_eq!(project.run(&["run", "tool", "good", "--json-output"]).unwrap().result().unwrap(), 42);
    files.into_iter().find(|file| file["path"] == path).unwrap_or_else(|| panic!("{path} in {document}"))
}

fn place(file: &Json) -> (u64, u64) {
    let first = &file["diagnostics"][0];
    (first["line"].as_u64().unwrap(), first["column"].as_u64().unwrap())
}

#[test]
fn malformed_yaml_has_a_line_and_a_column() {
    let project = project();
    project.file("tools/bad.yml", "tool:\n  name: bad\n  source: {code: 'SELECT 1'\n").unwrap();
    let file = validated(&project, "tools/bad.yml");
    assert_eq!(file["diagnostics"][0]["code"], "yaml-syntax", "{file}");
    assert!(place(&file).0 >= 3, "{file}");
    let ran = project.run(&["validate"]).unwrap();
    assert!(ran.stderr.contains("yaml-syntax") && ran.stderr.contains("tools/bad.yml:"), "{ran:?}");
}

#[test]
fn unknown_keys_are_all_named_with_what_was_meant() {
    let project = project();
    let text =
        "tool:\n  name: bad\n  descripton: x\n  sorce: {code: 'SELECT 1'}\n  source: {code: 'SELECT 1'}\n";
    project.file("tools/bad.yml", text).unwrap();
    let file = validated(&project, "tools/bad.yml");
    let findings = file["diagnostics"].as_array().unwrap();
    let helps: Vec<&str> = findings.iter().filter_map(|finding| finding["help"].as_str()).collect();
    assert_eq!(helps, ["did you mean `description`?", "did you mean `source`?"], "{file}");
    assert!(
        file["message"].as_str().unwrap().starts_with("tool.descripton: Extra inputs are not permitted"),
        "{file}"
    );
    assert_eq!(place(&file), (3, 3), "{file}");
}

#[test]
fn duplicate_names_name_both_files() {
    let project = project();
    for name in ["one", "two"] {
        project.file(&format!("tools/{name}.yml"), "tool: {name: twin, source: {code: 'SELECT 1'}}").unwrap();
    }
    let file = validated(&project, "tools/one.yml");
    assert_eq!(file["message"], "Duplicate endpoint name 'twin' found in: tools/one.yml, tools/two.yml");
}

#[test]
fn sql_syntax_errors_point_into_the_sql_and_nothing_runs() {
    let project = project();
    project
        .file(
            "tools/inline.yml",
            "tool:\n  name: inline\n  source:\n    code: |\n      SELECT 1\n      FORM t\n",
        )
        .unwrap();
    project.file("tools/file.yml", "tool: {name: file, source: {file: ../sql/file.sql}}").unwrap();
    project.file("sql/file.sql", "SELECT 1;\nSELECT *\n  FROM nowhere").unwrap();
    project.file("tools/writes.yml", "tool: {name: writes, source: {file: ../sql/writes.sql}}").unwrap();
    project
        .file(
            "sql/writes.sql",
            "CREATE TABLE made (a INTEGER); INSERT INTO made VALUES (1); SELECT * FROM made",
        )
        .unwrap();
    let inline = validated(&project, "tools/inline.yml");
    let message = inline["message"].as_str().unwrap();
    assert!(message.starts_with("Source code syntax validation failed: Parser Error"), "{inline}");
    assert_eq!(place(&inline), (6, 12), "{inline}");
    let file = validated(&project, "tools/file.yml");
    assert_eq!(file["diagnostics"][0]["file"], "sql/file.sql", "{file}");
    assert_eq!(place(&file).0, 3, "{file}");
    let ran = project.run(&["validate", "tools/writes.yml", "--json-output"]).unwrap();
    assert_eq!(ran.result().unwrap()["status"], "ok");
    let tables =
        project.run(&["query", "SELECT table_name FROM information_schema.tables", "--json-output"]).unwrap();
    assert_eq!(tables.result().unwrap(), json!([]), "validating executed something");
}

#[test]
fn parameters_must_be_in_sql_and_in_yaml() {
    let project = project();
    let text = "tool: {name: bad, parameters: [{name: zz, type: string}, {name: aa, type: string}], source: {code: 'SELECT $b, $a'}}";
    project.file("tools/bad.yml", text).unwrap();
    let file = validated(&project, "tools/bad.yml");
    assert_eq!(file["message"], "Parameter mismatch: missing={'a', 'b'}, extra={'aa', 'zz'}");
    project.file("tools/bad.yml", "tool: {name: bad, source: {code: 'SELECT $b'}}").unwrap();
    assert_eq!(
        validated(&project, "tools/bad.yml")["message"],
        "Parameter mismatch: missing={'b'}, extra=set()"
    );
}

#[test]
fn an_unreadable_file_is_reported_and_the_others_load() {
    let project = project();
    std::fs::create_dir_all(project.path().join("tools")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere.yml", project.path().join("tools/bad.yml")).unwrap();
    let file = validated(&project, "tools/bad.yml");
    assert_eq!(file["diagnostics"][0]["code"], "unreadable-file", "{file}");
    std::fs::write(project.path().join("tools/latin.yml"), b"tool: {name: caf\xe9}").unwrap();
    let file = validated(&project, "tools/latin.yml");
    assert!(file["message"].as_str().unwrap().contains("neither UTF-8 nor UTF-16"), "{file}");
}

#[test]
fn a_corrupt_database_is_named() {
    let project = project();
    project.file("data/db-default.duckdb", &"this is no database ".repeat(500)).unwrap();
    let error = project.run(&["run", "tool", "good", "--json-output"]).unwrap().error().unwrap();
    assert!(error.contains("db-default.duckdb"), "{error}");
    assert_eq!(project.run(&["list"]).unwrap().code, Some(0), "listing needs no database");
}

#[test]
fn a_locked_database_names_its_holder() {
    let project = project();
    let mut server = Pipes::start(&project, &[]).unwrap();
    assert_eq!(server.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 42);
    let error = project.run(&["run", "tool", "good", "--json-output"]).unwrap().error().unwrap();
    assert!(error.contains("Could not set lock on file"), "{error}");
    assert!(error.contains(&server.process().to_string()), "{error}");
    assert!(error.contains("--readonly"), "{error}");
    assert_eq!(server.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 42);
}

#[test]
fn a_port_in_use_is_one_line_and_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = project().run(&["serve", "--port", &port]).unwrap();
    assert!(ran.code.is_some_and(|code| code != 0), "{ran:?}");
    let said: Vec<&str> = ran.stderr.trim().lines().collect();
    assert!(said.len() == 2 && said[0].contains(&port) && said[1].contains("--port"), "{ran:?}");
    assert!(!ran.stdout.contains("Listening"), "{ran:?}");
}

#[test]
fn serving_broken_definitions_takes_a_flag() {
    let project = project();
    project.file("tools/bad.yml", "tool: {name: bad}").unwrap();
    let ran = project.run(&["serve", "--transport", "stdio", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let document = ran.json().unwrap();
    assert_eq!(document["message"], "Found 1 endpoint(s) with errors", "{document}");
    let path = document["failed_endpoints"][0]["path"].as_str().unwrap();
    assert!(path.ends_with("tools/bad.yml") && path.starts_with('/'), "{document}");
    let mut server = Pipes::start(&project, &["--ignore-errors"]).unwrap();
    let listed = server.request("tools/list", json!({})).unwrap();
    let names: Vec<&Json> =
        listed["result"]["tools"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["good"]);
}

#[test]
fn lines_that_are_no_json_are_answered_and_the_session_goes_on() {
    let mut server = Pipes::start(&project(), &[]).unwrap();
    for line in ["{\"jsonrpc\": \"2.0\", ", "not json at all", "[1, 2", "\u{0}"] {
        server.send(line).unwrap();
        let answer = server.receive().unwrap();
        assert_eq!(
            (&answer["error"]["code"], &answer["id"]),
            (&json!(-32700), &Json::Null),
            "{line:?}: {answer}"
        );
    }
    assert_eq!(server.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 42);
    let (rest, code) = server.close().unwrap();
    assert_eq!((rest.as_str(), code), ("", Some(0)));
}

#[test]
fn arguments_and_mistakes_of_callers_stay_out_of_the_log() {
    let project = project();
    let mut command = project.command(&["serve", "--transport", "stdio", "--debug"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = command.spawn().unwrap();
    let mut input = server.stdin.take().unwrap();
    let initialize = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" },
    } });
    writeln!(input, "{initialize}").unwrap();
    for name in ["good", "nope"] {
        let params = json!({ "name": name, "arguments": { "password": "hunter2" } });
        let call = json!({ "jsonrpc": "2.0", "id": name, "method": "tools/call", "params": params });
        writeln!(input, "{call}").unwrap();
    }
    drop(input);
    let ended = server.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ended.stdout).lines().count(), 3);
    let log = String::from_utf8_lossy(&ended.stderr);
    assert!(!log.contains("hunter2") && !log.contains("nope"), "{log}");
    assert!(log.contains("password"), "the test sees no log at all: {log}");
}

#[test]
fn unknown_tools_and_methods_are_protocol_errors() {
    let project = project();
    let mut pipes = Pipes::start(&project, &[]).unwrap();
    let answer = pipes.request("tools/call", json!({ "name": "nope", "arguments": {} })).unwrap();
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("Unknown tool: nope"), "{answer}");
    let answer = pipes.request("tools/call", json!({ "name": "good", "arguments": [1] })).unwrap();
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let answer = pipes.request("no/such/method", json!({})).unwrap();
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
    let answer = pipes.request("tools/list", json!({ "cursor": "nonsense" })).unwrap();
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
}

#[test]
fn http_refuses_what_is_no_request_of_its_own() {
    let project = project();
    let mut server = Http::start(&project, &["--stateless"], true).unwrap();
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;
    assert_eq!(server.post(call, &[("host", "evil.example")]).unwrap().0, 421);
    assert_eq!(server.post(call, &[("origin", "http://evil.example")]).unwrap().0, 403);
    // The length alone is enough to refuse it: nothing of the body is sent.
    let address = server.url().trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: 5242880\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    let (status, text) = server.post("{not json", &[]).unwrap();
    assert!(status == 400 || status == 415, "{status} {text}");
    assert_eq!(server.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 42);
}

#[test]
fn deep_and_wide_input_ends_in_an_answer() {
    let project = project();
    project
        .file(
            "tools/deep.yml",
            "tool: {name: deep, parameters: [{name: x, type: array}], source: {code: 'SELECT len($x) AS n'}}",
        )
        .unwrap();
    let mut server = Pipes::start(&project, &[]).unwrap();
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let arguments: Json = serde_json::from_str(&format!(r#"{{"x": {deep}}}"#)).unwrap();
    let answer = server.request("tools/call", json!({ "name": "deep", "arguments": arguments })).unwrap();
    assert!(answer["result"]["isError"] == true || answer.get("error").is_some(), "{answer}");
    assert_eq!(server.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 42);
}

#[test]
fn policies_that_can_not_be_read_keep_a_tool_from_being_served() {
    let project = project();
    let text = "tool:\n  name: bad\n  source: {code: SELECT 1}\n  policies:\n    input:\n      - condition: \"user.role == \"\n        action: deny\n";
    project.file("tools/bad.yml", text).unwrap();
    let file = validated(&project, "tools/bad.yml");
    assert_eq!(file["diagnostics"][0]["code"], "policy-syntax", "{file}");
    assert!(file["message"].as_str().unwrap().contains("policies.input"), "{file}");
    assert_eq!(project.run(&["serve", "--transport", "stdio"]).unwrap().code, Some(1));
}

const JUDGED: &str = "\
tool:
  name: judged
  parameters: [{name: n, type: integer}, {name: user, type: string, default: ann}]
  return: {type: integer}
  source: {code: 'SELECT $n + length($user) * 0 AS n'}
  policies:
    input:
      - {condition: 'n == 1', action: deny, reason: one is too few}
      - {condition: '10 / n > 10', action: deny, reason: nobody knows}
    output:
      - {condition: 'response == 5', action: deny, reason: five is secret}
";

#[test]
fn operators_read_in_the_log_what_policies_did() {
    let project = project();
    project.file("tools/judged.yml", JUDGED).unwrap();
    let mut command = project.command(&["serve", "--transport", "stdio"]);
    command.env("RUST_LOG", "warn");
    let (mut client, mut log) = Pipes::start_logging_as(command).unwrap();
    for (n, error) in [(1, true), (0, true), (5, true), (7, false)] {
        let result = client.call_tool("judged", &json!({ "n": n })).unwrap();
        assert_eq!(result["isError"].as_bool().unwrap_or_default(), error, "{n}: {result}");
    }
    client.close().unwrap();
    let mut text = String::new();
    log.read_to_string(&mut text).unwrap();
    let count = |what: &str| text.matches(what).count();
    assert_eq!(count("Input policy denied access: one is too few"), 1, "{text}");
    assert_eq!(count("a policy can't be evaluated, and counts as holding"), 1, "{text}");
    assert_eq!(count("Input policy denied access: nobody knows"), 1, "{text}");
    assert_eq!(count("Output policy denied access: five is secret"), 1, "{text}");
    assert_eq!(count("Query parameter 'user' conflicts"), 4, "{text}");
    // On the command line, whoever calls has the reason already.
    let ran = project.run(&["run", "tool", "judged", "--param", "n=1", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(!ran.stderr.contains("denied access"), "{ran:?}");
}
