//! dbt itself, as `cargo xtask dbt` fetches it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mxcp_test_support::client::{Client as _, Http};
use mxcp_test_support::project::{Project, Ran};
use serde_json::{Value as Json, json};

/// The folder of its programs; a line says so if it is not there.
fn programs() -> Option<PathBuf> {
    let cache = std::env::var_os("MXCP_CACHE").map(PathBuf::from).or_else(|| {
        let user = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        Some(user.or_else(|| Some(std::env::home_dir()?.join(".cache")))?.join("mxcp"))
    });
    let folder = cache.unwrap_or_default().join("tools/dbt-core-1.10.23/bin");
    if folder.join("dbt").exists() {
        return Some(folder);
    }
    #[expect(clippy::print_stderr, reason = "what was not tested has to be seen")]
    {
        eprintln!("skipped: no `dbt`; run `cargo xtask dbt`");
    }
    None
}

/// A project whose one tool reads what dbt builds of `rate`.
fn project() -> Option<Project> {
    let programs = programs()?;
    let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (path, text) in [
        ("seeds/orders.csv", "id,country,amount\n1,DE,10\n2,DE,5\n3,FR,7\n"),
        (
            "models/totals.sql",
            "{{ config(materialized='table') }}\nSELECT country, sum(amount) * {{ env_var('RATE', '1') }} AS total FROM {{ ref('orders') }} GROUP BY country\n",
        ),
        (
            "models/schema.yml",
            "models:\n  - name: totals\n    columns:\n      - name: country\n        data_tests: [unique, not_null]\n",
        ),
        (
            "tools/totals.yml",
            "tool: {name: totals, return: {type: array}, source: {code: 'SELECT country, total::INTEGER AS total FROM totals ORDER BY country'}}",
        ),
    ] {
        project.file(path, text).unwrap();
    }
    use_programs(&mut project, programs);
    assert_eq!(project.run(&["dbt-config"]).unwrap().code, Some(0));
    Some(project)
}

/// Lets commands find dbt and mxcp.
fn use_programs(project: &mut Project, programs: PathBuf) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(programs).chain(std::env::split_paths(&path));
    let paths = std::env::join_paths(paths).unwrap();
    project.set_all([
        ("PATH", paths.to_str().unwrap()),
        ("DBT_SEND_ANONYMOUS_USAGE_STATS", "false"),
        ("MXCP", env!("CARGO_BIN_EXE_mxcp")),
    ]);
}

fn dbt(project: &Project, words: &[&str], rate: &str) -> Ran {
    let words = [&["dbt"], words].concat();
    Ran::from(project.command(&words).env("RATE", rate).output().unwrap())
}

fn succeeds(ran: &Ran) {
    assert!(ran.code == Some(0) && ran.stdout.contains("Completed successfully"), "{ran:?}");
}

fn totals(server: &mut Http) -> Json {
    let answer = server.call_tool("totals", &json!({})).unwrap();
    answer["structuredContent"]["result"].clone()
}

fn rows(german: i64, french: i64) -> Json {
    json!([{ "country": "DE", "total": german }, { "country": "FR", "total": french }])
}

/// Waits for a file that another process writes.
fn wait_for(path: &Path) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < Duration::from_secs(90), "{}", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn tools_read_what_dbt_builds() {
    let Some(project) = project() else { return };
    for words in [["seed"], ["run"], ["test"]] {
        succeeds(&dbt(&project, &words, "1"));
    }
    let broken = dbt(&project, &["run", "-s", "totals"], "nonsense");
    assert_eq!(broken.code, Some(1), "{broken:?}");
    let validated = project.run(&["validate", "--strict"]).unwrap();
    assert_eq!(validated.code, Some(0), "{validated:?}");
    assert_eq!(totals(&mut Http::start(&project, &[], true).unwrap()), rows(15, 7));
    // What dbt builds is what drift is told of.
    project.run(&["drift-snapshot", "--json-output"]).unwrap().result().unwrap();
    let model = "{{ config(materialized='table') }}\nSELECT country, count(*) AS n FROM {{ ref('orders') }} GROUP BY country\n";
    project.file("models/totals.sql", model).unwrap();
    succeeds(&dbt(&project, &["run"], "1"));
    let report = project.run(&["drift-check", "--json-output"]).unwrap().json().unwrap();
    let changes = &report["result"]["table_changes"][0];
    assert_eq!(
        (&changes["name"], &changes["columns_added"][0]["name"]),
        (&json!("totals"), &json!("n")),
        "{report}"
    );
    assert_eq!(report["result"]["resource_changes"][0]["endpoint"], "tool/totals", "{report}");
}

#[test]
fn the_template_comes_with_what_dbt_builds_of_it() {
    let Some(programs) = programs() else { return };
    let mut project = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    use_programs(&mut project, programs);
    for words in [&["init", "--project", "shop", "--template", "dbt"][..], &["dbt-config"]] {
        let ran = project.run(words).unwrap();
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let file = project.path().join("data/monthly_revenue.csv");
    let shipped = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    succeeds(&dbt(&project, &["build"], "1"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), shipped);
    let tested = project.run(&["test"]).unwrap();
    assert_eq!(tested.code, Some(0), "{tested:?}");
}

#[test]
fn a_tool_has_dbt_run_while_the_server_lets_go_of_the_database() {
    let Some(mut project) = project() else { return };
    project
        .file("python/refresh.py", "import os\nimport subprocess\nfrom mxcp.runtime import reload_duckdb\n\n\ndef refresh():\n    reload_duckdb(build, 'models')\n    return 'asked'\n\n\ndef build():\n    subprocess.run([os.environ['MXCP'], 'dbt', 'run'], check=True, stdout=subprocess.DEVNULL, env={**os.environ, 'RATE': '2'})\n    open('built', 'w').close()\n")
        .unwrap();
    project
        .file(
            "tools/refresh.yml",
            "tool: {name: refresh, return: {type: string}, source: {file: ../python/refresh.py}}",
        )
        .unwrap();
    project.set_all([("PYTHONDONTWRITEBYTECODE", "1")]);
    succeeds(&dbt(&project, &["build"], "1"));
    let mut server = Http::start(&project, &[], true).unwrap();
    assert_eq!(totals(&mut server), rows(15, 7));
    for _ in 0..2 {
        let _gone = std::fs::remove_file(project.path().join("built"));
        assert_eq!(server.call_tool("refresh", &json!({})).unwrap()["structuredContent"]["result"], "asked");
        wait_for(&project.path().join("built"));
        // Calls wait until the server has the database again.
        assert_eq!(totals(&mut server), rows(30, 14));
    }
}

#[test]
fn another_process_builds_while_the_server_lets_go_of_the_database() {
    let Some(project) = project() else { return };
    project
        .file("python/release.py", "import os\nimport time\nfrom mxcp.runtime import reload_duckdb\n\n\ndef release():\n    reload_duckdb(wait, 'somebody else')\n    return 'asked'\n\n\ndef wait():\n    open('released', 'w').close()\n    until = time.monotonic() + 80\n    while not os.path.exists('built') and time.monotonic() < until:\n        time.sleep(0.02)\n")
        .unwrap();
    project
        .file(
            "tools/release.yml",
            "tool: {name: release, return: {type: string}, source: {file: ../python/release.py}}",
        )
        .unwrap();
    succeeds(&dbt(&project, &["build"], "1"));
    let mut server = Http::start(&project, &[], true).unwrap();
    // While the server has the database, nobody else has.
    let locked = dbt(&project, &["run"], "3");
    assert!(locked.code != Some(0) && locked.stdout.contains("Could not set lock"), "{locked:?}");
    assert_eq!(totals(&mut server), rows(15, 7));
    server.call_tool("release", &json!({})).unwrap();
    wait_for(&project.path().join("released"));
    succeeds(&dbt(&project, &["run"], "3"));
    project.file("built", "").unwrap();
    assert_eq!(totals(&mut server), rows(45, 21));
}

#[test]
fn a_server_that_only_reads_keeps_dbt_from_writing_and_goes_on() {
    let Some(project) = project() else { return };
    succeeds(&dbt(&project, &["build"], "1"));
    let mut server = Http::start(&project, &["--readonly"], true).unwrap();
    let locked = dbt(&project, &["run"], "2");
    assert!(locked.code != Some(0) && locked.stdout.contains("Could not set lock"), "{locked:?}");
    assert_eq!(totals(&mut server), rows(15, 7));
    drop(server);
    succeeds(&dbt(&project, &["run"], "2"));
    assert_eq!(totals(&mut Http::start(&project, &["--readonly"], true).unwrap()), rows(30, 14));
}

/// Shows the statements by which dbt's adapter makes secrets of a profile, in the environment of `mxcp dbt`.
const STATEMENTS: &str = "\
import os, yaml
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context
set_invocation_context(os.environ)
raw = yaml.safe_load(open(os.path.expanduser('~/.dbt/profiles.yml')))['tested_default']['outputs']['default']
output = ProfileRenderer({}).render_data(raw)
print(output['extensions'])
output.update(database='db-default', schema='main')
for statement in DuckDBCredentials.from_dict(output).secrets_sql():
    print(' '.join(statement.split()))
";

#[test]
fn secrets_reach_duckdb_as_they_are() {
    let Some(programs) = programs() else { return };
    let Some(mut project) = project() else { return };
    let user = "\
mxcp: 1
projects:
  tested:
    profiles:
      default:
        secrets:
          - {name: my-api, type: http, parameters: {BEARER_TOKEN: '1e5', EXTRA_HTTP_HEADERS: {X-Key: \"it's {{ x }}\"}, SCOPE: 'https://a.example'}}
          - {name: store, type: s3, parameters: {KEY_ID: '007', SECRET: 'True', USE_SSL: false, PROVIDER: config}}
";
    project.file(".mxcp/config.yml", user).unwrap();
    project.file("show.py", STATEMENTS).unwrap();
    let interpreter = programs.join("python");
    let script = format!("#!/bin/sh\nexec {} show.py\n", interpreter.display());
    project.file("stand-in/dbt", &script).unwrap();
    let stand_in = project.path().join("stand-in");
    std::fs::set_permissions(stand_in.join("dbt"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let path = format!("{}:/usr/bin:/bin", stand_in.display());
    project.set_all([("PATH", path.as_str())]);
    for options in [&["dbt-config", "--force"][..], &["dbt-config", "--force", "--embed-secrets"]] {
        assert_eq!(project.run(options).unwrap().code, Some(0));
        let ran = project.run(&["dbt", "run"]).unwrap();
        for part in [
            "['httpfs']",
            "CREATE OR REPLACE SECRET \"my-api\" ( type http, BEARER_TOKEN '1e5', extra_http_headers map {'X-Key': 'it''s {{ x }}'}, scope 'https://a.example' )",
            "CREATE OR REPLACE SECRET store ( type s3, provider config, KEY_ID '007', SECRET 'True', USE_SSL 'false' )",
        ] {
            assert!(ran.stdout.contains(part), "{part} in {ran:?}");
        }
    }
}
