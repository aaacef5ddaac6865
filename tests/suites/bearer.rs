//! Who calls over HTTP: tokens of an identity provider, assertions of an edge host, and sessions that have an owner.

use std::fs;

use mxcp_test_support::client::{Http, Sse};
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::{CLIENT_SECRET, Provider, now};
use mxcp_token::{Assertion, AssertionKey, CallDigest};
use serde_json::{Value as Json, json};

pub(crate) const EDGE_KEY: &str = "the key of the edge, 32 bytes or more";
const UNAUTHORIZED: &str = r#"{"error":"invalid_token","error_description":"Authentication required"}"#;

const WHO: &str = "tool:\n  name: who\n  source: {code: \"SELECT get_username() AS who, get_user_external_token() AS \
     token\"}\n";
const ADMINS: &str = "tool:\n  name: admins\n  parameters: [{name: n, type: integer, default: 1}]\n  source: {code: \
     SELECT $n AS n}\n  policies:\n    input: [{condition: \"user.role != 'admin'\", action: deny, reason: Not you}]\n";
const CAPABLE: &str = "tool:\n  name: capable\n  source: {code: SELECT 1 AS n}\n  policies:\n    input: [{condition: \
     \"!('write' in user.capabilities)\", action: deny, reason: Not capable}]\n";

pub(crate) struct Answer {
    status: u16,
    challenge: Option<String>,
    session: Option<String>,
    text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        let text = self.text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or(&self.text);
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// What a tool says, be it its result or why there is none.
    fn said(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text);
        let message = self.json();
        message["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{message}")).to_owned()
    }
}

fn project(auth: &str) -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    for (name, text) in [("who", WHO), ("admins", ADMINS), ("capable", CAPABLE)] {
        project.file(&format!("tools/{name}.yml"), text).unwrap();
    }
    if !auth.is_empty() {
        let user = format!("projects: {{tested: {{profiles: {{default: {{auth: {auth}}}}}}}}}\n");
        project.file(".mxcp/config.yml", &user).unwrap();
    }
    project
}

/// The settings for a provider; `more` follows.
pub(crate) fn verifier(provider: &Provider, more: &str) -> String {
    format!(
        "{{provider: oidc, mode: verifier, oidc: {{config_url: \"{}\", client_id: mxcp, client_secret: {CLIENT_SECRET}, \
         scope: openid, audience: mxcp, provider_name: corp, claim_mappings: {{roles: {{writer: [write]}}}}}}{more}}}",
        provider.config_url()
    )
}

fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let mut request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = agent.run(request.body(body.to_owned()).unwrap()).unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (challenge, session) = (header("www-authenticate"), header("mcp-session-id"));
    let text = response.body_mut().read_to_string().unwrap();
    Answer { status: response.status().as_u16(), challenge, session, text }
}

pub(crate) fn request(tool: &str, arguments: Json) -> Json {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {
            "name": tool, "arguments": arguments,
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        },
    })
}

/// Sends a request that stands alone.
pub(crate) fn post(server: &Http, request: &Json, token: Option<&str>) -> Answer {
    let name = request["params"]["name"].as_str().unwrap();
    let authorization = format!("Bearer {}", token.unwrap_or_default());
    let mut headers =
        vec![("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", name)];
    headers.extend(token.map(|_| ("authorization", authorization.as_str())));
    send("POST", server.url(), &headers, &request.to_string())
}

fn call(server: &Http, tool: &str, token: Option<&str>) -> Answer {
    post(server, &request(tool, json!({})), token)
}

/// An assertion about a request, as an edge makes it.
pub(crate) fn assertion(request: &Json, user: Option<&Json>, id: &str, issued_at: i64) -> String {
    let key = AssertionKey::new(EDGE_KEY.as_bytes()).unwrap();
    let call = CallDigest::of_request(request).unwrap();
    let user = user.and_then(Json::as_object);
    Assertion { user, audience: mxcp_token::ORIGIN, call, issued_at, id }.sign(&key).unwrap()
}

#[test]
fn tokens_of_the_provider_say_who_calls_and_all_others_are_refused() {
    let provider = Provider::start().unwrap();
    let server = Http::start(&project(&verifier(&provider, "")), &[], true).unwrap();
    let good = provider.token("u1", &json!({ "email": "ada@example.org", "role": "admin" })).unwrap();
    let who = call(&server, "who", Some(&good)).said();
    assert!(who.contains("ada") && who.contains(&good), "{who}");
    assert!(call(&server, "admins", Some(&good)).said().contains('1'));
    let other = provider.token("u2", &json!({ "role": "guest", "capabilities": ["write"] })).unwrap();
    assert!(call(&server, "admins", Some(&other)).said().contains("Not you"));
    // A claim of this name is no capability; a claim that is mapped is.
    assert!(call(&server, "capable", Some(&other)).said().contains("Not capable"));
    let writer = provider.token("u3", &json!({ "roles": ["writer"] })).unwrap();
    assert!(!call(&server, "capable", Some(&writer)).said().contains("Not capable"));

    let base = server.url().trim_end_matches("/mcp");
    let challenge = format!(
        "Bearer error=\"invalid_token\", error_description=\"Authentication required\", \
         resource_metadata=\"{base}/.well-known/oauth-protected-resource\""
    );
    let elsewhere = Provider::start().unwrap();
    let mut refused = vec![
        None,
        Some(String::new()),
        Some("opaque".to_owned()),
        Some(provider.token("u1", &json!({ "exp": now().unwrap() - 1 })).unwrap()),
        Some(provider.token("u1", &json!({ "aud": "other" })).unwrap()),
        Some(provider.token("u1", &json!({ "iss": "https://other.example" })).unwrap()),
        Some(provider.token("", &json!({})).unwrap()),
        Some(provider.forged("u1", "key-1").unwrap()),
        Some(elsewhere.token("u1", &json!({})).unwrap()),
        Some(assertion(&request("who", json!({})), None, "id", now().unwrap())),
    ];
    refused.push(good.get(..good.len() - 4).map(|start| format!("{start}AAAA")));
    for token in refused {
        let answer = call(&server, "who", token.as_deref());
        assert_eq!((answer.status, answer.text.as_str()), (401, UNAUTHORIZED), "{token:?}");
        assert_eq!(answer.challenge.as_deref(), Some(challenge.as_str()));
    }
    // In the header only, and in no other scheme.
    let url = format!("{}?access_token={good}", server.url());
    assert_eq!(send("POST", &url, &[], "{}").status, 401);
    let basic = format!("Basic {good}");
    assert_eq!(send("POST", server.url(), &[("authorization", &basic)], "{}").status, 401);
    assert_eq!(send("GET", server.url(), &[], "").status, 401);
    assert_eq!(send("DELETE", server.url(), &[], "").status, 401);
    // Nobody is asked who they are there.
    assert_eq!(send("GET", &format!("{base}/docs/"), &[], "").status, 404);
    assert_eq!(send("GET", &format!("{base}/authorize"), &[], "").status, 404);
}

#[test]
fn clients_learn_where_tokens_are_issued_and_which_scopes_they_need() {
    let provider = Provider::start().unwrap();
    let auth = verifier(&provider, ", authorization: {required_scopes: [read, write]}");
    let server = Http::start(&project(&auth), &[], true).unwrap();
    let base = server.url().trim_end_matches("/mcp");
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        let answer = send("GET", &format!("{base}{path}"), &[], "");
        let expected = json!({
            "resource": server.url(), "authorization_servers": [provider.issuer()],
            "bearer_methods_supported": ["header"], "scopes_supported": ["read", "write"],
        });
        assert_eq!((answer.status, answer.json()), (200, expected));
        // What a browser asks before a page that says which revision it speaks.
        let asked = [
            ("origin", "https://page.example"),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "mcp-protocol-version"),
        ];
        assert_eq!(send("OPTIONS", &format!("{base}{path}"), &asked, "").status, 200);
    }
    let lacking = provider.token("u1", &json!({ "scope": "read" })).unwrap();
    let answer = call(&server, "who", Some(&lacking));
    assert_eq!(answer.status, 403);
    let expected = json!({ "error": "insufficient_scope", "error_description": "Required scope: write" });
    assert_eq!(answer.json(), expected);
    let challenge = answer.challenge.unwrap();
    assert!(challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"read write\""));
    let enough = provider.token("u1", &json!({ "scp": ["write", "read"] })).unwrap();
    assert_eq!(call(&server, "who", Some(&enough)).status, 200);
}

#[test]
fn new_keys_are_fetched_once_and_made_up_ones_do_not_make_more_requests() {
    let provider = Provider::start().unwrap();
    let server = Http::start(&project(&verifier(&provider, "")), &[], true).unwrap();
    assert_eq!(provider.asked(), 0);
    let old = provider.token("u1", &json!({})).unwrap();
    for _ in 0..3 {
        assert_eq!(call(&server, "who", Some(&old)).status, 200);
    }
    assert_eq!(provider.asked(), 1);
    provider.rotate();
    let new = provider.token("u1", &json!({})).unwrap();
    assert_eq!(call(&server, "who", Some(&new)).status, 200);
    assert_eq!(provider.asked(), 2);
    // One more look is left, so that a made-up key does not hide a new one.
    for key in ["made-up-1", "made-up-2", "made-up-3"] {
        assert_eq!(call(&server, "who", Some(&provider.forged("u1", key).unwrap())).status, 401);
    }
    assert_eq!(call(&server, "who", Some(&old)).status, 401);
    assert_eq!(provider.asked(), 3);
    assert_eq!(call(&server, "who", Some(&new)).status, 200);
}

#[test]
fn tokens_that_say_nothing_are_asked_about() {
    let provider = Provider::start().unwrap();
    let auth = verifier(&provider, ", authorization: {required_scopes: [read]}");
    let project = project(&auth);
    let server = Http::start_logging(&project, "log").unwrap();
    let questions = || provider.requests_to("/introspect").len();
    let reader = json!({ "username": "ada", "scope": "read", "role": "admin", "roles": ["writer"] });
    let good = provider.opaque("u1", &reader).unwrap();
    for _ in 0..3 {
        let who = call(&server, "who", Some(&good)).said();
        assert!(who.contains("ada") && who.contains(&good), "{who}");
    }
    assert!(call(&server, "admins", Some(&good)).said().contains('1'));
    assert!(!call(&server, "capable", Some(&good)).said().contains("Not capable"));
    assert_eq!(questions(), 1);
    // No scope is carried that the provider does not name, whatever is asked of it at a login.
    let unscoped = provider.opaque("u1", &json!({})).unwrap();
    let answer = call(&server, "who", Some(&unscoped));
    assert_eq!((answer.status, &answer.json()["error"]), (403, &json!("insufficient_scope")));
    for said in [json!({ "aud": "other" }), json!({ "exp": 1 }), json!({ "iss": "https://other.example" })] {
        let token = provider.opaque("u1", &said).unwrap();
        let answer = call(&server, "who", Some(&token));
        assert_eq!((answer.status, answer.text.as_str()), (401, UNAUTHORIZED), "{said}");
    }
    let asked = questions();
    for _ in 0..3 {
        assert_eq!(call(&server, "who", Some("made-up")).status, 401);
    }
    assert_eq!(questions(), asked + 1);
    // What is a JWT is verified or refused: nobody is asked for another opinion.
    for changes in [json!({ "aud": "other" }), json!({ "exp": 1 })] {
        let token = provider.token("u1", &changes).unwrap();
        assert_eq!(call(&server, "who", Some(&token)).status, 401);
    }
    assert_eq!(questions(), asked + 1);
    drop(server);
    let requests = provider.requests();
    let elsewhere = requests.iter().filter(|request| request.path != "/introspect");
    let elsewhere = format!("{:?}", elsewhere.collect::<Vec<_>>());
    assert!(!elsewhere.contains(CLIENT_SECRET) && !elsewhere.contains(&good), "{elsewhere}");
    let log = fs::read_to_string(project.path().join("log")).unwrap();
    assert!(log.contains("the token is not active") && log.contains("another audience"), "{log}");
    for secret in [CLIENT_SECRET, good.as_str(), unscoped.as_str(), "made-up"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[test]
fn a_provider_that_can_not_be_asked_refuses_nobody_for_good() {
    let provider = Provider::start().unwrap();
    let server = Http::start(&project(&verifier(&provider, "")), &[], true).unwrap();
    let (opaque, signed) =
        (provider.opaque("u1", &json!({})).unwrap(), provider.token("u1", &json!({})).unwrap());
    provider.set(|knobs| _ = knobs.answers.insert("/introspect".to_owned(), (503, "{}".to_owned())));
    let answer = call(&server, "who", Some(&opaque));
    assert_eq!((answer.status, &answer.json()["error"]), (503, &json!("temporarily_unavailable")));
    assert_eq!(call(&server, "who", Some(&signed)).status, 200);
    provider.set(|knobs| knobs.answers.clear());
    assert_eq!(call(&server, "who", Some(&opaque)).status, 200);
}

#[test]
fn a_provider_that_does_not_answer_lets_nobody_in() {
    let provider = Provider::start().unwrap();
    provider.go_down();
    let server = Http::start(&project(&verifier(&provider, "")), &[], true).unwrap();
    let answer = call(&server, "who", Some(&provider.token("u1", &json!({})).unwrap()));
    assert_eq!((answer.status, &answer.json()["error"]), (503, &json!("temporarily_unavailable")));
    assert_eq!(answer.challenge, None);
    assert_eq!(call(&server, "who", None).status, 401);
    let base = server.url().trim_end_matches("/mcp");
    assert_eq!(send("GET", &format!("{base}/.well-known/oauth-protected-resource"), &[], "").status, 503);
}

#[test]
fn a_session_is_its_owners_and_every_request_has_its_own_user() {
    let provider = Provider::start().unwrap();
    let server = Http::start(&project(&verifier(&provider, "")), &[], true).unwrap();
    let bearer =
        |subject: &str, claims: Json| format!("Bearer {}", provider.token(subject, &claims).unwrap());
    let (ada, bob) = (bearer("ada", json!({ "role": "admin" })), bearer("bob", json!({ "role": "admin" })));
    let hello = json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": { "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } },
    });
    let begun = send("POST", server.url(), &[("authorization", &ada)], &hello.to_string());
    let session = begun.session.unwrap();
    let within = |method: &str, authorization: &str, body: &str| {
        let headers = [
            ("authorization", authorization),
            ("mcp-session-id", session.as_str()),
            ("mcp-protocol-version", "2025-11-25"),
        ];
        send(method, server.url(), &headers, body)
    };
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string();
    assert_eq!(within("POST", &ada, &ready).status, 202);
    let call = |tool| {
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": {} } })
            .to_string()
    };
    assert!(within("POST", &ada, &call("who")).said().contains("ada"));
    for method in ["POST", "GET", "DELETE"] {
        let answer = within(method, &bob, &call("who"));
        assert_eq!(answer.status, 404, "{method} {}", answer.text);
        assert!(answer.text.contains("Session not found"), "{}", answer.text);
    }
    let nobody = send("POST", server.url(), &[("mcp-session-id", session.as_str())], &call("who"));
    assert_eq!(nobody.status, 401);
    // The same user with another token: what it says counts, not what the session began with.
    assert!(!within("POST", &ada, &call("admins")).text.contains("Not you"));
    let demoted = bearer("ada", json!({ "role": "guest" }));
    assert!(within("POST", &demoted, &call("admins")).text.contains("Not you"));
    assert_eq!(within("DELETE", &ada, "").status, 200);
}

#[test]
fn streams_of_events_are_guarded_as_well() {
    let provider = Provider::start().unwrap();
    let project = project(&verifier(&provider, ""));
    let error = Sse::start(&project, &[]).unwrap_err();
    assert!(format!("{error:#}").contains("401"), "{error:#}");
}

#[test]
fn an_edge_says_who_makes_one_call() {
    let mut project = project("");
    project.set_all([("MXCP_EDGE_KEY", EDGE_KEY)]);
    let server = Http::start(&project, &[], true).unwrap();
    let now = now().unwrap();
    let admin =
        json!({ "user_id": "u1", "username": "ada", "provider": "corp", "raw_profile": { "role": "admin" } });
    let asked = request("admins", json!({ "n": 7 }));

    // Nobody has to say who they are; who does is believed.
    assert!(post(&server, &asked, None).said().contains("Not you"));
    let token = assertion(&asked, Some(&admin), "one", now);
    assert!(post(&server, &asked, Some(&token)).said().contains('7'));
    // An edge that does not know who calls says so.
    let anonymous = assertion(&asked, None, "two", now);
    assert!(post(&server, &asked, Some(&anonymous)).said().contains("Not you"));

    let other_arguments = request("admins", json!({ "n": 8 }));
    let other_tool = request("who", json!({ "n": 7 }));
    let fresh = |id: &str| assertion(&asked, Some(&admin), id, now);
    let mut tampered = fresh("three");
    tampered.replace_range(60..61, if tampered.get(60..61) == Some("A") { "B" } else { "A" });
    let refused = [
        ("replayed", &asked, token.clone()),
        ("for another call", &other_arguments, fresh("four")),
        ("for another tool", &other_tool, fresh("five")),
        ("tampered", &asked, tampered),
        ("expired", &asked, assertion(&asked, Some(&admin), "six", now - 120)),
        ("of the future", &asked, assertion(&asked, Some(&admin), "seven", now + 120)),
        ("without a user id", &asked, assertion(&asked, Some(&json!({ "username": "x" })), "eight", now)),
        ("no assertion", &asked, "opaque".to_owned()),
    ];
    for (what, request, token) in refused {
        let answer = post(&server, request, Some(&token));
        assert_eq!((answer.status, answer.text.as_str()), (401, UNAUTHORIZED), "{what}");
        let challenge = "Bearer error=\"invalid_token\", error_description=\"Authentication required\"";
        assert_eq!(answer.challenge.as_deref(), Some(challenge), "{what}");
    }
    // What is refused is not used up.
    assert!(post(&server, &asked, Some(&fresh("four"))).said().contains('7'));
    // A key that is written twice means one thing to everybody.
    let twice = asked.to_string().replace("\"arguments\":", "\"arguments\":{\"n\":99},\"arguments\":");
    let authorization = format!("Bearer {}", fresh("nine"));
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "admins"),
        ("authorization", authorization.as_str()),
    ];
    let answer = send("POST", server.url(), &headers, &twice);
    assert!(!answer.text.contains("99"), "{}", answer.text);
    let listing = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    let authorization = format!("Bearer {}", fresh("ten"));
    assert_eq!(send("POST", server.url(), &[("authorization", &authorization)], &listing).status, 401);
}

#[test]
fn an_edge_and_a_provider_go_together_and_nothing_of_theirs_is_logged() {
    let provider = Provider::start().unwrap();
    let mut project = project(&verifier(&provider, ""));
    project.set_all([("MXCP_EDGE_KEY", EDGE_KEY)]);
    let server = Http::start_logging(&project, "log").unwrap();
    let token = provider.token("u1", &json!({ "email": "ada@example.org" })).unwrap();
    let asked = request("who", json!({}));
    let edge =
        assertion(&asked, Some(&json!({ "user_id": "u2", "username": "bob" })), "id-1", now().unwrap());
    let expired = provider.token("u1", &json!({ "exp": 1, "email": "eve@example.org" })).unwrap();
    assert!(call(&server, "who", Some(&token)).said().contains("ada"));
    assert!(post(&server, &asked, Some(&edge)).said().contains("bob"));
    assert_eq!(call(&server, "who", Some(&expired)).status, 401);
    assert_eq!(post(&server, &asked, Some(&edge)).status, 401);
    drop(server);
    let log = fs::read_to_string(project.path().join("log")).unwrap();
    assert!(log.contains("the token has expired") && log.contains("used before"), "{log}");
    for secret in [&token, &edge, &expired].map(|token| token.rsplit('.').next().unwrap()) {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "a signature is in the log: {}", line.unwrap_or_default());
    }
    for secret in [EDGE_KEY, CLIENT_SECRET, "eve@"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[test]
fn what_can_not_be_safe_does_not_start() {
    let serve = |auth: &str, key: Option<&str>| {
        let project = project(auth);
        let mut command = project.command(&["serve", "--port", "0"]);
        key.map(|key| command.env("MXCP_EDGE_KEY", key));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let short = serve("", Some("too-short-a-key"));
    assert!(short.contains("MXCP_EDGE_KEY: the key must have 32 bytes or more"), "{short}");
    assert!(!short.contains("too-short-a-key"), "{short}");
    let plain = "{provider: oidc, mode: verifier, oidc: {config_url: \"http://id.example/x\", client_id: a, client_secret: \
         b, scope: openid}}";
    assert!(serve(plain, None).contains("must be an https URL"));
    // Nobody listens there.
    let issuer = "{provider: oidc, oidc: {config_url: \"http://127.0.0.1:1/x\", client_id: a, client_secret: b, scope: \
         openid, callback_path: /back}}";
    let unreachable = serve(issuer, None);
    assert!(unreachable.contains("OAuth server initialization failed: "), "{unreachable}");
}
