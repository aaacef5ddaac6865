//! Who vouches for the servers that are asked.

use std::fs;
use std::path::Path;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::error::Error;

/// The authorities whose certificates are believed: those of the public web, unless others are named.
#[derive(Clone, Debug, Default)]
pub struct Trust(Option<RootCerts>);

impl Trust {
    /// The authorities in a file in PEM, and no others: for identity providers of one's own.
    ///
    /// # Errors
    /// The file can't be read, or there is no certificate in it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let problem = |why: &str| Error::settings(format!("certificates in {}: {why}", path.display()));
        let text = fs::read(path).map_err(|error| problem(&error.to_string()))?;
        let mut found: Vec<Certificate<'static>> = Vec::new();
        for item in parse_pem(&text) {
            match item {
                Ok(PemItem::Certificate(certificate)) => found.push(certificate),
                Ok(_) => {}
                Err(_) => return Err(problem("not in PEM")),
            }
        }
        if found.is_empty() {
            return Err(problem("there is none"));
        }
        Ok(Self(Some(RootCerts::from(found))))
    }

    pub(crate) fn config(&self) -> TlsConfig {
        let config = TlsConfig::builder();
        match &self.0 {
            Some(authorities) => config.root_certs(authorities.clone()).build(),
            None => config.build(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Trust, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("authorities.pem");
        fs::write(&path, text).unwrap();
        Trust::read(&path).map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn a_file_without_authorities_is_an_error() {
        assert_eq!(read("").unwrap_err(), "certificates in FILE: there is none");
        assert!(Trust::read(Path::new("/no/such/file")).is_err());
    }
}
