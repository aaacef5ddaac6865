//! Records in PostgreSQL. Where it is not installed the test says so and passes, unless `MXCP_REPLICAS=required`.

use mxcp_test_support::client::{Client, Pipes};
use mxcp_test_support::postgres::{self, Postgres};
use mxcp_test_support::project::Project;
use serde_json::json;

use super::project::{SITE, project, segments};

const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

fn server(url: &str) -> Project {
    let mut project = project();
    let site = SITE.replace("enabled: true", "enabled: true, url: \"${AUDIT_URL}\"");
    project.file("mxcp-site.yml", &site).unwrap();
    project.set_all([("AUDIT_URL", url), ("MXCP_AUDIT_KEY", KEY)]);
    project
}

#[test]
fn two_servers_record_into_one_table() {
    if postgres::programs().is_none() {
        assert_ne!(std::env::var("MXCP_REPLICAS").as_deref(), Ok("required"), "PostgreSQL is not installed");
        return eprintln!("skipped: PostgreSQL is not installed");
    }
    let postgres = Postgres::start().unwrap();
    let url = postgres.database().unwrap();
    let projects = [server(&url), server(&url)];
    let mut servers = projects.each_ref().map(|project| Pipes::start(project, &[]).unwrap());
    for (at, server) in servers.iter_mut().enumerate() {
        for _ in 0..3 {
            server.call_tool("greet", &json!({"who": format!("server {at}")})).unwrap();
        }
    }
    // Either reads what both have recorded, as soon as it is answered.
    let listed = projects[0].run(&["log", "--tool", "greet", "--since", "1h", "--json"]).unwrap();
    assert_eq!(listed.result().unwrap()["count"], 6);
    for server in servers {
        assert_eq!(server.close().unwrap().1, Some(0));
    }
    let verified = projects[1].run(&["log", "verify", "--json"]).unwrap().result().unwrap();
    assert_eq!(
        (&verified["intact"], &verified["records"], verified["segments"].as_array().map(Vec::len)),
        (&json!(true), &json!(10), Some(2)),
        "{verified}"
    );
    assert!(projects.iter().all(|project| segments(&project.path().join("audit")).is_empty()));
}

#[test]
fn an_address_that_is_none_keeps_the_server_from_starting_and_is_not_shown() {
    let project = server("mysql://a:s3cr3t@h/x");
    for command in [&["serve", "--transport", "stdio"][..], &["log"]] {
        let ran = project.run(command).unwrap();
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains("`audit.url`") && !ran.stderr.contains("s3cr3t"), "{}", ran.stderr);
    }
}
