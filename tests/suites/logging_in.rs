//! People log in, from the first refusal to the last token: clients find out by themselves how, at every kind of provider,
//! whatever restarts meanwhile.

use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mxcp_test_support::client::Http;
use mxcp_test_support::oauth::{Answer, OAuthClient, parameter};
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::{Kind, Provider};
use serde_json::{Value as Json, json};

/// Where clients think the server is: it stays the same when the server starts anew on another port.
const BASE: &str = "http://localhost:8123";

const KINDS: [Kind; 7] =
    [Kind::Oidc, Kind::Github, Kind::Google, Kind::Atlassian, Kind::Salesforce, Kind::Keycloak, Kind::Entra];

const WHO: &str = "tool:\n  name: who\n  source: {code: \"SELECT get_username() AS who, get_user_email() AS email, \
                   get_user_external_token() IS NOT NULL AS token\"}\n";

/// A server, and a client of it that has a browser.
struct Client {
    project: Project,
    /// None while it starts anew.
    server: Option<Http>,
    client: OAuthClient,
}

impl Deref for Client {
    type Target = OAuthClient;

    fn deref(&self) -> &OAuthClient {
        &self.client
    }
}

impl Client {
    /// A client that knows how people log in, and is registered.
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
        let server = Http::start(&project, &[], true).unwrap();
        let mut client = OAuthClient::new(BASE, address(&server));
        client.discover().unwrap();
        client.register().unwrap();
        Self { project, server: Some(server), client }
    }

    /// The same files and another process.
    fn restart(&mut self) {
        // It has the database for itself.
        self.server = None;
        let server = Http::start(&self.project, &[], true).unwrap();
        self.client = self.client.at(address(&server));
        self.server = Some(server);
    }

    /// What the tool says of who calls.
    fn who(&self, token: &str) -> Answer {
        self.call("who", &json!({}), Some(token)).unwrap()
    }
}

fn address(server: &Http) -> &str {
    server.url().trim_end_matches("/mcp")
}

#[test]
fn people_log_in_at_every_kind_of_provider_whatever_restarts_meanwhile() {
    for kind in KINDS {
        let provider = Provider::start_as(kind).unwrap();
        let mut client = Client::start(&provider, &json!({}));
        let page = client.depart().unwrap();
        client.restart();
        let back = provider.visit(&page).unwrap();
        let code = parameter(&client.arrive(&back).unwrap(), "code").unwrap();
        client.restart();
        let first = client.redeem(&code).unwrap();
        assert_eq!(first.status, 200, "{kind:?}: {}", first.body);
        let first = first.tokens().unwrap();
        client.restart();
        let who = client.who(&first.access);
        assert_eq!(who.status, 200, "{kind:?}: {}", who.body);
        let said = who.said().unwrap();
        assert!(said.contains("ada") && said.contains("\"token\": true"), "{kind:?}: {said}");
        // Where they came from, a browser comes back once.
        assert_eq!(client.get(&back).unwrap().status, 400, "{kind:?}");
        // New tokens for the old ones, which are over.
        let second = client.refresh(&first.refresh).unwrap();
        assert_eq!(second.status, 200, "{kind:?}: {}", second.body);
        let second = second.tokens().unwrap();
        assert_eq!(client.who(&first.access).status, 401, "{kind:?}");
        assert_eq!(client.who(&second.access).status, 200, "{kind:?}");
        // The old one again ends it all.
        assert_eq!(client.refresh(&first.refresh).unwrap().status, 400, "{kind:?}");
        assert_eq!(client.who(&second.access).status, 401, "{kind:?}");
    }
}

#[test]
fn a_session_ends_when_its_token_is_revoked_or_its_code_shown_again() {
    let provider = Provider::start().unwrap();
    let client = Client::start(&provider, &json!({}));
    let log_in = |client: &Client| {
        let back = provider.visit(&client.depart().unwrap()).unwrap();
        let code = parameter(&client.arrive(&back).unwrap(), "code").unwrap();
        (client.redeem(&code).unwrap().tokens().unwrap(), code)
    };
    let (tokens, _) = log_in(&client);
    assert_eq!(client.who(&tokens.access).status, 200);
    let revoked = client.revoke(&tokens.access).unwrap();
    assert_eq!((client.who(&tokens.access).status, revoked.status), (401, 200));
    assert_eq!(client.refresh(&tokens.refresh).unwrap().status, 400);
    let (tokens, code) = log_in(&client);
    assert_eq!(client.who(&tokens.access).status, 200);
    assert_eq!(client.redeem(&code).unwrap().status, 400);
    assert_eq!(client.who(&tokens.access).status, 401);
}

#[test]
fn a_provider_that_refuses_or_fails_is_told_to_the_client() {
    let provider = Provider::start().unwrap();
    let client = Client::start(&provider, &json!({ "registration": true }));
    provider.set(|knobs| knobs.denies = true);
    let back = provider.visit(&client.depart().unwrap()).unwrap();
    assert_eq!(parameter(&client.arrive(&back).unwrap(), "error").as_deref(), Some("access_denied"));
    provider.set(|knobs| knobs.denies = false);
    let back = provider.visit(&client.depart().unwrap()).unwrap();
    provider.go_down();
    let error = parameter(&client.arrive(&back).unwrap(), "error").unwrap();
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
    assert!(key.matches("Invalid Fernet key").count() == 1 && !key.contains("short"), "{key}");
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
