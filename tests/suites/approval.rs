//! Calls that a policy has a person approve, over every transport and on the command line, and the ways around it.

use mxcp_test_support::client::{Client as _, Http, Pipes};
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::Provider;
use serde_json::{Value as Json, json};

use crate::bearer;

const DROP: &str = r#"
tool:
  name: drop
  parameters:
    - {name: table, type: string}
    - {name: pin, type: string, default: "0", sensitive: true}
  return: {type: string}
  source: {code: "SELECT 'dropped ' || $table || substr($pin, 1, 0) AS said"}
  policies:
    input:
      - {condition: "table == 'sealed'", action: deny, reason: "Never"}
      - {condition: "table != 'scratch'", action: ask, reason: "This can't be undone"}
  tests:
    - {name: approved, approve: true, arguments: [{key: table, value: logs}], result: dropped logs}
    - {name: asked, arguments: [{key: table, value: logs}], denied: "This can't be undone (not approved: nobody can be asked here)"}
    - {name: refused, approve: false, arguments: [{key: table, value: logs}], denied: true}
    - {name: sealed, approve: true, arguments: [{key: table, value: sealed}], denied: Never}
    - {name: unasked, arguments: [{key: table, value: scratch}], result: dropped scratch}
"#;
const ROOM: &str = "resource:\n  uri: room://{id}\n  parameters: [{name: id, type: string}]\n  source: {code: SELECT $id AS id}\n  \
     policies: {input: [{condition: 'true', action: ask, reason: 'Open the room?'}]}\n";
const LETTER: &str = "prompt:\n  name: letter\n  parameters: [{name: to, type: string}]\n  messages:\n    - {prompt: 'Dear {{ to }}'}\n    \
     - {prompt: 'room://{{ to }}', type: resource}\n  policies: {input: [{condition: 'true', action: ask, reason: 'Write?'}]}\n";
const MINE: &str = "tool:\n  name: mine\n  parameters: [{name: owner, type: string, from: user.email}]\n  source: {code: SELECT $owner \
     AS owner}\n  policies: {input: [{condition: 'true', action: ask, reason: 'Yours?'}]}\n";
const USED: &str = "Invalid params: `requestState` was used before, and an approval is good for one call: make the request again without it";
const FOREIGN: &str = "Invalid params: `requestState` is not what this server gave for this request";

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (file, text) in [
        ("tools/drop.yml", DROP),
        ("tools/mine.yml", MINE),
        ("resources/room.yml", ROOM),
        ("prompts/letter.yml", LETTER),
    ] {
        project.file(file, text).unwrap();
    }
    project
}

/// A request since 2026-07-28 by a client that can put questions, with what a round brings along.
fn modern(http: &mut Http, method: &str, params: &Json, before: Option<(&Json, &Json)>) -> Json {
    let mut params = params.clone();
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": {} });
    if let Some((state, answers)) = before {
        params["requestState"] = state.clone();
        params["inputResponses"] = answers.clone();
    }
    http.request(method, params).unwrap()
}

fn drop_of(table: &str) -> Json {
    json!({"name": "drop", "arguments": {"table": table, "pin": "4711"}})
}

fn yes() -> Json {
    json!({"approval-1": {"action": "accept", "content": {}}})
}

fn said(message: &Json) -> &str {
    message["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{message}"))
}

fn problem(message: &Json) -> &str {
    message["error"]["message"].as_str().unwrap_or_else(|| panic!("{message}"))
}

#[test]
fn a_person_approves_a_call_in_rounds() {
    let project = project();
    let mut http = Http::start(&project, &[], true).unwrap();
    let mut call = |table: &str, before: Option<(&Json, &Json)>| {
        modern(&mut http, "tools/call", &drop_of(table), before)
    };
    assert_eq!(said(&call("scratch", None)), "dropped scratch");
    assert_eq!(said(&call("sealed", None)), "Error executing tool drop: Policy enforcement failed: Never");

    let asked = call("logs", None)["result"].take();
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let question = &asked["inputRequests"]["approval-1"];
    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(question["params"]["requestedSchema"], json!({"type": "object", "properties": {}}));
    let text = "This can't be undone\n\ntool `drop`\ntable: \"logs\"\npin: \"[REDACTED]\"";
    assert_eq!(question["params"]["message"], text);
    let state = &asked["requestState"];
    assert_eq!(said(&call("logs", Some((state, &yes())))), "dropped logs");
    // Sent again, it is no approval; nor is the answer without it.
    assert_eq!(problem(&call("logs", Some((state, &yes())))), USED);
    let unasked = call("logs", Some((&Json::Null, &yes())));
    assert_eq!(unasked["result"]["resultType"], "input_required", "{unasked}");
}

#[test]
fn a_call_that_is_declined_or_not_answered_is_denied() {
    let project = project();
    let mut http = Http::start(&project, &[], true).unwrap();
    let mut call = |before: Option<(&Json, &Json)>| modern(&mut http, "tools/call", &drop_of("logs"), before);
    for (answer, why) in [
        (json!({"action": "decline"}), "declined"),
        (json!({"action": "cancel"}), "not approved: the question was dismissed"),
        (json!({"action": "decline", "content": {"approve": true}}), "declined"),
    ] {
        let asked = call(None)["result"].take();
        let answers = json!({"approval-1": answer});
        let denied = call(Some((&asked["requestState"], &answers)));
        let reason =
            format!("Error executing tool drop: Policy enforcement failed: This can't be undone ({why})");
        assert_eq!((said(&denied), &denied["result"]["isError"]), (reason.as_str(), &json!(true)));
        // Whoever said no was asked once.
        assert_eq!(problem(&call(Some((&asked["requestState"], &yes())))), USED);
    }
    let asked = call(None)["result"].take();
    let strange = json!({"approval-1": {"action": "sure"}});
    let denied = call(Some((&asked["requestState"], &strange)));
    assert!(said(&denied).contains("(not approved: the client's answer can't be used: "), "{denied}");
}

#[test]
fn an_approval_is_of_one_call_with_its_arguments() {
    let project = project();
    let mut http = Http::start(&project, &[], true).unwrap();
    let asked = modern(&mut http, "tools/call", &drop_of("logs"), None)["result"].take();
    let state = &asked["requestState"];
    let mut other = drop_of("logs");
    other["arguments"]["pin"] = json!("1");
    for other in [drop_of("users"), other, json!({"name": "mine", "arguments": {}})] {
        let refused = modern(&mut http, "tools/call", &other, Some((state, &yes())));
        assert_eq!(problem(&refused), FOREIGN, "{other}");
    }
    let read = modern(&mut http, "resources/read", &json!({"uri": "room://logs"}), Some((state, &yes())));
    assert_eq!(problem(&read), FOREIGN);
    let text = state.as_str().unwrap();
    for tampered in
        [format!("{text}A"), text.replacen(|it: char| it.is_ascii_lowercase(), "Z", 1), String::new()]
    {
        let refused = modern(&mut http, "tools/call", &drop_of("logs"), Some((&json!(tampered), &yes())));
        assert_eq!(problem(&refused), FOREIGN, "{tampered}");
    }
    // None of that has used it up.
    assert_eq!(
        said(&modern(&mut http, "tools/call", &drop_of("logs"), Some((state, &yes())))),
        "dropped logs"
    );
}

#[test]
fn of_many_at_once_one_uses_an_approval() {
    let project = project();
    let mut http = Http::start(&project, &[], true).unwrap();
    let asked = modern(&mut http, "tools/call", &drop_of("logs"), None)["result"].take();
    let mut request = bearer::request("drop", drop_of("logs")["arguments"].clone());
    request["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {}});
    request["params"]["requestState"] = asked["requestState"].clone();
    request["params"]["inputResponses"] = yes();
    let outcomes: Vec<Json> = std::thread::scope(|scope| {
        let calls: Vec<_> =
            (0..16).map(|_| scope.spawn(|| bearer::post(&http, &request, None).json())).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let ran = outcomes.iter().filter(|outcome| outcome["result"].is_object()).count();
    assert_eq!(ran, 1, "{outcomes:?}");
    assert!(outcomes.iter().filter(|it| it["error"].is_object()).all(|it| problem(it) == USED));
}

#[test]
fn an_approval_is_of_one_user() {
    let provider = Provider::start().unwrap();
    let project = project();
    let auth = bearer::verifier(&provider, "");
    let user = format!("projects: {{tested: {{profiles: {{default: {{auth: {auth}}}}}}}}}\n");
    project.file(".mxcp/config.yml", &user).unwrap();
    let server = Http::start(&project, &[], true).unwrap();
    let token = |who: &str, email: &str| provider.token(who, &json!({ "email": email })).unwrap();
    let call = |token: &str, before: Option<&Json>| {
        let mut request = bearer::request("mine", json!({}));
        request["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {}});
        if let Some(state) = before {
            request["params"]["requestState"] = state.clone();
            request["params"]["inputResponses"] = yes();
        }
        bearer::post(&server, &request, Some(token)).json()
    };
    let (ada, bob) = (token("u1", "ada@example.org"), token("u2", "bob@example.org"));
    let asked = call(&ada, None)["result"].take();
    // What comes from the caller is not told.
    assert_eq!(asked["inputRequests"]["approval-1"]["params"]["message"], "Yours?\n\ntool `mine`");
    assert_eq!(problem(&call(&bob, Some(&asked["requestState"]))), FOREIGN);
    // The same user, who is another one for the call: the question is another one.
    let moved = token("u1", "eve@example.org");
    let again = call(&moved, Some(&asked["requestState"]));
    assert_eq!(again["result"]["resultType"], "input_required", "{again}");
    assert!(said(&call(&moved, Some(&again["result"]["requestState"]))).contains("eve@example.org"));
    let asked = call(&ada, None)["result"].take();
    let fresh = token("u1", "ada@example.org");
    assert!(said(&call(&fresh, Some(&asked["requestState"]))).contains("ada@example.org"));
}

#[test]
fn servers_with_one_key_do_not_take_each_others_approvals() {
    let start = || {
        let mut project = project();
        project.set_all([("MXCP_STATE_KEY", "a key that is long enough to be a key")]);
        (Http::start(&project, &[], true).unwrap(), project)
    };
    let ((mut one, _project), (mut other, _other_project)) = (start(), start());
    let asked = modern(&mut one, "tools/call", &drop_of("logs"), None)["result"].take();
    let before = Some((&asked["requestState"], &yes()));
    let refused = modern(&mut other, "tools/call", &drop_of("logs"), before);
    assert!(problem(&refused).contains("another server"), "{refused}");
    assert_eq!(said(&modern(&mut one, "tools/call", &drop_of("logs"), before)), "dropped logs");
}

#[test]
fn prompts_and_resources_are_approved_each_on_its_own() {
    let project = project();
    let mut http = Http::start(&project, &[], true).unwrap();
    let uri = json!({"uri": "room://1"});
    let asked = modern(&mut http, "resources/read", &uri, None)["result"].take();
    assert_eq!(
        asked["inputRequests"]["approval-1"]["params"]["message"],
        "Open the room?\n\nresource `room://{id}`\nid: \"1\""
    );
    let read = modern(&mut http, "resources/read", &uri, Some((&asked["requestState"], &yes())));
    assert_eq!(read["result"]["contents"].as_array().unwrap().len(), 1, "{read}");

    let letter = json!({"name": "letter", "arguments": {"to": "1"}});
    let first = modern(&mut http, "prompts/get", &letter, None)["result"].take();
    assert!(first["inputRequests"]["approval-1"]["params"]["message"].to_string().contains("Write?"));
    let second =
        modern(&mut http, "prompts/get", &letter, Some((&first["requestState"], &yes())))["result"].take();
    assert!(
        second["inputRequests"]["approval-2"]["params"]["message"].to_string().contains("Open the room?")
    );
    let answers = json!({"approval-2": {"action": "accept"}});
    let before = Some((&second["requestState"], &answers));
    let third = modern(&mut http, "prompts/get", &letter, before);
    assert_eq!(third["result"]["messages"].as_array().unwrap().len(), 2, "{third}");
    assert_eq!(problem(&modern(&mut http, "prompts/get", &letter, before)), USED);
    let denied = modern(&mut http, "prompts/get", &letter, None)["result"].take();
    let no = json!({"approval-1": {"action": "decline"}});
    let denied = modern(&mut http, "prompts/get", &letter, Some((&denied["requestState"], &no)));
    assert!(problem(&denied).contains("Policy enforcement failed: Write? (declined)"), "{denied}");
}

#[test]
fn a_session_is_asked_while_the_call_waits() {
    let project = project();
    let mut http = Http::start(&project, &[], false).unwrap();
    http.begin(json!({"elicitation": {}})).unwrap();
    for (answer, expected) in [
        (json!({"action": "accept", "content": {}}), "dropped logs"),
        (
            json!({"action": "decline"}),
            "Error executing tool drop: Policy enforcement failed: This can't be undone (declined)",
        ),
    ] {
        let mut stream = http.open("tools/call", &drop_of("logs")).unwrap();
        let question = stream.message().unwrap();
        assert_eq!(question["method"], "elicitation/create", "{question}");
        assert!(question["params"]["message"].as_str().unwrap().starts_with("This can't be undone\n"));
        http.reply(&question, &answer).unwrap();
        assert_eq!(said(&stream.message().unwrap()), expected);
    }
}

#[test]
fn a_client_on_pipes_is_asked_while_the_call_waits() {
    let project = project();
    let mut pipes = Pipes::start_bare(&project, &[]).unwrap();
    let client = json!({"name": "tests", "version": "1"});
    let capabilities = json!({"elicitation": {}});
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client});
    assert!(pipes.request("initialize", params).unwrap()["result"].is_object());
    let call = |id: i64| {
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": drop_of("logs")}).to_string()
    };
    pipes.send(&call(71)).unwrap();
    let question = pipes.receive().unwrap();
    let answer = json!({"action": "accept", "content": {}});
    let reply = json!({"jsonrpc": "2.0", "id": question["id"], "result": answer}).to_string();
    pipes.send(&reply).unwrap();
    assert_eq!(said(&pipes.receive().unwrap()), "dropped logs");
    // The answer was to that question.
    pipes.send(&call(72)).unwrap();
    let next = pipes.receive().unwrap();
    assert_eq!(next["method"], "elicitation/create", "{next}");
    pipes.send(&reply).unwrap();
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 72}});
    pipes.send(&cancel.to_string()).unwrap();
    assert_eq!(pipes.receive().unwrap()["method"], "notifications/cancelled");
}

#[test]
fn clients_that_ask_nobody_are_told_so() {
    let unsupported = "Error executing tool drop: Policy enforcement failed: This can't be undone (not approved: the client does \
         not support elicitation)";
    let pipes_project = project();
    let mut pipes = Pipes::start(&pipes_project, &[]).unwrap();
    let refused = pipes.request("tools/call", drop_of("logs")).unwrap();
    assert_eq!((said(&refused), &refused["result"]["isError"]), (unsupported, &json!(true)));
    for modern in [true, false] {
        let project = project();
        let mut http = Http::start(&project, &[], modern).unwrap();
        let refused = http.request("tools/call", drop_of("logs")).unwrap();
        assert_eq!(said(&refused), unsupported, "{modern}");
        let room = http.request("resources/read", json!({"uri": "room://1"})).unwrap();
        assert!(problem(&room).contains("Open the room? (not approved: the client does not"), "{room}");
    }
    let project = project();
    let mut stateless = Http::start(&project, &["--stateless"], false).unwrap();
    stateless.begin(json!({"elicitation": {}})).unwrap();
    let refused = stateless.request("tools/call", drop_of("logs")).unwrap();
    assert!(said(&refused).ends_with("(not approved: nobody can be asked here)"), "{refused}");
}

#[test]
fn the_command_line_approves_when_it_is_told_to() {
    let project = project();
    let run = |more: &[&str]| {
        let words = [&["run", "tool", "drop", "--param", "table=logs", "--json-output"], more].concat();
        project.run(&words).unwrap()
    };
    assert_eq!(run(&["--approve"]).result().unwrap(), "dropped logs");
    let denied = run(&[]);
    let reason = "Policy enforcement failed: This can't be undone (not approved: there is no terminal to ask at, and no `--approve`)";
    assert_eq!((denied.code, denied.error().unwrap().as_str()), (Some(1), reason));
    let sealed = project.run(&["run", "tool", "drop", "--param", "table=sealed", "--approve"]).unwrap();
    assert!(sealed.stderr.contains("Policy enforcement failed: Never"), "{sealed:?}");
    let tested = project.run(&["test", "tool", "drop", "--json-output"]).unwrap();
    assert_eq!(tested.code, Some(0), "{tested:?}");
}

/// Runs a command at a terminal, and types an answer when it is asked.
const AT_A_TERMINAL: &str = r#"
import os, pty, sys

pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
said, answered = b"", False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    said += part
    if b"[y/N]: " in said and not answered:
        answered = True
        os.write(terminal, sys.argv[1].encode())
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(status))
"#;

#[test]
fn whoever_sits_at_the_terminal_is_asked() {
    let project = project();
    for (answer, code, expected) in [
        ("y\n", 0, "dropped logs"),
        ("n\n", 1, "This can't be undone (declined)"),
        ("\n", 1, "This can't be undone (declined)"),
        ("\u{3}", 1, "Operation cancelled by user"),
    ] {
        let mxcp = project.command(&["run", "tool", "drop", "--param", "table=logs"]);
        let mut python = std::process::Command::new("python3");
        python.args(["-c", AT_A_TERMINAL, answer]).arg(mxcp.get_program()).args(mxcp.get_args());
        python.current_dir(mxcp.get_current_dir().unwrap());
        for (name, value) in mxcp.get_envs() {
            match value {
                Some(value) => python.env(name, value),
                None => python.env_remove(name),
            };
        }
        let ran = python.output().unwrap();
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(said.contains("This can't be undone\r\n\r\ntool `drop`\r\ntable: \"logs\""), "{said}");
        assert!(said.contains(expected), "{said}");
        assert_eq!(ran.status.code(), Some(code), "{said}");
    }
}
