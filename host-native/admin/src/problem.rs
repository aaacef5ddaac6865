//! What went wrong with a request, and how it is answered.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// An answer.
pub(crate) type Reply = Response<Full<Bytes>>;

/// What went wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// There is no such path.
    NotFound,
    /// The path is asked with another method.
    MethodNotAllowed(&'static str),
    /// The path is written in another way.
    MovedTo(String),
    /// Parameters can't be used.
    Parameters(Vec<InvalidParameter>),
    /// What was asked for can't be had.
    Failed(String),
    /// Nobody foresaw it. The text is for those who look for defects.
    Internal(Option<String>),
}

/// A parameter that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct InvalidParameter {
    /// What kind of problem it is.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// Where the parameter is.
    pub(crate) loc: [&'static str; 2],
    /// What is wrong.
    pub(crate) msg: String,
    /// What is written there.
    pub(crate) input: String,
    /// The bound that is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ctx: Option<Json>,
}

impl Problem {
    /// It as an answer.
    pub(crate) fn into_reply(self) -> Reply {
        match self {
            Self::NotFound => json_reply(StatusCode::NOT_FOUND, &json!({ "detail": "Not Found" })),
            Self::MethodNotAllowed(allowed) => {
                let detail = json!({ "detail": "Method Not Allowed" });
                let mut reply = json_reply(StatusCode::METHOD_NOT_ALLOWED, &detail);
                reply.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
                reply
            }
            Self::MovedTo(place) => {
                let mut reply = Response::new(Full::default());
                *reply.status_mut() = StatusCode::TEMPORARY_REDIRECT;
                // It came in as an address, so it can go out as one.
                if let Ok(place) = HeaderValue::try_from(place) {
                    reply.headers_mut().insert(LOCATION, place);
                }
                reply
            }
            Self::Parameters(problems) => {
                json_reply(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "detail": problems }))
            }
            Self::Failed(detail) => {
                json_reply(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "detail": detail }))
            }
            Self::Internal(detail) => {
                let body = json!({
                    "error": "internal_error", "message": "Internal server error", "detail": detail,
                });
                json_reply(StatusCode::INTERNAL_SERVER_ERROR, &body)
            }
        }
    }
}

/// JSON as an answer.
pub(crate) fn json_reply(status: StatusCode, body: &impl Serialize) -> Reply {
    match serde_json::to_vec(body) {
        Ok(bytes) => reply(status, "application/json", bytes),
        Err(_unwritable) => reply(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "no JSON"),
    }
}

/// Something as an answer.
pub(crate) fn reply(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}
