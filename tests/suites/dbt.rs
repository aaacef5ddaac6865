//! `mxcp dbt-config` and `mxcp dbt`: what dbt is told, and how it is run. With a stand-in for dbt that says what it is
//! given, and, where `cargo xtask dbt` has fetched it, with dbt itself.

mod real;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::source::SourceFile;
use mxcp_core::yaml::Document;
use mxcp_test_support::project::{Project, Ran};
use serde_json::{Value as Json, json};

const SITE: &str =
    "mxcp: 1\nproject: my-shop\nprofile: dev-1\nextensions: [json, {name: h3, repo: community}]\n";

const USER: &str = "\
mxcp: 1
projects:
  my-shop:
    profiles:
      dev-1:
        secrets:
          - name: my-api
            type: http
            parameters: {BEARER_TOKEN: '${TOKEN}', EXTRA_HTTP_HEADERS: {X-Tenant: t1}}
          - {name: py, type: custom, parameters: {key: 5}}
      other:
        secrets: [{name: x, type: http, parameters: {BEARER_TOKEN: '${NOBODY_SETS_THIS}'}}]
";

/// Shells lose variables whose names they can't read, so it is not written in theirs.
const STAND_IN: &str = "\
#!/usr/bin/env python3
import os, sys
for word in sys.argv[1:]:
    print('word: ' + word)
for name in sorted(os.environ):
    if name.startswith('MXCP_SECRET'):
        print(name + '=' + os.environ[name])
print('folder: ' + os.getcwd())
print('an error', file=sys.stderr)
sys.exit(int(os.environ.get('ENDS_WITH', '0')))
";

fn project() -> Project {
    let project = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("mxcp-site.yml", SITE).unwrap();
    project.file(".mxcp/config.yml", USER).unwrap();
    project
}

/// A project where `dbt` is a script.
fn with_program(script: &str) -> Project {
    let mut project = project();
    project.file("bin/dbt", script).unwrap();
    std::fs::set_permissions(project.path().join("bin/dbt"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", project.path().join("bin").display());
    project.set_all([("PATH", path.as_str()), ("TOKEN", "s3cr3t")]);
    project
}

/// What `mxcp dbt` writes without the lines of its own.
fn said(ran: &Ran) -> Vec<&str> {
    ran.stdout
        .lines()
        .skip_while(|line| !line.is_empty())
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect()
}

fn read(path: &Path) -> Json {
    let file = SourceFile::new("x.yml", std::fs::read_to_string(path).unwrap());
    Document::parse(&file, &mut Diagnostics::new()).unwrap().deserialize().unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn dbt_gets_its_arguments_and_the_secrets_of_the_profile() {
    let project = with_program(STAND_IN);
    let ran =
        project.run(&["dbt", "run", "--debug", "-s", "a b", "--full-refresh", "--profile", "dev-1"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let folder = format!("folder: {}", project.path().canonicalize().unwrap().display());
    assert_eq!(
        said(&ran),
        [
            "word: run",
            "word: -s",
            "word: a b",
            "word: --full-refresh",
            "MXCP_SECRET_MY-API_BEARER_TOKEN=s3cr3t",
            "MXCP_SECRET_MY-API_EXTRA_HTTP_HEADERS_X-TENANT=t1",
            "MXCP_SECRET_MY_API_BEARER_TOKEN=s3cr3t",
            "MXCP_SECRET_MY_API_EXTRA_HTTP_HEADERS_X_TENANT=t1",
            "MXCP_SECRET_PY_KEY=5",
            &folder,
        ]
    );
    for part in [
        "• Project: my-shop\n",
        "• Profile: dev-1\n",
        "• Command: dbt run -s a b --full-refresh\n",
        "• Secrets: 5 variables\n",
        "dbt has ended.\n",
    ] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
    assert!(ran.stderr.contains("an error"), "{ran:?}");
}

#[test]
fn everything_after_two_dashes_is_dbt_s() {
    let ran = with_program(STAND_IN)
        .run(&["dbt", "--debug", "--", "debug", "--debug", "--profile", "x", "--help"])
        .unwrap();
    let said = said(&ran);
    assert_eq!(
        &said[..5],
        ["word: debug", "word: --debug", "word: --profile", "word: x", "word: --help"],
        "{ran:?}"
    );
}

#[test]
fn the_exit_code_of_dbt_is_that_of_the_command() {
    let mut project = with_program(STAND_IN);
    project.set_all([("ENDS_WITH", "7")]);
    let ran = project.run(&["dbt", "run"]).unwrap();
    assert!(ran.code == Some(7) && ran.stdout.contains("dbt has ended with exit code 7."), "{ran:?}");
    let killed = with_program("#!/bin/sh\nkill -KILL $$\n").run(&["dbt", "run"]).unwrap();
    assert_eq!(killed.code, Some(137), "{killed:?}");
}

#[test]
fn a_request_to_end_reaches_dbt_and_is_waited_for() {
    let script =
        "#!/bin/sh\ntrap 'echo told; exit 3' TERM\necho up > begun\nwhile true; do sleep 0.05; done\n";
    let project = with_program(script);
    let child = project.command(&["dbt", "run"]).stdout(Stdio::piped()).spawn().unwrap();
    while !project.path().join("begun").exists() {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    let out = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.code() == Some(3) && out.contains("told"), "{out}");
}

#[test]
fn what_keeps_dbt_from_running_is_told() {
    let mut project = with_program(STAND_IN);
    let unset = project.command(&["dbt", "run"]).env_remove("TOKEN").output().unwrap();
    let err = String::from_utf8_lossy(&unset.stderr);
    assert!(unset.status.code() == Some(1) && err.contains("Environment variable TOKEN is not set"), "{err}");
    let disabled = format!("{SITE}dbt: {{enabled: false}}\n");
    project.file("mxcp-site.yml", &disabled).unwrap();
    for command in ["dbt", "dbt-config"] {
        let ran = project.run(&[command]).unwrap();
        assert_eq!(
            (ran.code, ran.stderr.as_str()),
            (Some(1), "Error: dbt integration is disabled in mxcp-site.yml\n")
        );
    }
    project.file("mxcp-site.yml", SITE).unwrap();
    project.set_all([("PATH", "/nowhere")]);
    let ran = project.run(&["dbt", "run"]).unwrap();
    let problem = "Error: dbt CLI is not installed. Please install dbt-core and dbt-duckdb.\n";
    assert_eq!((ran.code, ran.stderr.as_str(), ran.stdout.as_str()), (Some(1), problem, ""));
    assert_eq!(project.run(&["dbt", "run", "--profile"]).unwrap().code, Some(2));
}

#[test]
fn dbt_finds_the_project_its_database_and_the_variables_of_its_secrets() {
    let project = with_program(STAND_IN);
    project.file("deep/keep.txt", "").unwrap();
    let ran = project.command(&["dbt-config"]).current_dir(project.path().join("deep")).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    assert!(!project.path().join("deep/dbt_project.yml").exists());
    assert_eq!(
        read(&project.path().join("dbt_project.yml")),
        json!({
            "name": "my_shop", "profile": "my_shop_dev_1", "config-version": 2,
            "model-paths": ["models"], "analysis-paths": ["analyses"], "test-paths": ["tests"], "seed-paths": ["seeds"],
            "macro-paths": ["macros"], "snapshot-paths": ["snapshots"], "target-path": "target",
            "clean-targets": ["target", "dbt_packages"],
        })
    );
    let database = project.path().canonicalize().unwrap().join("data/db-dev-1.duckdb");
    let variable = |name: &str| format!("{{{{ env_var('MXCP_SECRET_MY_API_{name}') | as_text }}}}");
    assert_eq!(
        read(&project.path().join(".dbt/profiles.yml")),
        json!({ "my_shop_dev_1": { "target": "dev_1", "outputs": { "dev_1": {
            "type": "duckdb",
            "path": database.to_str().unwrap(),
            "extensions": ["json", { "name": "h3", "repo": "community" }, "httpfs"],
            "secrets": [{
                "name": "\"my-api\"", "type": "http", "BEARER_TOKEN": variable("BEARER_TOKEN"),
                "extra_http_headers": { "X-Tenant": variable("EXTRA_HTTP_HEADERS_X_TENANT") },
            }],
        } } } })
    );
}

#[test]
fn without_secrets_for_duckdb_no_extension_is_added() {
    let project = with_program(STAND_IN);
    project
        .file("mxcp-site.yml", "mxcp: 1\nproject: a\nprofile: b\nprofiles: {b: {duckdb: {path: x.duckdb}}}\n")
        .unwrap();
    assert_eq!(project.run(&["dbt-config"]).unwrap().code, Some(0));
    let output = &read(&project.path().join(".dbt/profiles.yml"))["a_b"]["outputs"]["b"];
    assert_eq!((&output["extensions"], output.get("secrets")), (&json!([]), None), "{output}");
    assert!(output["path"].as_str().unwrap().ends_with("/x.duckdb"), "{output}");
}

#[test]
fn what_files_have_beside_stays_and_a_profile_changes_only_on_demand() {
    let project = with_program(STAND_IN);
    project
        .file("dbt_project.yml", "# lost\nversion: 1.0\nname: old\nvars: {since: 2024-02-29, off: no}\n")
        .unwrap();
    let profiles = "theirs: {target: x}\nmy_shop_dev_1:\n  target: old\n  outputs: {dev_1: {threads: 4, path: old}, ci: {type: duckdb}}\n";
    project.file(".dbt/profiles.yml", profiles).unwrap();
    let ran = project.run(&["dbt-config"]).unwrap();
    let problem = "Error: Profile 'my_shop_dev_1' already exists. Use --force to update configuration.\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), problem));
    assert_eq!(std::fs::read_to_string(project.path().join(".dbt/profiles.yml")).unwrap(), profiles);
    assert_eq!(project.run(&["dbt-config", "--force"]).unwrap().code, Some(0));
    let text = std::fs::read_to_string(project.path().join("dbt_project.yml")).unwrap();
    assert!(text.ends_with("vars:\n  off: no\n  since: 2024-02-29\nversion: 1.0\n"), "{text}");
    let written = read(&project.path().join(".dbt/profiles.yml"));
    assert_eq!(
        (&written["theirs"], &written["my_shop_dev_1"]["target"]),
        (&json!({ "target": "x" }), &json!("dev_1"))
    );
    let outputs = &written["my_shop_dev_1"]["outputs"];
    assert_eq!((&outputs["ci"], &outputs["dev_1"]["threads"]), (&json!({ "type": "duckdb" }), &json!(4)));
    let again = project.run(&["dbt-config", "--force"]).unwrap();
    assert_eq!(again.stdout.matches("is as it should be").count(), 2, "{again:?}");
}

#[test]
fn a_dry_run_shows_both_files_and_writes_none() {
    let project = with_program(STAND_IN);
    project.file(".dbt/profiles.yml", "my_shop_dev_1: {target: old}\n").unwrap();
    let ran = project.run(&["dbt-config", "--dry-run", "--embed-secrets", "--force"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for part in [
        "profiles.yml:\nmy_shop_dev_1:\n",
        "BEARER_TOKEN: \"****\"",
        "dbt_project.yml:\nanalysis-paths:\n- analyses\n",
    ] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("s3cr3t"), "{ran:?}");
    assert!(!project.path().join("dbt_project.yml").exists());
    assert_eq!(project.run(&["dbt-config", "--dry-run"]).unwrap().code, Some(0), "a profile that exists");
    assert!(std::fs::read_to_string(project.path().join(".dbt/profiles.yml")).unwrap().contains("old"));
}

#[test]
fn embedded_secrets_are_for_nobody_else_to_read() {
    let project = with_program(STAND_IN);
    let file = project.path().join(".dbt/profiles.yml");
    let ran = project.run(&["dbt-config", "--embed-secrets"]).unwrap();
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (Some(1), "Error: --embed-secrets requires --force to be set\n")
    );
    assert!(!file.exists());
    let ran = project.run(&["dbt-config", "--embed-secrets", "--force"]).unwrap();
    assert!(ran.code == Some(0) && ran.stdout.contains("Warning: profiles.yml holds secrets"), "{ran:?}");
    assert!(!ran.stdout.contains("s3cr3t") && !ran.stderr.contains("s3cr3t"), "{ran:?}");
    let output =
        |_: ()| read(&file)["my_shop_dev_1"]["outputs"]["dev_1"]["secrets"][0]["BEARER_TOKEN"].clone();
    assert_eq!((output(()), mode(&file)), (json!("s3cr3t"), 0o600));
    assert_eq!(project.run(&["dbt-config", "--force"]).unwrap().code, Some(0));
    assert_eq!(mode(&file), 0o600, "what was private stays so");
    assert!(output(()).as_str().unwrap().contains("env_var"));
}

#[test]
fn what_can_not_be_configured_is_refused() {
    let mut project = with_program(STAND_IN);
    let ran = project.run(&["dbt-config", "--profile", "nope"]).unwrap();
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (Some(1), "Error: No DuckDB path configured for profile 'nope'\n")
    );
    project.file(".dbt/profiles.yml", "a: {password: hunter2, b: [\n").unwrap();
    let ran = project.run(&["dbt-config"]).unwrap();
    assert!(ran.code == Some(1) && ran.stderr.contains(".dbt/profiles.yml can't be used"), "{ran:?}");
    assert!(ran.stderr.contains("(line 2, column ") && !ran.stderr.contains("hunter2"), "{ran:?}");
    project.file(".dbt/profiles.yml", "- a\n").unwrap();
    let ran = project.run(&["dbt-config"]).unwrap();
    assert!(ran.code == Some(1) && ran.stderr.contains("it is no mapping"), "{ran:?}");
    assert!(!project.path().join("dbt_project.yml").exists());
    std::fs::remove_file(project.path().join(".dbt/profiles.yml")).unwrap();
    project.set_all([("PATH", "/nowhere")]);
    let ran = project.run(&["dbt-config"]).unwrap();
    assert!(ran.code == Some(0) && ran.stdout.contains("Warning: dbt is not installed"), "{ran:?}");
}
