//! What a registry knows the user by, as `docker login` keeps it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fmt, io};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use oci_client::secrets::RegistryAuth;
use serde::Deserialize;

use crate::file;

/// Names that the registry behind `docker.io` has in the file.
const DOCKER_HUB: [&str; 3] = ["https://index.docker.io/v1/", "index.docker.io", "docker.io"];

/// How a registry is asked.
pub(super) struct Credentials {
    /// What it is told.
    pub(super) auth: RegistryAuth,
    /// What to say where it does not suffice.
    pub(super) remark: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("remark", &self.remark).finish_non_exhaustive()
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DockerConfig {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    creds_store: Option<String>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

impl Credentials {
    /// The credentials for a registry in `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
    ///
    /// # Errors
    /// The file is there and can't be used; nothing of it is told.
    pub(super) fn of(registry: &str) -> anyhow::Result<Self> {
        let Some(path) = path() else { return Ok(Self::none(registry)) };
        let bytes = match file::read(&path) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => anyhow::bail!("{} is larger than {} bytes", path.display(), file::MAX_BYTES),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::none(registry)),
            Err(error) => {
                return Err(anyhow::Error::new(error).context(format!("{} can't be read", path.display())));
            }
        };
        // What serde says may repeat what is written there.
        Self::find(registry, &bytes).ok_or_else(|| anyhow::anyhow!("{} can't be used", path.display()))
    }

    fn none(registry: &str) -> Self {
        let remark = format!("no credentials are known for it; `docker login {registry}` keeps some");
        Self { auth: RegistryAuth::Anonymous, remark }
    }

    fn find(registry: &str, config: &[u8]) -> Option<Self> {
        let config: DockerConfig = serde_json::from_slice(config).ok()?;
        let hub = DOCKER_HUB.contains(&registry);
        let is_meant =
            |key: &str| key == registry || host(key) == registry || hub && DOCKER_HUB.contains(&key);
        let entries = config.auths.iter().filter(|(key, _)| is_meant(key)).map(|(_, entry)| entry);
        for entry in entries {
            if let Some((username, password)) = entry.credentials()? {
                let remark = format!("it refuses the credentials of `docker login {registry}`");
                return Some(Self { auth: RegistryAuth::Basic(username, password), remark });
            }
        }
        if config.creds_store.is_some() || config.cred_helpers.keys().any(|key| is_meant(key)) {
            let remark = "credentials are kept by a helper of Docker, and helpers are not asked: keep them in \
                          `auths` of Docker's config.json";
            return Some(Self { auth: RegistryAuth::Anonymous, remark: remark.to_owned() });
        }
        Some(Self::none(registry))
    }
}

impl Entry {
    /// Name and password, if the entry has some; the outer option is none if they are not written as they should be.
    fn credentials(&self) -> Option<Option<(String, String)>> {
        match (&self.auth, &self.username, &self.password) {
            (Some(auth), ..) if !auth.is_empty() => {
                let text = String::from_utf8(BASE64_STANDARD.decode(auth).ok()?).ok()?;
                let (username, password) = text.split_once(':')?;
                Some(Some((username.to_owned(), password.to_owned())))
            }
            (_, Some(username), Some(password)) => Some(Some((username.clone(), password.clone()))),
            _ => Some(None),
        }
    }
}

/// The host of what may be a URL.
fn host(key: &str) -> &str {
    let key = key.strip_prefix("https://").or(key.strip_prefix("http://")).unwrap_or(key);
    key.split('/').next().unwrap_or(key)
}

fn path() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("DOCKER_CONFIG").or_else(|| Some(set("HOME")?.join(".docker")))?;
    Some(folder.join("config.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(registry: &str, config: &str) -> Option<RegistryAuth> {
        Credentials::find(registry, config.as_bytes()).map(|credentials| credentials.auth)
    }

    fn basic(username: &str, password: &str) -> Option<RegistryAuth> {
        Some(RegistryAuth::Basic(username.to_owned(), password.to_owned()))
    }

    #[test]
    fn credentials_are_found_by_host() {
        // `me:pass:word`, as `docker login` encodes it.
        let config = r#"{"auths": {"https://ghcr.io/v2/": {"auth": "bWU6cGFzczp3b3Jk"},
            "localhost:5000": {"username": "u", "password": "p"}, "https://index.docker.io/v1/": {"username": "h", "password": "q"}}}"#;
        assert_eq!(found("ghcr.io", config), basic("me", "pass:word"));
        assert_eq!(found("localhost:5000", config), basic("u", "p"));
        assert_eq!(found("index.docker.io", config), basic("h", "q"));
        for other in ["localhost", "localhost:50", "io", "evil-ghcr.io", "ghcr.io.evil"] {
            assert_eq!(found(other, config), Some(RegistryAuth::Anonymous), "{other}");
        }
    }

    #[test]
    fn helpers_are_named_where_they_would_be_needed() {
        let config = r#"{"auths": {"ghcr.io": {}}, "credHelpers": {"ghcr.io": "gcloud"}}"#;
        let remark = |registry| Credentials::find(registry, config.as_bytes()).unwrap().remark;
        assert!(remark("ghcr.io").contains("helper"));
        assert!(remark("quay.io").contains("docker login quay.io"));
    }

    #[test]
    fn a_broken_file_is_no_anonymous_user() {
        for config in
            ["", "[]", r#"{"auths": {"a.io": {"auth": "%"}}}"#, r#"{"auths": {"a.io": {"auth": "bWU="}}}"#]
        {
            assert!(found("a.io", config).is_none(), "{config}");
        }
    }
}
