//! Requests over HTTP, by the client that everything else here uses. They are made on threads that do nothing else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::Agent;
use ureq::http::HeaderMap;

/// Most bytes of an answer that are read.
const LONGEST: u64 = 64 * 1024;

/// A client that sends headers of its own. `Debug` does not show them.
pub(super) struct Web {
    agent: Agent,
    headers: HeaderMap,
}

impl Web {
    pub(super) fn new(timeout: Duration, headers: HeaderMap) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            // What the collector answers is the library's to judge.
            .http_status_as_error(false)
            // Credentials are for the collector, and not for whom it points to.
            .max_redirects(0)
            .build();
        Self { agent: config.new_agent(), headers }
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut request = request.map(|body| body.to_vec());
        request.headers_mut().extend(self.headers.clone());
        let answer = self.agent.run(request).inspect_err(|error| {
            // The library tells nobody what was wrong.
            tracing::debug!(%error, "a request to the collector of telemetry failed");
        });
        let (head, mut body) = answer?.into_parts();
        let body = body.with_config().limit(LONGEST).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Web").finish_non_exhaustive()
    }
}

impl HttpClient for Web {
    fn send_bytes<'client, 'sending>(
        &'client self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'sending>>
    where
        'client: 'sending,
        Self: 'sending,
    {
        Box::pin(async move { self.send(request) })
    }
}
