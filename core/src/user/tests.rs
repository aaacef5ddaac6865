//! What the user file may say, and what becomes of it.

use serde_json::{Value as Json, json};

use super::*;
use crate::schema::{AuthProvider, LogLevel, OnePassword, TransportName, TrustProxy, Vault};

const ACTIVE: Active<'static> = Active { project: "p", profile: "dev" };

/// Knows a few things, and remembers what it was asked for.
#[derive(Default)]
struct Fake {
    asked: Vec<String>,
}

impl Resolver for Fake {
    fn variable(&mut self, name: &str) -> Option<String> {
        self.asked.push(name.to_owned());
        let known = [
            ("PORT", "9000"),
            ("NO_PORT", "s3cr3t"),
            ("LEVEL", "DEBUG"),
            ("NAME", "s3cr3t"),
            ("ADDRESS", "https://vault.example"),
            ("FILE_LIKE", "file://x"),
        ];
        known.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    fn file(&mut self, path: &str) -> Result<String, String> {
        match path {
            "key.txt" => Ok("  s3cr3t\n".to_owned()),
            "empty.txt" => Ok("\n".to_owned()),
            _ => Err(format!("File not found: {path}")),
        }
    }

    fn vault(&mut self, settings: &Vault, address: &str, path: &str, key: &str) -> Result<Json, String> {
        assert_eq!((settings.token_env.as_str(), address), ("VAULT_TOKEN", "https://vault.example"));
        Ok(json!({ "path": path, "key": key, "number": 7 }))
    }

    fn one_password(&mut self, _settings: &OnePassword, url: &str) -> Result<String, String> {
        Err(format!("Failed to resolve 1Password URL {url}: not today"))
    }

    fn keyring(&mut self, service: &str, account: &str) -> Result<String, String> {
        match (service, account) {
            ("mxcp", "key") => Ok("s3cr3t".to_owned()),
            _ => Err(format!("the keyring has no account `{account}` of `{service}`")),
        }
    }
}

fn load(text: &str) -> (Option<User>, Vec<Diagnostic>) {
    let mut findings = Diagnostics::new();
    let user = User::load(&SourceFile::new("config.yml", text), ACTIVE, &mut Fake::default(), &mut findings);
    assert_eq!(user.is_none(), findings.has_errors(), "{findings:?}");
    (user, findings.into_iter().collect())
}

fn loaded(text: &str) -> User {
    let (user, findings) = load(text);
    user.unwrap_or_else(|| panic!("{findings:?}"))
}

fn problems(text: &str) -> String {
    let (_, findings) = load(text);
    findings.iter().map(Diagnostic::summary).collect::<Vec<_>>().join("; ")
}

fn profile(text: &str) -> String {
    format!("projects: {{p: {{profiles: {{dev: {text}}}}}}}")
}

#[test]
fn unknown_keys_are_errors_at_every_level() {
    for (text, path) in [
        ("foo: 3", "foo"),
        ("projects: {p: {profiles: {dev: {atuh: {provider: github}}}}}", "projects.p.profiles.dev.atuh"),
        ("projects: {q: {profiles: {x: {atuh: {}}}}}", "projects.q.profiles.x.atuh"),
        ("transport: {http: {prot: 1}}", "transport.http.prot"),
        ("vault: {adress: x}", "vault.adress"),
        ("onepassword: {x: 1}", "onepassword.x"),
        ("models: {models: {m: {type: claude, key: x}}}", "models.models.m.key"),
        ("logging: {colour: red}", "logging.colour"),
    ] {
        assert_eq!(problems(text), format!("{path}: Extra inputs are not permitted"));
    }
}

#[test]
fn values_are_checked_with_their_places() {
    for (text, problem) in [
        (
            "transport: {provider: pigeon}",
            "transport.provider: Input should be 'streamable-http', 'sse' or 'stdio'",
        ),
        (
            "transport: {provider: }",
            "transport.provider: Input should be 'streamable-http', 'sse' or 'stdio'",
        ),
        (
            "transport: {http: {port: 99999}}",
            "transport.http.port: Input should be less than or equal to 65535",
        ),
        ("transport: {http: {port: }}", "transport.http.port: Input should be a valid integer"),
        ("projects: 3", "projects: Input should be a valid dictionary"),
        ("- a", "MXCP user config must be a mapping"),
        (
            "logging: {level: debug}",
            "logging.level: Input should be 'DEBUG', 'INFO', 'WARNING', 'ERROR' or 'CRITICAL'",
        ),
        ("models: {models: {m: {}}}", "models.models.m.type: Field required"),
        ("vault: {token_env: 5}", "vault.token_env: Input should be a valid string"),
    ] {
        assert_eq!(problems(text), problem);
    }
    let in_profile = |text: &str| problems(&profile(text)).replace("projects.p.profiles.dev.", "");
    for (text, problem) in [
        ("{secrets: [{name: a}]}", "secrets.0.type: Field required"),
        (
            "{plugin: {config: {block: {retries: 3}}}}",
            "plugin.config.block.retries: Input should be a valid string",
        ),
        (
            "{telemetry: {metrics: {export_interval: 0}}}",
            "telemetry.metrics.export_interval: Input should be greater than or equal to 1",
        ),
        (
            "{auth: {provider: null}}",
            "auth.provider: Input should be 'none', 'github', 'atlassian', 'salesforce', 'keycloak', 'google' or 'oidc'",
        ),
    ] {
        assert_eq!(in_profile(text), problem);
    }
}

#[test]
fn numbers_and_switches_may_be_texts() {
    let user = loaded(
        "transport: {provider: stdio, http: {port: \"9000\", stateless: yes, trust_proxy: \"1\"}}\n\
         logging: {enabled: off, max_bytes: \"1_0\"}"
            .replace("1_0", "10")
            .as_str(),
    );
    let http = user.transport.http.unwrap();
    assert_eq!(user.transport.provider, TransportName::Stdio);
    assert_eq!(
        (http.port, http.host.as_str(), http.stateless, http.trust_proxy),
        (9000, "localhost", true, TrustProxy::Nearest(true))
    );
    assert_eq!((user.logging.enabled, user.logging.max_bytes, user.logging.backup_count), (false, 10, 5));
}

#[test]
fn a_version_as_text_asks_for_migration() {
    assert!(problems("mxcp: \"1\"").contains("MIGRATION REQUIRED"));
    assert_eq!(problems("mxcp: 1"), "");
}

#[test]
fn null_is_the_default_of_every_section() {
    for text in [
        "",
        "# nothing",
        "projects:\ntransport:\nvault:\nonepassword:\nmodels:\nlogging:\n",
        "projects: {p: , b: {profiles: {c: }}}\ntransport: {http: }",
        "projects: {p: {profiles: {dev: }}}",
        "projects: {p: {profiles: {dev: {secrets: , plugin: , auth: , telemetry: }}}}",
    ] {
        let user = loaded(text);
        assert_eq!(user.transport.provider, TransportName::StreamableHttp);
        assert_eq!(user.logging, schema::Logging::default());
        assert_eq!(user.secrets().iter().count(), 0);
    }
}

#[test]
fn only_the_first_document_counts() {
    assert_eq!(loaded("logging: {level: INFO}\n---\nfoo: [\n").logging.level, LogLevel::Info);
}

#[test]
fn references_are_followed_before_types_are_looked_at() {
    let user = loaded(
        "transport: {http: {port: \"${PORT}\"}}\nlogging: {level: \"${LEVEL}\"}\n\
         projects: {p: {profiles: {dev: {secrets: [{name: s, type: custom, parameters: {a: \"x-${PORT}\", b: [\"file://key.txt\"]}}]}}}}",
    );
    assert_eq!(user.transport.http.as_ref().map(|http| http.port), Some(9000));
    assert_eq!(user.logging.level, LogLevel::Debug);
    let secrets = user.secrets();
    let parameters = &secrets.get("s").unwrap().parameters;
    assert_eq!(Json::from(parameters.clone()), json!({ "a": "x-9000", "b": ["s3cr3t"] }));
}

#[test]
fn values_of_vault_keep_their_types_and_its_address_may_be_a_variable() {
    let user = loaded(
        "vault: {enabled: yes, address: \"${ADDRESS}\"}\n\
         projects: {p: {profiles: {dev: {secrets: [{name: s, type: custom, parameters: {a: \"vault://x/y#k\"}}]}}}}",
    );
    let parameters = user.secrets().get("s").unwrap().parameters.clone();
    assert_eq!(Json::from(parameters), json!({ "a": { "path": "x/y", "key": "k", "number": 7 } }));
}

#[test]
fn settings_of_managers_can_not_come_from_managers() {
    let text = "vault: {enabled: true, address: \"vault://a#b\"}";
    assert!(problems(text).contains("Vault is not enabled"), "{}", problems(text));
}

#[test]
fn other_profiles_are_left_alone() {
    let text = "projects:\n  p:\n    profiles:\n      dev: {secrets: [{name: \"${NAME}\", type: custom}]}\n      \
                prod: {auth: {mode: \"${UNSET}\", provider: oidc}, telemetry: {enabled: \"${UNSET}\"}, secrets: [{name: a, type: b, parameters: {x: \"vault://a#b\"}}]}\n  \
                q: {profiles: {dev: {secrets: \"${UNSET}\"}}}\n";
    let mut fake = Fake::default();
    let mut findings = Diagnostics::new();
    let user = User::load(&SourceFile::new("config.yml", text), ACTIVE, &mut fake, &mut findings);
    assert!(user.is_some(), "{findings:?}");
    assert_eq!(fake.asked, ["NAME"]);
}

#[test]
fn what_can_not_be_followed_is_an_error_at_its_place() {
    let (_, findings) = load("logging:\n  path: \"${UNSET}/x\"\n");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].summary(), "logging.path: Environment variable UNSET is not set");
    assert_eq!(findings[0].code, Code::UnresolvedReference);
    assert_eq!(findings[0].position().map(|at| (at.line, at.column)), Some((2, 9)));
    for (text, problem) in [
        ("logging: {path: \"file://nope\"}", "logging.path: File not found: nope"),
        (
            "logging: {path: \"vault://a#b\"}",
            "logging.path: Vault URL 'vault://a#b' found but Vault is not enabled in configuration",
        ),
        (
            "onepassword: {enabled: true}\nlogging: {path: \"op://v/i/f\"}",
            "logging.path: Failed to resolve 1Password URL op://v/i/f: not today",
        ),
        ("logging: {path: \"keyring://a/b\"}", "logging.path: the keyring has no account `b` of `a`"),
    ] {
        assert_eq!(problems(text), problem);
    }
}

#[test]
fn an_empty_file_is_an_empty_text_and_a_warning() {
    let (user, findings) = load("logging: {path: \"file://empty.txt\"}");
    assert_eq!(user.unwrap().logging.path.as_deref(), Some(""));
    assert_eq!(findings[0].summary(), "logging.path: file `empty.txt` is empty");
}

#[test]
fn what_was_found_is_not_looked_at_for_references() {
    assert_eq!(loaded("logging: {path: \"${FILE_LIKE}\"}").logging.path.as_deref(), Some("file://x"));
}

#[test]
fn findings_about_values_of_references_show_the_reference_only() {
    for text in [
        "transport: {http: {port: \"${NO_PORT}\"}}",
        "transport: {provider: \"file://key.txt\"}",
        "logging: {level: \"${NAME}\"}",
        "vault: {enabled: true, address: \"${ADDRESS}\"}\ntransport: \"vault://a#b\"",
    ] {
        let (user, findings) = load(text);
        assert!(user.is_none(), "{text}");
        let shown = format!("{findings:?}").replace(&format!("{text:?}"), "");
        assert!(!shown.contains("s3cr3t") && !shown.contains("number"), "{shown}");
        for finding in findings {
            assert!(finding.help.is_some_and(|help| help.contains("and is not shown")), "{text}");
        }
    }
}

#[test]
fn debug_shows_no_credential() {
    let user = loaded(
        "models: {models: {m: {type: openai, api_key: s3cr3t}}}\n\
         projects: {p: {profiles: {dev: {secrets: [{name: a, type: b, parameters: {k: s3cr3t}}], \
         plugin: {config: {b: {k: s3cr3t}}}, telemetry: {headers: {k: s3cr3t}}, \
         auth: {clients: [{client_id: a, name: b, client_secret: s3cr3t}], persistence: {type: postgresql, url: 'postgres://a:s3cr3t@h/d', auth_encryption_key: s3cr3t}, \
         keycloak: {client_id: a, client_secret: s3cr3t, realm: r, server_url: u, callback_path: /c}}}}}}",
    );
    let shown = format!("{user:?} {:?} {:?} {:?}", user.profile, user.models, user.secrets());
    assert!(!shown.contains("s3cr3t"), "{shown}");
}

#[test]
fn the_keys_of_logins_may_come_from_the_keyring() {
    for written in ["\"keyring://mxcp/key\"", "[\"keyring://mxcp/key\", \"keyring://mxcp/key\"]"] {
        let auth = format!("{{auth: {{persistence: {{auth_encryption_key: {written}}}}}}}");
        let persistence = loaded(&profile(&auth)).profile.auth.and_then(|auth| auth.persistence).unwrap();
        let keys = persistence.auth_encryption_key.unwrap();
        assert!(keys.as_slice().iter().all(|key| key.expose() == "s3cr3t"), "{written}");
        assert!(!format!("{keys:?}").contains("s3cr3t"));
    }
}

#[test]
fn parts_of_authentication_have_to_fit_together() {
    let auth = |text: &str| {
        problems(&profile(&format!("{{auth: {text}}}"))).replace("projects.p.profiles.dev.auth.", "")
    };
    let oidc = "config_url: u, client_id: a, client_secret: b";
    assert_eq!(
        auth("{provider: github}"),
        "github: GitHub provider selected but no GitHub configuration found"
    );
    assert_eq!(auth("{mode: verifier}"), "mode: Verifier mode currently supports provider=oidc only");
    assert_eq!(
        auth(&format!("{{provider: oidc, oidc: {{{oidc}, scope: openid email, callback_path: /c}}}}")),
        ""
    );
    assert_eq!(
        auth(&format!("{{provider: oidc, oidc: {{{oidc}, scope: openid}}}}")),
        "oidc.callback_path: Field required"
    );
    assert_eq!(
        auth(&format!("{{provider: oidc, oidc: {{{oidc}, scope: openids, callback_path: c}}}}")),
        "oidc.scope: OIDC scope must include 'openid'"
    );
    assert_eq!(
        auth(&format!(
            "{{provider: oidc, mode: verifier, oidc: {{{oidc}, scope: openid, callback_path: /c, extra_authorize_params: {{a: b}}}}}}"
        )),
        "oidc.callback_path: callback_path is not allowed in verifier mode; \
         oidc.extra_authorize_params: extra_authorize_params is not allowed in verifier mode"
    );
    assert_eq!(
        auth(&format!(
            "{{provider: oidc, oidc: {{{oidc}, scope: openid, callback_path: c, clock_leeway: 5, userinfo_fallback: true}}}}"
        )),
        "oidc.clock_leeway: clock_leeway is not allowed in issuer mode; \
         oidc.userinfo_fallback: userinfo_fallback is not allowed in issuer mode"
    );
    assert_eq!(
        auth(&format!(
            "{{provider: oidc, mode: verifier, oidc: {{{oidc}, scope: openid, clock_leeway: 301, pkce: true}}}}"
        )),
        "oidc.pkce: pkce is not allowed in verifier mode; oidc.clock_leeway: clock_leeway must be 300 seconds or less"
    );
    let app = "client_id: a, client_secret: b, callback_path: /c, auth_url: u, token_url: t";
    assert_eq!(auth(&format!("{{provider: google, google: {{{app}}}}}")), "google.scope: Field required");
    assert_eq!(auth(&format!("{{provider: github, github: {{{app}}}}}")), "");
    for (persistence, problem) in [
        ("{type: postgresql, url: u}", ""),
        ("{type: sqlite, path: p}", ""),
        ("{type: postgresql}", "persistence.url: type postgresql needs a url"),
        ("{type: postgresql, url: u, path: p}", "persistence.path: path is for type sqlite only"),
        ("{url: u}", "persistence.url: url is for type postgresql only"),
    ] {
        assert_eq!(auth(&format!("{{persistence: {persistence}}}")), problem, "{persistence}");
    }
    let user = loaded(&profile(&format!("{{auth: {{provider: github, github: {{{app}}}}}}}")));
    assert_eq!(user.profile.auth.map(|auth| auth.provider), Some(AuthProvider::Github));
}

#[test]
fn a_second_secret_of_the_same_name_is_a_warning() {
    let text = profile("{secrets: [{name: a, type: x}, {name: a, type: y}]}");
    assert_eq!(loaded(&text).secrets().get("a").map(|secret| secret.kind.clone()).as_deref(), Some("x"));
    assert!(problems(&text).contains("secrets.1.name: secret has the name of secret 0 and is not used"));
}

#[test]
fn projects_are_known_by_their_entry() {
    let file = SourceFile::new("config.yml", "projects: {shop: }\nlogging: {path: \"${UNSET}\"}");
    assert!(User::mentions(&file, "shop") && !User::mentions(&file, "zoo"));
}

#[test]
fn what_decides_who_may_reach_the_server_is_checked() {
    let http = |settings: &str| problems(&format!("transport: {{http: {{{settings}}}}}"));
    let fine = "base_url: \"https://mcp.example/x\", allowed_hosts: [mcp.example, \"h:8443\", \"*\"], allowed_origins: \
                [\"https://app.example\", \"*\"], trust_proxy: [10.0.0.0/8, \"::1\"], max_connections: 5, tls: {cert: a, key: b}";
    assert_eq!(http(fine), "");
    assert_eq!(http("trust_proxy: [proxy]"), "transport.http.trust_proxy.0: this is no address");
    assert_eq!(http("trust_proxy: maybe"), "transport.http.trust_proxy: Input should be a valid boolean");
    assert_eq!(http("allowed_hosts: [\"https://a\"]"), "transport.http.allowed_hosts.0: this is no host");
    assert_eq!(http("allowed_origins: [app.example]"), "transport.http.allowed_origins.0: this is no origin");
    assert!(http("max_connections: 0").contains("greater than or equal to 1"));
    assert!(http("tls: {cert: a}").contains("tls.key: Field required"));
    for url in ["mcp.example", "https://a?b", "https://a/#b", "https://u:p@a", "ftp://a"] {
        let problem = "transport.http.base_url: this is no URL under which a server can be reached";
        assert_eq!(http(&format!("base_url: \"{url}\"")), problem);
    }
}
