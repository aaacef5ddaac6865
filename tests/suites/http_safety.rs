//! What the server does not let through over HTTP: foreign names and pages, words of strangers about clients, requests that mean
//! two things, and more of anything than there may be. And standard input and output, where nobody can log in.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use mxcp_test_support::client::{Client as _, Http, Pipes, Sse};
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::Provider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value as Json, json};

/// Far longer than anything here takes, so that a defect fails instead of hanging.
const DEADLINE: Duration = Duration::from_secs(60);

const WHO: &str =
    "tool:\n  name: who\n  source: {code: \"SELECT coalesce(get_username(), 'nobody') AS who\"}\n";

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// A project whose user file has these settings of `transport.http` and `auth`.
fn project(http: &str, auth: &str) -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    project.file("tools/who.yml", WHO).unwrap();
    let auth = if auth.is_empty() { "{}".to_owned() } else { format!("{{auth: {auth}}}") };
    let user =
        format!("transport: {{http: {{{http}}}}}\nprojects: {{tested: {{profiles: {{default: {auth}}}}}}}\n");
    project.file(".mxcp/config.yml", &user).unwrap();
    project
}

fn verifier(provider: &Provider) -> String {
    format!(
        "{{provider: oidc, mode: verifier, oidc: {{config_url: \"{}\", client_id: mxcp, client_secret: {}, scope: openid, \
         audience: mxcp}}}}",
        provider.config_url(),
        mxcp_test_support::provider::CLIENT_SECRET
    )
}

fn start(project: &Project) -> Http {
    Http::start(project, &[], true).unwrap()
}

/// `address:port` of a server.
fn address(url: &str) -> &str {
    url.split("://").nth(1).unwrap().split('/').next().unwrap()
}

/// Sends a text as it is, and gives the one answer. The server must close the connection after it.
fn exchange(mut stream: impl Read + Write, request: &str) -> Answer {
    // A server that has read enough closes before the rest is written.
    let _written = stream.write_all(request.as_bytes());
    let mut bytes = Vec::new();
    // A connection that was encrypted may end without a farewell.
    let _ended = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

fn connect(server: &Http) -> TcpStream {
    let stream = TcpStream::connect(address(server.url())).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn text(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut lines = vec![format!("{method} {path} HTTP/1.1"), "Connection: close".to_owned()];
    let defaults = [
        ("Host", "localhost"),
        ("Accept", "application/json, text/event-stream"),
        ("Content-Type", "application/json"),
    ];
    let named = |name: &str| headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let defaults = defaults.iter().filter(|(name, _)| !named(name));
    lines.extend(defaults.chain(headers).map(|(name, value)| format!("{name}: {value}")));
    lines.push(format!("Content-Length: {}", body.len()));
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}

fn send(server: &Http, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    exchange(connect(server), &text(method, path, headers, body))
}

const MODERN: [(&str, &str); 3] =
    [("Mcp-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "who")];

fn call_of_who() -> String {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {
            "name": "who", "arguments": {},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        },
    })
    .to_string()
}

/// Calls the tool `who` with further headers.
fn who(server: &Http, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = MODERN.iter().chain(headers).copied().collect();
    send(server, "POST", "/mcp", &headers, &call_of_who())
}

const METADATA: &str = "/.well-known/oauth-protected-resource";

#[test]
fn pages_of_listed_origins_may_use_the_server_and_all_others_may_not() {
    let provider = Provider::start().unwrap();
    let server = start(&project("allowed_origins: [\"https://app.example\"]", &verifier(&provider)));
    let asked = [
        ("Origin", "https://app.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization, mcp-param-region"),
    ];
    let preflight = send(&server, "OPTIONS", "/mcp", &asked, "");
    assert_eq!(preflight.status, 204, "{}", preflight.head);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("https://app.example"));
    let allowed = preflight.header("access-control-allow-headers").unwrap();
    for name in [
        "authorization",
        "content-type",
        "mcp-protocol-version",
        "mcp-session-id",
        "last-event-id",
        "mcp-param-region",
    ] {
        assert!(allowed.split(", ").any(|own| own == name), "{name}");
    }
    assert_eq!(preflight.header("access-control-allow-credentials"), None);

    let refused = who(&server, &[("Origin", "https://app.example")]);
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("access-control-allow-origin"), Some("https://app.example"));
    let exposed = refused.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("www-authenticate") && exposed.contains("mcp-session-id"), "{exposed}");
    assert_eq!(refused.header("vary"), Some("origin"));

    let bearer = format!("Bearer {}", provider.token("ada", &json!({})).unwrap());
    let admitted = who(&server, &[("Origin", "https://app.example"), ("Authorization", &bearer)]);
    assert_eq!(admitted.status, 200, "{}", admitted.body);
    assert_eq!(admitted.header("access-control-allow-origin"), Some("https://app.example"));
    for origin in ["https://evil.example", "null", "https://app.example.evil.example", "http://app.example"] {
        for headers in
            [vec![("Origin", origin)], vec![("Origin", origin), ("Authorization", bearer.as_str())]]
        {
            let answer = who(&server, &headers);
            assert_eq!(answer.status, 403, "{origin}");
            assert!(!answer.head.to_lowercase().contains("access-control"), "{}", answer.head);
        }
        let preflight = send(
            &server,
            "OPTIONS",
            "/mcp",
            &[("Origin", origin), ("Access-Control-Request-Method", "POST")],
            "",
        );
        assert_eq!(preflight.status, 403, "{origin}");
        assert!(!preflight.head.to_lowercase().contains("access-control"), "{}", preflight.head);
    }
    // Who is no page needs no origin.
    assert_eq!(who(&server, &[("Authorization", &bearer)]).header("access-control-allow-origin"), None);
}

#[test]
fn the_older_transport_answers_pages_as_well() {
    let project = project("allowed_origins: [\"https://app.example\"]", "");
    let server = Sse::start(&project, &[]).unwrap();
    for (origin, status) in [("https://app.example", 204), ("https://evil.example", 403)] {
        for path in ["/sse", "/messages/"] {
            let stream = TcpStream::connect(address(server.url())).unwrap();
            let headers = [("Origin", origin), ("Access-Control-Request-Method", "GET")];
            let answer = exchange(stream, &text("OPTIONS", path, &headers, ""));
            assert_eq!(answer.status, status, "{origin} {path}");
        }
    }
}

#[test]
fn foreign_hosts_are_refused_on_every_address_once_the_server_knows_its_names() {
    let open = start(&project("host: 0.0.0.0", ""));
    assert_eq!(who(&open, &[("Host", "any.example")]).status, 200);
    for settings in
        ["host: 0.0.0.0, allowed_hosts: [mcp.example]", "host: 0.0.0.0, base_url: \"https://mcp.example\""]
    {
        let server = start(&project(settings, ""));
        for (host, status) in [
            ("mcp.example", 200),
            ("mcp.example:443", 200),
            ("localhost:1", 200),
            ("127.0.0.1", 200),
            ("any.example", 421),
        ] {
            assert_eq!(who(&server, &[("Host", host)]).status, status, "{settings} {host}");
        }
        assert_eq!(who(&server, &[("Host", "mcp.example"), ("Host", "evil.example")]).status, 400);
        assert_eq!(who(&server, &[("Host", "mcp.example@evil.example")]).status, 421);
    }
}

#[test]
fn metadata_and_challenges_follow_a_trusted_proxy_and_nobody_else() {
    let provider = Provider::start().unwrap();
    let forwarded = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "mcp.example")];
    let resource = |server: &Http, headers: &[(&str, &str)]| {
        let metadata = send(server, "GET", METADATA, headers, "");
        let resource = metadata.json()["resource"].as_str().unwrap().to_owned();
        let challenge = who(server, headers).header("www-authenticate").unwrap().to_owned();
        let base = resource.strip_suffix("/mcp").unwrap();
        assert!(challenge.contains(&format!("resource_metadata=\"{base}{METADATA}\"")), "{challenge}");
        base.to_owned()
    };
    let trusting = start(&project("trust_proxy: true", &verifier(&provider)));
    let own = trusting.url().trim_end_matches("/mcp").to_owned();
    assert_eq!(resource(&trusting, &forwarded), "https://mcp.example");
    assert_eq!(resource(&trusting, &[]), own);
    assert_eq!(resource(&trusting, &[("X-Forwarded-Host", "evil.example/x\"")]), own);
    assert_eq!(resource(&trusting, &[("X-Forwarded-Proto", "javascript")]), own);
    // Of a list it is what the proxy added, not what its client sent.
    let added = [("X-Forwarded-Proto", "http, https"), ("X-Forwarded-Host", "evil.example, mcp.example")];
    assert_eq!(resource(&trusting, &added), "https://mcp.example");
    assert_eq!(
        resource(&trusting, &[("Forwarded", "for=1.2.3.4;proto=https;host=mcp.example")]),
        "https://mcp.example"
    );

    for settings in ["", "trust_proxy: false", "trust_proxy: [10.0.0.0/8]"] {
        let server = start(&project(settings, &verifier(&provider)));
        let own = server.url().trim_end_matches("/mcp").to_owned();
        assert_eq!(resource(&server, &forwarded), own, "{settings}");
        assert_eq!(resource(&server, &[("Forwarded", "proto=https;host=mcp.example")]), own, "{settings}");
    }
    let listed = start(&project("trust_proxy: [127.0.0.0/8]", &verifier(&provider)));
    assert_eq!(resource(&listed, &forwarded), "https://mcp.example");
    let fixed = "trust_proxy: true, base_url: \"https://fixed.example\"";
    assert_eq!(resource(&start(&project(fixed, &verifier(&provider))), &forwarded), "https://fixed.example");
}

#[test]
fn identity_that_is_smuggled_in_headers_is_nobodys() {
    let provider = Provider::start().unwrap();
    let smuggled = [
        ("X-Forwarded-User", "root"),
        ("X-Remote-User", "root"),
        ("X-User-Id", "root"),
        ("X-Auth-Request-Email", "root@example.org"),
    ];
    let open = start(&project("trust_proxy: true", ""));
    let answer = who(&open, &smuggled);
    assert!(answer.body.contains("nobody") && !answer.body.contains("root"), "{}", answer.body);
    let closed = start(&project("trust_proxy: true", &verifier(&provider)));
    assert_eq!(who(&closed, &smuggled).status, 401);
    let good = format!("Bearer {}", provider.token("ada", &json!({})).unwrap());
    assert_eq!(who(&closed, &[("Authorization", &good)]).status, 200);
    // Of two, a proxy may have looked at the other one.
    assert_eq!(who(&closed, &[("Authorization", "Bearer x"), ("Authorization", &good)]).status, 401);
    assert_eq!(who(&closed, &[("Authorization", &good), ("Authorization", &good)]).status, 401);
}

#[test]
fn a_request_that_ends_in_two_places_is_refused() {
    let server = start(&project("", ""));
    let raw = |framing: &str, body: &str| {
        let head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: \
                    application/json, text/event-stream\r\n";
        exchange(connect(&server), &format!("{head}{framing}\r\n{body}"))
    };
    let smuggled = "0\r\n\r\nGET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let two = raw("Content-Length: 6\r\nContent-Length: 5\r\n", "{}");
    assert_eq!(two.status, 400);
    let both = raw("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", smuggled);
    assert_eq!((both.status, both.header("connection")), (400, Some("close")));
    assert!(!both.body.contains("HTTP/1.1"), "{}", both.body);
    for framing in [
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 5, 6\r\n",
    ] {
        assert_eq!(raw(framing, "{}").status, 400, "{framing}");
    }
}

#[test]
fn heads_and_bodies_have_an_end() {
    let server = start(&project("", ""));
    let long = "x".repeat(100_000);
    assert_eq!(send(&server, "POST", "/mcp", &[("X-Long", &long)], "{}").status, 431);
    let names: Vec<String> = (0..150).map(|number| format!("X-{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(send(&server, "POST", "/mcp", &many, "{}").status, 431);
    let announced = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
                     Accept: application/json, text/event-stream\r\nContent-Length: 999999999999\r\n\r\n";
    assert_eq!(exchange(connect(&server), announced).status, 413);
}

#[test]
fn connections_beyond_the_limit_are_told_so() {
    let server = start(&project("max_connections: 1", ""));
    let mut first = connect(&server);
    // It is served when it has an answer, and stays open.
    let asked = text("GET", "/", &[("X-Keep", "1")], "").replace("Connection: close\r\n", "");
    first.write_all(asked.as_bytes()).unwrap();
    assert_ne!(first.read(&mut [0; 1024]).unwrap(), 0);
    let second = exchange(connect(&server), &text("GET", "/", &[], ""));
    assert_eq!((second.status, second.header("retry-after")), (503, Some("1")));
    assert_eq!(second.body, "Too many connections");
}

#[test]
fn each_user_has_as_many_requests_as_the_site_file_says() {
    let provider = Provider::start().unwrap();
    let project = project("trust_proxy: true", &verifier(&provider));
    let site = "mxcp: 1\nproject: tested\nprofile: default\nlimits: {per_user: {rate: 2/day}}\n";
    project.file("mxcp-site.yml", site).unwrap();
    let server = start(&project);
    let bearer = |user: &str| format!("Bearer {}", provider.token(user, &json!({})).unwrap());
    let (ada, bob) = (bearer("ada"), bearer("bob"));
    for _ in 0..2 {
        assert_eq!(who(&server, &[("Authorization", &ada)]).status, 200);
    }
    // Another token of the same user, from another place, is the same user.
    let elsewhere = bearer("ada");
    let refused = who(&server, &[("Authorization", &elsewhere), ("X-Forwarded-For", "9.9.9.9")]);
    assert_eq!(refused.status, 429);
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=43_200).contains(&seconds), "{seconds}");
    assert!(refused.json()["error"]["message"].as_str().unwrap().contains("Rate limit exceeded"));
    assert_eq!(who(&server, &[("Authorization", &bob)]).status, 200);
    // Whoever guesses tokens is counted by the address, which a client can't choose: a proxy adds it.
    for (claimed, status) in [("6.6.6.1, 1.2.3.4", 401), ("6.6.6.2, 1.2.3.4", 401), ("6.6.6.3, 1.2.3.4", 429)]
    {
        let answer = who(&server, &[("Authorization", "Bearer guess"), ("X-Forwarded-For", claimed)]);
        assert_eq!(answer.status, status, "{claimed}");
    }
    assert_eq!(who(&server, &[("X-Forwarded-For", "1.2.3.5")]).status, 401);
}

#[test]
fn an_endpoint_has_limits_of_its_own_that_only_servers_keep() {
    let project = project("", "");
    let limits = "  limits: {per_user: {rate: 1/day}}\n";
    project.file("tools/who.yml", &format!("{WHO}{limits}")).unwrap();
    project
        .file(
            "resources/r.yml",
            &format!("resource:\n  uri: r://x\n  source: {{code: SELECT 1 AS n}}\n{limits}"),
        )
        .unwrap();
    project
        .file("prompts/p.yml", &format!("prompt:\n  name: p\n  messages: [{{prompt: hi}}]\n{limits}"))
        .unwrap();
    let mut server = Http::start(&project, &[], false).unwrap();
    let first = server.call_tool("who", &json!({})).unwrap();
    assert_eq!(first["isError"], false, "{first}");
    let second = server.call_tool("who", &json!({})).unwrap();
    assert_eq!(second["isError"], true);
    let told = second["content"][0]["text"].as_str().unwrap();
    assert!(told.starts_with("Error executing tool who: Rate limit exceeded: try again in "), "{told}");
    let seconds = second["_meta"]["io.mxcp/retryAfter"].as_u64().unwrap();
    assert!((1..=86_400).contains(&seconds), "{seconds}");
    // What is refused before it runs takes nothing.
    for (method, wrong, right) in [
        ("resources/read", json!({ "uri": "r://y" }), json!({ "uri": "r://x" })),
        ("prompts/get", json!({ "name": "p", "arguments": { "z": "1" } }), json!({ "name": "p" })),
    ] {
        assert!(server.request(method, wrong).unwrap()["error"].is_object(), "{method}");
        assert!(server.request(method, right.clone()).unwrap()["result"].is_object(), "{method}");
        let refused = server.request(method, right).unwrap();
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("Rate limit exceeded: try again in "), "{refused}");
        assert!(refused["error"]["data"]["io.mxcp/retryAfter"].is_u64(), "{refused}");
    }
    // The database is the server's for as long as it runs.
    drop(server);
    for _ in 0..2 {
        let ran = project.run(&["run", "tool", "who"]).unwrap();
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}

#[test]
fn limits_that_mean_nothing_are_found_before_anything_is_served() {
    let project = project("", "");
    project.file("tools/who.yml", &format!("{WHO}  limits: {{rate: often, fuel: 5}}\n")).unwrap();
    let ran = project.run(&["validate"]).unwrap();
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, Some(1), "{said}");
    assert!(said.contains("a rate is a number of calls, a slash and a time"), "{said}");
    assert!(said.contains("only components have this"), "{said}");
}

#[test]
fn over_standard_input_and_output_nobody_can_log_in() {
    let provider = Provider::start().unwrap();
    let project = project("", &verifier(&provider));
    project.file("resources/r.yml", "resource:\n  uri: r://x\n  source: {code: SELECT 1 AS n}\n").unwrap();
    project.file("prompts/p.yml", "prompt:\n  name: p\n  messages: [{prompt: hi}]\n").unwrap();
    let mut client = Pipes::start(&project, &["--sql-tools", "true"]).unwrap();
    let listed = client.request("tools/list", json!({})).unwrap();
    assert!(listed["result"]["tools"].as_array().unwrap().len() > 1, "{listed}");
    for tool in ["who", "list_tables"] {
        let result = client.call_tool(tool, &json!({})).unwrap();
        assert_eq!(result["isError"], true);
        let expected = format!("Error executing tool {tool}: 401: Authentication required");
        assert_eq!(result["content"][0]["text"], expected);
    }
    for (method, params) in
        [("resources/read", json!({ "uri": "r://x" })), ("prompts/get", json!({ "name": "p" }))]
    {
        let answer = client.request(method, params).unwrap();
        let message = answer["error"]["message"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert!(message.contains("401: Authentication required"), "{message}");
    }
    // Whoever runs commands here needs no token; the database is the server's for as long as it runs.
    drop(client);
    let ran = project.run(&["run", "tool", "who"]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn pages_tell_browsers_what_they_may_do() {
    let server = start(&project("", ""));
    let page = send(&server, "GET", "/docs/", &[], "");
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert_eq!(send(&server, "GET", "/docs/", &[("Host", "evil.example")], "").status, 421);
}

/// Writes a certificate of its own making into a project.
fn certificate(project: &Project) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    project.file("cert.pem", &made.cert.pem()).unwrap();
    project.file("key.pem", &made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

/// Reads metadata over a connection that is encrypted with one certificate.
fn encrypted(server: &Http, certificate: &CertificateDer<'static>) -> Result<Answer, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = connect(server);
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(exchange(StreamOwned::new(connection, stream), &text("GET", METADATA, &[], "")))
}

#[test]
fn the_server_encrypts_connections_itself_and_reads_its_certificate_again() {
    let provider = Provider::start().unwrap();
    let project = project("tls: {cert: cert.pem, key: key.pem}", &verifier(&provider));
    let first = certificate(&project);
    let server = Http::start_logging(&project, "log.txt").unwrap();
    assert!(server.url().starts_with("https://localhost:"), "{}", server.url());
    assert_eq!(encrypted(&server, &first).unwrap().json()["resource"], server.url());
    // Plain text is no greeting, and gets no answer.
    let mut plain = connect(&server);
    plain.write_all(text("GET", METADATA, &[], "").as_bytes()).unwrap();
    let mut said = Vec::new();
    let _reset = plain.read_to_end(&mut said);
    assert!(!said.starts_with(b"HTTP"), "{said:?}");

    let second = certificate(&project);
    assert!(encrypted(&server, &second).is_err());
    let process = server.process().to_string();
    assert!(Command::new("kill").args(["-HUP", &process]).status().unwrap().success());
    // The log says when it is done.
    let log = project.path().join("log.txt");
    while !fs::read_to_string(&log).unwrap().contains("certificate is reloaded") {
        std::thread::yield_now();
    }
    assert_eq!(encrypted(&server, &second).unwrap().status, 200);
}

#[test]
fn a_certificate_that_can_not_be_used_stops_the_start() {
    let project = project("tls: {cert: cert.pem, key: key.pem}", "");
    let said = |project: &Project| {
        let ran = project.run(&["serve", "--port", "0"]).unwrap();
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(!ran.stdout.contains("Listening"), "{ran:?}");
        ran.stderr
    };
    let missing = said(&project);
    assert!(missing.contains("TLS can't be used") && missing.contains("cert.pem"), "{missing}");
    certificate(&project);
    project.file("key.pem", "s3cr3t").unwrap();
    let broken = said(&project);
    assert!(broken.contains("key.pem") && !broken.contains("s3cr3t"), "{broken}");
}

#[test]
fn settings_that_decide_who_may_come_in_are_checked_at_the_start() {
    for (settings, problem) in [
        ("allowed_hosts: [\"https://a\"]", "this is no host"),
        ("allowed_origins: [a.example]", "this is no origin"),
        ("trust_proxy: [proxy.example]", "this is no address"),
        ("base_url: \"https://a?b\"", "this is no URL under which a server can be reached"),
    ] {
        let ran = project(settings, "").run(&["serve", "--port", "0"]).unwrap();
        assert_eq!(ran.code, Some(1), "{settings}: {ran:?}");
        assert!(ran.stderr.contains(problem), "{settings}: {}", ran.stderr);
    }
}
