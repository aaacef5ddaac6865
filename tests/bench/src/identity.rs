//! What it costs to know who calls.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use mxcp_test_support::client::Http;
use mxcp_test_support::oauth::OAuthClient;
use mxcp_test_support::postgres::{self, Postgres};
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::{CLIENT_ID, CLIENT_SECRET, Provider};
use serde_json::{Value, json};

use crate::contender::Contender;
use crate::options::Options;
use crate::{copy_folder, measure_calls};

/// Where clients think the servers are.
const BASE: &str = "http://localhost:8123";

/// The tool that the client of logins asks at first.
const WHO: &str = "tool: {name: who, source: {code: SELECT get_username() AS who}}\n";

/// Measures calls of somebody who is known beside those of nobody in particular.
pub(crate) fn run(options: &Options, scratch: &Path) -> Result<()> {
    let provider = Provider::start()?;
    let postgres = postgres::programs().map(|_| Postgres::start()).transpose()?;
    let place = |name: &str| -> Result<_> {
        let folder = scratch.join(name);
        copy_folder(&options.workspace.join("tests/bench/project"), &folder)?;
        fs::write(folder.join("tools/who.yml"), WHO)?;
        Ok(folder)
    };
    let nobody = Contender::identity(options, "nobody logs in", &place("nobody")?, None);

    let verifier = place("verifier")?;
    let auth = json!({ "mode": "verifier", "provider": "oidc", "oidc": {
        "config_url": provider.config_url(), "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
        "scope": "openid", "audience": "mxcp",
    }});
    configure(&verifier, &auth)?;
    let token = provider.token("ada", &json!({ "exp": mxcp_test_support::provider::now()? + 86_400 }))?;
    let verified = Contender::identity(options, "verified JWT", &verifier, Some(&token));

    let key = URL_SAFE.encode([7; 32]);
    let issuer = place("issuer")?;
    let logins = json!({ "path": issuer.join("logins/oauth.db"), "auth_encryption_key": key });
    let token = log_in(options, &provider, &issuer, &logins)?;
    let mut contenders =
        vec![nobody, verified, Contender::identity(options, "own token, SQLite", &issuer, Some(&token))];
    match &postgres {
        Some(postgres) => {
            let issuer = place("postgresql")?;
            let logins =
                json!({ "type": "postgresql", "url": postgres.database()?, "auth_encryption_key": key });
            let token = log_in(options, &provider, &issuer, &logins)?;
            contenders.push(Contender::identity(options, "own token, PostgreSQL", &issuer, Some(&token)));
        }
        None => eprintln!("own tokens in PostgreSQL are left out: it is not installed"),
    }
    let (calls, _) = measure_calls(options, &contenders)?;
    let (rounds, turn) = (options.rounds, options.turn);
    println!(
        "\ncalls over HTTP: medians of {rounds} rounds of {turn:?} each; every answer was checked\n\n{calls}"
    );
    Ok(())
}

fn configure(folder: &Path, auth: &Value) -> Result<()> {
    let user = json!({
        "transport": { "http": { "base_url": BASE } },
        "projects": { "bench": { "profiles": { "default": { "auth": auth } } } },
    });
    fs::write(folder.join("user.yml"), user.to_string())?;
    Ok(())
}

/// Ada logs in at the server of a folder, which ends then: the token that stays good.
fn log_in(options: &Options, provider: &Provider, folder: &Path, logins: &Value) -> Result<String> {
    let mut auth = provider.settings(&json!({}));
    if let Value::Object(auth) = &mut auth {
        auth.insert("persistence".to_owned(), logins.clone());
    }
    configure(folder, &auth)?;
    let mut project = Project::copy_of(folder, options.binaries.join("mxcp"))?;
    let settings = folder.join("user.yml");
    project.set_all([("MXCP_CONFIG", settings.to_str().context("a path")?)]);
    let server = Http::start_at(&project, 0)?;
    let mut client = OAuthClient::new(BASE, server.url().trim_end_matches("/mcp"));
    client.discover()?;
    client.register()?;
    Ok(client.log_in(provider, "ada")?.access)
}
