//! What tokens are good for (RFC 8707): this server, and no other.

use url::Url;

use super::problem::{Code, Problem};

/// Paths under the URL of the server that clients may know it by: the endpoints of the transports, or none.
const ENDPOINTS: [&str; 3] = ["/mcp", "/sse", ""];

/// What tokens will be good for if a client names `asked` at the server with the URL `base`.
///
/// # Errors
/// It names another server.
pub(super) fn granted(asked: &[String], base: &str) -> Result<String, Problem> {
    if asked.iter().all(|resource| is_here(resource, base)) {
        return Ok(format!("{base}/mcp"));
    }
    Err(Problem::new(Code::InvalidTarget, "resource: not this server"))
}

/// Whether a client that has tokens for `granted` wants them for this server, where it asks for more.
///
/// # Errors
/// They are for another server, or it names one.
pub(super) fn check(asked: &[String], granted: &str, base: &str) -> Result<(), Problem> {
    if !is_bound_here(granted, base) {
        return Err(Problem::new(Code::InvalidTarget, "resource: not this server"));
    }
    self::granted(asked, base).map(drop)
}

/// Whether tokens for a resource are good for the server with the URL `base`. Those of the reference are good for the server that
/// has its database.
pub(super) fn is_bound_here(resource: &str, base: &str) -> bool {
    resource.is_empty() || is_here(resource, base)
}

/// Whether a resource is the server with the URL `base`.
fn is_here(resource: &str, base: &str) -> bool {
    // As this server writes it, for every call.
    if resource.strip_prefix(base) == Some("/mcp") {
        return true;
    }
    let Some(resource) = normal(resource) else { return false };
    ENDPOINTS.iter().any(|endpoint| normal(&format!("{base}{endpoint}")).is_some_and(|here| here == resource))
}

/// A URL as it is written when nothing about it is optional, without a slash at its end.
fn normal(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    if url.fragment().is_some()
        || url.query().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return None;
    }
    Some(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_its_url_and_its_endpoints() {
        for resource in [
            "https://mcp.example/mcp",
            "https://mcp.example/mcp/",
            "https://mcp.example",
            "https://mcp.example/",
            "HTTPS://MCP.example:443/mcp",
            "https://mcp.example/sse",
        ] {
            assert!(is_here(resource, "https://mcp.example"), "{resource}");
        }
        assert!(is_here("https://h.example/x/mcp", "https://h.example/x"));
    }

    #[test]
    fn other_servers_are_not_this_one() {
        for resource in [
            "https://mcp.example.evil/mcp",
            "https://mcp.example:444/mcp",
            "http://mcp.example/mcp",
            "https://mcp.example/MCP",
            "https://mcp.example/mcp/x",
            "https://mcp.example/mcp?x",
            "https://mcp.example/mcp#x",
            "https://evil@mcp.example/mcp",
            "https://evil.example",
            "mcp",
            "",
        ] {
            assert!(!is_here(resource, "https://mcp.example"), "{resource}");
        }
        assert!(
            granted(&["https://mcp.example".into(), "https://evil.example".into()], "https://mcp.example")
                .is_err()
        );
    }
}
