//! A hostile component gets nothing. After each attempt, the server goes on.

use std::net::TcpListener;

use mxcp_test_support::client::Pipes;
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

use crate::components::{failure, project, value};

/// A server, and its project.
struct Attempt {
    project: Project,
    server: Pipes,
}

impl Attempt {
    fn start() -> Self {
        let mut project = project();
        project.set_all([("GRANTED", "yes"), ("NOT_GRANTED", "never-to-be-seen")]);
        let server = Pipes::start(&project, &[]).unwrap();
        Self { project, server }
    }

    /// That a tool fails and says so, and the next call is answered.
    #[track_caller]
    fn refused(&mut self, tool: &str, arguments: Json, says: &str) {
        let said = failure(&mut self.server, tool, arguments.clone());
        assert!(said.contains(says), "{tool} {arguments}: {said}");
        // Nothing of the host or of the component's inside.
        for leak in [self.project.path().to_str().unwrap(), "backtrace", "mxcp_test_guest", "0x"] {
            assert!(!said.contains(leak), "{tool} {arguments}: {said}");
        }
        assert!(said.len() < 500, "{tool}: {said}");
        self.goes_on();
    }

    #[track_caller]
    fn gives(&mut self, tool: &str, arguments: Json, expected: &Json) {
        assert_eq!(value(&mut self.server, tool, arguments), *expected, "{tool}");
        self.goes_on();
    }

    fn goes_on(&mut self) {
        assert_eq!(value(&mut self.server, "add", json!({ "a": 20, "b": 22 })), 42);
    }
}

#[test]
fn it_reads_no_file_of_the_host() {
    let mut attempt = Attempt::start();
    for path in ["/etc/passwd", "mxcp-site.yml", "config.yml", "../config.yml", "/proc/self/environ", "."] {
        attempt.refused("read_file", json!({ "path": path }), "os error");
    }
}

#[test]
fn it_writes_no_file_of_the_host() {
    let mut attempt = Attempt::start();
    attempt.refused("write_file", json!({ "path": "hostile.txt" }), "Os {");
    attempt.refused("write_file", json!({ "path": "/tmp/hostile-component.txt" }), "Os {");
    assert!(!attempt.project.path().join("hostile.txt").exists());
    assert!(!std::path::Path::new("/tmp/hostile-component.txt").exists());
}

#[test]
fn it_does_not_leave_a_folder_that_it_was_granted() {
    let mut attempt = Attempt::start();
    let folder = attempt.project.path().join("data");
    std::os::unix::fs::symlink("/etc/passwd", folder.join("absolute")).unwrap();
    std::os::unix::fs::symlink("../config.yml", folder.join("relative")).unwrap();
    attempt.gives(
        "read_granted",
        json!({ "path": "/data/greeting.txt" }),
        &json!("hello from the project\n"),
    );
    for path in ["/data/../config.yml", "/data/absolute", "/data/relative", "/config.yml", "/etc/passwd"] {
        attempt.refused("read_granted", json!({ "path": path }), "os error");
    }
    attempt.refused("write_granted_reading", json!({ "path": "/data/hostile.txt" }), "Os {");
    attempt.refused("write_granted_reading", json!({ "path": "/data/greeting.txt" }), "Os {");
    assert!(!folder.join("hostile.txt").exists());
}

#[test]
fn it_sees_no_variable_that_it_was_not_granted() {
    let mut attempt = Attempt::start();
    attempt.gives("list_environment", json!({}), &json!([]));
    attempt.gives("environment_granted", json!({}), &json!("GRANTED=yes"));
    attempt.gives("arguments", json!({}), &json!([]));
}

#[test]
fn it_opens_no_socket() {
    let mut attempt = Attempt::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    attempt.refused("connect", json!({ "address": address }), "PermissionDenied");
    attempt.refused("listen", json!({}), "PermissionDenied");
    attempt.refused("send_datagram", json!({ "address": address }), "PermissionDenied");
    assert!(listener.accept().is_err());
}

#[test]
fn it_resolves_no_name() {
    Attempt::start().refused("resolve", json!({ "name": "localhost" }), "lookup");
}

#[test]
fn it_sends_no_request_to_a_host_that_is_not_listed() {
    let mut attempt = Attempt::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let port = address.port();
    for (tool, authority) in [
        ("fetch", address.to_string()),
        ("fetch", format!("localhost:{port}")),
        ("fetch_granted", address.to_string()),
        ("fetch_granted", format!("localhost:{port}")),
        ("fetch_granted", format!("127.1:{port}")),
        ("fetch_granted", format!("api.example.invalid@127.0.0.1:{port}")),
        ("fetch_granted", "169.254.169.254".to_owned()),
        ("fetch_granted", "[::1]".to_owned()),
    ] {
        let said = failure(&mut attempt.server, tool, json!({ "authority": authority, "secure": false }));
        assert!(said.contains("Denied") || said.contains("refused"), "{authority}: {said}");
        attempt.goes_on();
    }
    assert!(listener.accept().is_err());
}

#[test]
fn it_gets_no_sql_that_it_was_not_granted() {
    let mut attempt = Attempt::start();
    attempt.refused("query", json!({ "sql": "SELECT 1" }), "permissions: { sql: read }");
}

#[test]
fn it_changes_nothing_with_sql_that_may_only_read() {
    let mut attempt = Attempt::start();
    for sql in ["CREATE TABLE t AS SELECT 1 AS i", "CREATE SEQUENCE s"] {
        value(&mut attempt.server, "query_writing", json!({ "sql": sql }));
    }
    let before = value(&mut attempt.server, "query_reading", json!({ "sql": "SELECT * FROM t" }));
    for sql in [
        "INSERT INTO t VALUES (2)",
        "UPDATE t SET i = 2",
        "DELETE FROM t",
        "DROP TABLE t",
        "CREATE TABLE u (i INT)",
        "CREATE TEMP TABLE u (i INT)",
        "SELECT 1; DELETE FROM t",
        "COMMIT; DELETE FROM t",
        "SELECT nextval('s')",
        "COPY t TO 'copied.csv'",
        "EXPORT DATABASE 'copied'",
        "ATTACH 'other.db'",
        "SET threads = 1",
        "PRAGMA threads = 1",
        "CALL pragma_version()",
        "CHECKPOINT",
        "BEGIN",
        "EXPLAIN ANALYZE INSERT INTO t VALUES (2)",
        "PREPARE p AS DELETE FROM t",
        "LOAD json",
        "",
    ] {
        attempt.refused("query_reading", json!({ "sql": sql }), "Error::Failed");
    }
    assert_eq!(value(&mut attempt.server, "query_reading", json!({ "sql": "SELECT * FROM t" })), before);
    assert!(!attempt.project.path().join("copied.csv").exists());
}

#[test]
fn it_reads_no_secret_that_it_was_not_granted() {
    let mut attempt = Attempt::start();
    attempt.refused("read_secret", json!({ "name": "depot" }), "Denied");
    attempt.refused("secret_length", json!({ "name": "vault" }), "permissions: { secrets: [vault] }");
}

#[test]
fn it_reads_nothing_that_the_client_sends_to_the_server() {
    let mut attempt = Attempt::start();
    attempt.gives("read_input", json!({}), &json!("Ok(0) "));
}

#[test]
fn it_is_stopped_when_it_loops() {
    let mut attempt = Attempt::start();
    attempt.refused("spin", json!({}), "timed out after 1 s");
}

#[test]
fn it_is_stopped_when_its_fuel_is_used_up() {
    Attempt::start().refused("starved", json!({}), "1000000 units of fuel");
}

#[test]
fn it_is_stopped_when_it_sleeps() {
    Attempt::start().refused("sleep", json!({ "seconds": 3600 }), "timed out after 1 s");
}

#[test]
fn others_are_answered_while_it_loops() {
    let mut attempt = Attempt::start();
    for id in ["spin-1", "spin-2", "spin-3"] {
        let params = json!({ "name": "spin_long", "arguments": {} });
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
        attempt.server.send(&request.to_string()).unwrap();
    }
    attempt.goes_on();
}

#[test]
fn it_gets_no_more_memory_than_it_may_have() {
    Attempt::start().refused("allocate", json!({}), "component used more than its 256 MiB of memory");
}

#[test]
fn it_recurses_until_its_own_stack_ends() {
    Attempt::start().refused("recurse", json!({ "depth": 0 }), "component trapped: ");
}

#[test]
fn it_gives_no_more_than_it_may() {
    let mut attempt = Attempt::start();
    attempt.refused(
        "huge",
        json!({ "bytes": 50_000_000 }),
        "component gave more than its 10240 KiB of output",
    );
}

#[test]
fn it_floods_no_log() {
    // Without a server, which would keep the database to itself.
    let project = project();
    for tool in ["flood_log", "flood_output"] {
        let mut command = project.command(&["run", "tool", tool, "--param", "times=50000"]);
        let ran = command.env("RUST_LOG", "info").output().unwrap();
        let log = String::from_utf8_lossy(&ran.stderr);
        let said = log.lines().filter(|line| line.contains("a flood of")).count();
        assert_eq!(said, 200, "{tool}");
        assert!(
            log.contains("left_out=49800"),
            "{tool}: {}",
            log.chars().rev().take(500).collect::<String>()
        );
    }
}

#[test]
fn its_trap_tells_nothing_of_its_inside() {
    let mut attempt = Attempt::start();
    attempt.refused("trap", json!({}), "component trapped: unreachable");
    let said = failure(&mut attempt.server, "trap", json!({}));
    assert!(!said.contains("a secret of the component"), "{said}");
}

#[test]
fn it_ends_no_process_but_its_own() {
    Attempt::start().refused("end_process", json!({}), "component ended itself with status");
}
