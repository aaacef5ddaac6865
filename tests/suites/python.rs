//! Python endpoints and plug-ins: as a module of the interpreter, in its process, and as a program with processes of workers.

use std::process::Command;
use std::sync::LazyLock;

use mxcp_test_support::client::{Client, Http, Pipes};
use mxcp_test_support::project::Project;
use mxcp_test_support::python::Module;
use mxcp_test_support::workspace_root;
use serde_json::{Value as Json, json};

pub(crate) static MODULE: LazyLock<Module> =
    LazyLock::new(|| Module::beside(env!("CARGO_BIN_EXE_mxcp").as_ref()).unwrap());

/// Where Python runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    InProcess,
    Workers,
}

pub(crate) const MODES: [Mode; 2] = [Mode::InProcess, Mode::Workers];

fn project(folder: &str, mode: Mode) -> Project {
    let mut project = Project::copy_of(&workspace_root().join(folder), env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.set_all([("MXCP_CONFIG", "config.yml")]);
    if mode == Mode::InProcess {
        project.use_module(&MODULE);
    }
    project
}

fn signal(name: &str, process: u32) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

fn text(result: &Json) -> String {
    result["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_tests_of_the_projects_pass_wherever_python_runs() {
    for folder in ["tests/projects/python", "examples/helpdesk"] {
        for mode in MODES {
            let ran = project(folder, mode).run(&["test", "--json-output"]).unwrap();
            let report = ran.json().unwrap();
            let endpoints = report["result"]["endpoints"].as_array().unwrap();
            let tests = endpoints
                .iter()
                .flat_map(|it| it["test_results"]["tests"].as_array().cloned().unwrap_or_default());
            let failed: Vec<Json> = tests.filter(|test| test["status"] != "passed").collect();
            assert!(failed.is_empty(), "{folder}, {mode:?}: {failed:#?}\n{}", ran.stderr);
        }
    }
}

#[test]
fn validation_looks_at_functions_without_calling_them() {
    for mode in MODES {
        let ran = project("tests/projects/python", mode).run(&["validate", "--json-output"]).unwrap();
        let report = ran.json().unwrap();
        let findings: Vec<_> = report["result"]["validated"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|entry| entry["diagnostics"].as_array().cloned().unwrap())
            .map(|finding| finding["code"].clone())
            .collect();
        assert_eq!((ran.code, findings), (Some(0), vec![json!("python-import")]), "{mode:?}: {}", ran.stderr);
    }
}

/// Every call ends in an error that says why, and the next call is answered.
#[test]
fn tools_that_misbehave_harm_nobody_else() {
    let calls = [
        ("raises", json!({}), "no such order"),
        ("raises_nothing", json!({}), "KeyError"),
        ("exits", json!({}), "SystemExit"),
        ("exits_later", json!({}), "SystemExit"),
        ("interrupts", json!({}), "KeyboardInterrupt"),
        ("recurses", json!({}), "recursion"),
        ("deep", json!({}), "nested deeper"),
        ("cycle", json!({}), "nested deeper"),
        ("unprintable", json!({}), "no text"),
        ("wrong_type", json!({}), "Expected integer"),
        ("ends_process", json!({"how": "exit"}), ""),
        ("ends_process", json!({"how": "abort"}), ""),
        ("ends_process", json!({"how": "kill"}), ""),
        ("broken", json!({}), "a_package_that_nobody_has"),
    ];
    for mode in MODES {
        let project = project("tests/projects/python", mode);
        let mut server = Http::start(&project, &[], true).unwrap();
        let process = server.process();
        let mut check = |name: &str, arguments: &Json, expected: &str| {
            let result = server.call_tool(name, arguments).unwrap();
            assert_eq!(result["isError"], true, "{mode:?}, {name} {arguments}: {result}");
            assert!(text(&result).contains(expected), "{mode:?}, {name} {arguments}: {result}");
            assert!(text(&result).len() < 500, "{mode:?}, {name}: {result}");
            let sum = server.call_tool("add", &json!({"a": 2, "b": 3})).unwrap();
            assert_eq!(sum["structuredContent"]["result"], 5, "{mode:?}, after {name} {arguments}: {sum}");
        };
        for (name, arguments, expected) in &calls {
            check(name, arguments, expected);
        }
        // Nothing can be done about a crash in the own process.
        if mode == Mode::Workers {
            check("crashes", &json!({}), "");
        }
        assert_eq!(server.process(), process);
    }
}

#[test]
fn what_is_printed_never_reaches_the_protocol() {
    for mode in MODES {
        let project = project("tests/projects/python", mode);
        let mut pipes = Pipes::start(&project, &[]).unwrap();
        let printed = pipes.call_tool("prints", &json!({"megabytes": 100})).unwrap();
        assert_eq!(text(&printed), "100", "{mode:?}");
        let printed = pipes.call_tool("prints_elsewhere", &json!({})).unwrap();
        assert_eq!(text(&printed), "printed", "{mode:?}");
        let (rest, code) = pipes.close().unwrap();
        assert_eq!((rest.as_str(), code), ("", Some(0)), "{mode:?}");
    }
}

#[test]
fn a_call_that_hangs_can_be_taken_back() {
    for mode in MODES {
        let project = project("tests/projects/python", mode);
        let mut pipes = Pipes::start(&project, &[]).unwrap();
        for (id, name) in [(901, "hangs"), (902, "hangs_later")] {
            let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": name, "arguments": {}}});
            pipes.send(&call.to_string()).unwrap();
            // The call has to be on its way; nothing hangs on how far it is.
            std::thread::sleep(std::time::Duration::from_millis(200));
            let cancelled =
                json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
            pipes.send(&cancelled.to_string()).unwrap();
            let sum = pipes.call_tool("add", &json!({"a": 2, "b": 3})).unwrap();
            assert_eq!(sum["structuredContent"]["result"], 5, "{mode:?}, after {name}");
        }
        let (_, code) = pipes.close().unwrap();
        assert_eq!(code, Some(0), "{mode:?}");
    }
}

/// Sync and async functions, SQL with a plug-in, and requests of many headers at once: each gets its own answer.
#[test]
fn calls_at_the_same_time_do_not_mix() {
    for mode in MODES {
        let project = project("tests/projects/python", mode);
        project
            .file("python/mine.py", "from mxcp.runtime import db\nfrom mxcp.sdk.executor import get_execution_context\nimport asyncio, time\n\n\ndef mine_sync(n):\n    time.sleep(0.001)\n    row = db.execute(\"SELECT get_request_header('x-name') AS name\")[0]\n    return [n, row['name'], get_execution_context().get('request_headers')['x-name']]\n\n\nasync def mine_async(n):\n    await asyncio.sleep(0.001)\n    return [n, db.execute(\"SELECT get_request_header('x-name') AS name\")[0]['name'], get_execution_context().get('request_headers')['x-name']]\n")
            .unwrap();
        for name in ["mine_sync", "mine_async"] {
            let definition = format!(
                "tool: {{name: {name}, parameters: [{{name: n, type: integer}}], return: {{type: array}}, source: {{file: ../python/mine.py}}}}"
            );
            project.file(&format!("tools/{name}.yml"), &definition).unwrap();
        }
        project
            .file("tools/mine_sql.yml", "tool: {name: mine_sql, parameters: [{name: n, type: integer}], return: {type: array}, source: {code: \"SELECT unnest([$n::VARCHAR, get_request_header('x-name'), min(get_request_header('x-name') || i) [1:-2]]) AS v FROM range(1) t(i) WHERE gross_eu(i::DOUBLE) >= 0\"}}")
            .unwrap();
        let server = Http::start(&project, &[], true).unwrap();
        let url = server.url().to_owned();
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let url = url.clone();
                std::thread::spawn(move || {
                    for round in 0..25 {
                        let (n, name) = (thread * 100 + round, format!("caller-{thread}-{round}"));
                        for tool in ["mine_sync", "mine_async", "mine_sql"] {
                            let values = call_as(&url, tool, n, &name);
                            assert!(
                                values
                                    .iter()
                                    .skip(1)
                                    .all(|value| value.as_str().is_some_and(|value| value == name)),
                                "{mode:?} {tool} {name}: {values:?}"
                            );
                        }
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

/// A call with a header of its own; gives the items of the result.
fn call_as(url: &str, tool: &str, n: i32, name: &str) -> Vec<Json> {
    let body = json!({
        "jsonrpc": "2.0", "id": n, "method": "tools/call",
        "params": { "name": tool, "arguments": {"n": n}, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }},
    });
    let mut response = ureq::post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
        .header("x-name", name)
        .send(body.to_string())
        .unwrap();
    let answer: Json = serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
    let items =
        answer["result"]["structuredContent"]["result"].as_array().unwrap_or_else(|| panic!("{answer}"));
    items.iter().map(|item| item.get("v").unwrap_or(item).clone()).collect()
}

#[test]
fn a_reload_takes_new_code_and_runs_the_hooks_again() {
    for mode in MODES {
        let project = project("tests/projects/python", mode);
        project.file("python/version.py", "def version():\n    return 1\n").unwrap();
        project
            .file("tools/version.yml", "tool: {name: version, source: {file: ../python/version.py}}")
            .unwrap();
        let mut server = Http::start(&project, &[], true).unwrap();
        assert_eq!(text(&server.call_tool("version", &json!({})).unwrap()), "1", "{mode:?}");
        project.file("python/version.py", "def version():\n    return 'two'\n").unwrap();
        signal("-HUP", server.process());
        // Calls wait for a reload once it has begun, and see the one or the other version before that.
        let new = (0..400).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(25));
            text(&server.call_tool("version", &json!({})).unwrap()) == "two"
        });
        assert!(new, "{mode:?}: the code of before is still called");
        signal("-TERM", server.process());
        assert_eq!(server.wait().unwrap(), Some(0), "{mode:?}");
        let ran = project.run(&["query", "SELECT count(*) AS n FROM ended", "--json-output"]).unwrap();
        assert_eq!(ran.result().unwrap(), json!([{"n": 0}]), "{mode:?}: {}", ran.stderr);
    }
}

#[test]
fn a_plugin_that_can_not_be_made_leaves_the_server_as_it_is() {
    for mode in MODES {
        let project = project("tests/projects/python", mode);
        let plugin = std::fs::read_to_string(project.path().join("plugins/prices.py")).unwrap();
        project.file("tools/tag.yml", "tool: {name: tag, source: {code: SELECT 1 AS old}}").unwrap();
        let mut server = Http::start(&project, &[], true).unwrap();
        let before = server.call_tool("by_sql", &json!({})).unwrap();
        assert_ne!(before["isError"], true, "{mode:?}: {before}");
        project.file("plugins/prices.py", "def (\n").unwrap();
        signal("-HUP", server.process());
        for _ in 0..40 {
            std::thread::sleep(std::time::Duration::from_millis(25));
            assert_eq!(server.call_tool("by_sql", &json!({})).unwrap(), before, "{mode:?}");
        }
        project.file("plugins/prices.py", &plugin).unwrap();
        project.file("tools/tag.yml", "tool: {name: tag, source: {code: SELECT 2 AS new}}").unwrap();
        signal("-HUP", server.process());
        let new = (0..400).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(25));
            text(&server.call_tool("tag", &json!({})).unwrap()).contains("new")
        });
        assert!(new, "{mode:?}: the next reload does nothing");
        assert_eq!(server.call_tool("by_sql", &json!({})).unwrap(), before, "{mode:?}");
    }
}

#[test]
fn python_asks_for_a_reload_and_its_payload_has_the_database_for_itself() {
    for mode in MODES {
        let project = project("tests/projects/python", mode);
        project
            .file("python/refresh.py", "import os\nfrom mxcp.runtime import db, reload_duckdb\n\n\ndef refresh():\n    reload_duckdb(replace, 'new data')\n    return 'asked'\n\n\ndef replace():\n    with open('payload.txt', 'a') as file:\n        file.write('done\\n')\n")
            .unwrap();
        project
            .file("tools/refresh.yml", "tool: {name: refresh, source: {file: ../python/refresh.py}}")
            .unwrap();
        let mut server = Http::start(&project, &[], true).unwrap();
        for _ in 0..3 {
            assert_eq!(text(&server.call_tool("refresh", &json!({})).unwrap()), "asked", "{mode:?}");
        }
        let done = |times: usize| {
            std::fs::read_to_string(project.path().join("payload.txt"))
                .is_ok_and(|text| text.lines().count() == times)
        };
        let all = (0..400).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(25));
            let sum = server.call_tool("add", &json!({"a": 2, "b": 3})).unwrap();
            assert_eq!(sum["structuredContent"]["result"], 5, "{mode:?}");
            done(3)
        });
        assert!(all, "{mode:?}");
        let outside = project.run(&["run", "tool", "refresh"]).unwrap();
        assert!(outside.code == Some(1), "{mode:?}: {outside:?}");
    }
}

#[test]
fn a_program_without_an_interpreter_says_that_it_uses_workers() {
    for mode in MODES {
        let project = project("tests/projects/python", mode);
        let site = std::fs::read_to_string(project.path().join("mxcp-site.yml")).unwrap();
        project.file("mxcp-site.yml", &format!("{site}python: {{isolation: in-process}}\n")).unwrap();
        let words = ["run", "tool", "add", "--param", "a=2", "--param", "b=3", "--json-output"];
        let ran = project.run(&words).unwrap();
        assert_eq!(ran.result().unwrap(), json!(5), "{mode:?}: {}", ran.stderr);
        let warned = ran.stderr.contains("`python.isolation: in-process` has no effect here");
        assert_eq!(warned, mode == Mode::Workers, "{mode:?}: {}", ran.stderr);
    }
}

/// Runs tests that are written in Python.
fn unittest(folder: &str, words: &[&str], variables: &[(&str, &str)]) {
    let mut command = Command::new(MODULE.interpreter());
    command.args(["-W", "error", "-m", "unittest", "discover"]).args(words);
    command.current_dir(workspace_root().join(folder)).envs(variables.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_tests_of_the_package_pass() {
    let variables = [("PYTHONPATH", "package"), ("PYTHONDONTWRITEBYTECODE", "1")];
    unittest("host-native/python", &["-t", ".", "-s", "package_tests"], &variables);
}

#[test]
fn the_tests_of_the_extension_module_pass() {
    unittest("host-native/python/native/tests", &[], &MODULE.variables());
}
