//! How a client is told something by way of a person's browser.

use mxcp_core::call::Secret;

use super::problem::Problem;
use super::redirect_uri::RedirectUri;

/// Where a client is told, and what it expects to be told with it.
#[derive(Clone, Debug)]
pub(super) struct ReturnAddress {
    pub(super) redirect: RedirectUri,
    /// What the client wants back.
    pub(super) state: Option<String>,
    /// Who tells it: clients that know several servers must not take one for the other (RFC 9207).
    pub(super) issuer: String,
}

impl ReturnAddress {
    /// The URL that tells a code.
    pub(super) fn with_code(&self, code: &Secret) -> String {
        self.with(&[("code", code.reveal())])
    }

    /// The URL that tells why there is none.
    pub(super) fn with_problem(&self, problem: &Problem) -> String {
        self.with_error(problem.code.as_str(), Some(&problem.description))
    }

    /// The URL that tells what an identity provider said.
    pub(super) fn with_error(&self, error: &str, description: Option<&str>) -> String {
        match description {
            Some(description) => self.with(&[("error", error), ("error_description", description)]),
            None => self.with(&[("error", error)]),
        }
    }

    fn with(&self, parameters: &[(&str, &str)]) -> String {
        let mut parameters = parameters.to_vec();
        if let Some(state) = &self.state {
            parameters.push(("state", state));
        }
        parameters.push(("iss", &self.issuer));
        self.redirect.with(&parameters)
    }
}
