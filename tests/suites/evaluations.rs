//! `mxcp evals`: what models are asked, how their calls are made, and what is said of it.

use mxcp_test_support::model::{Asked, Model, Said};
use mxcp_test_support::project::{Project, Ran};
use serde_json::{Value as Json, json};

const KEY: &str = "s3cr3t-key-of-the-model";

const ADD: &str = r#"tool:
  name: add
  description: Adds two numbers.
  tags: [sums]
  parameters:
    - {name: a, type: integer, maximum: 100, description: the first}
    - {name: b, type: integer, default: 10, description: the second}
  return: {type: integer, description: the sum}
  source: {code: "SELECT $a + $b"}
"#;

const WHO: &str = r#"tool:
  name: who
  source: {code: "SELECT get_username() AS who, DATE '2024-02-29' AS day"}
  policies:
    input:
      - {condition: "user.username == 'mallory'", action: deny, reason: not for mallory}
"#;

const ITEM: &str = r#"resource:
  uri: item://{id}
  parameters: [{name: id, type: string}]
  return: {type: string}
  source: {code: "SELECT 'item ' || $id"}
"#;

/// A project whose models `m` of Anthropic's kind and `o` of OpenAI's are at `base`.
fn project(base: &str) -> Project {
    let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("tools/add.yml", ADD).unwrap();
    project.file("tools/who.yml", WHO).unwrap();
    project.file("resources/item.yml", ITEM).unwrap();
    let config = format!(
        "models:\n  default: m\n  models:\n    \
         m: {{type: claude, api_key: {KEY}, base_url: '{base}/', timeout: 20, price: {{input: 5, output: 20}}}}\n    \
         o: {{type: openai, api_key: {KEY}, base_url: '{base}/v1', timeout: 20}}\n    \
         words: {{type: openai, api_key: {KEY}, base_url: '{base}/v1', tools: text}}\n    \
         keyless: {{type: claude}}\n    \
         hasty: {{type: claude, api_key: {KEY}, base_url: '{base}', timeout: 1, max_retries: 0}}\n"
    );
    project.file("config.yml", &config).unwrap();
    project.set_all([("MXCP_CONFIG", "config.yml"), ("NO_PROXY", "127.0.0.1")]);
    project
}

fn suite(tests: &str) -> String {
    format!("mxcp: 1\nsuite: sums\ndescription: about sums\ntests:\n{tests}")
}

/// One test with these assertions, and a user context if there is one.
fn test(assertions: &str) -> String {
    suite(&format!("  - {{name: t, prompt: How much is it?, assertions: {assertions}}}\n"))
}

/// The result of a run, whatever its exit code, which is given with it.
fn result(project: &Project, arguments: &[&str]) -> (Json, Option<i32>) {
    let ran = project.run(arguments).unwrap();
    let Ok(mut document) = ran.json() else { panic!("{ran:?}") };
    assert!(!ran.stdout.contains(KEY) && !ran.stderr.contains(KEY), "{ran:?}");
    assert_eq!(document["status"], "ok", "{ran:?}");
    (document["result"].take(), ran.code)
}

/// The one test of the suite `sums`.
fn only_test(project: &Project, more: &[&str]) -> Json {
    let arguments = [&["evals", "sums", "--json-output"], more].concat();
    let (mut result, _) = result(project, &arguments);
    assert_eq!(result["tests"].as_array().map(Vec::len), Some(1), "{result}");
    result["tests"][0].take()
}

fn refused(ran: &Ran) -> String {
    ran.error().unwrap_or_else(|error| panic!("{error:#}"))
}

#[test]
fn a_model_calls_tools_in_its_own_way_and_is_judged() {
    for (name, path) in [("m", "/v1/messages"), ("o", "/v1/chat/completions")] {
        let model = Model::start().unwrap();
        let project = project(&model.base());
        let assertions = "{must_call: [{tool: add, args: {a: 5.0}}, {tool: 'item://{id}', args: {}}], \
                          must_not_call: [who], answer_contains: [FIFTEEN], answer_not_contains: [sorry]}";
        project.file("evals/sums.yml", &test(assertions)).unwrap();
        let calls =
            vec![("add".to_owned(), json!({ "a": 5 })), ("item____id_".to_owned(), json!({ "id": "x" }))];
        model.say(Said::Calls(calls));
        model.say_text("It is fifteen.");
        let (result, code) = result(&project, &["evals", "sums", "-m", name, "--json-output"]);
        assert_eq!((&result["all_passed"], code), (&json!(true), Some(0)), "{result}");
        assert_eq!(
            (&result["suite"], &result["description"], &result["model"]),
            (&json!("sums"), &json!("about sums"), &json!(name))
        );
        let test = &result["tests"][0];
        assert_eq!(
            (&test["name"], &test["passed"], &test["failures"]),
            (&json!("t"), &json!(true), &json!([]))
        );
        assert!(test["time"].is_f64() && result["elapsed_time"].is_f64(), "{result}");
        assert_eq!(
            test["details"],
            json!({ "response": "It is fifteen.", "tool_calls": [
                { "tool": "add", "arguments": { "a": 5 } },
                { "tool": "item://{id}", "arguments": { "id": "x" } },
            ] })
        );
        let cost = if name == "m" { json!(0.0014) } else { Json::Null };
        let usage = &result["usage"];
        assert_eq!(
            (&usage["requests"], &usage["input_tokens"], &usage["cost"]),
            (&json!(2), &json!(200), &cost)
        );

        let asked = model.asked();
        assert_eq!(asked.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), [path, path]);
        let header = if name == "m" { "x-api-key" } else { "authorization" };
        assert!(asked[0].headers[header].ends_with(KEY));
        assert_eq!((&asked[0].body["model"], &asked[0].body["max_tokens"]), (&json!(name), &json!(4096)));
        assert_eq!(asked[0].last(), "How much is it?");
        assert_eq!(asked[0].body["tools"].as_array().map(Vec::len), Some(3), "{}", asked[0].body);
        let second = asked[1].body["messages"].to_string();
        assert!(second.contains("How much is it?") && second.contains("item x"), "{second}");
        assert!(second.contains("\"15\""), "the default of `b` was used: {second}");
    }
}

#[test]
fn a_model_that_is_told_of_tools_in_words_calls_in_words() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    project.file("evals/sums.yml", &test("{must_call: [{tool: add, args: {b: 2}}]}")).unwrap();
    model.say_text("Let me see:\n```json\n{\"tool\": \"add\", \"arguments\": {\"a\": \"3\", \"b\": 2}}\n```");
    model.say_text("[{\"tool\": \"who\"}, {\"tool\": \"nobody\", \"arguments\": {}}]");
    model.say_text("Five.");
    let test = only_test(&project, &["--model", "words"]);
    assert_eq!((&test["passed"], &test["details"]["response"]), (&json!(true), &json!("Five.")), "{test}");
    let calls = test["details"]["tool_calls"].as_array().unwrap();
    assert_eq!(
        calls[2],
        json!({ "tool": "nobody", "arguments": {},
            "error": "Tool 'nobody' not found. Available tools: ['add', 'who', 'item://{id}']" })
    );
    let asked = model.asked();
    assert!(asked.iter().all(|it| it.body.get("tools").is_none()));
    let first = asked[0].last();
    for part in [
        "add, who, item://{id}",
        "Adds two numbers.",
        "- a (required): integer, at most 100 - the first",
        "- b: integer or null, default 10 - the second",
        "Returns: integer or null - the sum",
        "Tags: sums",
        "Parameters: none",
        r#"{"tool": "<name>", "arguments""#,
    ] {
        assert!(first.contains(part), "{part} in {first}");
    }
    let last = asked[2].last();
    assert!(last.contains(r#"system: [{"tool":"add","result":5}]"#), "{last}");
    // Dates are what they are elsewhere.
    assert!(
        last.contains(r#""result":[{"who":null,"day":"2024-02-29 00:00:00"}]"#)
            || last.contains("2024-02-29"),
        "{last}"
    );
    assert!(asked.iter().all(|it| it.last().contains("user: How much is it?")));
}

#[test]
fn a_service_that_refuses_tools_is_asked_in_words() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    let tests = "  - {name: one, prompt: first, assertions: {must_call: [{tool: add, args: {a: 1}}]}}\n  \
                 - {name: two, prompt: second, assertions: {}}\n";
    project.file("evals/sums.yml", &suite(tests)).unwrap();
    model.refuse_tools();
    model.say_text(r#"{"tool": "add", "arguments": {"a": 1}}"#);
    let ran = project.run(&["evals", "sums", "-m", "o", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("the service takes no tools"), "{ran:?}");
    let with_tools: Vec<_> = model.asked().iter().map(|it| it.body.get("tools").is_some()).collect();
    assert_eq!(with_tools, [true, false, false, false], "it is asked with tools once");
}

#[test]
fn a_model_that_is_given_tools_may_call_in_words_all_the_same() {
    for name in ["m", "o"] {
        let model = Model::start().unwrap();
        let project = project(&model.base());
        project.file("evals/sums.yml", &test("{must_call: [{tool: add, args: {a: 1}}]}")).unwrap();
        model.say_text("```\n{\"tool\": \"add\", \"arguments\": {\"a\": 1}}\n```");
        model.say_text("Calls look like {\"tool\": \"name\"}.");
        let test = only_test(&project, &["-m", name]);
        assert_eq!((&test["passed"], &test["usage"]["requests"]), (&json!(true), &json!(2)), "{test}");
        let asked = model.asked();
        let messages = asked[1].body["messages"].as_array().unwrap();
        assert_eq!(messages.last().unwrap()["role"], "user");
        assert!(asked[1].last().contains(r#"[{"tool":"add","result":11}]"#), "{}", asked[1].body);
        assert!(asked[1].body["messages"].to_string().contains("How much is it?"));
    }
}

#[test]
fn a_service_may_want_the_newer_name_of_the_limit() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    project.file("evals/sums.yml", &test("{answer_contains: [done]}")).unwrap();
    let refusal = json!({ "error": { "message": "Unsupported parameter: use 'max_completion_tokens'" } });
    model.say(Said::Refusal(400, refusal, None));
    assert_eq!(only_test(&project, &["-m", "o"])["passed"], true);
    let asked = model.asked();
    assert_eq!(
        (&asked[1].body["max_completion_tokens"], asked[1].body.get("max_tokens")),
        (&json!(4096), None)
    );
}

#[test]
fn calls_go_through_validation_and_policies_and_their_errors_to_the_model() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    let test = suite(
        "  - name: t\n    prompt: Who?\n    user_context: {username: mallory}\n    \
         assertions: {must_call: [{tool: who, args: {}}], must_not_call: [add]}\n",
    );
    project.file("evals/sums.yml", &test).unwrap();
    let script = || {
        model.call("who", json!({}));
        model.say(Said::Calls(vec![("add".to_owned(), json!({ "a": 101 })), ("add".to_owned(), json!({}))]));
        model.say_text("I can't.");
    };
    script();
    let told = only_test(&project, &[]);
    assert_eq!(told["failures"], json!(["Tool 'add' was called but should not have been"]), "{told}");
    let results: Vec<_> = model.asked().iter().skip(1).map(Asked::last).collect();
    assert!(results[0].contains("Policy enforcement failed: not for mallory"), "{results:?}");
    assert!(results[0].contains("\"is_error\":true"), "{results:?}");
    assert!(results[1].contains("Error validating parameter 'a'"), "{results:?}");
    assert!(results[1].contains("Required parameter missing: a"), "{results:?}");

    // The command line replaces the caller.
    script();
    only_test(&project, &["-u", r#"{"username": "ada"}"#]);
    let results: Vec<_> = model.asked().iter().skip(4).map(Asked::last).collect();
    assert!(results[0].contains("ada") && results[0].contains("2024-02-29"), "{results:?}");
    assert_eq!(project.run(&["evals", "-u", "{"]).unwrap().code, Some(2));
}

#[test]
fn callers_are_offered_what_they_may_know_of() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    let hidden = ADD.replace("name: add", "name: hidden")
        + "  policies: {hide: true, input: [{condition: \"user.role != 'admin'\", action: deny, reason: for admins}]}\n";
    project.file("tools/hidden.yml", &hidden).unwrap();
    project.file("evals/sums.yml", &test("{}")).unwrap();
    only_test(&project, &["-u", r#"{"role": "guest"}"#]);
    only_test(&project, &["-u", r#"{"role": "admin"}"#]);
    let offered: Vec<_> =
        model.asked().iter().map(|it| it.body["tools"].to_string().contains("hidden")).collect();
    assert_eq!(offered, [false, true]);
}

#[test]
fn all_failures_of_a_test_are_told_in_order() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    let assertions = "{must_call: [{tool: add, args: {a: 5}}, {tool: add, args: {a: '1'}}], must_not_call: [who], \
                      answer_contains: [x, Y], answer_not_contains: [DONE]}";
    project.file("evals/sums.yml", &test(assertions)).unwrap();
    model.say(Said::Calls(vec![("who".to_owned(), json!({})), ("add".to_owned(), json!({ "a": 1 }))]));
    let (result, code) = result(&project, &["evals", "sums", "--json-output"]);
    assert_eq!((&result["all_passed"], code), (&json!(false), Some(1)));
    assert_eq!(
        result["tests"][0]["failures"],
        json!([
            "Expected call to 'add' with args {'a': 5} not found",
            "Expected call to 'add' with args {'a': '1'} not found",
            "Tool 'who' was called but should not have been",
            "Expected text 'x' not found in response",
            "Expected text 'Y' not found in response",
            "Forbidden text 'DONE' found in response",
        ])
    );
}

#[test]
fn sensitive_arguments_are_judged_and_not_told() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    let lock = "tool:\n  name: lock\n  parameters: [{name: pin, type: string, sensitive: true}]\n  \
                source: {code: \"SELECT length($pin) AS n\"}\n";
    project.file("tools/lock.yml", lock).unwrap();
    project.file("evals/sums.yml", &test("{must_call: [{tool: lock, args: {pin: '4711'}}]}")).unwrap();
    model.call("lock", json!({ "pin": "4711" }));
    let test = only_test(&project, &[]);
    assert_eq!((&test["passed"], test.to_string().contains("4711")), (&json!(true), false), "{test}");
    assert_eq!(test["details"]["tool_calls"][0]["arguments"], json!({ "pin": "[REDACTED]" }));
}

#[test]
fn ten_requests_are_the_end_of_a_test() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    project.file("evals/sums.yml", &test("{must_call: [{tool: add, args: {a: 10}}]}")).unwrap();
    (1..=12).for_each(|n| model.call("add", json!({ "a": n })));
    let test = only_test(&project, &[]);
    assert_eq!((&test["passed"], &test["usage"]["requests"]), (&json!(true), &json!(10)), "{test}");
    assert_eq!(model.asked().len(), 10);
}

#[test]
fn what_passes_is_asked_again_as_the_service_wants_it() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    project.file("evals/sums.yml", &test("{answer_contains: [done]}")).unwrap();
    let now = || Some("0".to_owned());
    model.say(Said::Refusal(429, json!({}), now()));
    model.say(Said::Refusal(529, json!({}), now()));
    assert_eq!(only_test(&project, &[])["passed"], true);
    assert_eq!(model.asked().len(), 3);

    (0..3).for_each(|_| model.say(Said::Refusal(503, json!({ "error": { "message": "full" } }), now())));
    let test = only_test(&project, &[]);
    assert_eq!(test["error"], format!("HTTP 503 from {}/v1/messages: full", model.base()), "{test}");
    assert_eq!((&test["passed"], test.get("failures")), (&json!(false), None));
    assert_eq!(model.asked().len(), 6);

    model.say(Said::Refusal(429, json!({}), Some("3600".to_owned())));
    let error = only_test(&project, &[])["error"].to_string();
    assert!(error.contains("HTTP 429") && error.contains("asks to wait for 3600 s"), "{error}");
    assert_eq!(model.asked().len(), 7);
}

#[test]
fn what_breaks_a_test_does_not_break_the_next_one() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    let tests: String = ["refused", "strange", "silent", "gone", "fine"]
        .map(|name| format!("  - {{name: {name}, prompt: a {name} one, assertions: {{}}}}\n"))
        .concat();
    project.file("evals/sums.yml", &suite(&tests)).unwrap();
    let quoting = json!({ "error": { "message": format!("no such key: {KEY}") } });
    model.say_to("a refused one", Said::Refusal(401, quoting, None));
    model.say_to("a strange one", Said::Document(json!({ "content": 5 })));
    model.say_to("a silent one", Said::Nothing);
    model.say_to("a gone one", Said::Gone);
    let (result, code) = result(&project, &["evals", "sums", "-m", "hasty", "--json-output"]);
    assert_eq!(code, Some(1));
    let error = |index: usize| result["tests"][index]["error"].as_str().unwrap_or_default().to_owned();
    let url = format!("{}/v1/messages", model.base());
    assert_eq!(error(0), format!("HTTP 401 from {url}: no such key: [redacted]"));
    assert!(error(1).contains("is not of the form that the interface `claude` has"), "{result}");
    assert_eq!(error(2), format!("no answer from {url} within 1 s"));
    assert!(error(3).starts_with(&format!("{url} can't be reached")), "{result}");
    assert_eq!(result["tests"][4]["passed"], true);
}

#[test]
fn all_suites_have_a_status_and_the_exit_code_says_whether_all_passed() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    let (none, code) = result(&project, &["evals", "--json-output"]);
    assert_eq!((&none["suites"], &none["no_evals"], code), (&json!([]), &json!(true), Some(0)));

    project.file("evals/sums.yml", &test("{answer_contains: [done]}")).unwrap();
    project.file("evals/deep/empty.yml", "mxcp: 1\nsuite: empty\ntests: []\n").unwrap();
    project.file("evals/notes.yml", "suite: notes\n").unwrap();
    let ran = project.run(&["evals", "--json-output"]).unwrap();
    assert!(ran.stderr.contains("ignored-file") && ran.stderr.contains("evals/notes.yml"), "{ran:?}");
    let (all, code) = result(&project, &["evals", "--json-output"]);
    assert_eq!(code, Some(0), "{all}");
    assert_eq!(all["suites"].as_array().map(Vec::len), Some(2), "{all}");
    assert_eq!(
        all["suites"][0],
        json!({ "suite": "empty", "path": "evals/deep/empty.yml", "status": "passed", "tests": [], "error": "" })
    );
    assert_eq!((&all["suites"][1]["status"], &all["suites"][1]["error"]), (&json!("passed"), &json!("")));
    assert_eq!(all.get("no_evals"), None);

    project.file("evals/a_broken.yml", "mxcp: 1\nsuite: broken\ncolour: red\ntests: []\n").unwrap();
    project.file("evals/b_keyless.yml", "mxcp: 1\nsuite: keyless\nmodel: keyless\ntests: []\n").unwrap();
    project.file("evals/c_failing.yml", &test("{answer_contains: [x]}").replace("sums", "failing")).unwrap();
    let (all, code) = result(&project, &["evals", "--json-output"]);
    assert_eq!(code, Some(1));
    let told: Vec<_> =
        all["suites"].as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(told, ["error", "error", "failed", "passed", "passed"], "{all}");
    let broken = &all["suites"][0];
    assert!(broken["suite"].as_str().unwrap().ends_with("/evals/a_broken.yml"), "{broken}");
    assert!(broken["suite"].as_str().unwrap().starts_with('/') && broken.get("tests").is_none(), "{broken}");
    assert_eq!(broken["error"], "colour: Extra inputs are not permitted");
    assert_eq!(all["suites"][1]["error"], "No API key configured for model 'keyless'");
}

#[test]
fn what_keeps_one_suite_from_being_run_ends_with_one() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    project.file("evals/sums.yml", &test("{}")).unwrap();
    let (unknown, code) = result(&project, &["evals", "nope", "--json-output"]);
    assert_eq!((unknown, code), (json!({ "error": "Eval suite 'nope' not found" }), Some(1)));
    let refusal = |arguments: &[&str]| refused(&project.run(arguments).unwrap());
    assert_eq!(
        refusal(&["evals", "sums", "-m", "nope", "--json-output"]),
        "Model 'nope' not configured in user config: add it under `models.models`"
    );
    assert_eq!(
        refusal(&["evals", "sums", "-m", "keyless", "--json-output"]),
        "No API key configured for model 'keyless'"
    );

    project.file("evals/again.yml", &test("{}")).unwrap();
    let (twice, code) = result(&project, &["evals", "sums", "--json-output"]);
    let problem = "Duplicate eval suite name 'sums' found in: evals/again.yml, evals/sums.yml";
    assert_eq!((twice, code), (json!({ "error": problem, "suite": "sums" }), Some(1)));

    let bare = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    bare.file("evals/sums.yml", &test("{}")).unwrap();
    let (unspecified, code) = result(&bare, &["evals", "sums", "--json-output"]);
    assert!(unspecified["error"].as_str().unwrap().starts_with("No model specified. "), "{unspecified}");
    assert_eq!((&unspecified["suite"], code), (&json!("sums"), Some(1)));
    let ran = bare.run(&["evals", "sums", "-m", "x", "--json-output"]).unwrap();
    assert_eq!(
        refused(&ran),
        "No models configuration found in user config: name them under `models`, mostly in ~/.mxcp/config.yml"
    );
}

#[test]
fn people_read_what_failed_and_what_it_cost() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    let tests = "  - {name: good, prompt: p, assertions: {}}\n  \
                 - {name: bad, description: about x, prompt: p, assertions: {answer_contains: [x], must_not_call: [nope]}}\n";
    project.file("evals/sums.yml", &suite(tests)).unwrap();
    let ran = project.run(&["evals"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for part in [
        "Evaluated 1 suites",
        "✗ sums (evals/sums.yml)",
        "about sums",
        "Model: m",
        "2 tests: 1 passed, 1 failed",
        "✗ bad (",
        "• Expected text 'x' not found in response",
        "✓ good (",
        "2 requests: 200 tokens in, 20 tokens out, cost 0.0014",
        "Total time: ",
    ] {
        assert!(ran.stdout.contains(part), "{part} in {ran:?}");
    }
    assert!(ran.stdout.find("✗ bad") < ran.stdout.find("✓ good"), "{ran:?}");
    assert!(ran.stderr.contains("there is no tool or resource `nope`"), "{ran:?}");
    assert!(!ran.stderr.contains('\r') && !ran.stdout.contains("tool_calls"), "{ran:?}");
    assert!(project.run(&["evals", "sums", "--debug"]).unwrap().stdout.contains("\"response\": \"done.\""));
}

#[test]
fn a_run_is_recorded_and_replayed_without_key_model_or_configuration() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    let tests = "  - {name: one, prompt: first, assertions: {must_call: [{tool: add, args: {a: 1}}]}}\n  \
                 - {name: two, prompt: second, assertions: {answer_contains: [done]}}\n";
    project.file("evals/sums.yml", &suite(tests)).unwrap();
    for (name, text) in [("m", false), ("o", true)] {
        if text {
            model.refuse_tools();
            model.say_to(
                "first",
                Said::Text(format!("{{\"tool\": \"add\", \"arguments\": {{\"a\": 1, \"x\": \"{KEY}\"}}}}")),
            );
        } else {
            model.say_to("first", Said::Calls(vec![("add".to_owned(), json!({ "a": 1 }))]));
        }
        let folder = format!("tapes/{name}");
        let record = ["evals", "sums", "-m", name, "--json-output", "--record", &folder];
        assert_eq!(result(&project, &record).1, Some(0));
        let asked = model.asked().len();
        for entry in std::fs::read_dir(project.path().join(&folder)).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!text.contains(KEY) && !text.contains("127.0.0.1"), "{text}");
        }
        let bare = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
        bare.file("tools/add.yml", ADD).unwrap();
        bare.file("tools/who.yml", WHO).unwrap();
        bare.file("resources/item.yml", ITEM).unwrap();
        bare.file("evals/sums.yml", &suite(tests)).unwrap();
        let folder = project.path().join(&folder).display().to_string();
        let replay = ["evals", "sums", "-m", name, "--json-output", "--replay", &folder];
        let (replayed, code) = result(&bare, &replay);
        assert_eq!((&replayed["all_passed"], code), (&json!(true), Some(0)), "{replayed}");
        assert_eq!(model.asked().len(), asked, "nobody was asked");

        // Another question is not recorded.
        bare.file("evals/sums.yml", &suite(&tests.replace("second", "other"))).unwrap();
        let (changed, code) = result(&bare, &replay);
        assert_eq!(code, Some(1));
        let error = changed["tests"][1]["error"].as_str().unwrap();
        assert!(error.contains("is recorded") && error.contains("--record"), "{changed}");
    }
    let both = ["evals", "--record", "a", "--replay", "b"];
    assert_eq!(project.run(&both).unwrap().code, Some(2));
    assert!(
        refused(&project.run(&["evals", "--replay", "nowhere", "--json-output"]).unwrap())
            .contains("nowhere")
    );
}

#[test]
fn tests_run_at_the_same_time_if_asked_and_are_told_in_order() {
    let model = Model::start().unwrap();
    let project = project(&model.base());
    let tests: String = (1..=4)
        .map(|n| format!("  - {{name: t{n}, prompt: number {n}, assertions: {{answer_contains: [n{n}]}}}}\n"))
        .collect();
    project.file("evals/sums.yml", &suite(&tests)).unwrap();
    (1..=4).for_each(|n| model.say_to(&format!("number {n}"), Said::Text(format!("n{n}"))));
    // Were they asked one after another, nobody would be answered.
    model.answer_together(2);
    let (result, code) = result(&project, &["evals", "sums", "--jobs", "2", "--json-output"]);
    assert_eq!(code, Some(0), "{result}");
    let names: Vec<_> = result["tests"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect();
    assert_eq!(names, ["t1", "t2", "t3", "t4"]);
    assert_eq!(project.run(&["evals", "--jobs", "0"]).unwrap().code, Some(2));
}

#[test]
fn the_variables_of_proxies_are_heeded() {
    let proxy = Model::start().unwrap();
    let mut project = project("http://models.invalid");
    project.file("evals/sums.yml", &test("{answer_contains: [done]}")).unwrap();
    project.set_all([("HTTP_PROXY", proxy.base().as_str()), ("http_proxy", proxy.base().as_str())]);
    let ran = project.run(&["evals", "sums", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let asked = proxy.asked().remove(0);
    assert_eq!((asked.path.as_str(), asked.tunnel.as_deref()), ("/v1/messages", Some("models.invalid:80")));
    assert!(ran.stderr.contains("without encryption"), "{ran:?}");
}

#[test]
fn only_the_command_line_chooses_another_database() {
    let model = Model::start().unwrap();
    let mut project = project(&model.base());
    project.file("evals/sums.yml", &test("{}")).unwrap();
    project.set_all([("MXCP_PROFILE", "other")]);
    only_test(&project, &[]);
    let exists = |name: &str| project.path().join(format!("data/db-{name}.duckdb")).exists();
    assert!(exists("default") && !exists("other"));
    only_test(&project, &["--profile", "other"]);
    assert!(exists("other"));
    let help = project.run(&["evals", "--help"]).unwrap().stdout;
    assert!(help.contains("--profile <NAME>") && !help.contains("MXCP_PROFILE"), "{help}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_run_with_a_report_of_what_ran() {
    use std::process::{Command, Stdio};

    let model = Model::start().unwrap();
    let project = project(&model.base());
    let tests = "  - {name: first, prompt: question one, assertions: {}}\n  - {name: stopped, prompt: question two, assertions: {}}\n  \
                 - {name: never, prompt: question three, assertions: {}}\n";
    project.file("evals/sums.yml", &suite(tests)).unwrap();
    model.say_to("question two", Said::Nothing);
    let mut command = project.command(&["evals"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while model.asked().len() < 2 {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert_eq!(ended.status.code(), Some(1), "{out} {err}");
    assert!(out.contains("✓ first") && out.contains("✗ stopped") && !out.contains("never"), "{out}");
    assert!(
        out.contains("Operation cancelled by user") && err.contains("Operation cancelled by user"),
        "{out} {err}"
    );
}
