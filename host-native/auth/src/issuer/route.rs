//! Paths under the URL of the server.

/// What this server can do.
pub(super) const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Where clients register.
pub(super) const REGISTER: &str = "/register";

/// Where clients send people.
pub(super) const AUTHORIZE: &str = "/authorize";

/// Where people say whether a client gets access.
pub(super) const CONSENT: &str = "/consent";

/// Where clients get tokens.
pub(super) const TOKEN: &str = "/token";

/// Where clients give tokens back.
pub(super) const REVOKE: &str = "/revoke";
