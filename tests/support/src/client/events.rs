//! A stream of server-sent events.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value as Json;

/// Far longer than anything here takes, so that a defect fails instead of hanging.
const DEADLINE: Duration = Duration::from_secs(60);

/// An open stream of events.
#[derive(Debug)]
pub struct Events {
    stream: BufReader<TcpStream>,
}

impl Events {
    /// Sends a request and reads the head of the answer; `path` has no slash at its beginning.
    ///
    /// # Errors
    /// The answer is no stream of events.
    pub fn open(
        address: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        let mut request = format!(
            "{method} /{path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json, text/event-stream\r\n"
        );
        if !body.is_empty() {
            request.push_str("Content-Type: application/json\r\n");
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(request.as_bytes())?;
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            ensure!(stream.read_line(&mut head)? > 0, "{head}");
        }
        ensure!(head.to_lowercase().contains("content-type: text/event-stream"), "{head}");
        Ok(Self { stream })
    }

    /// The data of the next event.
    ///
    /// # Errors
    /// The stream ended, or nothing came in a long time.
    pub fn data(&mut self) -> anyhow::Result<String> {
        loop {
            let mut line = String::new();
            ensure!(self.stream.read_line(&mut line)? > 0, "the stream ended");
            if let Some(data) = line.strip_prefix("data:").map(str::trim).filter(|data| !data.is_empty()) {
                return Ok(data.to_owned());
            }
        }
    }

    /// The message of the next event.
    ///
    /// # Errors
    /// The stream ended, or the event has no message.
    pub fn message(&mut self) -> anyhow::Result<Json> {
        let data = self.data()?;
        serde_json::from_str(&data).with_context(|| data)
    }
}
