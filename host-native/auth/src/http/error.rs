//! Why there is no answer.

/// Why there is no answer. No text has an address, or anything that somebody else wrote: addresses may come from references,
/// and so may what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    /// The address is not one at which nobody else can answer.
    #[error("its address is neither https nor of this machine")]
    Unsafe,
    /// The request can't be written down.
    #[error("the request has characters that can't be sent")]
    Unsendable,
    /// No such host.
    #[error("its host is not known")]
    UnknownHost,
    /// Nobody listens there, or the connection broke.
    #[error("it can't be connected to")]
    Unreachable,
    /// Its certificate is not good.
    #[error("the encryption failed: its certificate is not accepted")]
    Certificate,
    /// It takes too long.
    #[error("it did not answer in time")]
    Slow,
    /// It says too much.
    #[error("its answer is too long")]
    TooLong,
    /// What it says is no HTTP, or leads somewhere without encryption.
    #[error("its answer can't be understood")]
    Incomprehensible,
    /// Too many requests are on their way already.
    #[error("too many requests are on their way to it")]
    Busy,
    /// The request was given up on our side.
    #[error("the request was given up")]
    Broken,
}

impl HttpError {
    pub(super) fn of(error: &ureq::Error) -> Self {
        match error {
            ureq::Error::HostNotFound => Self::UnknownHost,
            ureq::Error::Timeout(_) => Self::Slow,
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::TlsRequired | ureq::Error::Pem(_) => {
                Self::Certificate
            }
            ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => Self::TooLong,
            ureq::Error::RequireHttpsOnly(_) | ureq::Error::BadUri(_) => Self::Unsafe,
            ureq::Error::Protocol(_) | ureq::Error::RedirectFailed | ureq::Error::TooManyRedirects => {
                Self::Incomprehensible
            }
            ureq::Error::Http(_) => Self::Unsendable,
            ureq::Error::Io(error) => match error.kind() {
                std::io::ErrorKind::TimedOut => Self::Slow,
                // How `rustls` tells of certificates that it does not accept, while it shakes hands.
                std::io::ErrorKind::InvalidData => Self::Certificate,
                _ => Self::Unreachable,
            },
            _ => Self::Unreachable,
        }
    }
}
