//! Python that asks its client while it runs, and tells it how far it is.

use mxcp_test_support::client::{Client, Http, Pipes, Sse};
use mxcp_test_support::project::Project;
use mxcp_test_support::workspace_root;
use serde_json::{Value as Json, json};

use crate::python::{MODES, MODULE, Mode};

const CODE: &str = r#"
import asyncio
from mxcp.runtime import AskFailed, mcp

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def greet():
    result = mcp.elicit("Who?", NAME, key="who")
    return f"Hello, {result.content['name']}!" if result.accepted else result.action


async def greet_later():
    return (await mcp.elicit("Who?", NAME, key="who")).content["name"]


def careful():
    try:
        return greet()
    except AskFailed as error:
        return f"no name: {error}"
    except Exception:
        return "never"


def stubborn():
    try:
        return greet()
    except BaseException:
        return "whatever"


async def speaking():
    await mcp.info("half", logger_name="tests")
    await mcp.progress(1, 2, "one")
    mcp.warning({"careful": [1]})
    mcp.progress(2, 2)
    return "done"
"#;

/// Tools that ask, and those of the conformance suite.
fn project(mode: Mode) -> Project {
    let folder = workspace_root().join("tests/conformance/project");
    let mut project = Project::copy_of(&folder, env!("CARGO_BIN_EXE_mxcp")).unwrap();
    if mode == Mode::InProcess {
        project.use_module(&MODULE);
    }
    project.file("python/questions.py", CODE).unwrap();
    for name in ["greet", "greet_later", "careful", "stubborn", "speaking"] {
        let definition = format!("tool: {{name: {name}, source: {{file: ../python/questions.py}}}}");
        project.file(&format!("tools/{name}.yml"), &definition).unwrap();
    }
    project
}

fn everything() -> Json {
    json!({"elicitation": {}, "sampling": {}, "roots": {}})
}

/// A session that can be asked.
fn pipes(project: &Project) -> Pipes {
    let mut pipes = Pipes::start_bare(project, &[]).unwrap();
    let client = json!({"name": "tests", "version": "1"});
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": everything(), "clientInfo": client});
    assert!(pipes.request("initialize", params).unwrap()["result"].is_object());
    pipes
}

fn call(id: i64, name: &str) -> Json {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": name, "arguments": {}}})
}

fn reply(question: &Json, result: &Json) -> Json {
    json!({"jsonrpc": "2.0", "id": question["id"], "result": result})
}

fn accepted(content: &Json) -> Json {
    json!({"action": "accept", "content": content})
}

fn text(message: &Json) -> &str {
    message["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{message}"))
}

#[test]
fn a_function_waits_for_the_answer_on_pipes() {
    for mode in MODES {
        let project = project(mode);
        let mut pipes = pipes(&project);
        let mut answered = |name: &str, result: &Json| {
            pipes.send(&call(1, name).to_string()).unwrap();
            let question = pipes.receive().unwrap();
            assert_eq!(question["params"]["message"], "Who?", "{mode:?}, {name}: {question}");
            pipes.send(&reply(&question, result).to_string()).unwrap();
            text(&pipes.receive().unwrap()).to_owned()
        };
        let ada = accepted(&json!({"name": "Ada"}));
        assert_eq!(answered("greet", &ada), "Hello, Ada!", "{mode:?}");
        assert_eq!(answered("greet_later", &ada), "Ada", "{mode:?}");
        assert_eq!(answered("greet", &json!({"action": "decline"})), "decline", "{mode:?}");
        let wrong = accepted(&json!({"name": 1}));
        let problem = "the client's answer can't be used: `name` must be a string";
        assert_eq!(answered("careful", &wrong), format!("no name: {problem}"), "{mode:?}");
        assert_eq!(answered("greet", &wrong), format!("Error executing tool greet: {problem}"), "{mode:?}");
    }
}

#[test]
fn a_question_comes_on_the_stream_of_its_call_in_a_session() {
    for mode in MODES {
        let project = project(mode);
        let mut http = Http::start(&project, &[], false).unwrap();
        http.begin(everything()).unwrap();
        let mut stream = http.open("tools/call", &json!({"name": "greet", "arguments": {}})).unwrap();
        let question = stream.message().unwrap();
        assert_eq!(question["method"], "elicitation/create", "{mode:?}: {question}");
        http.reply(&question, &accepted(&json!({"name": "Ada"}))).unwrap();
        assert_eq!(text(&stream.message().unwrap()), "Hello, Ada!", "{mode:?}");
    }
}

#[test]
fn a_question_comes_on_the_one_stream_of_the_older_transport() {
    for mode in MODES {
        let project = project(mode);
        let mut client = Sse::start_with(&project, everything()).unwrap();
        client.send(&call(7, "greet_later")).unwrap();
        let question = client.receive().unwrap();
        client.send(&reply(&question, &accepted(&json!({"name": "Ada"})))).unwrap();
        assert_eq!(text(&client.receive().unwrap()), "Ada", "{mode:?}");
    }
}

#[test]
fn a_call_that_waits_for_an_answer_can_be_taken_back() {
    for mode in MODES {
        let project = project(mode);
        let mut pipes = pipes(&project);
        for (id, name) in [(901, "greet"), (902, "greet_later")] {
            pipes.send(&call(id, name).to_string()).unwrap();
            let question = pipes.receive().unwrap();
            let cancel =
                json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
            pipes.send(&cancel.to_string()).unwrap();
            let taken_back = pipes.receive().unwrap();
            assert_eq!(taken_back["method"], "notifications/cancelled", "{mode:?}, {name}: {taken_back}");
            assert_eq!(taken_back["params"]["requestId"], question["id"], "{mode:?}, {name}");
        }
        pipes.send(&call(903, "greet").to_string()).unwrap();
        let question = pipes.receive().unwrap();
        pipes.send(&reply(&question, &json!({"action": "cancel"})).to_string()).unwrap();
        assert_eq!(text(&pipes.receive().unwrap()), "cancel", "{mode:?}: the next call is answered");
    }
}

#[test]
fn a_client_that_leaves_ends_what_waits_for_it() {
    for mode in MODES {
        for name in ["greet", "greet_later"] {
            let project = project(mode);
            let mut pipes = pipes(&project);
            pipes.send(&call(1, name).to_string()).unwrap();
            pipes.receive().unwrap();
            assert_eq!(pipes.close().unwrap().1, Some(0), "{mode:?}, {name}");
        }
    }
}

#[test]
fn nobody_is_asked_who_can_not_answer() {
    for mode in MODES {
        let project = project(mode);
        let mut pipes = Pipes::start(&project, &[]).unwrap();
        let refused = pipes.call_tool("greet", &json!({})).unwrap();
        let problem = "the client does not support elicitation";
        assert_eq!(
            refused["content"][0]["text"],
            format!("Error executing tool greet: {problem}"),
            "{mode:?}"
        );
        let careful = pipes.call_tool("careful", &json!({})).unwrap();
        assert_eq!(careful["content"][0]["text"], format!("no name: {problem}"), "{mode:?}");
        let ran = project.run(&["run", "tool", "greet"]).unwrap();
        assert!(ran.code == Some(1) && ran.stderr.contains(problem), "{mode:?}: {ran:?}");
    }
}

/// A call since 2026-07-28, with what a round brings along.
fn modern(http: &mut Http, name: &str, capabilities: Json, before: Option<(&Json, Json)>) -> Json {
    let mut params = json!({"name": name, "arguments": {}});
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    if let Some((result, answers)) = before {
        params["requestState"] = result["requestState"].clone();
        params["inputResponses"] = answers;
    }
    http.request("tools/call", params).unwrap()
}

fn keys(result: &Json) -> Vec<&String> {
    result["inputRequests"].as_object().unwrap_or_else(|| panic!("{result}")).keys().collect()
}

#[test]
fn since_2026_07_28_a_function_is_called_again_with_the_answers() {
    for mode in MODES {
        let project = project(mode);
        let mut http = Http::start(&project, &[], true).unwrap();
        for (name, greeting) in [("greet", "Hello, Ada!"), ("greet_later", "Ada"), ("careful", "Hello, Ada!")]
        {
            let first = modern(&mut http, name, everything(), None)["result"].take();
            assert_eq!(keys(&first), ["who"], "{mode:?}, {name}");
            let answers = json!({"who": accepted(&json!({"name": "Ada"}))});
            let second = modern(&mut http, name, everything(), Some((&first, answers)));
            assert_eq!(text(&second), greeting, "{mode:?}, {name}");
        }
        let result = modern(&mut http, "stubborn", everything(), None)["result"].take();
        assert_eq!(
            keys(&result),
            ["who"],
            "{mode:?}: code that catches everything does not catch a question"
        );
    }
}

#[test]
fn questions_come_in_rounds_and_together() {
    for mode in MODES {
        let project = project(mode);
        let mut http = Http::start(&project, &[], true).unwrap();
        let name = "test_input_required_result_multi_round";
        let first = modern(&mut http, name, everything(), None)["result"].take();
        assert_eq!(keys(&first), ["step1"], "{mode:?}");
        let answers = json!({"step1": accepted(&json!({"name": "Ada"}))});
        let second = modern(&mut http, name, everything(), Some((&first, answers)))["result"].take();
        assert_eq!(keys(&second), ["step2"], "{mode:?}");
        let answers = json!({"step2": accepted(&json!({"color": "blue"}))});
        let third = modern(&mut http, name, everything(), Some((&second, answers)));
        assert_eq!(text(&third), "Ada likes blue", "{mode:?}");

        let name = "test_input_required_result_multiple_inputs";
        let first = modern(&mut http, name, everything(), None)["result"].take();
        assert_eq!(keys(&first), ["client_roots", "greeting", "user_name"], "{mode:?}");
    }
}

#[test]
fn a_capability_that_a_function_needs_is_named() {
    for mode in MODES {
        let project = project(mode);
        let mut http = Http::start(&project, &[], true).unwrap();
        let refused = modern(&mut http, "greet", json!({"sampling": {}}), None)["error"].take();
        assert_eq!(refused["code"], -32021, "{mode:?}: {refused}");
        assert_eq!(refused["data"], json!({"requiredCapabilities": {"elicitation": {}}}), "{mode:?}");
        let careful = modern(&mut http, "careful", json!({}), None);
        assert_eq!(text(&careful), "no name: the client does not support elicitation", "{mode:?}");
    }
}

#[test]
fn servers_with_one_key_continue_each_others_calls() {
    let key = "a key that is long enough to be a key";
    let mut project = project(MODES[0]);
    let mut start = |key: &str| {
        project.set_all([("MXCP_STATE_KEY", key)]);
        Http::start(&project, &[], true).unwrap()
    };
    let (mut one, mut other) = (start(key), start(key));
    let mut stranger = start("another key that is long enough too");
    let first = modern(&mut one, "greet", everything(), None)["result"].take();
    let answers = json!({"who": accepted(&json!({"name": "Ada"}))});
    let second = modern(&mut other, "greet", everything(), Some((&first, answers.clone())));
    assert_eq!(text(&second), "Hello, Ada!");
    let refused = modern(&mut stranger, "greet", everything(), Some((&first, answers)));
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
}

#[test]
fn a_key_that_is_too_short_is_refused() {
    let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.set_all([("MXCP_STATE_KEY", "short")]);
    let ran = project.run(&["serve", "--transport", "stdio"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("MXCP_STATE_KEY") && ran.stderr.contains("32 bytes"), "{ran:?}");
    assert!(!ran.stderr.contains("short"), "{ran:?}");
}

#[test]
fn what_python_says_is_heard_in_order_before_the_result() {
    for mode in MODES {
        let project = project(mode);
        let mut http = Http::start(&project, &[], false).unwrap();
        let params = json!({"name": "speaking", "arguments": {}, "_meta": {"progressToken": "t"}});
        let messages = http.ask_for_all("tools/call", params.clone()).unwrap();
        let heard: Vec<Json> = messages
            .iter()
            .map(|message| match message["method"].as_str() {
                Some("notifications/progress") => json!([
                    message["params"]["progressToken"],
                    message["params"]["progress"],
                    message["params"]["total"],
                    message["params"]["message"]
                ]),
                Some(_) => json!([
                    message["params"]["level"],
                    message["params"]["logger"],
                    message["params"]["data"]
                ]),
                None => json!(text(message)),
            })
            .collect();
        let expected = [
            json!(["info", "tests", "half"]),
            json!(["t", 1.0, 2.0, "one"]),
            json!(["warning", null, {"careful": [1]}]),
            json!(["t", 2.0, 2.0, null]),
            json!("done"),
        ];
        assert_eq!(heard, expected, "{mode:?}");
        let mut http = Http::start(&project, &[], true).unwrap();
        let messages = http.ask_for_all("tools/call", params).unwrap();
        let methods: Vec<_> = messages.iter().map(|message| message["method"].as_str()).collect();
        let progress = Some("notifications/progress");
        assert_eq!(methods, [progress, progress, None], "{mode:?}: nothing is logged that was not asked for");
    }
}
