//! Bodies, a piece at a time.

use super::bindings::wasi::http::types::{IncomingBody, OutgoingBody};
use super::bindings::wasi::io::poll::{self, Pollable};
use super::bindings::wasi::io::streams::{InputStream, StreamError};

/// Most bytes that are asked for at once.
const PIECE: u64 = 64 * 1024;

/// Why a body did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It has more bytes than are taken.
    TooLarge,
    /// The deadline came first.
    TimedOut,
    /// It broke off.
    Broken,
}

/// A body of at most `limit` bytes, all of it there before `deadline` is ready; `announced` as its headers say.
pub(super) fn read(
    body: &IncomingBody,
    limit: usize,
    announced: Option<u64>,
    deadline: Option<&Pollable>,
) -> Result<Vec<u8>, Problem> {
    let stream = body.stream().map_err(|()| Problem::Broken)?;
    let mut bytes = Vec::new();
    loop {
        match next(&stream, deadline)? {
            Ok(piece) if bytes.len() + piece.len() > limit => return Err(Problem::TooLarge),
            // Most bodies are one piece.
            Ok(piece) if bytes.is_empty() => bytes = piece,
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(_)) => return Err(Problem::Broken),
        }
        // To ask whether there is more has its price, and there is not.
        if announced == Some(bytes.len() as u64) {
            return Ok(bytes);
        }
    }
}

/// The next bytes of a stream.
fn next(stream: &InputStream, deadline: Option<&Pollable>) -> Result<Result<Vec<u8>, StreamError>, Problem> {
    let Some(deadline) = deadline else { return Ok(stream.blocking_read(PIECE)) };
    let readable = stream.subscribe();
    // The first of the list that is ready is told first.
    if poll::poll(&[&readable, deadline]).first() != Some(&0) {
        return Err(Problem::TimedOut);
    }
    drop(readable);
    Ok(stream.read(PIECE))
}

/// Writes a whole body. It waits for the host only if that has no room: to wait until all is sent would keep this instance
/// alive for as long.
pub(super) fn write(body: &OutgoingBody, bytes: &[u8]) -> Result<(), Problem> {
    let stream = body.write().map_err(|()| Problem::Broken)?;
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = stream.check_write().map_err(|_| Problem::Broken)?;
        if room == 0 {
            stream.subscribe().block();
            continue;
        }
        let (piece, after) = rest.split_at(rest.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
        stream.write(piece).map_err(|_| Problem::Broken)?;
        rest = after;
    }
    Ok(())
}
