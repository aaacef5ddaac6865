//! What `mxcp doctor` finds, and that it leaves everything as it is.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use mxcp_test_support::guest;
use mxcp_test_support::project::{Project, Ran};
use serde_json::Value as Json;

/// The user file.
const CONFIG: &str = ".mxcp/config.yml";
const SQL: &str = "tool: {name: answer, source: {code: SELECT 42 AS answer}}\n";
const PYTHON: &str = "tool: {name: py, language: python, source: {file: ../python/py.py}}\n";

fn project() -> Project {
    with_site("")
}

/// A project with more in its site file.
fn with_site(more: &str) -> Project {
    let project = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("mxcp-site.yml", &format!("mxcp: 1\nproject: tested\nprofile: dev\n{more}\n")).unwrap();
    project.file("tools/answer.yml", SQL).unwrap();
    // Whoever listens on the usual port of this machine is no concern of the tests.
    project.file(CONFIG, "mxcp: 1\ntransport: {http: {port: 0}}\n").unwrap();
    #[cfg(unix)]
    fs::set_permissions(project.path().join(CONFIG), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    project
}

/// What was found by the doctor.
struct Found {
    ran: Ran,
    result: Json,
}

impl Found {
    fn by(mut command: Command) -> Self {
        let output = command.arg("--json-output").env_remove("VIRTUAL_ENV").output().unwrap();
        let ran = Ran::from(output);
        let mut document = ran.json().unwrap();
        assert_eq!(document["status"], "ok");
        let result = document["result"].take();
        let states = |state: &str| {
            let checks = result["checks"].as_array().unwrap();
            checks.iter().filter(|check| check["state"] == state).count()
        };
        assert_eq!(result["problems"], states("problem"));
        assert_eq!(result["warnings"], states("warning"));
        assert_eq!(ran.code, Some(i32::from(states("problem") > 0)), "{ran:?}");
        Self { ran, result }
    }

    fn in_project(project: &Project, arguments: &[&str]) -> Self {
        Self::by(project.command(&[&["doctor"], arguments].concat()))
    }

    fn all(&self, name: &str) -> Vec<&Json> {
        let checks = self.result["checks"].as_array().unwrap();
        checks.iter().filter(|check| check["name"] == name).collect()
    }

    /// State and message of a check.
    fn check(&self, name: &str) -> (&str, &str) {
        let checks = self.all(name);
        assert_eq!(checks.len(), 1, "{name}: {}", self.result);
        (checks[0]["state"].as_str().unwrap(), checks[0]["message"].as_str().unwrap())
    }

    fn help(&self, name: &str) -> &str {
        self.all(name)[0]["help"].as_str().unwrap_or_default()
    }

    fn problems(&self) -> Vec<&str> {
        let checks = self.result["checks"].as_array().unwrap();
        let problems = checks.iter().filter(|check| check["state"] == "problem");
        problems.map(|check| check["name"].as_str().unwrap()).collect()
    }

    fn says(&self, text: &str) -> bool {
        self.ran.stdout.contains(text) || self.ran.stderr.contains(text)
    }
}

/// All files below a folder with their bytes, and the folders themselves.
fn everything(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut everything(&path));
            found.insert(path, None);
        } else {
            found.insert(path.clone(), Some(fs::read(path).unwrap()));
        }
    }
    found
}

/// Whether nobody has connected.
fn is_untouched(listener: &TcpListener) -> bool {
    listener.set_nonblocking(true).unwrap();
    listener.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn a_project_that_works_has_no_problems_and_stays_as_it_is() {
    let project = with_site("extensions: [json, h3]\nprofiles: {dev: {audit: {enabled: true}}}");
    project.file("tools/py.yml", PYTHON).unwrap();
    project.file("python/py.py", "raise SystemExit('nobody runs this')\n").unwrap();
    project.file(CONFIG, "mxcp: 1\ntransport: {http: {port: 0}}\nlogging: {path: logs/mxcp.log}\n").unwrap();
    project.file("tmp/keep", "").unwrap();
    let data = project.path().join("data/db-dev.duckdb");
    fs::create_dir_all(data.parent().unwrap()).unwrap();
    assert_eq!(with_database(&data), Some(0));
    let before = everything(project.path());
    let mut command = project.command(&["doctor", "--all"]);
    command.env("TMPDIR", project.path().join("tmp")).env("XDG_CACHE_HOME", project.path().join("cache"));
    let found = Found::by(command);
    assert_eq!(found.problems(), Vec::<&str>::new(), "{}", found.result);
    for name in [
        "mxcp",
        "libduckdb",
        "site file",
        "profile",
        "endpoints",
        "database",
        "python",
        "port",
        "extension json",
    ] {
        assert_eq!(found.check(name).0, "ok", "{}", found.result);
    }
    assert_eq!(found.check("endpoints").1, "2 endpoints");
    assert!(found.check("python").1.starts_with("cpython 3."), "{}", found.result);
    assert!(found.check("libduckdb").1.starts_with("v1."), "{}", found.result);
    assert_eq!(found.check("extension h3").0, "warning");
    assert!(found.help("extension h3").contains("INSTALL h3"), "{}", found.result);
    assert_eq!(everything(project.path()), before);
}

/// Makes a database, in a project elsewhere.
fn with_database(path: &Path) -> Option<i32> {
    let other = project();
    let mut command = other.command(&["query", "CREATE TABLE t AS SELECT 1 AS a"]);
    command.env("MXCP_DUCKDB_PATH", path).output().unwrap().status.code()
}

#[test]
fn people_read_a_line_for_each_check_with_its_remedy() {
    let ran = project().run(&["doctor"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let line = |start: &str| ran.stdout.lines().any(|line| line.starts_with(start));
    assert!(line("ok       mxcp") && line("warning  database") && line("skipped  lock"), "{ran:?}");
    assert!(ran.stdout.contains("help: to make it: mxcp query"), "{ran:?}");
    assert!(ran.stdout.trim_end().ends_with("0 problems, 1 warning"), "{ran:?}");
}

#[test]
fn outside_of_a_project_the_machine_alone_is_looked_at() {
    let empty = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    assert_eq!(Found::in_project(&empty, &[]).check("endpoints").0, "warning");
    let nowhere = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let found = Found::in_project(&nowhere, &[]);
    assert_eq!(found.check("site file").0, "skipped");
    assert!(found.help("site file").contains("mxcp init"));
    assert_eq!((found.check("mxcp").0, found.check("user file").0), ("ok", "ok"));
    assert!(found.all("database").is_empty());
    assert_eq!(Found::in_project(&nowhere, &["--all"]).check("python").0, "ok");
    assert_eq!(everything(nowhere.path()).len(), 0);
}

#[test]
fn a_project_is_found_from_below_its_root() {
    let project = project();
    let mut command = project.command(&["doctor"]);
    command.current_dir(project.path().join("tools"));
    assert_eq!(Found::by(command).check("endpoints").1, "1 endpoint");
}

#[test]
fn a_site_file_that_cannot_be_used_is_counted_and_not_repeated() {
    let project = project();
    project.file("mxcp-site.yml", "mxcp: 1\nprojetc: a\nprofile: [\n").unwrap();
    let found = Found::in_project(&project, &[]);
    assert!(found.check("site file").1.contains("mxcp-site.yml has 1 error: "), "{}", found.result);
    project.file("mxcp-site.yml", "mxcp: 1\nprojetc: a\nproject: b\nprofile: dev\nprofil: x\n").unwrap();
    let found = Found::in_project(&project, &[]);
    let (state, message) = found.check("site file");
    assert!(state == "problem" && message.contains("has 2 errors: projetc"), "{message}");
    assert!(!found.help("site file").is_empty());
    assert!(found.all("endpoints").is_empty());
}

#[test]
fn endpoints_with_errors_are_a_number_and_a_command() {
    let project = project();
    project.file("tools/broken.yml", "tool: {nme: x}\n").unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.check("endpoints"), ("problem", "1 endpoint, 3 errors in 1 file"));
    assert!(found.help("endpoints").contains("mxcp validate"));
}

#[test]
fn a_database_that_is_missing_is_remarked_upon_and_not_made() {
    let project = with_site("profiles: {dev: {duckdb: {path: store/deep/a.duckdb}}}");
    let found = Found::in_project(&project, &[]);
    let (state, message) = found.check("database");
    assert!(state == "warning" && message.contains("yet, nor its folder"), "{message}");
    assert!(!project.path().join("store").exists());
    project.file("store", "in the way").unwrap();
    let found = Found::in_project(&project, &[]);
    let (state, message) = found.check("database");
    assert!(state == "problem" && message.ends_with("store is no folder"), "{message}");
    assert!(found.help("database").contains("mkdir -p "), "{}", found.result);
}

#[test]
fn a_file_that_is_no_database_is_a_problem() {
    let project = project();
    project.file("data/db-dev.duckdb", &"no database ".repeat(2000)).unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.problems(), ["database"], "{}", found.result);
    let memory = with_site("profiles: {dev: {duckdb: {path: ':memory:'}}}");
    assert_eq!(Found::in_project(&memory, &[]).problems(), ["database"]);
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_holds_the_database_is_named() {
    use mxcp_test_support::client::Pipes;

    let project = project();
    let _server = Pipes::start(&project, &[]).unwrap();
    let found = Found::in_project(&project, &[]);
    let (state, message) = found.check("database");
    assert!(state == "warning" && message.contains("(PID "), "{message}");
    assert!(found.help("database").contains("server of this project"), "{}", found.result);
}

#[test]
fn a_port_that_is_taken_is_told_with_who_has_it() {
    let project = project();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    project.file(CONFIG, &format!("mxcp: 1\ntransport: {{http: {{port: {port}}}}}\n")).unwrap();
    let found = Found::in_project(&project, &[]);
    let (state, message) = found.check("port");
    assert!(
        state == "problem" && message.starts_with(&format!("127.0.0.1:{port} is taken by ")),
        "{message}"
    );
    if cfg!(target_os = "linux") {
        assert!(message.contains(&format!("(process {})", std::process::id())), "{message}");
    }
    assert!(found.help("port").contains("--port "), "{}", found.result);
    assert!(is_untouched(&taken));
    drop(taken);
    project.file(CONFIG, "mxcp: 1\ntransport: {provider: stdio}\n").unwrap();
    assert_eq!(Found::in_project(&project, &[]).check("port").0, "skipped");
    project.file(CONFIG, "mxcp: 1\ntransport: {http: {host: shop.example}}\n").unwrap();
    assert_eq!(Found::in_project(&project, &[]).check("port").0, "skipped");
    project.file(CONFIG, "mxcp: 1\ntransport: {http: {host: 192.0.2.1}}\n").unwrap();
    assert_eq!(Found::in_project(&project, &[]).check("port").0, "problem");
}

#[test]
fn a_user_file_that_cannot_be_read_is_a_problem() {
    let project = project();
    fs::remove_file(project.path().join(CONFIG)).unwrap();
    fs::create_dir_all(project.path().join(CONFIG)).unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.problems(), ["user file"], "{}", found.result);
    assert_eq!((found.check("port").0, found.check("telemetry").0), ("skipped", "skipped"));
    assert!(!found.help("user file").is_empty());
    let mut command = project.command(&["doctor"]);
    command.env("MXCP_CONFIG", "nowhere.yml");
    let found = Found::by(command);
    assert!(found.check("user file").1.contains("not found"), "{}", found.result);
}

#[cfg(unix)]
#[test]
fn a_user_file_that_others_can_read_is_remarked_upon() {
    use std::os::unix::fs::PermissionsExt as _;

    let project = project();
    project.file(CONFIG, "mxcp: 1\n").unwrap();
    let path = project.path().join(CONFIG);
    for (mode, state) in [(0o644, "warning"), (0o600, "ok")] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let found = Found::in_project(&project, &[]);
        assert_eq!(found.check("user file").0, state, "{}", found.result);
        assert_eq!(found.help("user file").starts_with("chmod 600 "), state == "warning");
    }
}

#[test]
fn each_reference_that_leads_nowhere_is_named_and_no_value_is_shown() {
    let project = project();
    let config = "mxcp: 1
projects:
  tested:
    profiles:
      dev:
        secrets:
          - {name: a, type: custom, parameters: {key: '${DOCTOR_SET}', other: '${DOCTOR_UNSET}'}}
          - {name: b, type: custom, parameters: {key: 'file://keys/here', other: 'file://keys/gone'}}
      other:
        secrets: [{name: c, type: custom, parameters: {key: '${DOCTOR_ELSEWHERE}'}}]
";
    project.file(CONFIG, config).unwrap();
    project.file("keys/here", "s3cr3t-of-file").unwrap();
    let with_secret = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.env("DOCTOR_SET", "s3cr3t-of-variable");
        Found::by(command)
    };
    for arguments in [&["doctor"] as &[&str], &["doctor", "--debug", "--all", "--network"]] {
        let found = with_secret(arguments);
        let messages: Vec<_> =
            found.all("reference").iter().map(|check| check["message"].as_str().unwrap()).collect();
        assert_eq!(messages.len(), 2, "{}", found.result);
        assert!(messages[0].ends_with("Environment variable DOCTOR_UNSET is not set"), "{messages:?}");
        assert!(
            messages[1].contains("File not found: ") && messages[1].ends_with("keys/gone"),
            "{messages:?}"
        );
        assert!(found.check("user file").1.contains("2 references without a value"), "{}", found.result);
        assert!(!found.says("s3cr3t") && !found.says("DOCTOR_ELSEWHERE"), "{:?}", found.ran);
    }
    // A value that is not what its place asks for is not shown either.
    project.file(CONFIG, "mxcp: 1\ntransport: {http: {port: '${DOCTOR_SET}'}}\n").unwrap();
    let found = with_secret(&["doctor", "--debug"]);
    assert_eq!(found.check("user file").0, "problem", "{}", found.result);
    assert!(found.help("user file").contains("${DOCTOR_SET}"), "{}", found.result);
    assert!(!found.says("s3cr3t"), "{:?}", found.ran);
    // Nor is one that is where it does not belong.
    let config = "mxcp: 1
transport: {http: {host: '${DOCTOR_SET}', port: 0, tls: {cert: '${DOCTOR_SET}', key: '${DOCTOR_SET}'}}}
projects: {tested: {profiles: {dev: {telemetry: {enabled: true, endpoint: 'http://${DOCTOR_SET}:1'}}}}}
";
    project.file(CONFIG, config).unwrap();
    for arguments in [&["doctor", "--debug"] as &[&str], &["doctor", "--network"]] {
        let found = with_secret(arguments);
        assert_eq!(found.check("certificate").0, "problem");
        assert!(!found.says("s3cr3t"), "{:?}", found.ran);
    }
}

#[test]
fn secrets_that_the_site_file_expects_are_looked_for() {
    let project = with_site("secrets: [api, mail]");
    let config = "mxcp: 1\nprojects: {tested: {profiles: {dev: {secrets: [{name: api, type: custom, parameters: {k: v}}]}}}}\n";
    project.file(CONFIG, config).unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.check("secrets"), ("warning", "profile `dev` has no secret `mail`"));
    let found = Found::in_project(&project, &["--profile", "nope"]);
    assert_eq!(found.check("profile").0, "warning");
}

#[test]
fn secret_managers_are_not_asked_unless_that_is_wanted() {
    let project = project();
    let vault = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = format!(
        "mxcp: 1\ntransport: {{http: {{port: 0}}}}\nvault: {{enabled: true, address: 'http://{}'}}\nprojects: {{tested: {{profiles: {{dev: {{secrets: \
         [{{name: a, type: custom, parameters: {{key: 'vault://app#k'}}}}]}}}}}}}}\n",
        vault.local_addr().unwrap()
    );
    project.file(CONFIG, &config).unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.check("references").0, "skipped", "{}", found.result);
    assert!(
        found.problems().is_empty() && found.help("references").contains("--network"),
        "{}",
        found.result
    );
    assert!(is_untouched(&vault));
    // Without a token, nobody has to be asked to see that it leads nowhere.
    let mut command = project.command(&["doctor", "--network"]);
    command.env_remove("VAULT_TOKEN");
    assert_eq!(Found::by(command).check("reference").0, "problem");
    // What a number would be is known to the manager alone.
    let config = config.replace("port: 0", "port: 'vault://app#port'");
    project.file(CONFIG, &config).unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(
        (found.check("user file").0, found.check("port").0),
        ("skipped", "skipped"),
        "{}",
        found.result
    );
    project.file(CONFIG, &config.replace("mxcp: 1", "mxpc: 1")).unwrap();
    assert!(Found::in_project(&project, &[]).check("user file").1.contains("has 1 error: mxpc"));
    assert!(is_untouched(&vault));
}

#[test]
fn telemetry_is_asked_for_over_the_network_alone() {
    let project = project();
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = collector.local_addr().unwrap();
    let telemetry = format!("telemetry: {{enabled: true, endpoint: 'http://ann:s3cr3t@{address}/v1'}}");
    let config = format!("mxcp: 1\nprojects: {{tested: {{profiles: {{dev: {{{telemetry}}}}}}}}}\n");
    project.file(CONFIG, &config).unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.check("telemetry").0, "skipped", "{}", found.result);
    assert!(!found.says("s3cr3t") && is_untouched(&collector));
    let found = Found::in_project(&project, &["--network"]);
    assert_eq!(found.check("telemetry"), ("ok", format!("http://{address} takes connections").as_str()));
    drop(collector);
    let found = Found::in_project(&project, &["--network"]);
    assert_eq!(found.check("telemetry").0, "problem");
    assert!(!found.says("s3cr3t"), "{:?}", found.ran);
}

#[test]
fn an_audit_log_that_cannot_be_written_is_a_problem() {
    let project = with_site("profiles: {dev: {audit: {enabled: true, path: blocked/deep/logs.jsonl}}}");
    let found = Found::in_project(&project, &[]);
    assert_eq!((found.check("audit log").0, found.check("audit key").0), ("ok", "ok"), "{}", found.result);
    assert!(!project.path().join("blocked").exists());
    project.file("blocked", "").unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.check("audit log").0, "problem", "{}", found.result);
    assert!(found.help("audit log").contains("audit.path"));
    let mut command = project.command(&["doctor"]);
    command.env("MXCP_AUDIT_KEY", "s3cr3t");
    let found = Found::by(command);
    assert_eq!(found.check("audit key").0, "problem");
    assert!(!found.says("s3cr3t"), "{:?}", found.ran);
}

#[test]
fn an_audit_key_that_is_none_is_a_problem() {
    let project = with_site("profiles: {dev: {audit: {enabled: true, path: audit/logs.jsonl}}}");
    project.file("audit/logs_signing.key", "s3cr3t").unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.problems(), ["audit key"], "{}", found.result);
    assert!(!found.says("s3cr3t"), "{:?}", found.ran);
}

#[test]
fn an_extension_of_another_database_is_a_problem() {
    let project = with_site("extensions: [broken]\npaths: {extensions: ext}");
    project.file("ext/broken.duckdb_extension", "no extension").unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.problems(), ["extension broken"], "{}", found.result);
    assert!(found.help("extension broken").contains("for DuckDB v"));
}

#[test]
fn an_interpreter_that_is_missing_is_a_problem_where_python_is_needed() {
    let project = with_site("python: {interpreter: gone/python}");
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.check("python").0, "skipped");
    project.file("tools/py.yml", PYTHON).unwrap();
    project.file("python/py.py", "def py():\n    return 1\n").unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.problems(), ["python"], "{}", found.result);
    assert!(found.check("python").1.contains("there is no interpreter `gone/python`"), "{}", found.result);
    assert!(found.help("python").contains("interpreter"));
}

#[cfg(unix)]
#[test]
fn an_interpreter_that_is_too_old_is_a_problem() {
    use std::os::unix::fs::PermissionsExt as _;

    let project = with_site("python: {interpreter: ./old}");
    project.file("tools/py.yml", PYTHON).unwrap();
    project.file("python/py.py", "def py():\n    return 1\n").unwrap();
    let path = project.path().join("old");
    for (script, said) in [
        ("#!/bin/sh\necho cpython 3.8.1\n", "CPython 3.10 or newer is needed"),
        ("#!/bin/sh\necho cpython 3.12.1\necho ImportError: no >&2\nexit 1\n", "ImportError: no"),
        ("#!/bin/sh\nexit 1\n", "can't start Python"),
    ] {
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let found = Found::in_project(&project, &[]);
        let (state, message) = found.check("python");
        assert!(state == "problem" && message.contains(said), "{message}");
    }
}

#[test]
fn the_interpreter_that_runs_the_program_serves_as_well() {
    let mut project = project();
    project.use_module(&super::python::MODULE);
    let found = Found::in_project(&project, &["--all"]);
    let (state, message) = found.check("python");
    assert!(state == "ok" && message.ends_with("in the serving process"), "{message}");
    project
        .file("mxcp-site.yml", "mxcp: 1\nproject: tested\nprofile: dev\npython: {isolation: process}\n")
        .unwrap();
    let found = Found::in_project(&project, &["--all"]);
    assert!(found.check("python").1.ends_with("in worker processes"), "{}", found.result);
}

#[cfg(unix)]
#[test]
fn the_admin_socket_is_looked_at_where_there_is_to_be_one() {
    let project = project();
    let path = project.path().join("admin.sock");
    let with_socket = || {
        let mut command = project.command(&["doctor"]);
        command.env("MXCP_ADMIN_ENABLED", "true").env("MXCP_ADMIN_SOCKET", &path);
        Found::by(command)
    };
    assert_eq!(Found::in_project(&project, &[]).check("admin socket").0, "skipped");
    assert_eq!(with_socket().check("admin socket").0, "ok");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    assert_eq!(with_socket().check("admin socket").0, "warning");
    drop(listener);
    assert_eq!(with_socket().check("admin socket").0, "ok");
    fs::remove_file(&path).unwrap();
    fs::write(&path, "precious").unwrap();
    assert_eq!(with_socket().check("admin socket").0, "problem");
}

#[test]
fn a_project_that_is_not_as_it_was_locked_is_remarked_upon() {
    let project = project();
    assert_eq!(Found::in_project(&project, &[]).check("lock").0, "skipped");
    assert_eq!(project.run(&["lock"]).unwrap().code, Some(0));
    assert_eq!(Found::in_project(&project, &[]).check("lock").0, "ok");
    project.file("tools/answer.yml", &SQL.replace("42", "43")).unwrap();
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.check("lock").0, "warning", "{}", found.result);
    assert!(found.help("lock").contains("mxcp lock --check"));
    project.file("mxcp.lock", "version: nonsense\n").unwrap();
    assert_eq!(Found::in_project(&project, &[]).check("lock").0, "problem");
}

#[test]
fn dbt_is_looked_for_where_the_project_has_it() {
    let project = project();
    assert_eq!(Found::in_project(&project, &[]).check("dbt").0, "skipped");
    project.file("dbt_project.yml", "name: tested\n").unwrap();
    let mut command = project.command(&["doctor"]);
    command.env("PATH", project.path());
    let found = Found::by(command);
    assert_eq!(found.check("dbt").0, "problem", "{}", found.result);
    assert!(found.help("dbt").contains("pip install"));
}

#[test]
fn components_are_compiled_on_request_and_nothing_of_them_is_kept() {
    let project = project();
    let component = |wit: &str| {
        fs::create_dir_all(project.path().join("components")).unwrap();
        fs::write(project.path().join("components/c.wasm"), guest::encode(wit).unwrap()).unwrap();
    };
    let look = |arguments: &[&str]| {
        let mut command = project.command(&[&["doctor"], arguments].concat());
        command.env("XDG_CACHE_HOME", project.path().join("cache"));
        Found::by(command)
    };
    assert_eq!(look(&[]).check("components").0, "skipped");
    component(
        "package acme:text@1.0.0; interface shouting { shout: func(text: string) -> string; } world tools { export shouting; }",
    );
    assert_eq!(project.run(&["component", "import", "components/c.wasm"]).unwrap().code, Some(0));
    assert_eq!(look(&[]).check("components").0, "ok");
    let found = look(&["--all"]);
    assert_eq!(
        (found.check("components").0, found.check("component cache").0),
        ("ok", "ok"),
        "{}",
        found.result
    );
    assert!(!project.path().join("cache").exists());
    // The same function, and something that no host has.
    component(
        "package acme:text@1.0.0; interface net { ask: func() -> string; } interface shouting { shout: func(text: string) -> string; } \
         world tools { import net; export shouting; }",
    );
    assert_eq!(look(&[]).check("components").0, "ok");
    let found = look(&["--all"]);
    let (state, message) = found.check("components");
    assert!(state == "problem" && message.contains("acme:text/net"), "{message}");
    fs::write(project.path().join("cache"), "in the way").unwrap();
    assert_eq!(look(&[]).check("component cache").0, "warning");
}

#[test]
fn functions_of_components_for_sql_are_looked_at() {
    let project = with_site("sql_functions: [{file: components/gone.wasm, export: x}]");
    let found = Found::in_project(&project, &[]);
    assert_eq!(found.problems(), ["SQL functions"], "{}", found.result);
}

#[test]
fn a_certificate_that_is_missing_is_a_problem() {
    let project = project();
    let config = "mxcp: 1\ntransport: {http: {port: 0, tls: {cert: cert.pem, key: key.pem}}}\n";
    project.file(CONFIG, config).unwrap();
    let found = Found::in_project(&project, &[]);
    assert!(
        found.check("certificate").1.contains("`transport.http.tls.cert` can't be read"),
        "{}",
        found.result
    );
    assert_eq!(found.problems(), ["certificate"]);
}
