//! Where an issuer may be reached.

use url::{Host, Url};

use super::route;
use crate::error::Error;

/// Paths of the server that are not for people who come back.
const TAKEN: [&str; 10] = [
    route::AUTHORIZE,
    route::CONSENT,
    route::REGISTER,
    route::REVOKE,
    route::TOKEN,
    "/mcp",
    "/sse",
    "/messages",
    "/docs",
    "/.well-known",
];

/// Checks the URL by which clients will reach an issuer: tokens must not be read on the way.
///
/// # Errors
/// It is not encrypted and leads to another machine, or it has a query or a fragment.
pub fn check_base(base: &str) -> Result<(), Error> {
    let url = Url::parse(base).map_err(|_| Error::settings("Issuer URL must be a URL"))?;
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && local) {
        let origin = url.origin().ascii_serialization();
        return Err(Error::settings(format!(
            "Issuer URL must be HTTPS: people would log in at `{origin}`; behind a proxy that encrypts, say so with \
             `transport.http.base_url`"
        )));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::settings("Issuer URL must not have a query or a fragment"));
    }
    Ok(())
}

/// Checks the path that people come back to.
///
/// # Errors
/// It is no path, or one of the server's own.
pub(super) fn check_callback_path(path: &str) -> Result<(), Error> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if !path.starts_with('/') || path.starts_with("//") || !path.bytes().all(fits) {
        return Err(Error::settings("`callback_path` must be a path of letters, digits and `/-._~`"));
    }
    let under =
        |taken: &str| path.strip_prefix(taken).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if path == "/" || TAKEN.iter().copied().any(under) {
        return Err(Error::settings(format!("`callback_path`: `{path}` is a path of the server itself")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_are_reached_with_encryption_or_on_this_machine() {
        for base in [
            "https://h.example",
            "https://h.example/x",
            "http://localhost:8000",
            "http://127.0.0.1:1",
            "http://[::1]",
        ] {
            assert!(check_base(base).is_ok(), "{base}");
        }
        for base in [
            "http://0.0.0.0:8000",
            "http://h.example",
            "http://localhost.example",
            "ftp://localhost",
            "https://h/?x",
            "x",
        ] {
            assert!(check_base(base).is_err(), "{base}");
        }
        let problem = check_base("http://u:p@h.example/x").unwrap_err().to_string();
        assert!(
            problem.starts_with("Issuer URL must be HTTPS: people would log in at `http://h.example`;"),
            "{problem}"
        );
    }

    #[test]
    fn people_come_back_to_a_path_of_its_own() {
        for path in ["/callback", "/github/callback", "/auth/cb_1", "/tokens"] {
            assert!(check_callback_path(path).is_ok(), "{path}");
        }
        for path in [
            "",
            "callback",
            "/",
            "//x",
            "/mcp",
            "/token",
            "/register/",
            "/docs/x",
            "/{x}",
            "/a?b",
            "/é",
            "/.well-known/x",
        ] {
            assert!(check_callback_path(path).is_err(), "{path}");
        }
    }
}
