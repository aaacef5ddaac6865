//! Bodies, a piece at a time.

use super::bindings::wasi::http::types::{IncomingBody, OutgoingBody};
use super::bindings::wasi::io::poll::{self, Pollable};
use super::bindings::wasi::io::streams::StreamError;

/// Most bytes that are asked for at once.
const PIECE: u64 = 64 * 1024;

/// Most bytes that WASI takes at once.
const WRITTEN: usize = 4096;

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

/// A body of at most `limit` bytes, all of it there before `deadline` is ready.
pub(super) fn read(
    body: &IncomingBody,
    limit: usize,
    deadline: Option<&Pollable>,
) -> Result<Vec<u8>, Problem> {
    let stream = body.stream().map_err(|()| Problem::Broken)?;
    let readable = stream.subscribe();
    let mut bytes = Vec::new();
    loop {
        match deadline {
            None => readable.block(),
            Some(deadline) => {
                // The first of the list that is ready is told first.
                if poll::poll(&[&readable, deadline]).first() != Some(&0) {
                    return Err(Problem::TimedOut);
                }
            }
        }
        match stream.read(PIECE) {
            Ok(piece) if bytes.len() + piece.len() > limit => return Err(Problem::TooLarge),
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(_)) => return Err(Problem::Broken),
        }
    }
}

/// Writes a whole body.
pub(super) fn write(body: &OutgoingBody, bytes: &[u8]) -> Result<(), Problem> {
    let stream = body.write().map_err(|()| Problem::Broken)?;
    for piece in bytes.chunks(WRITTEN) {
        stream.blocking_write_and_flush(piece).map_err(|_| Problem::Broken)?;
    }
    Ok(())
}
