//! Asks a running server.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value as Json;

use crate::error::ClientError;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks the server behind a socket.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Status code of HTTP.
    pub status: u16,
    /// The document.
    pub body: Json,
}

impl Client {
    /// Asks the server that listens there.
    #[must_use]
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// Where the server is asked.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Asks for what is at a path; blocks.
    ///
    /// # Errors
    /// Nobody listens, or the answer is none.
    pub fn get(&self, path: &str) -> Result<Answer, ClientError> {
        self.ask("GET", path)
    }

    /// Has something done; blocks.
    ///
    /// # Errors
    /// Nobody listens, or the answer is none.
    pub fn post(&self, path: &str) -> Result<Answer, ClientError> {
        self.ask("POST", path)
    }

    #[cfg(unix)]
    fn ask(&self, method: &str, path: &str) -> Result<Answer, ClientError> {
        let connected = std::os::unix::net::UnixStream::connect(&self.socket);
        let mut stream =
            connected.map_err(|source| ClientError::Nobody { path: self.socket.clone(), source })?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: mxcp-admin\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let mut text = Vec::new();
        stream.read_to_end(&mut text)?;
        parse(&text).ok_or(ClientError::Misunderstood)
    }

    #[cfg(not(unix))]
    fn ask(&self, _method: &str, _path: &str) -> Result<Answer, ClientError> {
        let source = std::io::Error::from(std::io::ErrorKind::Unsupported);
        Err(ClientError::Nobody { path: self.socket.clone(), source })
    }
}

/// An answer that ends with its connection.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let text = str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some(Answer { status, body: serde_json::from_str(body).ok()? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_has_a_status_and_a_document() {
        let answer =
            parse(b"HTTP/1.1 503 Service Unavailable\r\nx: y\r\n\r\n{\"status\": \"error\"}").unwrap();
        assert_eq!(answer, Answer { status: 503, body: json!({ "status": "error" }) });
        for other in ["", "HTTP/1.1 200 OK\r\n\r\n<html>", "SSH-2.0\r\n\r\n{}"] {
            assert_eq!(parse(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn where_nobody_listens_the_socket_is_named() {
        let error = Client::new("/nowhere/s").get("/status").unwrap_err();
        assert_eq!(error.to_string(), "no server answers on the admin socket /nowhere/s");
    }
}
