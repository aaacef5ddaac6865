//! Parameters that come from who calls, on every surface.

use mxcp_test_support::client::{Client as _, Http, Pipes};
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::Provider;
use serde_json::{Value as Json, json};

use crate::bearer;

const ORDERS: &str = r#"
tool:
  name: orders
  parameters:
    - {name: owner, type: string, from: user.email}
    - {name: team, type: integer, from: user.team.id, default: 0, sensitive: true}
    - {name: limit, type: integer, default: 10}
  source: {code: "SELECT $owner AS owner, $team AS team, $limit AS most"}
  return: {type: object}
  policies:
    input: [{condition: "owner.endsWith('@evil.example')", action: deny, reason: Not for you}]
  tests:
    - name: mine
      arguments: [{key: limit, value: 1}]
      user_context: {email: ada@example.org, team: {id: 7}}
      result: {owner: ada@example.org, team: 7, most: 1}
    - {name: nobody, arguments: [], error: "Parameter 'owner' is filled in from `user.email`, and nobody is known to call"}
    - name: given
      arguments: [{key: owner, value: ada@example.org}]
      user_context: {email: ada@example.org}
      error: "can't be given"
"#;
const PYTHON: &str = "tool:\n  name: python\n  parameters: [{name: who, type: string, from: user.id}]\n  source: {file: ../python/who.py}\n";
const DESK: &str = "resource:\n  uri: desk://{room}\n  parameters: [{name: room, type: string}, {name: who, type: string, from: \
     user.id}]\n  source: {code: 'SELECT $room AS room, $who AS who'}\n";
const LETTER: &str = "prompt:\n  name: letter\n  parameters: [{name: to, type: string}, {name: name, type: string, enum: [Ada, Bob], from: \
     user.name}]\n  messages: [{prompt: 'Dear {{ to }}, yours {{ name }}'}]\n";
const TAKEN: &str = "Parameter 'owner' is filled in from who the caller is, and can't be given";
const NOBODY: &str = "Parameter 'owner' is filled in from `user.email`, and nobody is known to call";

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (file, text) in [
        ("tools/orders.yml", ORDERS),
        ("tools/python.yml", PYTHON),
        ("python/who.py", "def python(who):\n    return f\"it is {who}\"\n"),
        ("resources/desk.yml", DESK),
        ("prompts/letter.yml", LETTER),
    ] {
        project.file(file, text).unwrap();
    }
    project
}

fn text(result: &Json) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}"))
}

#[test]
fn nobody_is_told_of_what_comes_from_the_caller() {
    let project = project();
    let mut http = Http::start(&project, &[], true).unwrap();
    let tools = http.request("tools/list", json!({})).unwrap()["result"]["tools"].take();
    let schema = |name: &str| {
        let tool = tools.as_array().unwrap().iter().find(|tool| tool["name"] == name).unwrap();
        tool["inputSchema"].clone()
    };
    let names: Vec<_> = schema("orders")["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["limit"]);
    assert_eq!(schema("orders")["required"], Json::Null);
    assert_eq!(schema("python"), json!({"type": "object", "properties": {}, "additionalProperties": false}));
    let prompts = http.request("prompts/list", json!({})).unwrap()["result"]["prompts"].take();
    assert_eq!(prompts[0]["arguments"].as_array().unwrap().len(), 1, "{prompts}");
    let templates = http.request("resources/templates/list", json!({})).unwrap()["result"].take();
    assert_eq!(templates["resourceTemplates"][0]["uriTemplate"], "desk://{room}");
    let argument = json!({"name": "name", "value": ""});
    let params = json!({"ref": {"type": "ref/prompt", "name": "letter"}, "argument": argument});
    let completed = http.request("completion/complete", params).unwrap();
    assert_eq!(completed["result"]["completion"]["values"], json!([]), "{completed}");
    drop(http);
    let validated = project.run(&["validate"]).unwrap();
    assert_eq!(validated.code, Some(0), "{validated:?}");
}

#[test]
fn nobody_gives_it_over_mcp() {
    let (project, other) = (project(), project());
    let mut http = Http::start(&project, &[], true).unwrap();
    let mut pipes = Pipes::start(&other, &[]).unwrap();
    let given = json!({"owner": "eve@example.org"});
    for result in [http.call_tool("orders", &given).unwrap(), pipes.call_tool("orders", &given).unwrap()] {
        assert_eq!(text(&result), format!("Error executing tool orders: /owner: {TAKEN}"));
    }
    let none = pipes.call_tool("orders", &json!({})).unwrap();
    assert_eq!(text(&none), format!("Error executing tool orders: /owner: {NOBODY}"));
    let params = json!({"name": "letter", "arguments": {"to": "Bob", "name": "Ada"}});
    let letter = http.request("prompts/get", params).unwrap();
    assert!(letter["error"]["message"].as_str().unwrap().contains("can't be given"), "{letter}");
}

#[test]
fn it_is_filled_in_for_the_owner_of_the_token() {
    let provider = Provider::start().unwrap();
    let project = project();
    let auth = bearer::verifier(&provider, "");
    let user = format!("projects: {{tested: {{profiles: {{default: {{auth: {auth}}}}}}}}}\n");
    project.file(".mxcp/config.yml", &user).unwrap();
    let server = Http::start(&project, &[], true).unwrap();
    let token = |who: &str, claims: Json| provider.token(who, &claims).unwrap();
    let call = |tool: &str, arguments: Json, token: &str| {
        bearer::post(&server, &bearer::request(tool, arguments), Some(token)).json()["result"].take()
    };
    let ada = token("u1", json!({"email": "ada@example.org", "team": {"id": "7"}}));
    let bob = token("u2", json!({"email": "bob@example.org"}));
    let expected = json!({"owner": "ada@example.org", "team": 7, "most": 2});
    assert_eq!(call("orders", json!({"limit": 2}), &ada)["structuredContent"], expected);
    let expected = json!({"owner": "bob@example.org", "team": 0, "most": 10});
    assert_eq!(call("orders", json!({}), &bob)["structuredContent"], expected);
    assert_eq!(text(&call("python", json!({}), &bob)), "it is u2");
    let taken = call("orders", json!({"owner": "ada@example.org"}), &bob);
    assert_eq!(text(&taken), format!("Error executing tool orders: /owner: {TAKEN}"));
    let evil = token("u3", json!({"email": "mallory@evil.example"}));
    assert!(text(&call("orders", json!({}), &evil)).ends_with("Policy enforcement failed: Not for you"));
    let odd = token("u4", json!({"email": "x", "team": {"id": "not for everyone"}}));
    let odd = call("orders", json!({}), &odd);
    assert!(text(&odd).contains("`user.team.id`, which does not fit"), "{odd}");
    assert!(!text(&odd).contains("not for everyone"), "{odd}");
}

#[test]
fn it_is_filled_in_on_the_command_line() {
    let project = project();
    let run = |words: &[&str], user: &str| {
        let more = ["--user-context", user, "--json-output"];
        project.run(&[&["run"], words, &more].concat()).unwrap()
    };
    let ada = r#"{"email": "ada@example.org", "user_id": "u1", "name": "Ada"}"#;
    let orders = run(&["tool", "orders"], ada).result().unwrap();
    assert_eq!(orders["owner"], "ada@example.org");
    assert_eq!(run(&["tool", "python"], ada).result().unwrap(), "it is u1");
    let desk = run(&["resource", "desk://{room}", "--param", "room=r"], ada).result().unwrap();
    assert_eq!(desk, json!([{"room": "r", "who": "u1"}]));
    let letter = run(&["prompt", "letter", "--param", "to=Bob"], ada).result().unwrap();
    assert_eq!(letter[0]["prompt"], "Dear Bob, yours Ada");
    assert_eq!(run(&["tool", "orders", "--param", "owner=x"], ada).error().unwrap(), TAKEN);
    assert_eq!(project.run(&["run", "tool", "orders", "--json-output"]).unwrap().error().unwrap(), NOBODY);
    let tested = project.run(&["test", "--json-output"]).unwrap();
    assert_eq!(tested.code, Some(0), "{tested:?}");
}
