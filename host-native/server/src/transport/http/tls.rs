//! Connections that the server encrypts itself.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::TlsError;

/// Longest time that a client may take to agree on a key.
const GREETING: Duration = Duration::from_secs(10);

/// A certificate and its key. Clones share what is loaded, and see what is loaded later.
#[derive(Clone)]
pub struct Tls(Arc<Loaded>);

struct Loaded {
    certificate: PathBuf,
    key: PathBuf,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Loads a certificate, with those that vouch for it, and its private key from files in PEM.
    ///
    /// # Errors
    /// A file can't be read or has not what it should have, or the key is not that of the certificate.
    pub fn load(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, TlsError> {
        let (certificate, key) = (certificate.into(), key.into());
        let config = RwLock::new(read(&certificate, &key)?);
        Ok(Self(Arc::new(Loaded { certificate, key, config })))
    }

    /// Loads the files again, for the connections from now on.
    ///
    /// # Errors
    /// As [`Tls::load`]; then those from before stay.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = read(&self.0.certificate, &self.0.key)?;
        *self.0.config.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Agrees on a key with a client.
    pub(in crate::transport) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.accept_within(stream, GREETING).await
    }

    async fn accept_within(&self, stream: TcpStream, patience: Duration) -> io::Result<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.0.config.read().unwrap_or_else(PoisonError::into_inner));
        timeout(patience, TlsAcceptor::from(config).accept(stream)).await?
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").field("certificate", &self.0.certificate).finish_non_exhaustive()
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let unreadable = |file: &Path| {
        let file = file.display().to_string();
        move |source| TlsError::File { file, source }
    };
    let certificates = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(certificate))?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate { file: certificate.display().to_string() });
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
    // Named, because a process that has several would not know which one to take.
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(certificates, private))
        .map_err(|source| TlsError::Mismatch { file: certificate.display().to_string(), source })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests;
