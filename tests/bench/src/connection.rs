//! HTTP/1.1 over one connection that is kept.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::contender::Call;

/// Longest time an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A kept-alive connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    /// The status.
    pub(crate) status: u16,
    /// The body, with its chunks if it came in such.
    pub(crate) body: &'a [u8],
}

/// The beginning of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Where the body begins.
    end: usize,
    /// How long it is; none of one that comes in chunks.
    length: Option<usize>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// Sends a request and gives its answer, whatever that is.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head = loop {
            self.receive().await?;
            if let Some(found) = parse_head(&self.received)? {
                break found;
            }
        };
        let end = match head.length {
            Some(length) => head.end + length,
            None => loop {
                if let Some(end) = end_of_chunks(&self.received, head.end) {
                    break end;
                }
                self.receive().await?;
            },
        };
        while self.received.len() < end {
            self.receive().await?;
        }
        Ok(Answer { status: head.status, body: self.received.get(head.end..end).unwrap_or_default() })
    }

    async fn receive(&mut self) -> Result<()> {
        let count = timeout(PATIENCE, self.stream.read_buf(&mut self.received))
            .await
            .context("no answer in time")??;
        if count == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

/// The request of a call.
pub(crate) fn written(address: SocketAddr, call: &Call) -> Vec<u8> {
    let mut request = format!(
        "POST {} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n",
        call.path
    );
    for (name, value) in &call.headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{}", call.body.len(), call.body));
    request.into_bytes()
}

/// Where a body that comes in chunks ends, once it is complete.
fn end_of_chunks(received: &[u8], head: usize) -> Option<usize> {
    const LAST: &[u8] = b"\r\n0\r\n\r\n";
    let body = received.get(head..)?;
    body.windows(LAST.len()).position(|part| part == LAST).map(|at| head + at + LAST.len())
}

/// The head, once it is complete.
fn parse_head(received: &[u8]) -> Result<Option<Head>> {
    let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(received.get(..end).unwrap_or_default())?;
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|it| it.parse().ok());
    let status = status.with_context(|| format!("no answer of HTTP: {head}"))?;
    let length = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    match length {
        Some(length) => Ok(Some(Head { status, end: end + 4, length: Some(length?) })),
        None if chunked => Ok(Some(Head { status, end: end + 4, length: None })),
        None => bail!("an answer without a length: {head}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Head, end_of_chunks, parse_head};

    #[test]
    fn finds_the_body_once_the_headers_are_complete() {
        assert_eq!(parse_head(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n").unwrap(), None);
        assert_eq!(
            parse_head(b"HTTP/1.1 502 No\r\ncontent-length: 3\r\n\r\nab").unwrap(),
            Some(Head { status: 502, end: 38, length: Some(3) })
        );
    }

    #[test]
    fn refuses_what_is_not_http_and_answers_without_an_end() {
        assert!(parse_head(b"Hello 200\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(parse_head(b"HTTP/1.1 200 OK\r\nserver: x\r\n\r\n").is_err());
    }

    #[test]
    fn finds_the_end_of_chunks() {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let Head { end: start, length, .. } = parse_head(head).unwrap().unwrap();
        assert_eq!(length, None);
        let whole = [&head[..], b"3\r\nabc\r\n0\r\n\r\n"].concat();
        assert_eq!(end_of_chunks(&whole, start), Some(whole.len()));
        assert_eq!(end_of_chunks(&whole[..whole.len() - 3], start), None);
    }
}
