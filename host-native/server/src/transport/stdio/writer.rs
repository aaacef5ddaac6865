//! The one writer of standard output.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Lines that may wait to be written before answers have to wait themselves.
const QUEUE: usize = 64;

/// Hands whole lines to the task that writes them.
#[derive(Clone, Debug)]
pub(super) struct LineWriter {
    queue: mpsc::Sender<Vec<u8>>,
}

/// The end of the writing.
#[derive(Debug)]
pub(super) struct Written {
    task: JoinHandle<io::Result<()>>,
}

/// Nothing can be written any more.
#[derive(Debug, thiserror::Error)]
#[error("the client does not read any more")]
pub(super) struct Closed;

impl LineWriter {
    pub(super) fn spawn(writer: impl AsyncWrite + Send + Unpin + 'static) -> (Self, Written) {
        let (queue, lines) = mpsc::channel(QUEUE);
        (Self { queue }, Written { task: tokio::spawn(write(writer, lines)) })
    }

    /// Waits until there is room for a line.
    pub(super) async fn room(&self) -> Result<mpsc::Permit<'_, Vec<u8>>, Closed> {
        self.queue.reserve().await.map_err(|_| Closed)
    }

    /// Queues a line; it must end with a line feed.
    pub(super) async fn send(&self, line: Vec<u8>) -> Result<(), Closed> {
        self.queue.send(line).await.map_err(|_| Closed)
    }

    /// Waits until nothing can be written any more.
    pub(super) async fn closed(&self) {
        self.queue.closed().await;
    }
}

impl Written {
    /// Waits until every queued line is out and every [`LineWriter`] is gone. That the client left is no failure.
    pub(super) async fn finished(self) -> io::Result<()> {
        match self.task.await {
            Ok(Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            Ok(_) => Ok(()),
            Err(panic) => Err(io::Error::other(panic)),
        }
    }
}

/// Writes what is queued, flushing once for all lines that came together.
async fn write(mut writer: impl AsyncWrite + Unpin, mut lines: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    let mut batch = Vec::new();
    while lines.recv_many(&mut batch, QUEUE).await > 0 {
        for line in batch.drain(..) {
            writer.write_all(&line).await?;
        }
        writer.flush().await?;
    }
    Ok(())
}
