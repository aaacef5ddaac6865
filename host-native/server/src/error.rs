//! Why serving ended, for the operator.

use std::io;

/// Why a server could not start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process listens there.
    #[error("address {host}:{port} is already in use")]
    AddressInUse {
        /// The host asked for.
        host: String,
        /// The port asked for.
        port: u16,
    },
    /// The host has no address.
    #[error("can't find an address of host `{host}`")]
    UnknownHost {
        /// The host asked for.
        host: String,
        /// What the resolver says, if it says anything.
        #[source]
        source: Option<io::Error>,
    },
    /// The address can't be listened on.
    #[error("can't listen on {host}:{port}")]
    Bind {
        /// The host asked for.
        host: String,
        /// The port asked for.
        port: u16,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The key that is to seal what clients bring along is not safe.
    #[error("the key for the states of calls must have {least} bytes or more")]
    ShortStateKey {
        /// Least length of a key, in bytes.
        least: usize,
    },
    /// The connections can't be encrypted as asked for.
    #[error("TLS can't be used")]
    Tls(#[from] TlsError),
    /// There is no thread to talk with clients on.
    #[error("can't start a thread")]
    Thread(#[source] io::Error),
    /// Standard output can't be written to.
    #[error("can't write to standard output")]
    Output(#[source] io::Error),
}

/// Why a certificate can't be used. Nothing of a key is ever said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read, or is no PEM.
    #[error("`{file}` can't be used")]
    File {
        /// Which one.
        file: String,
        /// What is wrong.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// The file has something else in it.
    #[error("`{file}` has no certificate in it")]
    NoCertificate {
        /// Which one.
        file: String,
    },
    /// The certificate is malformed, or the key is another one's.
    #[error("the certificate in `{file}` can't be used with its key")]
    Mismatch {
        /// The file of the certificate.
        file: String,
        /// What is wrong.
        #[source]
        source: rustls::Error,
    },
}
