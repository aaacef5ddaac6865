//! A connection that makes one call again and again.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::contender::Call;

/// Longest time an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A kept-alive HTTP/1.1 connection.
#[derive(Debug)]
pub(crate) struct Client<'call> {
    stream: TcpStream,
    call: &'call Call,
    request: Vec<u8>,
    received: Vec<u8>,
    /// The body that was found to be right; another one is checked anew.
    right: Vec<u8>,
}

impl<'call> Client<'call> {
    /// Connects; the request is written out once.
    pub(crate) async fn connect(address: SocketAddr, call: &'call Call) -> Result<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        let request = written(address, call);
        Ok(Self { stream, call, request, received: Vec::new(), right: Vec::new() })
    }

    /// Goes over to another call on the same connection.
    pub(crate) fn switch(&mut self, address: SocketAddr, call: &'call Call) {
        self.request = written(address, call);
        self.call = call;
        self.right.clear();
    }

    /// Makes the call and gives its answer, checked.
    pub(crate) async fn answer(&mut self) -> Result<serde_json::Value> {
        self.call().await?;
        Ok(serde_json::from_slice(&self.right)?)
    }

    /// Makes the call and checks its answer.
    pub(crate) async fn call(&mut self) -> Result<()> {
        self.stream.write_all(&self.request).await?;
        self.received.clear();
        let (head, length) = loop {
            self.receive().await?;
            if let Some(found) = parse_head(&self.received)? {
                break found;
            }
        };
        let end = match length {
            Some(length) => head + length,
            None => loop {
                if let Some(end) = end_of_chunks(&self.received, head) {
                    break end;
                }
                self.receive().await?;
            },
        };
        while self.received.len() < end {
            self.receive().await?;
        }
        let body = self.received.get(head..end).unwrap_or_default();
        if self.right.is_empty() || body != self.right {
            if let Err(reason) = self.call.check(body) {
                bail!("wrong answer: {reason}");
            }
            self.right = body.to_vec();
        }
        Ok(())
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
fn written(address: SocketAddr, call: &Call) -> Vec<u8> {
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

/// Where the body begins and how long it is, once the headers are complete. None for the length of one that comes in
/// chunks.
fn parse_head(received: &[u8]) -> Result<Option<(usize, Option<usize>)>> {
    let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(received.get(..end).unwrap_or_default())?;
    if !head.starts_with("HTTP/1.1 200") {
        bail!("refused: {}", String::from_utf8_lossy(received));
    }
    let length = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    match length {
        Some(length) => Ok(Some((end + 4, Some(length?)))),
        None if chunked => Ok(Some((end + 4, None))),
        None => bail!("an answer without a length: {head}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{end_of_chunks, parse_head};

    #[test]
    fn finds_the_body_once_the_headers_are_complete() {
        assert_eq!(parse_head(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n").unwrap(), None);
        assert_eq!(
            parse_head(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab").unwrap(),
            Some((38, Some(3)))
        );
    }

    #[test]
    fn refuses_errors_and_answers_without_an_end() {
        assert!(parse_head(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(parse_head(b"HTTP/1.1 200 OK\r\nserver: x\r\n\r\n").is_err());
    }

    #[test]
    fn finds_the_end_of_chunks() {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let (start, length) = parse_head(head).unwrap().unwrap();
        assert_eq!(length, None);
        let whole = [&head[..], b"3\r\nabc\r\n0\r\n\r\n"].concat();
        assert_eq!(end_of_chunks(&whole, start), Some(whole.len()));
        assert_eq!(end_of_chunks(&whole[..whole.len() - 3], start), None);
    }
}
