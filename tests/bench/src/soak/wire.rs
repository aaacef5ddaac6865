//! A connection on which everything is written by hand, so that it can be slow, rude or cut off.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longest time that anything may take, reloads that calls wait for included.
const PATIENCE: Duration = Duration::from_secs(60);

/// An HTTP/1.1 connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    /// What was received and not yet looked at.
    received: Vec<u8>,
    framing: Framing,
    /// The part of a stream of events that is no whole event yet.
    events: String,
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// So many bytes are left.
    Length(usize),
    /// It comes in chunks.
    Chunked,
    /// It is over.
    Over,
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// Its status.
    pub(super) status: u16,
    /// Its head.
    pub(super) head: String,
    /// Its body.
    pub(super) body: String,
}

impl Answer {
    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The message that answers the request `id`, be the body JSON or a stream of events.
    pub(super) fn message(&self, id: u64) -> Result<Value> {
        ensure!(self.status == 200, "status {}: {}", self.status, self.body);
        if let Ok(message) = serde_json::from_str::<Value>(&self.body) {
            return Ok(message);
        }
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data:"));
        data.filter_map(|data| serde_json::from_str::<Value>(data.trim()).ok())
            .find(|message| message.get("id") == Some(&id.into()) && message.get("method").is_none())
            .with_context(|| format!("no answer in {:?}", self.body))
    }

    /// Whether the server had no place for the connection.
    pub(super) fn turned_away(&self) -> bool {
        self.status == 503 && self.body == "Too many connections"
    }
}

impl Wire {
    /// Connects.
    pub(super) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new(), framing: Framing::Over, events: String::new() })
    }

    /// Sends bytes as they are.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        timeout(PATIENCE, self.stream.write_all(bytes)).await.context("nothing is read")??;
        Ok(())
    }

    /// Sends bytes as they are, and gives the whole answer.
    pub(super) async fn exchange(&mut self, bytes: &[u8]) -> Result<Answer> {
        self.send(bytes).await?;
        self.answer().await
    }

    /// The whole answer.
    pub(super) async fn answer(&mut self) -> Result<Answer> {
        let (status, head) = self.head().await?;
        let mut body = Vec::new();
        while let Some(mut piece) = self.piece().await? {
            body.append(&mut piece);
        }
        Ok(Answer { status, head, body: String::from_utf8(body)? })
    }

    /// The head of an answer: its status, and all of it.
    pub(super) async fn head(&mut self) -> Result<(u16, String)> {
        let end = loop {
            if let Some(end) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.receive().await?;
        };
        let head: Vec<u8> = self.received.drain(..end + 4).collect();
        let head = String::from_utf8(head)?;
        let status = head.split(' ').nth(1).context("a status")?.parse().with_context(|| head.clone())?;
        self.events.clear();
        self.framing = match header(&head, "content-length") {
            Some(length) => Framing::Length(length.parse()?),
            None if header(&head, "transfer-encoding").is_some() => Framing::Chunked,
            None => Framing::Length(0),
        };
        Ok((status, head))
    }

    /// The next piece of the body; none at its end.
    pub(super) async fn piece(&mut self) -> Result<Option<Vec<u8>>> {
        match self.framing {
            Framing::Over | Framing::Length(0) => Ok(None),
            Framing::Length(left) => {
                if self.received.is_empty() {
                    self.receive().await?;
                }
                let count = left.min(self.received.len());
                self.framing = Framing::Length(left - count);
                Ok(Some(self.received.drain(..count).collect()))
            }
            Framing::Chunked => {
                let line = loop {
                    if let Some(line) = self.received.windows(2).position(|two| two == b"\r\n") {
                        break line;
                    }
                    self.receive().await?;
                };
                let size = std::str::from_utf8(self.received.get(..line).unwrap_or_default())?;
                let size = usize::from_str_radix(size.trim(), 16).context("the size of a chunk")?;
                let (begin, end) = (line + 2, line + 2 + size);
                while self.received.len() < end + 2 {
                    self.receive().await?;
                }
                let piece = self.received.get(begin..end).unwrap_or_default().to_vec();
                self.received.drain(..end + 2);
                if size == 0 {
                    self.framing = Framing::Over;
                    return Ok(None);
                }
                Ok(Some(piece))
            }
        }
    }

    /// The next message of a stream of events; none at its end.
    pub(super) async fn event(&mut self) -> Result<Option<Value>> {
        loop {
            while let Some(end) = self.events.find('\n') {
                let line: String = self.events.drain(..=end).collect();
                let data = line.strip_prefix("data:").map(str::trim).filter(|data| !data.is_empty());
                if let Some(data) = data {
                    return Ok(Some(serde_json::from_str(data).with_context(|| data.to_owned())?));
                }
            }
            let Some(piece) = self.piece().await? else { return Ok(None) };
            self.events.push_str(std::str::from_utf8(&piece)?);
        }
    }

    /// Reads at most so many bytes, for whoever reads slowly.
    pub(super) async fn sip(&mut self, most: usize) -> Result<()> {
        let mut bytes = vec![0; most];
        let count = timeout(PATIENCE, self.stream.read(&mut bytes)).await.context("nothing comes")??;
        ensure!(count > 0, "the server closed the connection");
        self.received.extend(bytes.get(..count).unwrap_or_default());
        Ok(())
    }

    async fn receive(&mut self) -> Result<()> {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.received)).await;
        if read.context("no answer in time")?? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

/// The value of a header in a head.
pub(super) fn header<'head>(head: &'head str, name: &str) -> Option<&'head str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
