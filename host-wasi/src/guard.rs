//! Whom requests may be for, and from which pages they may come: the defence against DNS rebinding.
//!
//! An edge has a public name, which it may not know. A page of its own site may call it; one of another site may not,
//! unless that is among the allowed hosts.

use crate::http::{Request, Response};

/// Checks the `Host` and `Origin` headers of a request. `allowed` are names of hosts in lower case; any if empty.
///
/// # Errors
/// The refusal.
pub(crate) fn check(request: &Request, allowed: &[String]) -> Result<(), Response> {
    let Some(host) = request.host().map(str::to_ascii_lowercase) else {
        return Err(Response::text(421, "Invalid Host header"));
    };
    let known = |name: &str| allowed.iter().any(|allowed| allowed == name);
    if !allowed.is_empty() && !known(name(&host)) {
        return Err(Response::text(421, "Invalid Host header"));
    }
    if !request.has_header("origin") {
        return Ok(());
    }
    let origin = request.header("origin").map(str::to_ascii_lowercase).unwrap_or_default();
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let fine = authority.is_some_and(|authority| authority == host || known(name(authority)));
    if fine { Ok(()) } else { Err(Response::text(403, "Invalid Origin header")) }
}

/// A host without its port and brackets.
fn name(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    authority.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(host: &str, origin: Option<&str>, allowed: &[&str]) -> u16 {
        let mut headers = vec![("Host".to_owned(), host.as_bytes().to_vec())];
        headers.extend(origin.map(|origin| ("Origin".to_owned(), origin.as_bytes().to_vec())));
        let request = Request { headers, ..Request::default() };
        let allowed: Vec<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
        check(&request, &allowed).map_or_else(|refusal| refusal.status, |()| 200)
    }

    #[test]
    fn pages_of_the_same_site_may_call() {
        assert_eq!(status("a.example", None, &[]), 200);
        assert_eq!(status("a.example:8080", Some("http://a.example:8080"), &[]), 200);
        assert_eq!(status("A.example", Some("https://a.EXAMPLE"), &[]), 200);
        for origin in ["https://evil.example", "null", "http://a.example:1", "https://a.example.evil", ""] {
            assert_eq!(status("a.example", Some(origin), &[]), 403, "{origin}");
        }
    }

    #[test]
    fn only_allowed_hosts_are_answered_if_there_are_any() {
        assert_eq!(status("a.example:1", None, &["a.example"]), 200);
        assert_eq!(status("[::1]:1", None, &["::1"]), 200);
        assert_eq!(status("b.example", None, &["a.example"]), 421);
        assert_eq!(status("a.example", Some("https://b.example"), &["a.example", "b.example"]), 200);
    }
}
