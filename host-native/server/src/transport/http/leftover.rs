//! What a request brings and nobody reads, such as the body of a call that is refused by its head.
//!
//! A connection is of no use for another request before that has arrived. Closed without a word, it would cost clients that send
//! head and body apart their next request, so a little is read and thrown away, and about more the answer says that the
//! connection ends.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::EXPECT;
use axum::http::{HeaderMap, Request};
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use tokio::time::timeout;

/// Most that is thrown away, in bytes.
const MOST: usize = 64 * 1024;

/// Longest wait for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// The body of a request, which comes back when whoever has it lets go of it too early.
#[derive(Debug)]
pub(super) struct Watched<B: Unpin> {
    /// None once it is back.
    body: Option<B>,
    ended: bool,
    left: Arc<Mutex<Option<B>>>,
}

/// What is left of a body.
#[derive(Debug)]
pub(super) struct Leftover<B> {
    body: Arc<Mutex<Option<B>>>,
    /// The client waits for a word before it sends any of it.
    withheld: bool,
}

/// A request whose body is watched.
pub(super) fn watch<B: Unpin>(request: Request<B>) -> (Request<Watched<B>>, Leftover<B>) {
    let withheld = is_withheld(request.headers());
    let left = Arc::new(Mutex::new(None));
    let leftover = Leftover { body: Arc::clone(&left), withheld };
    (request.map(|body| Watched { body: Some(body), ended: false, left }), leftover)
}

fn is_withheld(headers: &HeaderMap) -> bool {
    headers.contains_key(EXPECT)
}

impl<B> Leftover<B>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// Throws it away, and says whether the connection is good for another request.
    pub(super) async fn clear(self) -> bool {
        self.clear_within(PATIENCE).await
    }

    async fn clear_within(self, patience: Duration) -> bool {
        let left = self.body.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(body) = left.filter(|body| !body.is_end_stream()) else { return true };
        if self.withheld || body.size_hint().lower() > MOST as u64 {
            return false;
        }
        timeout(patience, to_bytes(Body::new(body), MOST)).await.is_ok_and(|read| read.is_ok())
    }
}

impl<B: HttpBody + Unpin> HttpBody for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(context);
        // After an error nothing comes any more.
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) {
            self.ended = true;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl<B: Unpin> Drop for Watched<B> {
    fn drop(&mut self) {
        if !self.ended {
            *self.left.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::net::{IpAddr, Ipv4Addr};

    use axum::Router;
    use axum::http::StatusCode;
    use axum::http::header::{CONNECTION, CONTENT_LENGTH};
    use axum::routing::post;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::super::connection::{Ends, HEAD_TIMEOUT, talk};
    use super::*;

    const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// The client's end of a connection to a server that refuses at `/no` without reading, and reads at `/yes`.
    fn connect() -> DuplexStream {
        let read =
            async |body: Body| to_bytes(body, usize::MAX).await.map(|bytes| bytes.len().to_string()).unwrap();
        let router =
            Router::new().route("/no", post(async || StatusCode::UNAUTHORIZED)).route("/yes", post(read));
        let (client, server) = duplex(1 << 20);
        tokio::spawn(talk(server, PEER, router, Ends::default(), HEAD_TIMEOUT));
        client
    }

    /// A body that does not arrive.
    struct Never;

    impl HttpBody for Never {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    async fn send(client: &mut DuplexStream, path: &str, header: &str, body: &str) {
        let head = format!("POST {path} HTTP/1.1\r\nHost: h\r\n{header}\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        // The server is as far as it gets with the head alone.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        client.write_all(body.as_bytes()).await.unwrap();
    }

    async fn answer(client: &mut DuplexStream) -> String {
        let mut text = Vec::new();
        while !text.ends_with(b"\r\n\r\n") {
            text.push(client.read_u8().await.unwrap());
        }
        String::from_utf8(text).unwrap()
    }

    #[tokio::test]
    async fn a_refusal_by_the_head_leaves_the_connection_for_the_next_request() {
        let mut client = connect();
        for body in ["", "late", &"x".repeat(MOST)] {
            send(&mut client, "/no", &format!("Content-Length: {}", body.len()), body).await;
            let refused = answer(&mut client).await;
            assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
            assert!(!refused.contains("connection: close"), "{refused}");
        }
        send(&mut client, "/no", "Transfer-Encoding: chunked", "4\r\nlate\r\n0\r\n\r\n").await;
        assert!(answer(&mut client).await.starts_with("HTTP/1.1 401"));
        send(&mut client, "/yes", "Content-Length: 4", "read").await;
        assert!(answer(&mut client).await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn the_answer_says_that_the_connection_ends_if_too_much_is_left() {
        for header in [
            format!("{CONTENT_LENGTH}: {}", MOST + 1),
            format!("{CONTENT_LENGTH}: 4\r\n{EXPECT}: 100-continue"),
        ] {
            let mut client = connect();
            send(&mut client, "/no", &header, "").await;
            let refused = answer(&mut client).await;
            assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
            assert!(refused.contains(&format!("{CONNECTION}: close")), "{refused}");
            assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn what_does_not_arrive_is_not_waited_for() {
        let (request, leftover) = watch(Request::new(Body::new(Never)));
        drop(request);
        assert!(!leftover.clear_within(Duration::ZERO).await);
    }

    #[tokio::test]
    async fn a_body_that_was_read_leaves_nothing() {
        let (request, leftover) = watch(Request::new(Body::from("read")));
        assert_eq!(to_bytes(Body::new(request.into_body()), 4).await.unwrap(), "read");
        assert!(leftover.clear_within(Duration::ZERO).await);
    }
}
