//! The documentation: written to a folder, and served to browsers.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use mxcp_test_support::client::Http;
use mxcp_test_support::project::Project;
use serde_json::{Value as Json, json};

const TOOL: &str = "tool: {name: find, description: Finds it, source: {code: SELECT 42 AS answer}, annotations: {readOnlyHint: true}}";

fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("tools/find.yml", TOOL).unwrap();
    project
}

/// What lies in a folder, by path within.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found
}

fn listed(result: &Json) -> BTreeSet<String> {
    result["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_site_has_the_files_that_the_command_lists() {
    let project = project();
    let result = project.run(&["docs", "--json-output"]).unwrap().result().unwrap();
    assert_eq!(result["status"], "ok");
    let site = project.path().join("site");
    let mut found = files(&site);
    assert!(found.remove(".mxcp-docs"));
    assert_eq!(listed(&result), found);
    assert!(found.contains("index.html") && found.contains("tools/find.html"), "{found:?}");
    let page = fs::read_to_string(site.join("tools/find.html")).unwrap();
    assert!(page.contains("Finds it") && !page.contains("SELECT 42"), "{page}");
    let ran = project.run(&["docs", "--with-source"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(fs::read_to_string(site.join("tools/find.html")).unwrap().contains("SELECT 42"));
}

#[test]
fn no_database_is_made() {
    let project = project();
    project.run(&["docs"]).unwrap();
    assert!(!project.path().join("data").exists());
}

#[test]
fn every_link_of_the_quickstart_leads_to_a_file() {
    let quickstart = mxcp_test_support::workspace_root().join("examples/quickstart");
    let project = Project::copy_of(&quickstart, env!("CARGO_BIN_EXE_mxcp")).unwrap();
    assert_eq!(project.run(&["docs", "--output", "out"]).unwrap().code, Some(0));
    let site = project.path().join("out");
    for file in files(&site).iter().filter(|file| file.ends_with(".html")) {
        let body = fs::read_to_string(site.join(file)).unwrap();
        let links = ["href=\"", "src=\""].into_iter().flat_map(|key| body.split(key).skip(1));
        for link in links.map(|rest| rest.split('"').next().unwrap()) {
            let target = link.split('#').next().unwrap();
            let path = site.join(file);
            let target = if target.is_empty() { path } else { path.parent().unwrap().join(target) };
            assert!(target.is_file(), "{link} in {file}");
        }
    }
}

#[test]
fn files_of_others_are_not_touched() {
    let project = project();
    project.file("site/index.html", "mine").unwrap();
    let error = project.run(&["docs", "--json-output"]).unwrap().error().unwrap();
    assert!(error.contains("holds files that `mxcp docs` did not write"), "{error}");
    assert_eq!(fs::read_to_string(project.path().join("site/index.html")).unwrap(), "mine");
    project.file("site/notes.txt", "mine").unwrap();
    assert_eq!(project.run(&["docs", "--force"]).unwrap().code, Some(0));
    assert_eq!(fs::read_to_string(project.path().join("site/notes.txt")).unwrap(), "mine");
    assert_ne!(fs::read_to_string(project.path().join("site/index.html")).unwrap(), "mine");
}

#[test]
fn pages_of_endpoints_that_are_gone_are_removed() {
    let project = project();
    project.file("tools/old.yml", &TOOL.replace("name: find", "name: old")).unwrap();
    project.run(&["docs"]).unwrap();
    let page = project.path().join("site/tools/old.html");
    assert!(page.exists());
    fs::remove_file(project.path().join("tools/old.yml")).unwrap();
    project.run(&["docs"]).unwrap();
    assert!(!page.exists());
}

#[test]
fn broken_definitions_are_reported_and_left_out() {
    let project = project();
    project.file("tools/broken.yml", "tool: {name: broken}").unwrap();
    let ran = project.run(&["docs", "--json-output"]).unwrap();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let document = ran.json().unwrap();
    assert_eq!(document["result"]["status"], "error");
    assert_eq!(
        document["result"]["broken"],
        json!([{ "path": "tools/broken.yml", "error": "tool.source: Field required" }])
    );
    assert!(listed(&document["result"]).contains("tools/find.html"));
    let ran = project.run(&["docs"]).unwrap();
    assert!(ran.code == Some(1) && ran.stdout.contains("✗ tools/broken.yml"), "{ran:?}");
}

/// Sends a request as it is: libraries tidy paths up. Gives the head and the body of the answer.
fn ask(server: &Http, method: &str, path: &str, headers: &str) -> (String, String) {
    let address =
        server.url().trim_start_matches("http://").trim_end_matches("/mcp").replace("0.0.0.0", "127.0.0.1");
    let mut stream = TcpStream::connect(&address).unwrap();
    let host = if headers.contains("Host:") { String::new() } else { format!("Host: {address}\r\n") };
    write!(stream, "{method} {path} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

fn status(head: &str) -> &str {
    head.split(' ').nth(1).unwrap()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn a_server_on_this_machine_shows_its_documentation() {
    let project = project();
    let server = Http::start(&project, &[], true).unwrap();
    assert!(server.banner.contains("/docs/"), "{}", server.banner);
    let (head, _) = ask(&server, "GET", "/docs", "");
    assert_eq!((status(&head), header(&head, "location")), ("307", Some("docs/")));
    let (head, body) = ask(&server, "GET", "/docs/", "");
    assert!(status(&head) == "200" && body.contains("href=\"tools/find.html\""), "{head}\n{body}");
    let policy = header(&head, "content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(header(&head, "x-content-type-options"), Some("nosniff"));
    assert_eq!(header(&head, "cache-control"), Some("no-cache"));
    for path in [
        "/docs/tools/find.html",
        "/docs/inspector",
        "/docs/assets/inspector/form.js",
        "/docs/assets/site.css",
    ] {
        let (head, body) = ask(&server, "GET", path, "");
        assert!(status(&head) == "200" && !body.is_empty(), "{path}: {head}");
    }
    assert!(!ask(&server, "GET", "/docs/tools/find.html", "").1.contains("SELECT 42"));
}

#[test]
fn a_page_that_a_browser_has_is_not_sent_again() {
    let project = project();
    let server = Http::start(&project, &[], true).unwrap();
    let (head, _) = ask(&server, "GET", "/docs/tools/find.html", "");
    let tag = header(&head, "etag").unwrap();
    let (again, body) = ask(&server, "GET", "/docs/tools/find.html", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!((status(&again), body.as_str()), ("304", ""));
    assert!(header(&again, "content-security-policy").is_some());
    let (other, _) = ask(&server, "GET", "/docs/", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!(status(&other), "200");
    let (whole, page) = ask(&server, "GET", "/docs/tools/find.html", "");
    let (without, body) = ask(&server, "HEAD", "/docs/tools/find.html", "");
    assert_eq!((status(&without), body.as_str()), ("200", ""));
    assert_eq!(header(&without, "content-length"), Some(page.len().to_string().as_str()));
    assert_eq!(header(&without, "etag"), header(&whole, "etag"));
}

#[test]
fn nothing_but_pages_can_be_reached_and_only_read() {
    let project = project();
    let server = Http::start(&project, &[], true).unwrap();
    for path in [
        "/docs/nothing.html",
        "/docs/../mxcp-site.yml",
        "/docs/%2e%2e/mxcp-site.yml",
        "/docs/tools/../../mxcp-site.yml",
        "/docs/..%2fmxcp-site.yml",
        "/docs//etc/passwd",
        "/docs/tools/find.yml",
        "/docs/.mxcp-docs",
        "/docs/%00",
    ] {
        let (head, body) = ask(&server, "GET", path, "");
        assert_eq!((status(&head), body.as_str()), ("404", "Not Found"), "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let (head, _) = ask(&server, method, "/docs/", "Content-Length: 0\r\n");
        assert_eq!((status(&head), header(&head, "allow")), ("405", Some("get, head")), "{method}");
        assert_eq!(header(&head, "x-content-type-options"), Some("nosniff"), "{method}");
    }
    assert_eq!(status(&ask(&server, "GET", "/docs/", "Host: evil.example\r\n").0), "421");
    assert_eq!(status(&ask(&server, "GET", "/docs/", "Origin: http://evil.example\r\n").0), "403");
}

#[test]
fn a_server_shows_nothing_of_what_hides_and_the_author_sees_it() {
    let project = project();
    let hiding = TOOL.replace(
        "name: find",
        "name: pay, policies: {hide: true, input: [{condition: user.role != 'boss', action: deny}]}",
    );
    project.file("tools/pay.yml", &hiding).unwrap();
    assert_eq!(project.run(&["docs"]).unwrap().code, Some(0));
    assert!(project.path().join("site/tools/pay.html").exists());
    let server = Http::start(&project, &[], true).unwrap();
    assert_eq!(status(&ask(&server, "GET", "/docs/tools/find.html", "").0), "200");
    assert_eq!(status(&ask(&server, "GET", "/docs/tools/pay.html", "").0), "404");
    assert!(!ask(&server, "GET", "/docs/", "").1.contains("pay"));
}

#[test]
fn a_server_on_every_address_shows_it_only_if_told() {
    let project = project();
    project.file(".mxcp/config.yml", "transport: {http: {host: 0.0.0.0}}").unwrap();
    let reach = |arguments: &[&str]| {
        let server = Http::start(&project, arguments, true).unwrap();
        (status(&ask(&server, "GET", "/docs/", "").0).to_owned(), server.banner.contains("/docs/"))
    };
    assert_eq!(reach(&[]), ("404".to_owned(), false));
    assert_eq!(reach(&["--docs", "true"]), ("200".to_owned(), true));
    assert_eq!(reach(&["--docs", "false"]), ("404".to_owned(), false));
}
