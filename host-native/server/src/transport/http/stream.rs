//! Answers that are streams.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use http_body_util::BodyExt as _;

const EVENT_STREAM: &[u8] = b"text/event-stream";

/// Keeps something for as long as an answer is being sent: to its end if it is a stream, otherwise it is there already.
pub(super) fn keep(response: Response, held: impl Send + 'static) -> Response {
    let streamed = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == EVENT_STREAM);
    if !streamed {
        return response;
    }
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &held;
            frame
        }))
    })
}
