//! Looking after a running server: the admin socket, the commands that ask it, and health checks.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use mxcp_test_support::client::{Admin, Client, Http, Pipes};
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

const GOOD: &str = "tool: {name: good, description: gives it, return: {type: integer}, source: {code: 'SELECT 42 AS answer'}}";
const DATA: &str = "resource: {name: shown, uri: 'x://data', source: {code: \"SELECT 'text' AS text\"}}";
const HELLO: &str = "prompt: {name: hello, messages: [{role: user, prompt: hi}]}";

/// A project whose server is looked after.
fn project() -> Project {
    let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (path, text) in [
        ("tools/good.yml", GOOD),
        ("tools/unused.yml", "tool: {name: unused, enabled: false, source: {code: SELECT 1}}"),
        ("resources/data.yml", DATA),
        ("prompts/hello.yml", HELLO),
    ] {
        project.file(path, text).unwrap();
    }
    project.set_all([("MXCP_ADMIN_ENABLED", "YES"), ("MXCP_ADMIN_SOCKET", "run/admin.sock")]);
    project
}

fn socket(project: &Project) -> PathBuf {
    project.path().join("run/admin.sock")
}

#[test]
fn every_transport_is_looked_after_and_the_socket_is_gone_in_the_end() {
    let project = project();
    let admin = Admin::at(&socket(&project));
    let server = Pipes::start(&project, &[]).unwrap();
    assert_eq!(admin.get("/config").unwrap()["transport"], "stdio");
    assert_eq!(std::fs::metadata(socket(&project)).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(server.close().unwrap().1, Some(0));
    assert!(!socket(&project).exists());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert!(Http::start(&project, &["--port", &port], true).is_err());
    assert!(!socket(&project).exists(), "a server that did not start leaves nothing behind");
    let server = Http::start(&project, &[], true).unwrap();
    let status = admin.get("/status").unwrap();
    assert_eq!((&status["pid"], &status["mode"]), (&json!(server.process()), &json!("readwrite")));
    assert_eq!(status["admin_socket"]["path"], json!(socket(&project)));
    assert_eq!(status["reload"]["last_reload"], Json::Null);
    assert!(status["uptime"].as_str().unwrap().starts_with("0h0m"), "{status}");
    drop(server);
    // It was killed, so its socket is still there, and of no hindrance.
    assert!(socket(&project).exists());
    let server = Http::start(&project, &[], true).unwrap();
    assert_eq!(admin.get("/status").unwrap()["pid"], server.process());
}

#[test]
fn a_second_server_does_not_take_the_socket_over() {
    let project = project();
    let first = Http::start(&project, &[], true).unwrap();
    let other = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let mut command = other.command(&["serve", "--port", "0"]);
    let second =
        command.env("MXCP_ADMIN_ENABLED", "1").env("MXCP_ADMIN_SOCKET", socket(&project)).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another server listens on the admin socket"), "{said}");
    assert_eq!(Admin::at(&socket(&project)).get("/status").unwrap()["pid"], first.process());
}

#[test]
fn the_documents_say_what_is_configured_and_defined() {
    let project = project();
    let _server = Http::start(&project, &[], true).unwrap();
    let admin = Admin::at(&socket(&project));
    let root = project.path().canonicalize().unwrap();
    let config = admin.get("/config").unwrap();
    assert_eq!(config["endpoints"], json!({ "tools": 1, "prompts": 1, "resources": 1 }));
    assert_eq!(config["features"], json!({ "sql_tools": false, "audit_logging": false, "telemetry": false }));
    assert_eq!((&config["project"], &config["readonly"]), (&json!("tested"), &json!(false)));
    assert!(config["duckdb_path"].as_str().unwrap().ends_with("data/db-default.duckdb"), "{config}");
    // As on disk, not as served.
    project.file("tools/bad.yml", "tool: {nam: bad}").unwrap();
    let endpoints = admin.get("/endpoints").unwrap()["endpoints"].take();
    let shown: Vec<_> = endpoints.as_array().unwrap().iter().map(|entry| &entry["name"]).collect();
    assert_eq!(shown, [&json!(null), &json!("good"), &json!("shown"), &json!("hello")]);
    let bad = &endpoints[0];
    assert_eq!(
        (&bad["status"], &bad["enabled"], &bad["type"]),
        (&json!("error"), &json!(false), &json!(null))
    );
    assert!(!bad["error"].as_str().unwrap().is_empty());
    let good = json!({
        "path": root.join("tools/good.yml"), "type": "tool", "name": "good", "description": "gives it",
        "language": "sql", "enabled": true, "status": "ok", "error": null,
    });
    assert_eq!(endpoints[1], good);
    assert_eq!((&endpoints[3]["type"], &endpoints[3]["language"]), (&json!("prompt"), &json!(null)));
    for part in ["info", "cpu", "memory", "disk", "network", "process"] {
        assert!(admin.get(&format!("/system/{part}")).unwrap().is_object(), "{part}");
    }
    assert_eq!(admin.get("/audit/query").unwrap(), json!({ "records": [], "count": 0 }));
    assert_eq!(admin.get("/openapi.json").unwrap()["openapi"], "3.1.0");
    assert_eq!(admin.ask("GET", "/docs").unwrap().0, 200);
    assert_eq!(admin.ask("GET", "/health/").unwrap().0, 307);
    assert_eq!(admin.ask("DELETE", "/reload").unwrap().0, 405);
}

#[test]
fn commands_ask_the_server() {
    let project = project();
    let socket = "run/admin.sock";
    let nobody = project.run(&["admin", "status", "--json-output"]).unwrap();
    assert!(nobody.error().unwrap().contains("no server answers on the admin socket"), "{nobody:?}");
    let mut server = Http::start(&project, &[], true).unwrap();
    let status = project.run(&["admin", "status", "--json-output"]).unwrap().result().unwrap();
    assert_eq!(status["pid"], server.process());
    let listed = project.run(&["admin", "endpoints", "--socket", socket]).unwrap();
    assert!(listed.code == Some(0) && listed.stdout.contains("good"), "{listed:?}");
    let health = project.run(&["admin", "health", "--json-output"]).unwrap().result().unwrap();
    assert_eq!(health["status"], "ok");
    let cpu = project.run(&["admin", "system", "cpu", "--json-output"]).unwrap().result().unwrap();
    assert!(cpu["per_cpu_percent"].is_array(), "{cpu}");
    let records = project.run(&["admin", "audit", "query", "--limit", "5", "--json-output"]).unwrap();
    assert_eq!(records.result().unwrap()["count"], 0);
    let refused = project.run(&["admin", "audit", "query", "--limit", "0", "--json-output"]).unwrap();
    assert_eq!(refused.error().unwrap(), "limit: Input should be greater than or equal to 1");

    project.file("tools/good.yml", &GOOD.replace("42", "43")).unwrap();
    let reloaded = project.run(&["admin", "reload", "--wait"]).unwrap();
    assert!(reloaded.code == Some(0) && reloaded.stdout.starts_with("Reloaded in"), "{reloaded:?}");
    assert_eq!(server.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 43);
    project.file("tools/good.yml", "tool: [").unwrap();
    let failed = project.run(&["admin", "reload", "--wait", "--json-output"]).unwrap();
    assert!(failed.error().unwrap().contains("tools/good.yml"), "{failed:?}");
    assert_eq!(server.call_tool("good", &json!({})).unwrap()["structuredContent"]["result"], 43);
}

#[test]
fn health_and_metrics_are_on_a_port_of_their_own() {
    let project = project();
    let mut server = Http::start(&project, &["--metrics-port", "0"], true).unwrap();
    let line = server.banner.lines().find(|line| line.contains("Metrics:")).unwrap();
    let base = line.split_whitespace().last().unwrap().trim_end_matches("/metrics").to_owned();
    let get = |path: &str| {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(format!("{base}{path}")).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    };
    assert_eq!(get("/healthz"), (200, "{\"status\":\"ok\"}".to_owned()));
    assert_eq!(get("/readyz").0, 200);
    let (status, metrics) = get("/metrics");
    assert!(status == 200 && metrics.contains("\nmxcp_server_ready 1\n"), "{metrics}");
    server.call_tool("good", &json!({})).unwrap();
    assert_eq!(project.run(&["admin", "reload", "--wait"]).unwrap().code, Some(0));
    let (_, metrics) = get("/metrics");
    for counted in ["mxcp_endpoint_requests_total{", "mxcp_reloads_total{"] {
        assert!(metrics.contains(counted), "{counted} is not in {metrics}");
    }
    assert_eq!(get("/mcp").0, 404);
}

#[test]
fn health_and_metrics_may_be_on_a_host_of_their_own() {
    let project = project();
    let metrics = |server: &Http| {
        let line = server.banner.lines().find(|line| line.contains("Metrics:")).unwrap().to_owned();
        line.split_whitespace().last().unwrap().to_owned()
    };
    let arguments = ["--metrics-port", "0", "--metrics-host", "127.0.0.2"];
    let asked = Http::start(&project, &arguments, true).unwrap();
    let url = metrics(&asked);
    assert!(url.starts_with("http://127.0.0.2:"), "{url}");
    assert_eq!(ureq::get(&url).call().unwrap().status(), 200);
    let port = url.trim_end_matches("/metrics").rsplit(':').next().unwrap();
    assert!(ureq::get(format!("http://127.0.0.1:{port}/metrics")).call().is_err());
    drop(asked);
    let user = "transport: {http: {metrics_port: 0, metrics_host: 127.0.0.3}}\n";
    project.file(".mxcp/config.yml", user).unwrap();
    let configured = Http::start(&project, &[], true).unwrap();
    assert!(metrics(&configured).starts_with("http://127.0.0.3:"), "{}", configured.banner);
}

#[test]
fn what_was_recorded_can_be_asked_for() {
    let mut project = project();
    project.set_all([("MXCP_AUDIT_ENABLED", "true")]);
    let mut server = Http::start(&project, &[], true).unwrap();
    server.call_tool("good", &json!({})).unwrap();
    let admin = Admin::at(&socket(&project));
    let found = admin.get("/audit/query?operation_name=good&operation_type=tool").unwrap();
    assert_eq!(found["count"], 1, "{found}");
    let record = &found["records"][0];
    assert_eq!((&record["operation_status"], &record["output_data"]), (&json!("success"), &json!(42)));
    assert_eq!((&record["input_data"], &record["policies_evaluated"]), (&Json::Null, &Json::Null));
    assert!(record["timestamp"].as_str().unwrap().ends_with("+00:00"), "{record}");
    assert_eq!(admin.get("/audit/query?operation_name=other").unwrap(), json!({ "records": [], "count": 0 }));
    let stats = admin.get("/audit/stats").unwrap();
    assert_eq!((&stats["by_type"]["tool"], &stats["by_policy"]), (&json!(1), &json!({})), "{stats}");
    assert_eq!(admin.get("/config").unwrap()["features"]["audit_logging"], true);
}
