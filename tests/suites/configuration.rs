//! What site file, user file and environment do to the commands.

use std::fs;
use std::io::BufRead as _;
use std::process::{Command, Output};

use mxcp_test_support::client::{Client as _, Pipes};
use mxcp_test_support::project::Project;
use serde_json::json;

const HIDDEN: &str = "s3cr3t-value";

/// A project whose user file, in the home folder, is `config`.
fn project(config: &str) -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file(".mxcp/config.yml", config).unwrap();
    project
}

/// Standard output, standard error and the exit code.
fn told(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

#[test]
fn references_are_followed_where_the_active_profile_needs_them() {
    let project = project(
        "transport: {http: {port: \"${TEST_PORT}\"}}\n\
         projects:\n  tested:\n    profiles:\n      default: {}\n      prod: {secrets: [{name: a, type: \"${TEST_UNSET}\"}]}\n",
    );
    let list = |arguments: &[&str], port: Option<&str>| {
        let mut command = project.command(arguments);
        port.map(|port| command.env("TEST_PORT", port));
        told(&command.output().unwrap())
    };
    let (_, stderr, code) = list(&["list"], Some("9000"));
    assert_eq!(code, Some(0), "{stderr}");
    let (_, stderr, code) = list(&["list"], None);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("config.yml:1:26"), "{stderr}");
    assert!(stderr.contains("transport.http.port: Environment variable TEST_PORT is not set"), "{stderr}");
    let (_, stderr, code) = list(&["list", "--profile", "prod"], Some("9000"));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("Environment variable TEST_UNSET is not set"), "{stderr}");
    let (stdout, stderr, code) = list(&["list", "--debug", "--json-output"], Some(HIDDEN));
    assert_eq!(code, Some(1));
    assert!(!stdout.contains(HIDDEN) && !stderr.contains(HIDDEN), "{stdout}{stderr}");
    assert!(stderr.contains("the value comes from `${TEST_PORT}` and is not shown"), "{stderr}");
}

#[test]
fn secrets_reach_duckdb_and_refusals_show_no_value() {
    let project = project(
        "projects: {tested: {profiles: {default: {secrets: [\n\
         {name: web, type: http, parameters: {BEARER_TOKEN: \"${TEST_TOKEN}\", scope: \"https://a.example\"}},\n\
         {name: odd, type: http, parameters: {NO_SUCH_KEY: \"${TEST_TOKEN}\"}},\n\
         {name: python, type: custom, parameters: {key: \"${TEST_TOKEN}\"}}]}}}}\n",
    );
    project.file("mxcp-site.yml", "project: tested\nprofile: default\nsecrets: [web, absent]\n").unwrap();
    let mut command = project.command(&["query", "SELECT name, type FROM duckdb_secrets()", "--json-output"]);
    let (stdout, stderr, code) = told(&command.env("TEST_TOKEN", HIDDEN).output().unwrap());
    assert_eq!(code, Some(0), "{stderr}");
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["result"], json!([{ "name": "web", "type": "http" }]));
    let refusals: Vec<_> = stderr.lines().filter(|line| line.contains("DuckDB refuses")).collect();
    assert_eq!(refusals.len(), 1, "{stderr}");
    assert!(refusals[0].starts_with("WARNING:mxcp_duckdb.secrets:"), "{stderr}");
    assert!(refusals[0].contains("secret=\"odd\"") && refusals[0].contains("no_such_key"), "{stderr}");
    assert!(stderr.contains("mxcp-site.yml:3:16"), "{stderr}");
    assert!(stderr.contains("profile `default` has no secret `absent`"), "{stderr}");
    assert!(!stdout.contains(HIDDEN) && !stderr.contains(HIDDEN), "{stdout}{stderr}");
}

#[cfg(unix)]
#[test]
fn fields_of_1password_come_through_its_tool() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = project(
        "onepassword: {enabled: true}\nprojects: {tested: {profiles: {default: {secrets: [\
         {name: web, type: http, parameters: {BEARER_TOKEN: \"op://v/i/f\", scope: \"op://v/i/scope\"}}]}}}}\n",
    );
    let query = ["query", "SELECT scope[1] AS scope FROM duckdb_secrets()", "--json-output"];
    let run = |token: Option<&str>| {
        let mut command = project.command(&query);
        command.env("PATH", project.path().join("bin")).env_remove("OP_SERVICE_ACCOUNT_TOKEN");
        token.map(|token| command.env("OP_SERVICE_ACCOUNT_TOKEN", token));
        told(&command.output().unwrap())
    };
    let (_, stderr, code) = run(None);
    assert_eq!(code, Some(1));
    let problem =
        "1Password service account token not found in environment variable 'OP_SERVICE_ACCOUNT_TOKEN'";
    assert!(stderr.contains(problem), "{stderr}");
    let (_, stderr, code) = run(Some(HIDDEN));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("`op` is not on the PATH"), "{stderr}");
    let script = "#!/bin/sh\n[ \"$OP_SERVICE_ACCOUNT_TOKEN\" = s3cr3t-value ] && printf 'https://%s.example' \"${4##*/}\"\n";
    project.file("bin/op", script).unwrap();
    let tool = project.path().join("bin/op");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let (stdout, stderr, code) = run(Some(HIDDEN));
    assert_eq!(code, Some(0), "{stderr}");
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["result"], json!([{ "scope": "https://scope.example" }]));
    assert!(!stderr.contains(HIDDEN), "{stderr}");
}

#[test]
fn the_log_goes_to_standard_error_and_to_a_file_in_their_forms() {
    let project = project("logging: {level: DEBUG, path: ~/logs/mxcp.log}\n");
    let (stdout, stderr, code) =
        told(&project.command(&["query", "SELECT 1 AS one", "--json-output"]).output().unwrap());
    assert_eq!(code, Some(0), "{stderr}");
    assert!(serde_json::from_str::<serde_json::Value>(&stdout).is_ok(), "{stdout}");
    let database =
        project.command(&["query", "SELECT 1"]).env("MXCP_DUCKDB_PATH", "other/a.db").output().unwrap();
    let (_, stderr, _) = told(&database);
    let line = stderr.lines().find(|line| line.contains("MXCP_DUCKDB_PATH")).unwrap();
    assert!(line.starts_with("INFO:mxcp.project:"), "{stderr}");
    assert!(project.path().join("other/a.db").exists());
    let file = fs::read_to_string(project.path().join("logs/mxcp.log")).unwrap();
    let line = file.lines().find(|line| line.contains("MXCP_DUCKDB_PATH")).unwrap();
    let (time, rest) = line.split_once(" - ").unwrap();
    assert!(rest.starts_with("INFO - mxcp.project - "), "{line}");
    let shape: String =
        time.chars().map(|character| if character.is_ascii_digit() { '0' } else { character }).collect();
    assert_eq!(shape, "0000-00-00 00:00:00");
}

#[test]
fn a_server_needs_a_profile_that_somebody_declares() {
    let project = project("projects: {tested: {profiles: {default: }}, another: {profiles: {prod: }}}\n");
    for name in ["--profile", "MXCP_PROFILE"] {
        let mut command = project.command(&["serve", "--transport", "stdio"]);
        match name {
            "--profile" => command.args([name, "prod"]),
            _ => command.env(name, "prod"),
        };
        let (_, stderr, code) = told(&command.output().unwrap());
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains("Profile 'prod' not found in project 'tested'"), "{stderr}");
    }
    assert_eq!(project.run(&["list", "--profile", "prod"]).unwrap().code, Some(0));
}

#[test]
fn stdio_keeps_standard_error_silent_and_the_user_file_alone_may_have_a_profile() {
    let project = project(
        "logging: {level: INFO, path: mxcp.log}\nprojects: {tested: {profiles: {default: {}, other: }}}\n",
    );
    project.file("mxcp-site.yml", "project: tested\nprofile: default\nsecrets: [absent]\n").unwrap();
    let mut command = project.command(&["serve", "--transport", "stdio", "--profile", "other"]);
    let (stdout, stderr, code) = told(&command.env("MXCP_DUCKDB_PATH", "a.db").output().unwrap());
    assert_eq!((stdout.as_str(), stderr.as_str(), code), ("", "", Some(0)));
    let file = fs::read_to_string(project.path().join("mxcp.log")).unwrap();
    assert!(file.contains("INFO - mxcp.project - MXCP_DUCKDB_PATH"), "{file}");
    assert!(file.contains("profile `other` has no secret `absent`"), "{file}");
}

#[test]
fn paths_of_the_site_file_start_at_its_folder_and_take_variables_and_home() {
    let project = project("");
    let site = "project: tested\nprofile: default\nprofiles:\n  default: {duckdb: {path: \"${TEST_DATA}/a.db\"}}\n  \
                home: {duckdb: {path: ~/at-home.db}}\n  read: {duckdb: {path: read.db, readonly: true}}\n";
    project.file("mxcp-site.yml", site).unwrap();
    project.file("below/empty.txt", "").unwrap();
    let run = |arguments: &[&str], data: Option<&str>| {
        let mut command = project.command(arguments);
        command.current_dir(project.path().join("below"));
        data.map(|data| command.env("TEST_DATA", data));
        told(&command.output().unwrap())
    };
    let (_, stderr, code) = run(&["query", "SELECT 1"], Some("stored"));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(project.path().join("stored/a.db").exists());
    let (_, stderr, code) = run(&["query", "SELECT 1"], None);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("mxcp-site.yml:4:28"), "{stderr}");
    assert!(stderr.contains("Environment variable TEST_DATA is not set"), "{stderr}");
    let (_, stderr, code) = run(&["query", "SELECT 1", "--profile", "home"], None);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(project.path().join("at-home.db").exists());
    let (_, stderr, code) = run(&["query", "CREATE TABLE t (i INTEGER)", "--profile", "read"], None);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("read-only mode"), "{stderr}");
}

#[test]
fn an_extension_that_can_not_be_had_is_told_with_advice() {
    let project = project("");
    let site = "project: tested\nprofile: default\npaths: {extensions: ext}\nextensions: [json, no_such_extension]\n";
    project.file("mxcp-site.yml", site).unwrap();
    let ran = project.run(&["query", "SELECT 1"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("can't install the extension `no_such_extension`: "), "{ran:?}");
    assert!(ran.stderr.contains("ext/no_such_extension.duckdb_extension"), "{ran:?}");
}

#[test]
fn init_writes_schemas_and_names_them_in_its_files() {
    let outside = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let ran = outside.run(&["init", "shop", "--bootstrap"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let shop = outside.path().join("shop");
    for file in ["mxcp-site.yml", "tools/hello-world.yml"] {
        let text = fs::read_to_string(shop.join(file)).unwrap();
        let schema = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
        let schema = shop.join(file).parent().unwrap().join(schema);
        let schema: serde_json::Value = serde_json::from_str(&fs::read_to_string(&schema).unwrap()).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
    let site = fs::read_to_string(shop.join("mxcp-site.yml")).unwrap();
    assert_eq!(site.lines().skip(1).collect::<Vec<_>>(), ["mxcp: 1", "project: shop", "profile: default"]);
}

/// A file that names the scope of a secret, and possibly a second secret.
fn secrets(scope: &str, more: &str) -> String {
    format!(
        "projects: {{tested: {{profiles: {{default: {{secrets: [\
         {{name: web, type: http, parameters: {{BEARER_TOKEN: \"file://.mxcp/token\", scope: \"{scope}\"}}}}{more}]}}}}}}}}\n"
    )
}

#[cfg(unix)]
#[test]
fn a_reload_goes_over_to_new_secrets_and_keeps_the_old_ones_of_a_broken_file() {
    const TOOL: &str = "tool: {name: scopes, return: {type: string}, source: {code: \
        \"SELECT string_agg(name || ' ' || scope[1], ', ' ORDER BY name) FROM duckdb_secrets()\"}}";
    let project =
        project(&secrets("https://old", ", {name: gone, type: http, parameters: {scope: \"https://gone\"}}"));
    project.file(".mxcp/token", HIDDEN).unwrap();
    project.file("tools/scopes.yml", TOOL).unwrap();
    let (mut client, mut log) = Pipes::start_logging(&project).unwrap();
    let scopes = |client: &mut Pipes| {
        client.call_tool("scopes", &json!({})).unwrap()["structuredContent"]["result"].clone()
    };
    let reload = |client: &Pipes, config: &str| {
        project.file(".mxcp/config.yml", config).unwrap();
        let process = client.process().to_string();
        assert!(Command::new("kill").args(["-HUP", &process]).status().unwrap().success());
    };
    let old = json!("gone https://gone, web https://old");
    assert_eq!(scopes(&mut client), old);

    reload(&client, &secrets("${TEST_UNSET}", ""));
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    assert!(line.contains("nothing is reloaded: the configuration can't be used"), "{line}");
    assert!(line.contains("Environment variable TEST_UNSET is not set"), "{line}");
    assert_eq!(scopes(&mut client), old);

    project.file("tools/seen.yml", &TOOL.replace("scopes", "seen")).unwrap();
    reload(&client, &secrets("https://new", ""));
    assert_eq!(client.receive().unwrap()["method"], "notifications/tools/list_changed");
    assert_eq!(scopes(&mut client), json!("web https://new"));
}
