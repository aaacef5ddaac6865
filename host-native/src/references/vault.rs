//! HashiCorp Vault, through its HTTP interface.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use mxcp_core::schema::Vault;
use serde_json::{Map, Value as Json};
use ureq::Agent;
use ureq::http::StatusCode;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::token;

/// Longest time for one answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The variable that names a file with the certificates to trust, as Vault's own tools have it.
const CERTIFICATES: &str = "VAULT_CACERT";

/// The secrets read so far, with what was wrong with those that couldn't be.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    client: Option<Result<Client, String>>,
    read: BTreeMap<String, Result<Secret, String>>,
}

/// A secret's keys and values; its `Debug` shows neither.
struct Secret(Map<String, Json>);

/// A way to Vault that was found to be open.
struct Client {
    agent: Agent,
    address: String,
    token: String,
}

impl Secrets {
    /// One key of a secret.
    ///
    /// # Errors
    /// There is no way to Vault, no such secret or no such key.
    pub(super) fn key(
        &mut self,
        settings: &Vault,
        address: &str,
        path: &str,
        key: &str,
    ) -> Result<Json, String> {
        let name = &settings.token_env;
        let connect = || {
            let token = token(name)
                .ok_or_else(|| format!("Vault token not found in environment variable '{name}'"))?;
            Client::connect(address, token)
        };
        self.key_from(connect, path, key)
    }

    fn key_from(
        &mut self,
        connect: impl FnOnce() -> Result<Client, String>,
        path: &str,
        key: &str,
    ) -> Result<Json, String> {
        let client = self.client.get_or_insert_with(connect).as_ref().map_err(Clone::clone)?;
        let secret = self.read.entry(path.to_owned()).or_insert_with(|| client.read(path));
        let Secret(values) = secret.as_ref().map_err(|problem| problem.clone())?;
        let value = values.get(key).cloned();
        value.ok_or_else(|| format!("Key '{key}' not found in Vault secret at path '{path}'"))
    }
}

impl Client {
    /// Checks the token once.
    fn connect(address: &str, token: String) -> Result<Self, String> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = certificate_file() {
            tls = tls.root_certs(certificates(&path)?);
        }
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            // The token would go to wherever a redirection points.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .tls_config(tls.build())
            .build();
        let address = address.trim_end_matches('/').to_owned();
        let client = Self { agent: agent.into(), address, token };
        match client.get("auth/token/lookup-self")? {
            (StatusCode::OK, _) => Ok(client),
            (status, _) => Err(format!("Failed to authenticate with Vault (status {})", status.as_u16())),
        }
    }

    /// A secret by its path. The path may begin with the name of a mount, or be one of the mount `secret`.
    fn read(&self, path: &str) -> Result<Secret, String> {
        let mut last = None;
        for candidate in candidates(path)
            .ok_or_else(|| format!("Failed to read secret from Vault path {path}: it is no path"))?
        {
            let (status, body) = self.get(&candidate.path)?;
            if status == StatusCode::OK
                && let Some(values) = body.as_ref().and_then(|body| candidate.values(body))
            {
                return Ok(Secret(values));
            }
            // Of all refusals, the one that is not just "nothing here" tells most.
            last = last.filter(|seen| *seen != StatusCode::NOT_FOUND).or(Some(status));
        }
        let status = last.map_or(String::new(), |status| format!(" (status {})", status.as_u16()));
        Err(format!("Failed to read secret from Vault path {path}{status}"))
    }

    fn get(&self, path: &str) -> Result<(StatusCode, Option<Json>), String> {
        let url = format!("{}/v1/{path}", self.address);
        let request = self.agent.get(&url).header("X-Vault-Token", &self.token);
        let mut response = request.call().map_err(|error| explain(&error))?;
        let text = response.body_mut().read_to_string().map_err(|error| explain(&error))?;
        // The error of the parser could quote what it read.
        Ok((response.status(), serde_json::from_str(&text).ok()))
    }
}

/// What is wrong with the way to Vault. The address may come from a reference itself, so it is not shown.
fn explain(error: &ureq::Error) -> String {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            "Error connecting to Vault: `vault.address` is no URL of HTTP".to_owned()
        }
        error => {
            let said = error.to_string();
            let hint = if said.contains("UnknownIssuer") {
                format!(" (to trust certificates of your own, name their file in {CERTIFICATES})")
            } else {
                String::new()
            };
            format!("Error connecting to Vault: {said}{hint}")
        }
    }
}

/// A place where a secret may be.
#[derive(Debug, PartialEq, Eq)]
struct Candidate {
    path: String,
    /// Whether its mount keeps versions, which wraps the values once more.
    versioned: bool,
}

impl Candidate {
    fn values(&self, body: &Json) -> Option<Map<String, Json>> {
        let data = body.get("data")?;
        let data = if self.versioned { data.get("data")? } else { data };
        data.as_object().cloned()
    }
}

/// Where to look, in order: in the mount `secret` first, then in the mount that the path's first part names. None for
/// paths that lead elsewhere.
fn candidates(path: &str) -> Option<Vec<Candidate>> {
    let parts: Vec<String> = path.split('/').map(encoded).collect();
    if parts.iter().any(|part| part.is_empty() || part == "." || part == "..") {
        return None;
    }
    let whole = parts.join("/");
    let mut candidates = vec![
        Candidate { path: format!("secret/data/{whole}"), versioned: true },
        Candidate { path: format!("secret/{whole}"), versioned: false },
    ];
    if let Some((mount, rest)) = whole.split_once('/') {
        candidates.push(Candidate { path: format!("{mount}/data/{rest}"), versioned: true });
        candidates.push(Candidate { path: whole.clone(), versioned: false });
    }
    Some(candidates)
}

/// A part of a path as it stands in a URL.
fn encoded(part: &str) -> String {
    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn certificate_file() -> Option<String> {
    crate::environment::text(CERTIFICATES)
}

/// The certificates in a file.
fn certificates(path: &str) -> Result<RootCerts, String> {
    let problem = |why: String| format!("Error connecting to Vault: {CERTIFICATES} {path}: {why}");
    let text = std::fs::read(path).map_err(|error| problem(error.to_string()))?;
    let found: Vec<Certificate<'static>> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        Err(problem("no certificate in it".to_owned()))
    } else {
        Ok(RootCerts::from(found))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("address", &self.address).finish_non_exhaustive()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(<hidden>)")
    }
}

#[cfg(test)]
mod tests;
