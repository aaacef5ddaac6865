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
    /// The body that came in chunks, without them.
    joined: Vec<u8>,
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    /// The status.
    pub(crate) status: u16,
    /// The body.
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
        Ok(Self { stream, received: Vec::new(), joined: Vec::new() })
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
        let Some(length) = head.length else {
            self.join_chunks(head.end).await?;
            return Ok(Answer { status: head.status, body: &self.joined });
        };
        let end = head.end + length;
        while self.received.len() < end {
            self.receive().await?;
        }
        Ok(Answer { status: head.status, body: self.received.get(head.end..end).unwrap_or_default() })
    }

    /// Receives chunks from a place on until the last one, and joins them.
    async fn join_chunks(&mut self, mut place: usize) -> Result<()> {
        self.joined.clear();
        loop {
            let Some((start, size)) = chunk(self.received.get(place..).unwrap_or_default())? else {
                self.receive().await?;
                continue;
            };
            let (start, end) = (place + start, place + start + size);
            while self.received.len() < end + LINE_END.len() {
                self.receive().await?;
            }
            if size == 0 {
                return Ok(());
            }
            self.joined.extend_from_slice(self.received.get(start..end).unwrap_or_default());
            place = end + LINE_END.len();
        }
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

const LINE_END: &[u8] = b"\r\n";

/// Where the content of a chunk begins, and how long it is; none before its first line is there.
fn chunk(received: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = received.windows(LINE_END.len()).position(|two| two == LINE_END) else {
        return Ok(None);
    };
    let line = std::str::from_utf8(received.get(..end).unwrap_or_default())?;
    let size = line.split(';').next().unwrap_or_default().trim();
    let size = usize::from_str_radix(size, 16).with_context(|| format!("no chunk: {line}"))?;
    Ok(Some((end + LINE_END.len(), size)))
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
    use super::{Head, chunk, parse_head};

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
    fn reads_the_sizes_of_chunks() {
        assert_eq!(chunk(b"1f;a=b\r\nabc").unwrap(), Some((8, 31)));
        assert_eq!(chunk(b"0\r\n\r\n").unwrap(), Some((3, 0)));
        assert_eq!(chunk(b"1f\r").unwrap(), None);
        assert!(chunk(b"{}\r\n").is_err());
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(parse_head(head).unwrap().unwrap().length, None);
    }
}
