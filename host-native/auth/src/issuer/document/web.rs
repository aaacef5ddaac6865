//! Documents from the public web.

use std::time::Duration;

use chrono::DateTime;
use mxcp_runtime::ports::BoxFuture;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, DATE, EXPIRES, HeaderMap, HeaderName};
use ureq::http::{StatusCode, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use url::Url;

use super::address::is_public;
use super::{FetchError, Fetched, Source};
use crate::trust::Trust;

/// Longest time for one document, from the look for its address to its last byte.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Longest document, in bytes.
const LARGEST: u64 = 10 * 1024;

/// How long a document is good for that does not say so, in seconds.
const LIFETIME: i64 = 300;

/// Gets documents over HTTPS from public addresses, without following redirections and past proxies: what is connected to is the
/// very address that was checked.
#[derive(Clone, Debug)]
pub(crate) struct Web(Agent);

/// Finds addresses of names, and gives none if one of them is not public: a name that has both wants to lead astray.
#[derive(Debug)]
struct PublicOnly<R>(R);

/// An address that is not public.
#[derive(Debug, thiserror::Error)]
#[error("an address is not public")]
struct NotPublic;

impl Web {
    pub(crate) fn new(trust: &Trust) -> Self {
        Self::with(true, trust, PublicOnly(DefaultResolver::default()))
    }

    fn with(https_only: bool, trust: &Trust, resolver: impl Resolver) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .tls_config(trust.config())
            .https_only(https_only)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // A proxy would look for the address again, and perhaps find another one.
            .proxy(None)
            .max_idle_connections(0)
            .build();
        Self(Agent::with_parts(config, DefaultConnector::default(), resolver))
    }

    fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        let request = self.0.get(url).header("Accept", "application/json");
        let mut response = request.call().map_err(explain)?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Unavailable(format!("status {}", response.status().as_u16())));
        }
        if !is_json(text(response.headers(), &CONTENT_TYPE)) {
            return Err(FetchError::Unavailable("it is no JSON".to_owned()));
        }
        let lifetime = lifetime(response.headers());
        let body = response.body_mut().with_config().limit(LARGEST).read_to_vec();
        Ok(Fetched { body: body.map_err(explain)?, lifetime })
    }
}

impl Source for Web {
    fn get<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Fetched, FetchError>> {
        Box::pin(async move {
            let (web, url) = (self.clone(), url.to_string());
            let fetched = tokio::task::spawn_blocking(move || web.fetch(&url)).await;
            fetched.unwrap_or_else(|error| Err(FetchError::Unavailable(error.to_string())))
        })
    }
}

impl<R: Resolver> Resolver for PublicOnly<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let addresses = self.0.resolve(uri, config, timeout)?;
        if addresses.iter().all(|address| is_public(address.ip())) {
            return Ok(addresses);
        }
        Err(ureq::Error::Other(Box::new(NotPublic)))
    }
}

fn explain(error: ureq::Error) -> FetchError {
    match error {
        ureq::Error::Other(error) if error.is::<NotPublic>() => FetchError::Private,
        error => FetchError::Unavailable(error.to_string()),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// How long an answer is good for, as its headers say (RFC 9111).
fn lifetime(headers: &HeaderMap) -> i64 {
    let age = text(headers, &AGE).parse().unwrap_or(0);
    let mut longest = None;
    for directive in text(headers, &CACHE_CONTROL).split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return 0,
            "max-age" => longest = value.trim().trim_matches('"').parse::<i64>().ok(),
            _ => {}
        }
    }
    let date = |name| DateTime::parse_from_rfc2822(text(headers, name)).ok();
    let until_expiry = || Some((date(&EXPIRES)? - date(&DATE)?).num_seconds());
    longest.or_else(until_expiry).map_or(LIFETIME, |seconds| seconds.saturating_sub(age).max(0))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Finds this machine for every name.
    #[derive(Debug)]
    struct Here;

    impl Resolver for Here {
        fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let mut found = self.empty();
            found.push(([127, 0, 0, 1], uri.port_u16().unwrap()).into());
            Ok(found)
        }
    }

    /// A server on this machine that always answers the same, and how many asked it.
    fn serve(answer: String) -> (SocketAddr, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        (address, asked)
    }

    fn answer(status: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}")
    }

    fn url(address: SocketAddr) -> String {
        format!("http://client.example:{}/c", address.port())
    }

    fn fetch(answer: String) -> Result<Fetched, FetchError> {
        let (address, _) = serve(answer);
        Web::with(false, &Trust::default(), Here).fetch(&url(address))
    }

    const JSON: &str = "Content-Type: application/json\r\n";

    #[test]
    fn a_document_is_fetched_with_its_lifetime() {
        let headers = format!("{JSON}Cache-Control: public, max-age=60\r\n");
        let fetched = fetch(answer("200 OK", &headers, "{}")).unwrap();
        assert_eq!((fetched.body.as_slice(), fetched.lifetime), (&b"{}"[..], 60));
    }

    #[test]
    fn a_name_that_leads_to_this_machine_is_not_connected_to() {
        let (address, asked) = serve(answer("200 OK", JSON, "{}"));
        let web = Web::with(false, &Trust::default(), PublicOnly(Here));
        assert!(matches!(web.fetch(&url(address)), Err(FetchError::Private)));
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn redirections_are_not_followed() {
        let (target, asked) = serve(answer("200 OK", JSON, "{}"));
        let away = format!("{JSON}Location: {}\r\n", url(target));
        for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
            assert!(matches!(fetch(answer(status, &away, "")), Err(FetchError::Unavailable(_))), "{status}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn large_documents_and_other_kinds_are_refused() {
        let largest = usize::try_from(LARGEST).unwrap();
        assert!(fetch(answer("200 OK", JSON, &"x".repeat(largest))).is_ok());
        assert!(fetch(answer("200 OK", JSON, &"x".repeat(largest + 1))).is_err());
        assert!(fetch(answer("200 OK", "Content-Type: text/html\r\n", "{}")).is_err());
        assert!(fetch(answer("404 Not Found", JSON, "{}")).is_err());
    }

    #[test]
    fn nothing_is_fetched_without_encryption() {
        let (address, asked) = serve(answer("200 OK", JSON, "{}"));
        assert!(Web::with(true, &Trust::default(), Here).fetch(&url(address)).is_err());
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn lifetimes_are_as_the_headers_say() {
        let lifetime = |pairs: &[(HeaderName, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
            lifetime(&pairs.collect::<HeaderMap>())
        };
        assert_eq!(lifetime(&[]), LIFETIME);
        assert_eq!(lifetime(&[(CACHE_CONTROL, "private, Max-Age=\"90\""), (AGE, "30")]), 60);
        assert_eq!(lifetime(&[(CACHE_CONTROL, "max-age=90, no-store")]), 0);
        let (date, expires) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:37 GMT");
        assert_eq!(lifetime(&[(DATE, date), (EXPIRES, expires)]), 60);
        assert_eq!(lifetime(&[(EXPIRES, "0")]), LIFETIME);
        assert_eq!(lifetime(&[(DATE, expires), (EXPIRES, date)]), 0);
    }
}
