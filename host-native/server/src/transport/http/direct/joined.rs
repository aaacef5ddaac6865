//! A body in pieces, of which the length is known.

use std::array;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};

/// Pieces that are sent one after the other without being copied together.
#[derive(Debug)]
pub(super) struct Joined<const N: usize>(array::IntoIter<Bytes, N>);

impl<const N: usize> Joined<N> {
    /// All pieces, in their order.
    pub(super) fn new(pieces: [Bytes; N]) -> Self {
        Self(pieces.into_iter())
    }
}

impl<const N: usize> Body for Joined<N> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_slice().iter().map(|piece| piece.len() as u64).sum())
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn pieces_are_one_body_of_known_length() {
        let body = Joined::new(["a", "", "bc"].map(Bytes::from));
        assert_eq!(body.size_hint().exact(), Some(3));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abc");
    }
}
