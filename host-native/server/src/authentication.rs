//! Who makes a request: the port by which a transport over HTTP asks.

mod counted;

use std::sync::Arc;

use axum::Router;
use mxcp_core::call::Principal;
use mxcp_runtime::ports::BoxFuture;

pub use counted::Counted;

/// Decides who makes requests. What it says of one request is true for this request only.
pub trait Authenticator: std::fmt::Debug + Send + Sync {
    /// Whether the body of a request is needed to tell whether a token is good for it.
    fn needs_body(&self, token: &str) -> bool;

    /// Who makes a request; nobody in particular if none.
    fn authenticate<'a>(
        &'a self,
        credentials: Credentials<'a>,
    ) -> BoxFuture<'a, Result<Option<Arc<Principal>>, Refusal>>;

    /// What clients are told of the ways to get tokens; none if there is nothing to tell. `base` is the URL by which they reach the
    /// server, without a slash at its end.
    fn guidance<'a>(&'a self, base: &'a str) -> Option<BoxFuture<'a, Result<Guidance, Refusal>>>;

    /// Scopes that every token must carry.
    fn required_scopes(&self) -> &[String];

    /// Routes beside the endpoint, where clients get tokens. Requests have a [`BaseUrl`] among their extensions.
    fn routes(&self) -> Router;
}

/// What a request brings along to prove who makes it. `Debug` does not show it.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The token of the header `Authorization: Bearer …`.
    pub token: Option<&'a str>,
    /// The body, if [`Authenticator::needs_body`] asked for it and there is one.
    pub body: Option<&'a [u8]>,
    /// URL by which the client reaches the server, without a slash at its end.
    pub base: &'a str,
}

/// Why a request is refused. The reasons are for logs and never quote a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody has proven who makes it.
    Unauthenticated(String),
    /// It is proven, and the token lacks this scope.
    InsufficientScope(String),
    /// Nobody can tell at the moment.
    Unavailable(String),
}

/// Where clients get tokens (RFC 9728).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guidance {
    /// Issuers of the servers that give them, to the byte as these write them.
    pub issuers: Vec<String>,
}

/// The URL by which the client of a request reaches the server, without a slash at its end: an extension of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(pub Arc<str>);

/// What is known of who makes a request, as part of its extensions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requester(pub(crate) Option<Arc<Principal>>);

/// To whom something belongs, such as a session: the identity provider, and its id of the user.
pub(crate) type Owner = Option<(String, String)>;

impl Requester {
    /// To whom belongs what the request begins.
    pub(crate) fn owner(&self) -> Owner {
        self.0.as_ref().map(|user| (user.provider.clone(), user.user_id.clone()))
    }
}

impl std::fmt::Debug for Credentials<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("token", &self.token.map(|_| "[redacted]"))
            .finish_non_exhaustive()
    }
}
