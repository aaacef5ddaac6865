//! Messages on lines, as a transport.

use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::writer::{Closed, LineWriter};
use crate::transport::beginning::{self, begins_session};
use crate::transport::open_requests::OpenRequests;
use mxcp_mcp::{malformed, params};

/// Reads and writes one message a line. What is no message is answered here, and the session goes on.
///
/// INVARIANT: everything between two awaits of [`Transport::receive`] is kept in fields, because the caller drops that
/// future whenever it has something else to do.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    line_state: LineState,
    limit: usize,
    writer: LineWriter,
    /// An answer of our own that waits for room in the queue.
    answer: Option<Vec<u8>>,
    open: Arc<OpenRequests>,
    /// Whether the session has begun.
    begun: bool,
    end: Option<End>,
    drain: Duration,
    shutdown: CancellationToken,
    /// Cancelled when no more messages will be read.
    closing: CancellationToken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineState {
    /// Bytes are collected.
    Collecting,
    /// The line is too long; the rest of it is passed over.
    Skipping,
}

/// No more messages will be read.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The input ended; calls in flight take the time they need.
    Input,
    /// The server stops; calls in flight have until then.
    Shutdown(Instant),
}

enum Read {
    Line,
    TooLong,
    End,
}

impl<R: AsyncRead + Send + Unpin> Lines<R> {
    pub(super) fn new(
        reader: R,
        writer: LineWriter,
        limit: usize,
        drain: Duration,
        shutdown: CancellationToken,
        closing: CancellationToken,
    ) -> Self {
        Self {
            reader: BufReader::with_capacity(64 * 1024, reader),
            line: Vec::new(),
            line_state: LineState::Collecting,
            limit,
            writer,
            answer: None,
            open: Arc::default(),
            begun: false,
            end: None,
            drain,
            shutdown,
            closing,
        }
    }

    /// Reads up to the end of the line; `line` has it without the line feed.
    async fn read_line(&mut self) -> Read {
        loop {
            let available = match self.reader.fill_buf().await {
                Ok(available) => available,
                Err(error) => {
                    tracing::warn!(%error, "standard input can't be read");
                    return Read::End;
                }
            };
            if available.is_empty() {
                let unfinished = self.line_state == LineState::Collecting && !self.line.is_empty();
                return if unfinished { Read::Line } else { Read::End };
            }
            let (part, consumed, complete) = match available.iter().position(|byte| *byte == b'\n') {
                Some(end) => (available.get(..end).unwrap_or_default(), end + 1, true),
                None => (available, available.len(), false),
            };
            let fits = self.line.len() + part.len() <= self.limit;
            let outcome = match self.line_state {
                LineState::Collecting if fits => {
                    self.line.extend_from_slice(part);
                    complete.then_some(Read::Line)
                }
                LineState::Collecting => {
                    self.line = Vec::new();
                    self.line_state = LineState::Skipping;
                    Some(Read::TooLong)
                }
                LineState::Skipping => None,
            };
            if complete {
                self.line_state = LineState::Collecting;
            }
            self.reader.consume(consumed);
            if let Some(outcome) = outcome {
                return outcome;
            }
        }
    }

    /// The message of the line, unless it is none, or wants no answer before the session.
    fn message(&mut self) -> Option<ClientJsonRpcMessage> {
        if self.line.trim_ascii().is_empty() {
            self.line.clear();
            return None;
        }
        let parsed = serde_json::from_slice::<ClientJsonRpcMessage>(&self.line);
        if parsed.is_err() {
            self.answer = Some(line_of(&malformed::answer(&self.line)));
        }
        self.line.clear();
        let message = parsed.ok()?;
        self.begun |= begins_session(&message);
        if !self.begun
            && let Some(refusal) = beginning::refusal(&message)
        {
            self.answer = serde_json::to_value(&refusal).ok().map(|refusal| line_of(&refusal));
            return None;
        }
        self.open.came(&message);
        (self.begun || matches!(message, ClientJsonRpcMessage::Request(_))).then_some(message)
    }

    /// Waits for the answers of calls in flight, as long as the kind of end allows and the client reads them.
    async fn drained(&mut self) {
        let writer = self.writer.clone();
        if let Some(End::Input) = self.end {
            tokio::select! {
                () = self.open.all_closed() => return,
                () = writer.closed() => return,
                () = self.shutdown.cancelled() => self.end = Some(End::Shutdown(Instant::now() + self.drain)),
            }
        }
        if let Some(End::Shutdown(deadline)) = self.end {
            tokio::select! {
                () = self.open.all_closed() => {}
                () = writer.closed() => {}
                () = tokio::time::sleep_until(deadline) => tracing::warn!("calls were still running at shutdown"),
            }
        }
    }
}

impl<R: AsyncRead + Send + Unpin + 'static> Transport<RoleServer> for Lines<R> {
    type Error = Closed;

    fn send(
        &mut self,
        mut message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Closed>> + Send + 'static {
        if let ServerJsonRpcMessage::Error(error) = &mut message {
            params::put_in_words(&mut error.error);
        }
        let writer = self.writer.clone();
        let open = Arc::clone(&self.open);
        async move {
            let sent = match serde_json::to_vec(&message) {
                Ok(mut line) => {
                    line.push(b'\n');
                    writer.send(line).await
                }
                Err(error) => {
                    tracing::error!(%error, "message can't be written as JSON");
                    Ok(())
                }
            };
            // Only now, so that the end of the session waits for the answer to be queued.
            open.went(&message);
            sent
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            if self.answer.is_some() {
                let room = self.writer.room().await.ok()?;
                if let Some(answer) = self.answer.take() {
                    room.send(answer);
                }
            }
            if self.end.is_some() {
                self.closing.cancel();
                self.drained().await;
                return None;
            }
            let shutdown = self.shutdown.clone();
            let writer = self.writer.clone();
            let read = tokio::select! {
                read = self.read_line() => read,
                () = shutdown.cancelled() => {
                    self.end = Some(End::Shutdown(Instant::now() + self.drain));
                    continue;
                }
                () = writer.closed() => return None,
            };
            match read {
                Read::Line => {
                    if let Some(message) = self.message() {
                        return Some(message);
                    }
                }
                Read::TooLong => self.answer = Some(line_of(&malformed::too_large(self.limit))),
                Read::End => self.end = Some(End::Input),
            }
        }
    }

    async fn close(&mut self) -> Result<(), Closed> {
        Ok(())
    }
}

fn line_of(message: &Value) -> Vec<u8> {
    let mut line = message.to_string().into_bytes();
    line.push(b'\n');
    line
}
