//! The user file. References in it are not followed.

use std::sync::Arc;

use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::reference::Resolver;
use mxcp_core::schema::{OnePassword, Vault};
use mxcp_core::source::SourceFile;
use mxcp_core::user::{Active, User};
use mxcp_core::yaml::Data;
use serde_json::Value as Json;

use super::diagnosed::rule_of;
use super::found::Found;
use super::place::At;
use super::rule::{Rule, rules};
use super::subject::Subject;

rules! { Refused:
    CLIENT = "user-client-redirects",
        "a client under `auth.clients` without `redirect_uris` was accepted",
        "the server does not start: nobody could come back to such a client",
        "list its redirect URIs";
}

rules! { Otherwise:
    TELEMETRY = "user-telemetry-section",
        "a section `tracing` or `metrics` without `enabled` was switched off",
        "it is on where telemetry is enabled",
        "write `enabled: false` if it is to stay off";
    CONSOLE = "user-telemetry-console",
        "`console_export` printed spans to standard output",
        "to standard error",
        "read them there";
    METRICS = "user-telemetry-metrics",
        "metrics were never exported",
        "exported every `export_interval` seconds and at the end",
        "expect them at the collector";
    TYPED = "user-typed-reference",
        "a reference where a number or a choice belongs stopped `serve`",
        "references are followed before values are checked",
        "nothing";
    HOME = "user-home-path",
        "`~` was not expanded in `logging.path` and `persistence.path`",
        "it is the home folder",
        "move what lies in a folder named `~`";
    VAULT = "user-vault-mount",
        "`vault://secret/x#key` asked for `secret/data/secret/x`",
        "the first part is tried as the mount as well; each path is read once",
        "nothing";
    ONE_PASSWORD = "user-one-password",
        "`op://` failed with every released SDK",
        "it works, by the program `op`",
        "install `op`";
    AUDIENCE = "user-verifier-audience",
        "without `audience` any token of the provider was good; a token that failed could still pass by userinfo; a JWT without `exp` was good for ever",
        "a JWT that fails, or never expires, is refused; userinfo is asked only with `userinfo_fallback`, of a provider without introspection; without `audience` the server warns at its start",
        "set `audience`; have the provider introspect tokens that are no JWTs";
    SCOPES = "user-required-scopes",
        "issued tokens carried no scopes, so that `required_scopes` refused every call; a verified token without scopes had the configured ones",
        "issued tokens carry the scopes that were granted; a verified token without scopes has none",
        "see that clients ask for these scopes, and that the provider grants them";
    ISSUER = "user-issuer",
        "sessions belonged to whoever began them, refresh tokens to nobody in particular, and `external_token` was always null",
        "every request counts for its own token, refresh tokens are bound to their client, reuse ends the session, `external_token` is the provider's",
        "let people log in again; see what code does with the token";
    HOST = "user-host",
        "beyond this machine neither `Host` nor `Origin` was checked",
        "pages of foreign origins are refused; so are foreign hosts, unless the server listens on all addresses and neither `base_url` nor `allowed_hosts` is set",
        "set `base_url`, and `allowed_origins` for browser clients";
    PROXY = "user-trust-proxy",
        "`trust_proxy` changed little of what was published",
        "metadata, challenges and callbacks follow `X-Forwarded-Proto` and `X-Forwarded-Host`",
        "see that the proxy sets both itself; better list its addresses";
    RETRIES = "user-max-retries",
        "`max_retries` of a model was ignored",
        "answers 429 and 5xx are tried again so often",
        "mind the costs";
    KEY = "user-persistence-key",
        "a key that no longer fits made requests fail",
        "what it can't open is unknown, and people log in again; the file is for its owner only",
        "nothing";
}

pub(super) const RULES: &[&Rule] = &[
    &CLIENT,
    &TELEMETRY,
    &CONSOLE,
    &METRICS,
    &TYPED,
    &HOME,
    &VAULT,
    &ONE_PASSWORD,
    &AUDIENCE,
    &SCOPES,
    &ISSUER,
    &HOST,
    &PROXY,
    &RETRIES,
    &KEY,
];

pub(super) fn find(subject: &Subject, found: &mut Found) {
    let Some(document) = &subject.user else { return };
    let user = At::root(document);
    let references: Vec<String> =
        user.texts().into_iter().filter(|(_, text)| is_reference(text)).map(|(at, _)| at.path()).collect();
    diagnose(document.file(), subject, &references, found);
    values(&user, found);
    transport(&user, found);
    for (_, model) in
        user.get("models").and_then(|it| it.get("models")).map(|it| it.entries()).unwrap_or_default()
    {
        if let Some(at) = model.get("max_retries") {
            found.at(&RETRIES, &at.key_span(), at.path());
        }
    }
    let own = user.get("projects").and_then(|projects| projects.get(&subject.project.site.project));
    let profile = own.and_then(|own| own.get("profiles")?.get(&subject.project.profile));
    let Some(profile) = profile else { return };
    if let Some(auth) = profile.get("auth") {
        self::auth(&auth, found);
    }
    if let Some(telemetry) = profile.get("telemetry") {
        self::telemetry(&telemetry, found);
    }
}

/// Whether a text stands for something else.
fn is_reference(text: &str) -> bool {
    text.contains("${")
        || ["vault://", "file://", "op://", "keyring://"].iter().any(|scheme| text.starts_with(scheme))
}

/// Something in the place of every reference: what they lead to is not looked at.
struct Unfollowed;

impl Unfollowed {
    const VALUE: &str = "1";
}

impl Resolver for Unfollowed {
    fn variable(&mut self, _: &str) -> Option<String> {
        Some(Self::VALUE.to_owned())
    }

    fn file(&mut self, _: &str) -> Result<String, String> {
        Ok(Self::VALUE.to_owned())
    }

    fn vault(&mut self, _: &Vault, _: &str, _: &str, _: &str) -> Result<Json, String> {
        Ok(Self::VALUE.into())
    }

    fn one_password(&mut self, _: &OnePassword, _: &str) -> Result<String, String> {
        Ok(Self::VALUE.to_owned())
    }

    fn keyring(&mut self, _: &str, _: &str) -> Result<String, String> {
        Ok(Self::VALUE.to_owned())
    }
}

/// What is wrong with the file, apart from what depends on references.
fn diagnose(file: &Arc<SourceFile>, subject: &Subject, references: &[String], found: &mut Found) {
    let mut findings = Diagnostics::new();
    let active = Active { project: &subject.project.site.project, profile: &subject.project.profile };
    User::load(file, active, &mut Unfollowed, &mut findings);
    for finding in findings.iter().filter(|finding| !references.contains(&finding.path)) {
        found.diagnostic(rule_of(finding), file.path(), finding);
    }
}

/// Values anywhere in the file.
fn values(user: &At<'_>, found: &mut Found) {
    for (at, text) in user.texts() {
        if text.starts_with("vault://secret/") {
            found.at(&VAULT, &at.span(), at.path());
        }
        if text.starts_with("op://") {
            found.at(&ONE_PASSWORD, &at.span(), at.path());
        }
        let path = at.path();
        let key = path.rsplit('.').next().unwrap_or_default();
        let is_typed =
            ["port", "level", "provider", "mode", "enabled", "timeout", "trust_proxy", "stateless"];
        if is_reference(text) && is_typed.contains(&key) {
            found.at(&TYPED, &at.span(), path.as_str());
        }
        if text.starts_with("~/") && (path == "logging.path" || path.ends_with("persistence.path")) {
            found.at(&HOME, &at.span(), path.as_str());
        }
    }
}

fn transport(user: &At<'_>, found: &mut Found) {
    let Some(http) = user.get("transport").and_then(|transport| transport.get("http")) else { return };
    if let Some(host) = http.get("host") {
        let is_local = host.text().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "::1"));
        if !is_local {
            found.at(&HOST, &host.span(), host.path());
        }
    }
    if let Some(at) =
        http.get("trust_proxy").filter(|at| !matches!(at.data(), Data::Bool(false) | Data::Null))
    {
        found.at(&PROXY, &at.key_span(), at.path());
    }
}

fn auth(auth: &At<'_>, found: &mut Found) {
    let provider = auth.get("provider").filter(|provider| provider.text().is_some_and(|name| name != "none"));
    let Some(provider) = provider else { return };
    if auth.text_of("mode") == Some("verifier") {
        if let Some(oidc) = auth.get("oidc").filter(|oidc| oidc.get("audience").is_none()) {
            found.at(&AUDIENCE, &oidc.key_span(), oidc.path());
        }
    } else {
        found.at(&ISSUER, &provider.span(), provider.path());
        for client in auth.list("clients") {
            if client.list("redirect_uris").is_empty() {
                found.at(&CLIENT, &client.span(), client.path());
            }
        }
    }
    if let Some(scopes) = auth.get("authorization").and_then(|it| it.get("required_scopes")) {
        found.at(&SCOPES, &scopes.key_span(), scopes.path());
    }
    if let Some(key) = auth.get("persistence").and_then(|it| it.get("auth_encryption_key")) {
        found.at(&KEY, &key.key_span(), key.path());
    }
}

fn telemetry(telemetry: &At<'_>, found: &mut Found) {
    for name in ["tracing", "metrics"] {
        let Some(section) = telemetry.get(name) else { continue };
        if matches!(section.data(), Data::Mapping(_)) && section.get("enabled").is_none() {
            found.at(&TELEMETRY, &section.key_span(), section.path());
        }
        if section.is_true("console_export")
            && let Some(at) = section.get("console_export")
        {
            found.at(&CONSOLE, &at.key_span(), at.path());
        }
    }
    if telemetry.is_true("enabled")
        && let Some(at) = telemetry.get("enabled")
    {
        found.at(&METRICS, &at.key_span(), at.path());
    }
}
