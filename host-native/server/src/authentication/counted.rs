//! Counting who comes in and who does not.

use std::sync::Arc;

use axum::Router;
use mxcp_core::call::Principal;
use mxcp_runtime::ports::{BoxFuture, Telemetry};

use super::{Authenticator, Credentials, Guidance, Refusal};

/// An authenticator that tells of each token that it decides about.
#[derive(Debug)]
pub struct Counted {
    authenticator: Arc<dyn Authenticator>,
    telemetry: Arc<dyn Telemetry>,
    /// Who is asked.
    provider: &'static str,
}

impl Counted {
    /// The same authenticator; `provider` is who it asks.
    #[must_use]
    pub fn new(
        authenticator: Arc<dyn Authenticator>,
        telemetry: Arc<dyn Telemetry>,
        provider: &'static str,
    ) -> Self {
        Self { authenticator, telemetry, provider }
    }
}

impl Authenticator for Counted {
    fn needs_body(&self, token: &str) -> bool {
        self.authenticator.needs_body(token)
    }

    fn authenticate<'a>(
        &'a self,
        credentials: Credentials<'a>,
    ) -> BoxFuture<'a, Result<Option<Arc<Principal>>, Refusal>> {
        Box::pin(async move {
            let decided = self.authenticator.authenticate(credentials).await;
            // Who brings nothing along has not tried.
            if credentials.token.is_some() {
                self.telemetry.authenticated(self.provider, decided.is_ok());
            }
            decided
        })
    }

    fn guidance<'a>(&'a self, base: &'a str) -> Option<BoxFuture<'a, Result<Guidance, Refusal>>> {
        self.authenticator.guidance(base)
    }

    fn required_scopes(&self) -> &[String] {
        self.authenticator.required_scopes()
    }

    fn routes(&self) -> Router {
        self.authenticator.routes()
    }
}
