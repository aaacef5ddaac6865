//! Traces, metrics and logs, as those get them who collect them.

use std::process::Command;

use mxcp_test_support::client::{Client as _, Http, Pipes};
use mxcp_test_support::collector::{Collector, Fault, Faulty, Span};
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::Provider;
use serde_json::{Value as Json, json};

use crate::bearer;
use crate::python::MODULE;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
/// Stands in arguments, results, credentials and errors, and must not stand anywhere else.
const MARK: &str = "m4rk3r";

const ORDERS: &str = r#"
tool:
  name: orders
  parameters: [{name: limit, type: integer, default: 2}, {name: word, type: string, default: ""}]
  source: {code: "SELECT range AS n, $word AS word FROM range($limit)"}
  return: {type: array, items: {type: object, properties: {n: {type: integer}, word: {type: string}}}}
  policies:
    input: [{condition: "limit > 100", action: deny, reason: Too many}]
    output: [{condition: "size(response) > 1", action: filter_fields, fields: [word]}]
"#;
const LOAD: &str = "tool:\n  name: load\n  parameters: [{name: word, type: string, default: ''}]\n  source: {file: ../python/load.py}\n  \
     language: python\n";
const LOAD_PY: &str = r#"
from mxcp.sdk import telemetry
from mxcp.runtime import db

def load(word):
    telemetry.set_span_attribute("rows", 3)
    telemetry.record_counter("rows.loaded", 3, {"table": "orders"})
    with telemetry.traced_operation("outer", {"kind": "all"}):
        with telemetry.traced_operation("inner"):
            db.execute("SELECT 1 AS n")
    if word:
        raise ValueError(word)
    return [telemetry.get_current_trace_id(), telemetry.get_current_span_id()]
"#;
const BROKEN: &str = "tool:\n  name: broken\n  parameters: [{name: word, type: string}]\n  source: {code: \"SELECT error($word)\"}\n";
const DESK: &str = "resource:\n  uri: desk://{room}\n  parameters: [{name: room, type: string}]\n  source: {code: 'SELECT $room AS room'}\n";
const LETTER: &str = "prompt:\n  name: letter\n  parameters: [{name: to, type: string}]\n  messages: [{prompt: 'Dear {{ to }}'}]\n";

/// A project that tells a collector; `more` stands beside the endpoint.
fn project(collector: &Collector, more: &str) -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (file, text) in [
        ("tools/orders.yml", ORDERS),
        ("tools/load.yml", LOAD),
        ("tools/broken.yml", BROKEN),
        ("python/load.py", LOAD_PY),
        ("resources/desk.yml", DESK),
        ("prompts/letter.yml", LETTER),
    ] {
        project.file(file, text).unwrap();
    }
    let user = format!(
        "projects: {{tested: {{profiles: {{default: {{telemetry: {{enabled: true, endpoint: \"{}\", headers: {{x-key: \
         {MARK}}}{more}}}}}}}}}}}\n",
        collector.url()
    );
    project.file(".mxcp/config.yml", &user).unwrap();
    project
}

/// Ends a server in order, which sends what it has.
fn end(server: Http) {
    let process = server.process().to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    assert_eq!(server.wait().unwrap(), Some(0));
}

fn call(server: &mut Http, name: &str, arguments: Json, meta: Json) -> Json {
    let params = json!({"name": name, "arguments": arguments, "_meta": meta});
    server.request("tools/call", params).unwrap()["result"].take()
}

fn one<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "{name} in {:?}", spans.iter().map(|span| &span.name).collect::<Vec<_>>());
    found[0]
}

#[test]
fn a_call_is_a_tree_of_spans_below_that_of_its_client() {
    let collector = Collector::start().unwrap();
    let mut server = Http::start(&project(&collector, ""), &[], false).unwrap();
    let meta = json!({"traceparent": format!("00-{TRACE}-{PARENT}-01")});
    call(&mut server, "orders", json!({"limit": 3}), meta);
    end(server);
    let spans = collector.spans();
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names.len(), 10, "{names:?}");
    let parents = [
        ("tools/call orders", None),
        ("mxcp.endpoint.execute", Some("tools/call orders")),
        ("mxcp.policy.enforce_input", Some("mxcp.endpoint.execute")),
        ("mxcp.policy.evaluate_input[0]", Some("mxcp.policy.enforce_input")),
        ("mxcp.policy.enforce_output", Some("mxcp.endpoint.execute")),
        ("mxcp.policy.evaluate_output[0]", Some("mxcp.policy.enforce_output")),
        ("mxcp.execution_engine.execute", Some("mxcp.endpoint.execute")),
        ("mxcp.validation.input", Some("mxcp.execution_engine.execute")),
        ("mxcp.duckdb.execute", Some("mxcp.execution_engine.execute")),
        ("mxcp.validation.output", Some("mxcp.execution_engine.execute")),
    ];
    for (name, parent) in parents {
        let span = one(&spans, name);
        let parent = parent.map_or(PARENT, |parent| one(&spans, parent).id.as_str());
        assert_eq!((span.trace.as_str(), span.parent.as_str()), (TRACE, parent), "{name}");
        assert!(span.times.0 > 0 && span.times.0 <= span.times.1, "{span:?}");
        assert_eq!(span.scope, ("mxcp".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
        assert_eq!(span.status, (0, String::new()), "{name}");
    }
    let request = one(&spans, "tools/call orders");
    let session = request.attributes["mcp.session.id"].as_str().unwrap();
    assert_eq!(
        request.attributes,
        json!({
            "mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "orders",
            "network.transport": "tcp", "network.protocol.name": "http", "mcp.session.id": session,
        })
    );
    assert_eq!(request.kind, 2);
    assert_eq!(
        one(&spans, "mxcp.endpoint.execute").attributes,
        json!({
            "mxcp.endpoint.type": "tool", "mxcp.endpoint.name": "orders", "mxcp.auth.authenticated": false,
            "mxcp.policy.rules_evaluated": 2, "mxcp.policy.decision": "warn", "mxcp.session.id": session,
        })
    );
    assert_eq!(
        one(&spans, "mxcp.policy.evaluate_output[0]").attributes,
        json!({
            "mxcp.policy.condition": "size(response) > 1", "mxcp.policy.action": "filter_fields",
            "mxcp.policy.denied": false, "mxcp.policy.condition_result": true,
            "mxcp.policy.action_applied": "filter_fields", "mxcp.policy.fields_filtered": ["word"],
        })
    );
    let query = &one(&spans, "mxcp.duckdb.execute").attributes;
    assert_eq!((&query["db.operation"], &query["db.rows_affected"]), (&json!("select"), &json!(3)));
    assert_eq!(query["db.statement.hash"].as_str().map(str::len), Some(16));
    let resource = &request.resource;
    assert_eq!(
        (&resource["service.name"], &resource["mxcp.project"], &resource["mxcp.profile"]),
        (&json!("mxcp"), &json!("tested"), &json!("default"))
    );
    assert_eq!(resource["telemetry.sdk.language"], "rust");
    let keys = collector.header("x-key");
    assert!(keys.len() >= 2 && keys.iter().all(|key| key == MARK), "{keys:?}");
}

#[test]
fn spans_of_python_are_parts_of_the_call_wherever_it_runs() {
    for in_process in [false, true] {
        let collector = Collector::start().unwrap();
        let mut project = project(&collector, "");
        if in_process {
            project.use_module(&MODULE);
        }
        let mut server = Http::start(&project, &[], true).unwrap();
        let result = call(&mut server, "load", json!({}), json!({}));
        end(server);
        let spans = collector.spans();
        let function = one(&spans, "mxcp.python.execute");
        let (outer, inner) = (one(&spans, "outer"), one(&spans, "inner"));
        assert_eq!((&outer.parent, &inner.parent), (&function.id, &outer.id), "{in_process}");
        assert_eq!(function.attributes["rows"], 3);
        let query = one(&spans, "mxcp.duckdb.execute");
        assert_eq!((&query.parent, &query.attributes["db.rows_affected"]), (&function.id, &json!(1)));
        assert_eq!(outer.attributes, json!({"kind": "all"}));
        assert!(spans.iter().all(|span| span.trace == function.trace));
        let said: Vec<_> = result["content"].as_array().unwrap().iter().map(|block| &block["text"]).collect();
        assert_eq!(said, [&json!(function.trace), &json!(function.id)]);
        assert_eq!(collector.value("rows.loaded", &[("table", "orders")]), Some(3.0));
    }
}

#[test]
fn everything_is_counted_and_sent_at_the_end() {
    let collector = Collector::start().unwrap();
    let project = project(&collector, "");
    let mut command = project.command(&["serve", "--transport", "stdio", "--sql-tools", "true"]);
    command.env("OTEL_SERVICE_NAME", "depot");
    let (mut server, log) = Pipes::start_logging_as(command).unwrap();
    server.call_tool("orders", &json!({})).unwrap();
    server.call_tool("orders", &json!({"limit": 101})).unwrap();
    server.call_tool("orders", &json!({"limit": "many"})).unwrap();
    server.call_tool("load", &json!({})).unwrap();
    server.call_tool("execute_sql_query", &json!({"sql": "SELECT 1"})).unwrap();
    server.request("tools/call", json!({"name": "no such tool", "arguments": {}})).unwrap();
    server.read_resource("desk://attic").unwrap();
    server.get_prompt("letter", &json!({"to": "Ada"})).unwrap();
    let (_, code) = server.close().unwrap();
    assert_eq!(code, Some(0));
    let errors = std::io::read_to_string(log).unwrap();
    assert_eq!(errors, "");
    let value = |name, attributes: &[(&str, &str)]| {
        collector.value(name, attributes).unwrap_or_else(|| panic!("{name} {attributes:?} is missing"))
    };
    let requests = "mxcp.endpoint.requests_total";
    assert_eq!(value(requests, &[("endpoint", "orders"), ("status", "success"), ("caller", "stdio")]), 1.0);
    assert_eq!(value(requests, &[("endpoint", "orders"), ("policy_decision", "deny")]), 1.0);
    assert_eq!(value(requests, &[("endpoint", "desk://{room}"), ("type", "resource")]), 1.0);
    assert_eq!(value(requests, &[("endpoint", "letter"), ("type", "prompt")]), 1.0);
    assert_eq!(value(requests, &[("endpoint", "unknown"), ("status", "error")]), 1.0);
    for (endpoint, error) in [("orders", "policy_denied"), ("orders", "invalid_arguments")] {
        let attributes = [("endpoint", endpoint), ("error_type", error)];
        assert_eq!(value("mxcp.endpoint.errors_total", &attributes), 1.0, "{error}");
    }
    assert_eq!(value("mxcp.endpoint.concurrent_executions", &[("endpoint", "orders")]), 0.0);
    assert_eq!(value("mxcp.execution.total", &[("language", "sql"), ("status", "success")]), 3.0);
    assert_eq!(value("mxcp.execution.concurrent", &[("language", "python")]), 0.0);
    assert_eq!(value("mxcp.duckdb.queries_total", &[("operation", "select")]), 4.0);
    assert_eq!(value("mxcp.python.executions_total", &[("type", "file"), ("status", "success")]), 1.0);
    assert_eq!(value("mxcp.policy.evaluations_total", &[("type", "input"), ("decision", "allow")]), 1.0);
    assert_eq!(value("mxcp.policy.denials_total", &[("type", "input"), ("reason", "deny")]), 1.0);
    assert_eq!(value("mxcp.up", &[("project", "tested"), ("transport", "stdio")]), 1.0);
    let calls =
        [("mcp.method.name", "tools/call"), ("gen_ai.tool.name", "orders"), ("error.type", "tool_error")];
    assert_eq!(value("mcp.server.operation.duration", &calls), 2.0);
    let spans = collector.spans();
    assert_eq!(spans[0].resource["service.name"], "depot");
    let built_in = spans.iter().find(|span| span.name == "tools/call execute_sql_query").unwrap();
    let below: Vec<_> = spans.iter().filter(|span| span.parent == built_in.id).collect();
    assert_eq!(below.len(), 1);
    assert_eq!(below[0].name, "mxcp.execution_engine.execute");
}

#[test]
fn a_collector_may_speak_grpc() {
    let collector = Collector::start_grpc().unwrap();
    let mut server = Http::start(&project(&collector, ", protocol: grpc"), &[], true).unwrap();
    call(&mut server, "orders", json!({}), json!({}));
    end(server);
    one(&collector.spans(), "tools/call orders");
    assert_eq!(collector.value("mxcp.duckdb.queries_total", &[("operation", "select")]), Some(1.0));
    let keys = collector.header("x-key");
    assert!(keys.len() >= 2 && keys.iter().all(|key| key == MARK), "{keys:?}");
}

#[test]
fn a_collector_that_hangs_or_is_not_there_is_nobody_s_concern() {
    for protocol in ["http/protobuf", "grpc"] {
        let hanging = if protocol == "grpc" { Collector::start_grpc() } else { Collector::start() }.unwrap();
        hanging.hang();
        let mut project =
            project(&hanging, &format!(", protocol: {protocol}, metrics: {{export_interval: 1}}"));
        for endpoint in [hanging.url(), "http://127.0.0.1:9".to_owned()] {
            project.set_all([("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())]);
            let mut server = Http::start(&project, &[], true).unwrap();
            for _ in 0..300 {
                let result = call(&mut server, "orders", json!({}), json!({}));
                assert_eq!(result["isError"], Json::Bool(false), "{result}");
            }
            end(server);
        }
    }
}

#[test]
fn a_collector_with_faults_keeps_neither_calls_nor_the_end_waiting() {
    for (fault, protocol) in [
        (Fault::Silent, "http/protobuf"),
        (Fault::Silent, "grpc"),
        (Fault::Trickling, "http/protobuf"),
        (Fault::Resetting, "http/protobuf"),
        (Fault::Resetting, "grpc"),
    ] {
        let (working, faulty) = (Collector::start().unwrap(), Faulty::start(fault).unwrap());
        let mut project =
            project(&working, &format!(", protocol: {protocol}, metrics: {{export_interval: 1}}"));
        project.set_all([("OTEL_EXPORTER_OTLP_ENDPOINT", faulty.url.as_str())]);
        let mut server = Http::start(&project, &[], true).unwrap();
        let mut calls = || {
            for _ in 0..100 {
                let result = call(&mut server, "orders", json!({}), json!({}));
                assert_eq!(result["isError"], Json::Bool(false), "{fault:?} {protocol}: {result}");
            }
        };
        while !faulty.was_asked() {
            calls();
        }
        calls();
        // It comes to an end, and in order.
        end(server);
    }
}

#[test]
fn what_others_keep_with_a_trace_is_passed_on() {
    let collector = Collector::start().unwrap();
    let mut server = Http::start(&project(&collector, ""), &[], true).unwrap();
    let parent = format!("00-{TRACE}-{PARENT}-01");
    call(
        &mut server,
        "orders",
        json!({}),
        json!({"traceparent": parent, "tracestate": "vendor=one,other=two"}),
    );
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "load"),
        ("traceparent", &parent),
        ("tracestate", "vendor=three"),
    ];
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({"name": "load", "arguments": {}, "_meta": meta});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    assert_eq!(server.post(&body.to_string(), &headers).unwrap().0, 200);
    end(server);
    let spans = collector.spans();
    assert_eq!(one(&spans, "tools/call orders").state, "vendor=one,other=two");
    for name in ["tools/call load", "mxcp.python.execute", "outer"] {
        assert_eq!(one(&spans, name).state, "vendor=three", "{name}");
    }
}

#[test]
fn nothing_that_a_call_is_about_is_told() {
    for tells_exceptions in [false, true] {
        let collector = Collector::start().unwrap();
        let more = format!(", tracing: {{record_exceptions: {tells_exceptions}}}");
        let project = project(&collector, &more);
        let user = std::fs::read_to_string(project.path().join(".mxcp/config.yml")).unwrap();
        let secrets = format!(
            "secrets: [{{name: depot, type: custom, parameters: {{key: {MARK}}}}}], telemetry: {{enabled"
        );
        project.file(".mxcp/config.yml", &user.replace("telemetry: {enabled", &secrets)).unwrap();
        let mut project = project;
        project.set_all([("MXCP_LOG_FORMAT", "json")]);
        let mut server = Http::start_logging(&project, "log").unwrap();
        for (name, fails) in [("orders", false), ("load", true), ("broken", true), (MARK, true)] {
            let answer = server
                .request("tools/call", json!({"name": name, "arguments": {"word": MARK, MARK: MARK}}))
                .unwrap();
            let failed = answer["result"]["isError"] == true || answer["error"].is_object();
            assert_eq!(failed, fails, "{answer}");
        }
        server.request("tools/call", json!({"name": "orders", "arguments": {"limit": MARK}})).unwrap();
        server.read_resource(&format!("desk://{MARK}")).unwrap();
        server.get_prompt("letter", &json!({"to": MARK})).unwrap();
        end(server);
        assert!(collector.was_told("mxcp.duckdb.execute"));
        assert_eq!(collector.was_told(MARK), tells_exceptions, "{:#?}", collector.spans());
        let function = collector.spans().into_iter().find(|span| span.name == "mxcp.python.execute").unwrap();
        assert_eq!(function.status.0, 2);
        assert_eq!(function.events[0].0, "exception");
        let log = std::fs::read_to_string(project.path().join("log")).unwrap();
        for line in log.lines() {
            let event: Json = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            for field in ["timestamp", "level", "logger", "message"] {
                assert!(event[field].is_string(), "{line}");
            }
        }
        assert!(!log.is_empty());
        let told: Vec<_> = log.lines().filter(|line| line.contains(MARK)).collect();
        // The names of arguments that nobody declares are told, and what the project's own Python prints.
        let is_expected =
            |line: &&str| line.contains("undeclared arguments") || line.contains(r#""logger":"python""#);
        assert!(told.iter().all(is_expected), "{told:?}");
    }
}

#[test]
fn tokens_are_counted_and_told_to_nobody() {
    let (collector, provider) = (Collector::start().unwrap(), Provider::start().unwrap());
    let project = project(&collector, "");
    let user = std::fs::read_to_string(project.path().join(".mxcp/config.yml")).unwrap();
    let auth = format!("auth: {}, telemetry: {{enabled", bearer::verifier(&provider, ""));
    project.file(".mxcp/config.yml", &user.replace("telemetry: {enabled", &auth)).unwrap();
    let server = Http::start(&project, &[], true).unwrap();
    let good = provider.token("u1", &json!({"email": "ada@example.org"})).unwrap();
    let request = bearer::request("orders", json!({}));
    for token in [Some(good.as_str()), Some(MARK), None] {
        bearer::post(&server, &request, token);
    }
    end(server);
    let attempts =
        |status| collector.value("mxcp.auth.attempts_total", &[("provider", "oidc"), ("status", status)]);
    assert_eq!((attempts("success"), attempts("error")), (Some(1.0), Some(1.0)));
    let spans = collector.spans();
    let call = &one(&spans, "mxcp.endpoint.execute").attributes;
    assert_eq!(call["mxcp.auth.authenticated"], true);
    assert_eq!(call["mxcp.auth.provider"], "corp");
    assert!(
        !collector.was_told(&good) && !collector.was_told(MARK) && !collector.was_told("ada@example.org")
    );
}

#[test]
fn spans_can_be_read_where_there_is_no_collector() {
    let collector = Collector::start().unwrap();
    let mut project = project(&collector, "");
    project.file(".mxcp/config.yml", "mxcp: 1\n").unwrap();
    project.set_all([("MXCP_TELEMETRY_ENABLED", "true"), ("MXCP_TELEMETRY_TRACING_CONSOLE", "yes")]);
    let command = project.command(&["serve", "--transport", "stdio"]);
    let (mut server, log) = Pipes::start_logging_as(command).unwrap();
    server.call_tool("orders", &json!({})).unwrap();
    let (rest, code) = server.close().unwrap();
    assert_eq!((rest.as_str(), code), ("", Some(0)));
    let log = std::io::read_to_string(log).unwrap();
    let spans: Vec<Json> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(spans.iter().any(|span| span["name"] == "mxcp.endpoint.execute"), "{log}");
}

#[test]
fn a_variable_that_says_nothing_is_warned_of() {
    let collector = Collector::start().unwrap();
    let mut project = project(&collector, "");
    project.set_all([("MXCP_TELEMETRY_ENABLED", "never"), ("MXCP_TELEMETRY_TRACING_CONSOLE", "off")]);
    let command = project.command(&["serve", "--transport", "stdio", "--debug"]);
    let (server, log) = Pipes::start_logging_as(command).unwrap();
    server.close().unwrap();
    let log = std::io::read_to_string(log).unwrap();
    let warning = "MXCP_TELEMETRY_ENABLED is neither `true` nor `false`, and has no effect: \"never\"";
    assert!(log.contains(warning) && !log.contains("TRACING_CONSOLE is"), "{log}");
}

#[test]
fn a_trace_that_nobody_keeps_is_not_kept_here_either() {
    let collector = Collector::start().unwrap();
    let mut server = Http::start(&project(&collector, ""), &[], true).unwrap();
    call(&mut server, "orders", json!({}), json!({"traceparent": format!("00-{TRACE}-{PARENT}-00")}));
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "broken"),
        ("traceparent", &format!("00-{TRACE}-{PARENT}-01")),
    ];
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({"name": "broken", "arguments": {"word": "a"}, "_meta": meta});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    assert_eq!(server.post(&body.to_string(), &headers).unwrap().0, 200);
    end(server);
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.attributes["gen_ai.tool.name"] != "orders"), "{spans:#?}");
    let request = one(&spans, "tools/call broken");
    assert_eq!((request.trace.as_str(), request.parent.as_str()), (TRACE, PARENT));
    assert_eq!(request.attributes["error.type"], "tool_error");
    assert_eq!(request.status, (2, String::new()));
}

#[test]
fn what_telemetry_can_not_be_is_said_at_the_start() {
    let collector = Collector::start().unwrap();
    let mut project = project(&collector, "");
    project.set_all([("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")]);
    let ran = project.run(&["serve", "--transport", "stdio"]).unwrap();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("the telemetry endpoint is no URL"), "{}", ran.stderr);
    // Commands don't collect anything.
    let ran = project.run(&["run", "tool", "orders"]).unwrap();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(collector.spans().is_empty());
}
