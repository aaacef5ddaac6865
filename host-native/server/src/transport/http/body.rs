//! The bodies of requests.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

use mxcp_mcp::malformed;

const JSON: &str = "application/json";

/// Longest time the body of a request may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// The answer: the body is too large, came too slowly, or broke off.
pub(in crate::transport) async fn read(body: Body, limit: usize) -> Result<Bytes, Response> {
    read_within(body, limit, TIMEOUT).await
}

async fn read_within(body: Body, limit: usize, patience: Duration) -> Result<Bytes, Response> {
    let too_large = || {
        let text = format!("Payload Too Large: a request may have {limit} bytes");
        (StatusCode::PAYLOAD_TOO_LARGE, text).into_response()
    };
    // What is announced as too large is refused before any of it is read.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    match timeout(patience, to_bytes(body, limit)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if is_limit(&error) => Err(too_large()),
        Ok(Err(_)) => Err((StatusCode::BAD_REQUEST, "Request body can't be read").into_response()),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "Request body did not arrive in time").into_response()),
    }
}

/// Whether the headers say that the body is JSON.
pub(in crate::transport) fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(JSON)
}

/// The answer to a body that is no message.
pub(in crate::transport) fn malformed(body: &[u8]) -> Response {
    let mut response = (StatusCode::BAD_REQUEST, malformed::answer(body).to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

fn is_limit(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::HttpBody;
    use http_body_util::BodyExt as _;
    use hyper::body::Frame;

    use super::*;

    /// A body that begins and then nothing comes any more.
    struct Half(Option<Bytes>);

    impl HttpBody for Half {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.0.take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(Frame::data(bytes)))))
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_arrive_is_not_waited_for() {
        let body = Body::new(Half(Some(Bytes::from_static(b"{"))));
        let refusal = read_within(body, 10, Duration::ZERO).await.unwrap_err();
        assert_eq!(refusal.status(), StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn a_body_that_grows_beyond_the_limit_is_refused() {
        // As a stream, nobody knows its size before.
        let body = Body::new(Body::from(vec![b'x'; 11]).map_frame(|frame| frame));
        assert_eq!(read(body, 10).await.unwrap_err().status(), StatusCode::PAYLOAD_TOO_LARGE);
        let body = Body::from(vec![b'x'; 10]);
        assert_eq!(read(body, 10).await.unwrap().len(), 10);
    }
}
