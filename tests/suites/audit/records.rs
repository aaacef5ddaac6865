//! What is recorded.

use std::fs;

use mxcp_test_support::client::{Client, Http, Pipes};
use serde_json::{Value as Json, json};

use super::project::{SITE, all_records, project, records, segments, verified};

fn by_name<'a>(records: &'a [Json], name: &str) -> Vec<&'a Json> {
    records.iter().filter(|record| record["operation_name"] == name).collect()
}

#[test]
fn every_call_is_recorded_as_it_was_decided() {
    let project = project();
    let mut server = Pipes::start(&project, &[]).unwrap();
    server.call_tool("greet", &json!({"who": "ann"})).unwrap();
    server.call_tool("greet", &json!({"who": 5, "loud": "perhaps"})).unwrap();
    server.call_tool("card", &json!({"owner": {"name": "ada", "pin": 1234}, "number": "5678"})).unwrap();
    server.call_tool("card", &json!({"owner": {"name": "bob", "pin": 1234}, "number": "5678"})).unwrap();
    server.call_tool("card", &json!({"owner": {"name": "eve", "pin": 1234}, "number": "5678"})).unwrap();
    server.read_resource("note://a").unwrap();
    server.get_prompt("hello", &json!({"who": "ann"})).unwrap();
    // What is answered is recorded, before anything is flushed at an end.
    let records = records(&project);
    assert_eq!(records.len(), 7, "{records:?}");

    let greeted = by_name(&records, "greet");
    assert_eq!(greeted[0]["input_data"], json!({"who": "ann", "loud": false}));
    assert_eq!(greeted[0]["output_data"], "hi ann");
    assert_eq!((&greeted[0]["policy_decision"], &greeted[0]["caller_type"]), (&Json::Null, &json!("stdio")));
    assert_eq!((&greeted[0]["output_bytes"], &greeted[0]["output_tokens"]), (&json!(8), &json!(2)));
    assert!(greeted[0]["session_id"].is_string() && greeted[0]["session_id"] == greeted[1]["session_id"]);
    assert_eq!(greeted[1]["operation_status"], "error");
    assert_eq!(greeted[1]["input_data"], json!({"who": 5, "loud": "perhaps"}));

    let cards = by_name(&records, "card");
    let decisions: Vec<_> = cards.iter().map(|card| card["policy_decision"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["allow", "warn", "deny"]);
    assert_eq!(cards[1]["policy_reason"], "Output modified by mask_fields");
    assert_eq!(cards[1]["output_data"]["owner"], "****");
    assert_eq!((&cards[2]["policy_reason"], &cards[2]["output_data"]), (&json!("not eve"), &Json::Null));
    assert_eq!(cards[2]["policies_evaluated"], json!(["input[0]: owner.name == 'eve'"]));
    assert_eq!(cards[0]["definition_digest"], cards[2]["definition_digest"]);
    assert!(cards[0]["policy_digest"].as_str().unwrap().starts_with("sha256:"));
    assert!(greeted[0]["policy_digest"].is_null());
    let file = fs::read(project.path().join("tools/card.yml")).unwrap();
    project.run(&["lock"]).unwrap();
    let lock = fs::read_to_string(project.path().join("mxcp.lock")).unwrap();
    let digest = cards[0]["definition_digest"].as_str().unwrap();
    assert!(!file.is_empty() && lock.contains(digest), "{digest} is not in {lock}");

    let resource = by_name(&records, "note://{id}")[0];
    assert_eq!(
        (&resource["operation_type"], &resource["input_data"]),
        (&json!("resource"), &json!({"id": "a"}))
    );
    // Bytes that are no text have a text form.
    assert_eq!(resource["output_data"], "/2E=");
    assert_eq!(by_name(&records, "hello")[0]["operation_type"], "prompt");
    assert_eq!(server.close().unwrap().1, Some(0));
    assert_eq!(verified(&project)["intact"], true);
}

#[test]
fn what_is_sensitive_is_in_no_file_however_deep() {
    let project = project();
    let mut server = Pipes::start(&project, &[]).unwrap();
    let arguments = json!({"owner": {"name": "ada", "pin": 987_654}, "number": "hush-number"});
    server.call_tool("card", &arguments).unwrap();
    server.call_tool("card", &json!({"owner": {"pin": 987_654}, "number": ["hush-number"]})).unwrap();
    assert_eq!(server.close().unwrap().1, Some(0));
    let records = records(&project);
    assert_eq!(
        records[0]["input_data"],
        json!({"owner": {"name": "ada", "pin": "[REDACTED]"}, "number": "[REDACTED]"})
    );
    assert_eq!(
        records[0]["output_data"],
        json!({"owner": "ada", "secret": "[REDACTED]", "keys": [{"id": 1, "key": "[REDACTED]"}]})
    );
    for entry in fs::read_dir(project.path().join("audit")).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("987654") && !text.contains("hush-"), "{}: {text}", path.display());
    }
}

#[test]
fn an_error_that_quotes_what_is_sensitive_is_recorded_without_it() {
    let project = project();
    let cast = "tool: {name: cast, parameters: [{name: card, type: string, sensitive: true}], \
        source: {code: 'SELECT CAST($card AS INTEGER) AS n'}}";
    project.file("tools/cast.yml", cast).unwrap();
    let mut server = Pipes::start(&project, &[]).unwrap();
    let told = server.call_tool("cast", &json!({"card": "hush-4111 1111"})).unwrap();
    assert!(told.to_string().contains("hush-4111 1111"), "the engine does not quote it: {told}");
    assert_eq!(server.close().unwrap().1, Some(0));
    let recorded = records(&project).remove(0);
    let error = recorded["error"].as_str().unwrap();
    assert!(error.contains("[REDACTED]") && !recorded.to_string().contains("4111"), "{recorded}");
}

#[test]
fn only_servers_record_and_each_that_it_starts_and_ends() {
    let project = project();
    project.run(&["run", "tool", "greet", "-p", "who=ann"]).unwrap();
    project.run(&["query", "SELECT 1"]).unwrap();
    assert!(!project.path().join("audit").exists());
    let server = Pipes::start(&project, &[]).unwrap();
    let folder = project.path().join("audit");
    assert_eq!(segments(&folder).len(), 1, "the segment is there before the first record");
    assert_eq!(server.close().unwrap().1, Some(0));
    let [start, stop] = &all_records(&project)[..] else { panic!("not two records") };
    assert_eq!((&start["operation_name"], &stop["operation_name"]), (&json!("start"), &json!("stop")));
    let facts = &start["input_data"];
    assert_eq!(
        (&start["operation_type"], &facts["project"], &facts["profile"], &facts["transport"]),
        (&json!("server"), &json!("tested"), &json!("default"), &json!("stdio"))
    );
    assert_eq!((&facts["version"], &facts["endpoints"]), (&json!(env!("CARGO_PKG_VERSION")), &json!(4)));
    assert!(facts["definitions_digest"].as_str().is_some_and(|it| it.starts_with("sha256:")), "{facts}");
    // Nothing but what is served decides.
    assert_eq!(facts, &stop["input_data"]);
    project.run(&["lock"]).unwrap();
    let lock = fs::read_to_string(project.path().join("mxcp.lock")).unwrap();
    assert!(lock.contains(facts["site_digest"].as_str().unwrap()), "{facts} {lock}");
    for command in [&["log"][..], &["log-cleanup"], &["log", "verify"]] {
        assert_eq!(project.run(command).unwrap().code, Some(0), "{command:?}");
    }
    assert_eq!(segments(&folder).len(), 1);
}

#[test]
fn records_of_other_profiles_have_files_of_their_own_and_the_environment_decides() {
    let project = project();
    project.file("mxcp-site.yml", &SITE.replace("profiles: {", "profiles: {prod: {}, ")).unwrap();
    let serve = |profile: &str, enabled: &str| {
        let mut command = project.command(&["serve", "--transport", "stdio", "--profile", profile]);
        command.env("MXCP_AUDIT_ENABLED", enabled);
        let (mut server, _log) = Pipes::start_logging_as(command).unwrap();
        server.call_tool("greet", &json!({"who": "ann"})).unwrap();
        server.close().unwrap();
    };
    serve("default", "no");
    assert!(!project.path().join("audit").exists());
    serve("prod", "YES");
    let name = segments(&project.path().join("audit"))[0].file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("logs-prod-2"), "{name}");
}

#[test]
fn calls_over_http_are_recorded_with_their_session() {
    let project = project();
    let mut server = Http::start(&project, &[], false).unwrap();
    server.call_tool("greet", &json!({"who": "ann"})).unwrap();
    let records = records(&project);
    assert_eq!(records[0]["caller_type"], "http");
    assert!(records[0]["session_id"].as_str().is_some_and(|id| !id.is_empty()), "{records:?}");
}

#[test]
fn an_edited_schema_takes_effect_at_once() {
    let project = project();
    let mut server = Pipes::start(&project, &[]).unwrap();
    server.call_tool("greet", &json!({"who": "ann@example.com"})).unwrap();
    let path = project.path().join("audit/logs-default_schemas.jsonl");
    let schema = fs::read_to_string(&path).unwrap();
    assert_eq!(schema.lines().count(), 1);
    let redactions = r#""field_redactions":[{"field_path":"who","strategy":"email"}]"#;
    fs::write(&path, schema.replace(r#""field_redactions":[]"#, redactions)).unwrap();
    server.call_tool("greet", &json!({"who": "ann@example.com"})).unwrap();
    let records = records(&project);
    assert_eq!(records[0]["input_data"]["who"], "ann@example.com");
    assert_eq!(records[1]["input_data"]["who"], "a***@example.com");
}

#[test]
fn a_folder_that_can_not_be_made_keeps_the_server_from_starting() {
    let project = project();
    project.file("audit", "a file").unwrap();
    let ran = project.run(&["serve", "--transport", "stdio"]).unwrap();
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("audit log") && ran.stderr.contains("can't be written"), "{}", ran.stderr);
}

#[test]
fn a_key_of_the_operator_signs_in_place_of_one_in_the_folder() {
    let project = project();
    let key = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    let mut command = project.command(&["serve", "--transport", "stdio"]);
    command.env("MXCP_AUDIT_KEY", key);
    let (mut server, _log) = Pipes::start_logging_as(command).unwrap();
    server.call_tool("greet", &json!({"who": "ann"})).unwrap();
    server.close().unwrap();
    assert!(!project.path().join("audit/logs-default_signing.key").exists());
    // Nobody has said whom to trust.
    assert_eq!(project.run(&["log", "verify"]).unwrap().code, Some(1));
    let ran = project.command(&["log", "verify"]).env("MXCP_AUDIT_KEY", key).output().unwrap();
    assert_eq!(ran.status.code(), Some(0));
    let public = "6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let verify = |keys: &[&str]| {
        let words = keys.iter().flat_map(|key| ["--public-key", key]);
        project.run(&["log", "verify"].into_iter().chain(words).collect::<Vec<_>>()).unwrap().code
    };
    assert_eq!((verify(&[other, public]), verify(&[other])), (Some(0), Some(1)));
    assert_eq!(verify(&["no key"]), Some(2));
}

#[test]
fn who_shows_a_wrong_token_is_recorded_and_the_token_is_not() {
    let mut project = project();
    project.set_all([("MXCP_EDGE_KEY", "0123456789abcdef0123456789abcdef0123456789abcdef")]);
    let server = Http::start(&project, &[], true).unwrap();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;
    let send = |token: Option<&str>| {
        let request = ureq::post(server.url())
            .config()
            .http_status_as_error(false)
            .build()
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        let request = match token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        request.send(body).unwrap().status().as_u16()
    };
    assert_eq!(send(Some("hush-token")), 401);
    send(None);
    let refused = project.run(&["log", "--type", "authentication", "--json"]).unwrap().result().unwrap();
    let records = records(&project);
    assert_eq!((records.len(), &refused["count"]), (1, &json!(1)), "{records:?}");
    assert_eq!(
        (&records[0]["operation_name"], &records[0]["operation_status"]),
        (&json!("token_refused"), &json!("error"))
    );
    assert_eq!(records[0]["input_data"], json!({"address": "127.0.0.1"}));
    assert!(!records[0].to_string().contains("hush-token"));
}
