//! A registry that components are pulled from and pushed to.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use anyhow::Context as _;
use mxcp_core::lock::Digest;
use oci_client::client::{ClientConfig, ClientProtocol, Config as ConfigBlob, ImageLayer};
use oci_client::errors::OciDistributionError;
use oci_client::manifest::OciImageManifest;
use oci_client::{Client, Reference};

use super::artifact::{self, CONFIG, Config, Details, LAYER, MANIFEST, Surface};
use super::credentials::Credentials;
use super::sink::Sink;
use crate::failure::Failure;
use crate::lock;

/// Longest time that a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(10);

/// Longest time that a registry may be silent.
const SILENCE: Duration = Duration::from_secs(60);

/// A registry, and what it knows the user by.
pub(crate) struct Registry {
    client: Client,
    credentials: Credentials,
    /// Whether it would be allowed, and was not said, that it is asked without encryption.
    needs_flag: bool,
}

/// A component that was pulled.
#[derive(Debug)]
pub(crate) struct Pulled {
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// Their digest.
    pub(crate) file: Digest,
    /// The digest of its manifest, by which it can be pinned.
    pub(crate) manifest: String,
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Registry").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

impl Registry {
    /// The registry of a reference. Nothing is sent yet.
    ///
    /// # Errors
    /// Without encryption, it is not on this machine; or the credentials can't be read.
    pub(crate) fn of(reference: &Reference, plain_http: bool) -> Result<Self, Failure> {
        let registry = reference.resolve_registry();
        if plain_http && !is_loopback(registry) {
            return Err(Failure::message(format!(
                "`{registry}` is not on this machine: without encryption, everybody on the way there reads what is sent \
                 and changes what is received"
            )));
        }
        let credentials = Credentials::of(registry)?;
        // Another part of the program may have chosen already; there is no other provider in it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::try_from(ClientConfig {
            protocol: if plain_http { ClientProtocol::Http } else { ClientProtocol::Https },
            connect_timeout: Some(CONNECTING),
            read_timeout: Some(SILENCE),
            user_agent: concat!("mxcp/", env!("CARGO_PKG_VERSION")),
            // A component is the same on every machine: an index of several is no component.
            platform_resolver: None,
            ..ClientConfig::default()
        })
        .context("the client can't be made")?;
        Ok(Self { client, credentials, needs_flag: !plain_http && is_loopback(registry) })
    }

    /// Pulls a component, and makes sure that it is what its manifest says, and the manifest what the reference says.
    ///
    /// # Errors
    /// It is not, there is none, or the registry can't be asked.
    pub(crate) async fn pull(&self, reference: &Reference) -> Result<Pulled, Failure> {
        let what = || format!("{reference} can't be pulled");
        let pulled = self.client.pull_manifest(reference, &self.credentials.auth).await;
        let (manifest, digest) = pulled.map_err(|error| self.failure(error, what()))?;
        let (layer, size) = artifact::layer(&manifest).with_context(what)?;
        let expected: Digest = layer.parse().with_context(what)?;
        let mut sink = Sink::new(usize::try_from(size).with_context(what)?);
        // Only the registry itself is asked: a manifest may name other places, and nobody has agreed to those.
        let pulled = self.client.pull_blob(reference, layer, &mut sink).await;
        pulled.map_err(|error| self.failure(error, what()))?;
        let bytes = sink.into_bytes();
        let file = lock::digest(&bytes);
        if file != expected {
            return Err(Failure::message(format!("{}: its bytes are {file}, not {expected}", what())));
        }
        artifact::check_preamble(&bytes).with_context(what)?;
        Ok(Pulled { bytes, file, manifest: digest })
    }

    /// Pushes a component under the tag of a reference, at `now` in the form of RFC 3339; gives the digest of its manifest.
    ///
    /// # Errors
    /// It is no component, or the registry can't be asked or refuses.
    pub(crate) async fn push(
        &self,
        reference: &Reference,
        bytes: Vec<u8>,
        details: &Details,
        now: String,
    ) -> Result<Digest, Failure> {
        let what = || format!("{reference} can't be pushed");
        let surface = Surface::of(&bytes).with_context(what)?;
        let config = Config::new(now, details.author.as_deref(), lock::digest(&bytes).to_string(), &surface);
        let config = ConfigBlob::new(serde_json::to_vec(&config)?, CONFIG.to_owned(), None);
        let tag = reference.tag().unwrap_or("latest");
        let annotations = artifact::annotations(tag, &surface, details);
        let layers = [ImageLayer::new(bytes, LAYER.to_owned(), None)];
        let annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
        let mut manifest = OciImageManifest::build(&layers, &config, annotations);
        manifest.media_type = Some(MANIFEST.to_owned());
        let body = serde_json::to_vec(&manifest)?;
        let digest = lock::digest(&body);

        let auth = &self.credentials.auth;
        self.client.store_auth_if_needed(reference.resolve_registry(), auth).await;
        let sent = async {
            for layer in layers {
                let digest = layer.sha256_digest();
                self.client.push_blob(reference, layer.data, &digest).await?;
            }
            self.client.push_blob(reference, config.data, &manifest.config.digest).await
        };
        sent.await.map_err(|error| self.failure(error, what()))?;
        let sent = self.client.push_manifest_raw(reference, body, MANIFEST.parse()?).await;
        sent.map_err(|error| self.failure(error, what()))?;
        Ok(digest)
    }

    fn failure(&self, error: OciDistributionError, what: String) -> Failure {
        let status = match &error {
            OciDistributionError::AuthenticationFailure(_)
            | OciDistributionError::UnauthorizedError { .. } => Some(401),
            OciDistributionError::ServerError { code, .. } => Some(*code),
            OciDistributionError::RequestError(error) => error.status().map(|status| status.as_u16()),
            _ => None,
        };
        let unreachable = matches!(&error, OciDistributionError::RequestError(error) if error.is_connect());
        let error = anyhow::Error::new(error);
        Failure::Other(match status {
            Some(401 | 403) => error.context(format!("{what}: {}", self.credentials.remark)),
            _ if unreachable && self.needs_flag => error
                .context(format!("{what}: a registry without encryption on this machine needs --plain-http")),
            _ => error.context(what),
        })
    }
}

/// Whether a registry is on this machine.
fn is_loopback(registry: &str) -> bool {
    let host = match registry.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => registry.rsplit_once(':').map_or(registry, |(host, _)| host),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_this_machine() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["localhost.example", "127.0.0.1.example:5000", "10.0.0.1", "ghcr.io", "[fe80::1]:5000", ""]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
