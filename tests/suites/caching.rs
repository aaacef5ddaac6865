//! How results reach a client: for how long they answer further calls, and in which text form.

use std::fs;

use mxcp_test_support::client::{Client, Http, Pipes};
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::Provider;
use mxcp_test_support::test_guest;
use serde_json::{Value as Json, json};

use crate::bearer;

/// Each run of it gives another number.
const DICE: &str = "tool:\n  name: dice\n  cache: {ttl: 1h, key: [args]}\n  parameters: [{name: n, type: integer, default: 0}]\n  \
     source: {code: \"SELECT $n AS n, random() AS run\"}\n  return: {type: object}\n";
const FRESH: &str =
    "tool:\n  name: fresh\n  source: {code: SELECT random() AS run}\n  return: {type: object}\n";
const KEPT: &str = "resource:\n  uri: dice://{n}\n  cache: {ttl: 1h, key: [args]}\n  parameters: [{name: n, type: integer}]\n  \
     source: {code: \"SELECT $n AS n, random() AS run\"}\n";
const ASKED: &str = "resource:\n  uri: fresh://dice\n  source: {code: SELECT random() AS run}\n";

fn dice() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (file, text) in
        [("tools/dice", DICE), ("tools/fresh", FRESH), ("resources/dice", KEPT), ("resources/fresh", ASKED)]
    {
        project.file(&format!("{file}.yml"), text).unwrap();
    }
    let site = "mxcp: 1\nproject: tested\nprofile: default\nprofiles: {default: {audit: {enabled: true}}}\n";
    project.file("mxcp-site.yml", site).unwrap();
    project
}

/// Whether a number of milliseconds is nearly an hour.
fn is_an_hour(milliseconds: &Json) -> bool {
    milliseconds.as_u64().is_some_and(|left| left > 3_000_000 && left <= 3_600_000)
}

fn recalled(client: &mut dyn Client, modern: bool) {
    let mut roll = |name: &str, n: u64| {
        let arguments = if name == "dice" { json!({ "n": n }) } else { json!({}) };
        client.call_tool(name, &arguments).unwrap()
    };
    let (one, other, again) = (roll("dice", 1), roll("dice", 2), roll("dice", 1));
    assert_eq!(one["structuredContent"], again["structuredContent"]);
    assert_ne!(one["structuredContent"]["run"], other["structuredContent"]["run"]);
    assert!(is_an_hour(&again["_meta"]["io.mxcp/ttlMs"]), "{again}");
    assert_eq!(again["_meta"]["io.mxcp/cacheScope"], "public");
    let (one, other) = (roll("fresh", 0), roll("fresh", 0));
    assert_ne!(one["structuredContent"], other["structuredContent"]);
    assert!(one["_meta"].get("io.mxcp/ttlMs").is_none());

    let mut read =
        |uri: &str| client.request("resources/read", json!({ "uri": uri })).unwrap()["result"].take();
    let (one, again) = (read("dice://7"), read("dice://7"));
    assert_eq!(one["contents"][0]["uri"], "dice://7", "{one}");
    assert_eq!(one["contents"], again["contents"]);
    let fresh = read("fresh://dice");
    assert_ne!(fresh["contents"], read("fresh://dice")["contents"]);
    if modern {
        assert!(is_an_hour(&again["ttlMs"]) && again["cacheScope"] == "public", "{again}");
        assert_eq!((&fresh["ttlMs"], &fresh["cacheScope"]), (&json!(0), &json!("private")));
    }
}

#[test]
fn a_result_answers_further_calls_over_pipes_and_the_record_says_so() {
    let project = dice();
    let mut pipes = Pipes::start(&project, &[]).unwrap();
    recalled(&mut pipes, false);
    pipes.close().unwrap();
    let files = fs::read_dir(project.path().join("audit")).unwrap().map(|entry| entry.unwrap().path());
    let is_log = |name: &str| name.ends_with(".jsonl") && !name.contains("schemas");
    let log =
        files.filter(|file| is_log(&file.to_string_lossy())).map(|file| fs::read_to_string(file).unwrap());
    let records: Vec<Json> =
        log.collect::<String>().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &str| -> Vec<bool> {
        let records = records.iter().filter(|record| record["operation_name"] == name);
        records.map(|record| record.get("from_cache") == Some(&json!(true))).collect()
    };
    assert_eq!(of("dice"), [false, false, true]);
    assert_eq!(of("fresh"), [false, false]);
    assert_eq!(of("dice://{n}"), [false, true]);
}

#[test]
fn a_result_answers_further_calls_over_http_in_both_eras() {
    for modern in [false, true] {
        recalled(&mut Http::start(&dice(), &[], modern).unwrap(), modern);
    }
}

#[test]
fn commands_make_every_call() {
    let project = dice();
    let run =
        || project.run(&["run", "tool", "dice", "--json-output"]).unwrap().json().unwrap()["result"].clone();
    assert_ne!(run(), run());
    project
        .file("mxcp-site.yml", "mxcp: 1\nproject: tested\nprofile: default\ncache: {max_bytes: 0}\n")
        .unwrap();
    let mut pipes = Pipes::start(&project, &[]).unwrap();
    let mut roll = || pipes.call_tool("dice", &json!({})).unwrap();
    assert_ne!(roll()["structuredContent"], roll()["structuredContent"], "nothing is kept in no memory");
}

const ASKS_SQL: &str =
    "tool:\n  name: sql\n  cache: {ttl: 1h, key: [args]}\n  source: {code: SELECT get_user_email() AS who}\n";
const ASKS_PYTHON: &str =
    "tool:\n  name: python\n  cache: {ttl: 1h, key: [args]}\n  source: {file: ../python/who.py}\n";
const WHO: &str = "import uuid\nfrom mxcp.sdk.auth.context import get_user_context\n\ndef python():\n    return \
     f\"{get_user_context().email} {uuid.uuid4()}\"\n";
const ASKS_COMPONENT: &str = "tool:\n  name: component\n  cache: {ttl: 1h, key: [args]}\n  source: {file: \
     ../components/guest.wasm, export: \"test:guest/work.who\"}\n  return: {type: string}\n";
const SHARED: &str =
    "tool:\n  name: shared\n  cache: {ttl: 1h, key: [args]}\n  source: {code: SELECT random() AS run}\n";

#[test]
fn two_users_over_http_never_see_each_other_whatever_a_tool_is_written_in() {
    let provider = Provider::start().unwrap();
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (file, text) in [
        ("tools/sql.yml", ASKS_SQL),
        ("tools/python.yml", ASKS_PYTHON),
        ("tools/component.yml", ASKS_COMPONENT),
        ("tools/shared.yml", SHARED),
        ("python/who.py", WHO),
        ("components/none.txt", ""),
    ] {
        project.file(file, text).unwrap();
    }
    fs::copy(test_guest::build().unwrap(), project.path().join("components/guest.wasm")).unwrap();
    let auth = bearer::verifier(&provider, "");
    let user = format!("projects: {{tested: {{profiles: {{default: {{auth: {auth}}}}}}}}}\n");
    project.file(".mxcp/config.yml", &user).unwrap();
    let server = Http::start(&project, &[], true).unwrap();
    let token = |name: &str| {
        provider.token(name, &json!({ "email": format!("{name}@x.org"), "role": "clerk" })).unwrap()
    };
    let (ada, bob) = (token("ada"), token("bob"));
    let call = |tool: &str, token: &str| {
        let answer = bearer::post(&server, &bearer::request(tool, json!({})), Some(token)).json();
        let result = answer["result"].clone();
        assert_ne!(result["isError"], true, "{answer}");
        (result["content"][0]["text"].as_str().unwrap().to_owned(), result["_meta"].clone())
    };
    for tool in ["sql", "python", "component"] {
        let (first, meta) = call(tool, &ada);
        assert_eq!(meta["io.mxcp/cacheScope"], "private", "{tool}: {meta}");
        for _ in 0..2 {
            let (ada, bob) = (call(tool, &ada).0, call(tool, &bob).0);
            assert!(ada.contains("ada") && !ada.contains("bob"), "{tool}: {ada}");
            assert!(bob.contains("bob") && !bob.contains("ada"), "{tool}: {bob}");
            assert_eq!(ada, first, "{tool}");
        }
    }
    let (one, meta) = call("shared", &ada);
    assert_eq!(one, call("shared", &bob).0, "nobody has a part in it");
    assert_eq!(meta["io.mxcp/cacheScope"], "private", "other servers can't know who may see it");
}

fn table(client: &mut dyn Client) {
    for (name, text) in [
        ("toon", "[2]{id,name,place{x}}:\n  1,\"a,b|c\",1\n  2,null,2"),
        ("csv", "id,name,place\n1,\"a,b|c\",\"{\"\"x\"\":1}\"\n2,,\"{\"\"x\"\":2}\""),
        (
            "markdown",
            "| id | name | place |\n| --- | --- | --- |\n| 1 | a,b\\|c | {\"x\":1} |\n| 2 | | {\"x\":2} |",
        ),
    ] {
        let result = client.call_tool(name, &json!({})).unwrap();
        assert_eq!(result["content"], json!([{ "type": "text", "text": text }]), "{name}");
        let rows = json!([{ "id": 1, "name": "a,b|c", "place": { "x": 1 } }, { "id": 2, "name": null, "place": { "x": 2 } }]);
        assert_eq!(result["structuredContent"]["result"], rows, "{name}");
    }
}

#[test]
fn a_list_is_one_text_in_the_form_that_a_tool_asks_for() {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for name in ["toon", "csv", "markdown"] {
        let text = format!(
            "tool:\n  name: {name}\n  text_format: {name}\n  source: {{code: \"SELECT * FROM (VALUES (1, 'a,b|c', {{'x': 1}}), (2, \
             NULL, {{'x': 2}})) AS t(id, name, place)\"}}\n  return: {{type: array}}\n"
        );
        project.file(&format!("tools/{name}.yml"), &text).unwrap();
    }
    table(&mut Pipes::start(&project, &[]).unwrap());
    for modern in [false, true] {
        table(&mut Http::start(&project, &[], modern).unwrap());
    }
}
