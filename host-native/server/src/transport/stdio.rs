//! MCP over standard input and output: one message a line, nothing else on standard output.

mod lines;
#[cfg(target_os = "linux")]
mod standard_streams;
mod writer;

use std::time::Duration;

use rmcp::service::{ServerInitializeError, serve_server};
use rmcp::transport::stdio_pipes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::lines::Lines;
use self::writer::LineWriter;
use crate::error::Error;
use crate::server::Server;

/// How long calls in flight may go on after the shutdown was asked for.
const DRAIN: Duration = Duration::from_secs(30);

/// How long tasks may take to end that were taken back.
const TASKS_END: Duration = Duration::from_secs(5);

/// Serves the client on standard input and output until the input ends or `shutdown` is cancelled. Calls in flight are
/// finished and their answers written before it returns.
///
/// Where standard input is no pipe, a blocked read may keep the runtime from stopping: the caller should end the process
/// rather than wait for it.
///
/// # Errors
/// Standard output can't be written to for another reason than that the client left.
pub async fn serve_stdio(server: Server, shutdown: CancellationToken) -> Result<(), Error> {
    let (reader, writer) = stdio_pipes();
    #[cfg(target_os = "linux")]
    if let Err(error) = standard_streams::leave() {
        tracing::warn!(%error, "what tools print may disturb the client");
    }
    serve_lines(server, reader, writer, shutdown).await
}

/// Serves the client at the other end of a pair of streams, as [`serve_stdio`] does.
///
/// # Errors
/// `writer` can't be written to for another reason than that the client left.
pub async fn serve_lines<R, W>(
    server: Server,
    reader: R,
    writer: W,
    shutdown: CancellationToken,
) -> Result<(), Error>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let limit = server.pipeline().limits().request_bytes;
    let (writer, written) = LineWriter::spawn(writer);
    let (closing, tasks) = (server.closing().clone(), server.tasks().clone());
    match serve_server(server, Lines::new(reader, writer, limit, DRAIN, shutdown, closing)).await {
        Ok(running) => {
            if let Err(error) = running.waiting().await {
                tracing::error!(%error, "session ended abnormally");
            }
        }
        Err(ServerInitializeError::ConnectionClosed(_)) => {}
        Err(error) => tracing::warn!(%error, "session did not begin"),
    }
    // Nobody is there to look after them any more; what they do is worth finishing all the same.
    if timeout(DRAIN, tasks.finished()).await.is_err() {
        tasks.stop(TASKS_END).await;
    }
    written.finished().await.map_err(Error::Output)
}

#[cfg(test)]
mod tests;
