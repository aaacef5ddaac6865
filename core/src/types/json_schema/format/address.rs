//! Formats that say where something is: hosts, mailboxes, URIs.
//!
//! Types take anything with an `@` and a dot for an `email` and anything with a scheme for a `uri`; schemas mean what
//! the standards say, as does whoever else reads them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// RFC 1123.
pub(super) fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// A mailbox of RFC 5321: a name, bare or in quotes, and a host or an address in brackets.
pub(super) fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let named = match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(quoted) => is_quoted(quoted),
        None => name.split('.').all(|atom| {
            !atom.is_empty()
                && atom
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
        }),
    };
    let placed = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(literal) => match literal.strip_prefix("IPv6:") {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => literal.parse::<Ipv4Addr>().is_ok(),
        },
        None => is_hostname(host),
    };
    named && placed
}

/// What stands between quotes: anything that prints, quotes and backslashes behind a backslash.
fn is_quoted(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let char = if byte == b'\\' { bytes.next() } else { Some(byte).filter(|byte| *byte != b'"') };
        if !char.is_some_and(|char| (b' '..=b'~').contains(&char)) {
            return false;
        }
    }
    true
}

/// A URI with its scheme (RFC 3986).
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
        None => ("", rest),
    };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
        && is_authority(authority)
        && is_of(path, b":@/?")
        && is_of(fragment, b":@/?")
}

/// Perhaps a user, a host, perhaps a port.
fn is_authority(text: &str) -> bool {
    let (user, host) = text.rsplit_once('@').unwrap_or(("", text));
    let port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let host = match host.strip_prefix('[') {
        Some(literal) => literal.split_once(']').is_some_and(|(address, rest)| {
            (address.parse::<Ipv6Addr>().is_ok() || address.starts_with(['v', 'V']) && is_of(address, b":"))
                && (rest.is_empty() || rest.strip_prefix(':').is_some_and(port))
        }),
        None => {
            let (name, number) = host.split_once(':').unwrap_or((host, ""));
            is_of(name, b"") && port(number)
        }
    };
    host && is_of(user, b":")
}

/// Whether a text has only characters that may stand anywhere in a URI, those of `others`, and bytes as `%` with two
/// digits.
fn is_of(text: &str, others: &[u8]) -> bool {
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => after,
            (byte, after)
                if byte.is_ascii_alphanumeric()
                    || b"-._~!$&'()*+,;=".contains(byte)
                    || others.contains(byte) =>
            {
                after
            }
            _ => return false,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{is_email, is_uri};

    #[test]
    fn uris_hold_what_the_standard_lets_them() {
        for good in ["urn:x", "a:", "http://[::1]:80/a?b#c", "file:///x", "http://u:p@h:8080", "x:%C3%A9"] {
            assert!(is_uri(good), "{good}");
        }
        for bad in [
            "http://[::1",
            "http://h:port/",
            "x:a b",
            "x:%C",
            "x:é",
            "x:a#b#c",
            "x:[1]",
            "1x:a",
            "http://a@b@c",
        ] {
            assert!(!is_uri(bad), "{bad}");
        }
    }

    #[test]
    fn mailboxes_may_be_quoted() {
        for good in [r#""a b"@c"#, r#""a\"b"@c"#, "a@[127.0.0.1]", "a/b@c.d"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [r#""a"b"@c"#, r#""a\"@c"#, "a b@c", "@c", "a@", "é@c", "a@[c]"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
