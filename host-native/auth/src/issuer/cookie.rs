//! Cookies that tie people's browsers to what they do here.

use axum::http::header::{COOKIE, HeaderMap, HeaderValue};

/// The value of a cookie; none if it is not there, or if there are several, of which somebody else may have set one.
pub(super) fn value<'a>(headers: &'a HeaderMap, name: &str, base: &str) -> Option<&'a str> {
    let name = full_name(name, base);
    let texts = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut values = texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = values.next();
    first.filter(|_| values.next().is_none())
}

/// A header that sets a cookie for so many seconds. No script reads it, no page of another site sends it along with a form, and over https no other
/// server of the domain can set it.
///
/// None if the value can't stand in a header.
pub(super) fn set(name: &str, value: &str, seconds: u32, base: &str) -> Option<HeaderValue> {
    let name = full_name(name, base);
    let secure = if is_encrypted(base) { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).ok()
}

fn full_name(name: &str, base: &str) -> String {
    if is_encrypted(base) { format!("__Host-mxcp-{name}") } else { format!("mxcp-{name}") }
}

fn is_encrypted(base: &str) -> bool {
    base.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTPS: &str = "https://h.example";

    fn found(cookies: &[&str], base: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(COOKIE, cookie.parse().unwrap());
        }
        value(&headers, "browser", base).map(str::to_owned)
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        assert_eq!(found(&["a=1; __Host-mxcp-browser=x; b=2"], HTTPS), Some("x".into()));
        assert_eq!(found(&["mxcp-browser=x"], HTTPS), None, "anybody in the domain can set that one");
        assert_eq!(found(&["mxcp-browser=x"], "http://localhost:8000"), Some("x".into()));
        assert_eq!(found(&["xmxcp-browser=x"], "http://localhost:8000"), None);
    }

    #[test]
    fn of_two_cookies_none_counts() {
        assert_eq!(found(&["__Host-mxcp-browser=x; __Host-mxcp-browser=y"], HTTPS), None);
        assert_eq!(found(&["__Host-mxcp-browser=x", "__Host-mxcp-browser=x"], HTTPS), None);
    }

    #[test]
    fn cookies_stay_with_this_server() {
        let cookie = set("browser", "x", 60, HTTPS).unwrap();
        assert_eq!(cookie, "__Host-mxcp-browser=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        let cookie = set("browser", "x", 60, "http://localhost").unwrap();
        assert_eq!(cookie, "mxcp-browser=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    }
}
