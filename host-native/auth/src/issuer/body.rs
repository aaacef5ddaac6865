//! The bodies of requests.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use tokio::time::timeout;

use super::parameters::Parameters;
use super::problem::Problem;

/// Longest body, in bytes.
pub(super) const LIMIT: usize = 16 * 1024;

/// Longest time that one may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Reads a body.
///
/// # Errors
/// It is too long, or does not arrive.
pub(super) async fn read(body: Body) -> Result<Bytes, Problem> {
    read_within(body, TIMEOUT).await
}

async fn read_within(body: Body, patience: Duration) -> Result<Bytes, Problem> {
    let too_long = || {
        let text = format!("The body of a request may have {LIMIT} bytes");
        Problem::invalid_request(text).with_status(StatusCode::PAYLOAD_TOO_LARGE)
    };
    // What is announced as too long is refused before any of it is read.
    if body.size_hint().lower() > LIMIT as u64 {
        return Err(too_long());
    }
    match timeout(patience, to_bytes(body, LIMIT)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // It broke off, and nobody reads the answer, or it is too long.
        Ok(Err(_)) => Err(too_long()),
        Err(_) => Err(Problem::invalid_request("The body of the request did not arrive in time")
            .with_status(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// Reads a form.
///
/// # Errors
/// It is none, or as [`read`].
pub(super) async fn form(request: Request) -> Result<Parameters, Problem> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Problem::invalid_request("The body must be a form (application/x-www-form-urlencoded)"));
    }
    Parameters::parse(&read(request.into_body()).await?)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_arrive_is_not_waited_for() {
        let endless = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let problem = read_within(endless, Duration::ZERO).await.unwrap_err();
        assert_eq!(problem.into_response().status(), StatusCode::REQUEST_TIMEOUT);
    }
}
