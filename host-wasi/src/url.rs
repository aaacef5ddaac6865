//! Addresses of HTTP servers.

/// The parts of an `http` or `https` URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Url<'a> {
    /// Whether it is `https`.
    pub(crate) secure: bool,
    /// Host and port.
    pub(crate) authority: &'a str,
    /// Path and query; `/` at least.
    pub(crate) target: &'a str,
}

impl<'a> Url<'a> {
    /// Takes a URL apart; none if it is of another kind, names no host, or holds a password or what no URL holds.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (secure, rest) = match text.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix("http://")?),
        };
        let (authority, target) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let clean = text.bytes().all(|byte| byte.is_ascii_graphic());
        let fine = !authority.is_empty() && !authority.contains('@') && target.starts_with('/');
        (clean && fine && !target.contains('#')).then_some(Self { secure, authority, target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_a_target() {
        let url = |secure, authority, target| Some(Url { secure, authority, target });
        assert_eq!(Url::parse("http://a:8000/mcp?x=1"), url(false, "a:8000", "/mcp?x=1"));
        assert_eq!(Url::parse("https://a"), url(true, "a", "/"));
        for text in ["ftp://a/", "http:///x", "http://u:p@a/", "http://a/#f", "http://a/ b", "http://a?x", ""]
        {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }
}
