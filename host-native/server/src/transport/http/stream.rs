//! Answers that are sent while they are made.

use axum::body::{Body, HttpBody as _};
use axum::response::Response;
use http_body_util::BodyExt as _;

/// Keeps something for as long as an answer is being made: to its end if nobody knows its length yet, otherwise it is there
/// already.
pub(super) fn keep(response: Response, held: impl Send + 'static) -> Response {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &held;
            frame
        }))
    })
}
