//! What the front end asks of the world around it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use mxcp_core::wit;

/// The world around the front end: WASI when deployed, whatever a test says otherwise.
pub trait Host {
    /// The time.
    fn now(&mut self) -> DateTime<Utc>;

    /// Random bytes that nobody can guess.
    fn random(&mut self) -> [u8; 16];

    /// Sends an HTTP request and waits for the answer. Redirects are answers like any other.
    ///
    /// # Errors
    /// There is no answer.
    fn fetch(&mut self, request: &Fetch) -> Result<Fetched, FetchError>;

    /// Calls the built-in function of an index with arguments of its types.
    ///
    /// # Errors
    /// What came back is no value of its type; why. A component that traps ends the instance, and with it this call.
    fn invoke(
        &mut self,
        index: u32,
        function: &wit::Function,
        arguments: &[wit::Value],
    ) -> Result<Option<wit::Value>, String>;

    /// Writes a line for the operator.
    fn log(&mut self, line: &str);
}

/// An HTTP request that leaves the edge.
#[derive(Clone)]
pub struct Fetch {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where to: `http://` or `https://`.
    pub url: String,
    /// Headers; `Host` and `Content-Length` are the host's business.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// Longest wait, from the beginning to the last byte of the answer.
    pub timeout: Duration,
    /// Longest body of the answer that is taken, in bytes.
    pub most: usize,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The URL is none that can be asked.
    #[error("its URL is not valid")]
    Url,
    /// Nobody answers there.
    #[error("it can't be reached")]
    Unreachable,
    /// It took too long.
    #[error("it did not answer in time")]
    TimedOut,
    /// The answer is larger than is taken.
    #[error("its answer is too large")]
    TooLarge,
}

impl std::fmt::Debug for Fetch {
    /// Without headers and body, which hold tokens and arguments.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Fetch")
            .field("method", &self.method)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Fetched {
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}
