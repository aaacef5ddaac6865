//! People log in, from the first refusal to the last token: clients find out by themselves how, at every kind of provider,
//! whatever restarts meanwhile.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mxcp_test_support::client::Http;
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::{Kind, Provider};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use ureq::Agent;
use ureq::http::Response;

/// Where clients think the server is: it stays the same when the server starts anew on another port.
const BASE: &str = "http://localhost:8123";

/// Where the client waits for people to come back.
const REDIRECT: &str = "http://127.0.0.1:9/back?keep=1";

const VERIFIER: &str = "what-only-the-client-knows-until-it-shows-it-0123456789";

const KINDS: [Kind; 7] =
    [Kind::Oidc, Kind::Github, Kind::Google, Kind::Atlassian, Kind::Salesforce, Kind::Keycloak, Kind::Entra];

const WHO: &str = "tool:\n  name: who\n  source: {code: \"SELECT get_username() AS who, get_user_email() AS email, \
                   get_user_external_token() IS NOT NULL AS token\"}\n";

/// A server, and a client of it that has a browser.
struct Client {
    project: Project,
    /// None while it starts anew.
    server: Option<Http>,
    agent: Agent,
    /// Its id, once it has registered.
    id: String,
}

struct Answer {
    status: u16,
    location: String,
    challenge: String,
    body: String,
}

impl Answer {
    fn of(mut response: Response<ureq::Body>) -> Self {
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let (location, challenge) = (header("location"), header("www-authenticate"));
        let status = response.status().as_u16();
        Self { status, location, challenge, body: response.body_mut().read_to_string().unwrap() }
    }

    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// The value of a parameter of a URL.
fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.replace("%3A", ":").replace("%2F", "/"))
}

impl Client {
    fn start(provider: &Provider, more: &Json) -> Self {
        let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
        project.file("tools/who.yml", WHO).unwrap();
        let mut auth = provider.settings(&json!({}));
        auth["persistence"] = json!({
            "path": project.path().join("logins/oauth.db"), "auth_encryption_key": URL_SAFE_NO_PAD.encode([7; 32]) + "=",
        });
        for (key, value) in more.as_object().unwrap() {
            auth[key] = value.clone();
        }
        let user = json!({
            "transport": { "http": { "base_url": BASE } },
            "projects": { "tested": { "profiles": { "default": { "auth": auth } } } },
        });
        project.file(".mxcp/config.yml", &user.to_string()).unwrap();
        let agent = Agent::config_builder().max_redirects(0).http_status_as_error(false).build();
        let server = Some(Http::start(&project, &[], true).unwrap());
        Self { project, server, agent: agent.into(), id: String::new() }
    }

    /// The same files and another process.
    fn restart(&mut self) {
        // It has the database for itself.
        self.server = None;
        self.server = Some(Http::start(&self.project, &[], true).unwrap());
    }

    /// The address at which a URL of the server can be reached.
    fn real(&self, url: &str) -> String {
        let path = url.strip_prefix(BASE).unwrap_or_else(|| panic!("no URL of the server: {url}"));
        format!("{}{path}", self.server.as_ref().unwrap().url().strip_suffix("/mcp").unwrap())
    }

    fn get(&self, url: &str) -> Answer {
        Answer::of(self.agent.get(self.real(url)).header("Host", "localhost:8123").call().unwrap())
    }

    fn post(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.agent.post(self.real(url)).header("Host", "localhost:8123");
        Answer::of(request.send_form(form.iter().copied()).unwrap())
    }

    fn post_json(&self, url: &str, body: &Json, headers: &[(&str, &str)]) -> Answer {
        let request = self.agent.post(self.real(url)).header("Host", "localhost:8123");
        let request = request.header("Content-Type", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Answer::of(request.send(body.to_string()).unwrap())
    }

    /// What the tool says of who calls.
    fn who(&self, token: Option<&str>) -> Answer {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "who", "arguments": {}, "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        }});
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![
            ("Accept", "application/json, text/event-stream"),
            ("Mcp-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", "who"),
        ];
        headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        self.post_json(&format!("{BASE}/mcp"), &body, &headers)
    }

    /// The metadata of the authorization server, found as clients do.
    fn discover(&self) -> Json {
        let refused = self.who(None);
        assert_eq!(refused.status, 401, "{}", refused.body);
        let (_, rest) = refused.challenge.split_once("resource_metadata=\"").unwrap();
        let resource = self.get(rest.split('"').next().unwrap()).json();
        assert_eq!(resource["resource"], format!("{BASE}/mcp"));
        let issuer = resource["authorization_servers"][0].as_str().unwrap();
        let metadata = self.get(&format!("{issuer}/.well-known/oauth-authorization-server")).json();
        assert_eq!(metadata["issuer"], issuer);
        assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
        metadata
    }

    fn register(&mut self, metadata: &Json) {
        let body = json!({
            "redirect_uris": [REDIRECT], "client_name": "A client", "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let answer = self.post_json(metadata["registration_endpoint"].as_str().unwrap(), &body, &[]);
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["client_id"].as_str().unwrap().clone_into(&mut self.id);
    }

    /// Sends a browser to the provider: where it is sent.
    fn depart(&self, metadata: &Json) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let endpoint = metadata["authorization_endpoint"].as_str().unwrap();
        let redirect = REDIRECT.replace('?', "%3F").replace('=', "%3D");
        let sent = self.get(&format!(
            "{endpoint}?response_type=code&client_id={}&redirect_uri={redirect}&code_challenge={challenge}\
             &code_challenge_method=S256&state=mine&resource={BASE}/mcp",
            self.id
        ));
        assert_eq!(sent.status, 302, "{}", sent.body);
        sent.location
    }

    /// The browser comes back from the provider: where it is sent.
    fn arrive(&self, back: &str) -> String {
        let sent = self.get(back);
        assert!(matches!(sent.status, 302 | 303 | 307), "{} {}", sent.status, sent.body);
        assert!(sent.location.starts_with("http://127.0.0.1:9/back?keep=1&"), "{}", sent.location);
        assert_eq!(parameter(&sent.location, "state").as_deref(), Some("mine"));
        assert_eq!(parameter(&sent.location, "iss").as_deref(), Some(BASE));
        sent.location
    }

    fn redeem(&self, metadata: &Json, code: &str) -> Answer {
        self.post(
            metadata["token_endpoint"].as_str().unwrap(),
            &[
                ("grant_type", "authorization_code"),
                ("client_id", &self.id),
                ("code", code),
                ("code_verifier", VERIFIER),
                ("redirect_uri", REDIRECT),
            ],
        )
    }

    fn refresh(&self, metadata: &Json, token: &str) -> Answer {
        self.post(
            metadata["token_endpoint"].as_str().unwrap(),
            &[("grant_type", "refresh_token"), ("client_id", &self.id), ("refresh_token", token)],
        )
    }
}

fn text(answer: &Json, key: &str) -> String {
    answer[key].as_str().unwrap_or_else(|| panic!("no {key}: {answer}")).to_owned()
}

#[test]
fn people_log_in_at_every_kind_of_provider_whatever_restarts_meanwhile() {
    for kind in KINDS {
        let provider = Provider::start_as(kind).unwrap();
        let mut client = Client::start(&provider, &json!({}));
        let metadata = client.discover();
        client.register(&metadata);
        let page = client.depart(&metadata);
        client.restart();
        let back = provider.visit(&page).unwrap();
        let code = parameter(&client.arrive(&back), "code").unwrap();
        client.restart();
        let first = client.redeem(&metadata, &code);
        assert_eq!(first.status, 200, "{kind:?}: {}", first.body);
        let first = first.json();
        client.restart();
        let who = client.who(Some(&text(&first, "access_token")));
        assert_eq!(who.status, 200, "{kind:?}: {}", who.body);
        let said = who.json()["result"]["content"][0]["text"].as_str().unwrap().to_owned();
        assert!(said.contains("ada") && said.contains("\"token\": true"), "{kind:?}: {said}");
        // Where they came from, a browser comes back once.
        assert_eq!(client.get(&back).status, 400, "{kind:?}");
        // New tokens for the old ones, which are over.
        let second = client.refresh(&metadata, &text(&first, "refresh_token"));
        assert_eq!(second.status, 200, "{kind:?}: {}", second.body);
        let second = second.json();
        assert_eq!(client.who(Some(&text(&first, "access_token"))).status, 401, "{kind:?}");
        assert_eq!(client.who(Some(&text(&second, "access_token"))).status, 200, "{kind:?}");
        // The old one again ends it all.
        assert_eq!(client.refresh(&metadata, &text(&first, "refresh_token")).status, 400, "{kind:?}");
        assert_eq!(client.who(Some(&text(&second, "access_token"))).status, 401, "{kind:?}");
    }
}

#[test]
fn a_session_ends_when_its_token_is_revoked_or_its_code_shown_again() {
    let provider = Provider::start().unwrap();
    let mut client = Client::start(&provider, &json!({}));
    let metadata = client.discover();
    client.register(&metadata);
    let log_in = |client: &Client| {
        let back = provider.visit(&client.depart(&metadata)).unwrap();
        let code = parameter(&client.arrive(&back), "code").unwrap();
        (client.redeem(&metadata, &code).json(), code)
    };
    let (tokens, _) = log_in(&client);
    let access = text(&tokens, "access_token");
    let revoked = client.post(
        metadata["revocation_endpoint"].as_str().unwrap(),
        &[("token", &access), ("client_id", &client.id)],
    );
    assert_eq!((client.who(Some(&access)).status, revoked.status), (401, 200));
    assert_eq!(client.refresh(&metadata, &text(&tokens, "refresh_token")).status, 400);
    let (tokens, code) = log_in(&client);
    assert_eq!(client.who(Some(&text(&tokens, "access_token"))).status, 200);
    assert_eq!(client.redeem(&metadata, &code).status, 400);
    assert_eq!(client.who(Some(&text(&tokens, "access_token"))).status, 401);
}

#[test]
fn a_provider_that_refuses_or_fails_is_told_to_the_client() {
    let provider = Provider::start().unwrap();
    let mut client = Client::start(&provider, &json!({ "registration": true }));
    let metadata = client.discover();
    client.register(&metadata);
    provider.set(|knobs| knobs.denies = true);
    let back = provider.visit(&client.depart(&metadata)).unwrap();
    assert_eq!(parameter(&client.arrive(&back), "error").as_deref(), Some("access_denied"));
    provider.set(|knobs| knobs.denies = false);
    let back = provider.visit(&client.depart(&metadata)).unwrap();
    provider.go_down();
    let error = parameter(&client.arrive(&back), "error").unwrap();
    assert!(["temporarily_unavailable", "server_error"].contains(&error.as_str()), "{error}");
}

#[test]
fn what_can_not_be_safe_or_complete_does_not_start() {
    let provider = Provider::start().unwrap();
    let started = |http: &Json, more: &Json| {
        let project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
        let mut auth = provider.settings(&json!({}));
        auth["persistence"] = json!({ "path": project.path().join("oauth.db") });
        for (key, value) in more.as_object().unwrap() {
            auth[key] = value.clone();
        }
        let user = json!({
            "transport": { "http": http },
            "projects": { "tested": { "profiles": { "default": { "auth": auth } } } },
        });
        project.file(".mxcp/config.yml", &user.to_string()).unwrap();
        let output = project.command(&["serve", "--port", "0"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let plain = started(&json!({ "base_url": "http://mcp.example" }), &json!({}));
    assert!(plain.contains("Issuer URL must be HTTPS"), "{plain}");
    let key = started(&json!({}), &json!({ "persistence": { "auth_encryption_key": "short" } }));
    assert!(key.contains("Invalid Fernet key") && !key.contains("short"), "{key}");
    let lost = started(&json!({}), &json!({ "clients": [{ "client_id": "c", "name": "C" }] }));
    assert!(lost.contains("the client `c` has no redirect URI"), "{lost}");
}

#[test]
fn authorities_that_can_not_be_read_are_not_done_without() {
    let provider = Provider::start().unwrap();
    for mode in [json!({}), json!({ "mode": "verifier" })] {
        let mut auth = provider.settings(&json!({}));
        if let Some(mode) = mode.get("mode") {
            auth["mode"] = mode.clone();
            auth["oidc"].as_object_mut().unwrap().remove("callback_path");
        }
        let mut project = Project::new(env!("CARGO_BIN_EXE_mxcp")).unwrap();
        auth["persistence"] = json!({ "path": project.path().join("oauth.db") });
        let user = json!({ "projects": { "tested": { "profiles": { "default": { "auth": auth } } } } });
        project.file(".mxcp/config.yml", &user.to_string()).unwrap();
        project.set_all([("SSL_CERT_FILE", "/no/such/file.pem")]);
        let output = project.command(&["serve", "--port", "0"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("certificates in /no/such/file.pem"), "{said}");
    }
}
