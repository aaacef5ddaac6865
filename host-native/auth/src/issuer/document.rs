//! Clients that nobody registered: their id is the URL of a document about themselves.
//!
//! Whoever asks for access chooses what this server fetches. It fetches from public addresses only, little, and not for long.

mod address;
mod web;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mxcp_runtime::ports::BoxFuture;
use serde_json::{Map, Value as Json};
use url::{Host, Url};

pub(crate) use self::web::Web;
use super::allowance::Allowance;
use super::client::{AUTHORIZATION_CODE, REFRESH_TOKEN};
use super::redirect_uri::RedirectUri;
use super::scope;
use crate::store::{Client, ClientAuthentication};

/// Longest time that a document is taken for true, in seconds: a day.
const LONGEST: i64 = 24 * 3600;

/// How long a document is not asked for again that could not be had, in seconds.
const AFTER_FAILURE: i64 = 30;

/// Most documents that are kept in mind.
const DOCUMENTS: usize = 500;

/// Most URLs of a client.
const REDIRECT_URIS: usize = 20;

/// Gets documents.
pub(crate) trait Source: fmt::Debug + Send + Sync {
    /// The document at a URL.
    fn get<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Fetched, FetchError>>;
}

/// A document, and how long it is good for, in seconds.
#[derive(Clone, Debug)]
pub(crate) struct Fetched {
    pub(crate) body: Vec<u8>,
    pub(crate) lifetime: i64,
}

/// Why there is no document. The texts are for logs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// It is where this server does not go.
    #[error("it leads to an address that is not public")]
    Private,
    /// There is none, or it can't be had.
    #[error("{0}")]
    Unavailable(String),
}

/// Why there is no client.
#[derive(Debug)]
pub(super) enum DocumentError {
    /// Too many are fetched at the moment.
    Busy,
    /// The document is none of a client: what to tell.
    Refused(&'static str),
}

/// The documents of clients, as far as they are known.
#[derive(Debug)]
pub(super) struct Documents {
    source: Arc<dyn Source>,
    known: Mutex<BTreeMap<String, Known>>,
    allowance: Allowance,
}

#[derive(Debug)]
struct Known {
    /// None if it could not be had.
    client: Option<Client>,
    until: i64,
}

impl Documents {
    /// Nothing is known yet; `allowance` is for what is fetched.
    pub(super) fn new(source: Arc<dyn Source>, allowance: Allowance) -> Self {
        Self { source, known: Mutex::default(), allowance }
    }

    /// The client whose document is at a URL.
    ///
    /// # Errors
    /// The URL is none that documents are fetched from, or what is there is no document of this client.
    pub(super) async fn client(&self, id: &str, now: i64) -> Result<Client, DocumentError> {
        const UNAVAILABLE: DocumentError = DocumentError::Refused("the document of the client can't be had");
        let url = address(id).map_err(DocumentError::Refused)?;
        if let Some(client) = self.known(id, now) {
            return client.ok_or(UNAVAILABLE);
        }
        let _place = self.allowance.take().await.map_err(|_| {
            tracing::warn!(
                client = id,
                "the document of a client was not fetched: too many are at the moment"
            );
            DocumentError::Busy
        })?;
        let fetched = match self.source.get(&url).await {
            Ok(fetched) => fetched,
            Err(error) => {
                tracing::warn!(client = id, %error, "the document of a client can't be had");
                self.keep(id, None, AFTER_FAILURE, now);
                return Err(UNAVAILABLE);
            }
        };
        match read(&fetched.body, id, now) {
            Ok(client) => {
                self.keep(id, Some(client.clone()), fetched.lifetime, now);
                Ok(client)
            }
            Err(problem) => {
                tracing::warn!(client = id, problem, "the document of a client can't be used");
                self.keep(id, None, AFTER_FAILURE, now);
                Err(DocumentError::Refused(problem))
            }
        }
    }

    /// Forgets those that are past their time.
    pub(super) fn sweep(&self, now: i64) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, known| now < known.until);
    }

    fn known(&self, id: &str, now: i64) -> Option<Option<Client>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(id).filter(|known| now < known.until).map(|known| known.client.clone())
    }

    fn keep(&self, id: &str, client: Option<Client>, lifetime: i64, now: i64) {
        let until = now + lifetime.clamp(0, LONGEST);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= DOCUMENTS {
            known.retain(|_, known| now < known.until);
        }
        if known.len() >= DOCUMENTS {
            let first = known.iter().min_by_key(|(_, known)| known.until).map(|(id, _)| id.clone());
            known.remove(&first.unwrap_or_default());
        }
        known.insert(id.to_owned(), Known { client, until });
    }
}

/// The URL that an id is.
fn address(id: &str) -> Result<Url, &'static str> {
    let url = Url::parse(id).map_err(|_| "is no URL")?;
    if url.scheme() != "https" {
        return Err("a URL must be one of https");
    }
    // The id is compared and shown as it is written, so that it is written in one way only.
    if url.as_str() != id || url.path() == "/" {
        return Err("a URL must have a path and be in its normal form");
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("a URL must have no user and no fragment");
    }
    let public = match url.host() {
        Some(Host::Domain(name)) => address::is_public_name(name),
        Some(Host::Ipv4(ip)) => address::is_public(ip.into()),
        Some(Host::Ipv6(ip)) => address::is_public(ip.into()),
        None => false,
    };
    if public { Ok(url) } else { Err("a URL must lead to a public address") }
}

/// The client that a document describes.
fn read(body: &[u8], id: &str, now: i64) -> Result<Client, &'static str> {
    let Ok(Json::Object(document)) = serde_json::from_slice(body) else {
        return Err("the document of the client is no JSON object");
    };
    if document.get("client_id").and_then(Json::as_str) != Some(id) {
        return Err("the document has another client_id");
    }
    // A secret in a public document is none, and keys of clients are not known here.
    let public =
        matches!(document.get("token_endpoint_auth_method").and_then(Json::as_str), None | Some("none"));
    if !public || document.contains_key("client_secret") {
        return Err("the document asks for another authentication than none");
    }
    let uris = texts(&document, "redirect_uris").filter(|uris| (1..=REDIRECT_URIS).contains(&uris.len()));
    let uris = uris.ok_or("the document has no redirect_uris")?;
    let uris: Result<Vec<_>, _> = uris.into_iter().map(RedirectUri::parse).collect();
    let uris = uris.map_err(|_| "the document has a redirect URI that can't be used")?;
    let grants = match texts(&document, "grant_types") {
        None => vec![AUTHORIZATION_CODE, REFRESH_TOKEN],
        Some(own) => {
            [AUTHORIZATION_CODE, REFRESH_TOKEN].into_iter().filter(|grant| own.contains(grant)).collect()
        }
    };
    let scopes = document.get("scope").and_then(Json::as_str).map(scope::parse).transpose();
    Ok(Client {
        id: id.to_owned(),
        secret: None,
        authentication: ClientAuthentication::None,
        redirect_uris: uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
        grant_types: grants.into_iter().map(str::to_owned).collect(),
        response_types: vec!["code".to_owned()],
        scopes: scopes.map_err(|_| "the document has a scope that can't be used")?,
        name: document.get("client_name").and_then(Json::as_str).map(str::to_owned),
        created_at: now,
    })
}

/// A field that is a list of texts.
fn texts<'a>(document: &'a Map<String, Json>, key: &str) -> Option<Vec<&'a str>> {
    document.get(key)?.as_array()?.iter().map(Json::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Web as FakeWeb;
    use mxcp_runtime::ProcessLimiter;

    const ID: &str = "https://client.example/oauth/client.json";

    fn document(more: &str) -> String {
        format!(
            r#"{{"client_id": "{ID}", "client_name": "C", "redirect_uris": ["http://localhost/cb"]{more}}}"#
        )
    }

    fn known_here(web: FakeWeb) -> Documents {
        Documents::new(Arc::new(web), Allowance::documents(Arc::new(ProcessLimiter::new())))
    }

    #[test]
    fn ids_are_https_urls_of_public_hosts_in_normal_form() {
        assert!(address(ID).is_ok());
        assert!(address("https://client.example:8443/c?v=1").is_ok());
        for id in [
            "http://client.example/c",
            "https://client.example/",
            "https://client.example",
            "https://Client.example/c",
            "https://client.example/a/../c",
            "https://client.example:443/c",
            "https://client.example/c#x",
            "https://user@client.example/c",
            "https://localhost/c",
            "https://app.localhost/c",
            "https://printer.local/c",
            "https://intranet/c",
            "https://127.0.0.1/c",
            "https://10.0.0.1/c",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/c",
            "https://[::ffff:127.0.0.1]/c",
            "https://[::ffff:7f00:1]/c",
            "https://2130706433/c",
            "https://0x7f.1/c",
            "ftp://client.example/c",
            "file:///etc/passwd",
        ] {
            assert!(address(id).is_err(), "{id}");
        }
    }

    #[test]
    fn a_document_is_about_its_own_url() {
        let client = read(document("").as_bytes(), ID, 7).unwrap();
        assert_eq!((client.id.as_str(), client.authentication), (ID, ClientAuthentication::None));
        assert_eq!(client.redirect_uris, ["http://localhost/cb"]);
        for body in [
            "[]".to_owned(),
            "{}".to_owned(),
            document("").replace("oauth", "other"),
            document(r#", "client_secret": "x""#),
            document(r#", "token_endpoint_auth_method": "private_key_jwt""#),
            document("").replace("http://localhost/cb", "javascript:x"),
            document("").replace(r#""http://localhost/cb""#, ""),
            document("").replace(r#""http://localhost/cb""#, "null"),
        ] {
            assert!(read(body.as_bytes(), ID, 7).is_err(), "{body}");
        }
    }

    #[tokio::test]
    async fn a_document_is_fetched_again_when_its_time_is_over() {
        let web = FakeWeb::with(ID, &document(""), 100);
        let documents = known_here(web.clone());
        for (now, fetched) in [(0, 1), (99, 1), (100, 2), (199, 2)] {
            documents.client(ID, now).await.unwrap();
            assert_eq!(web.fetched(), fetched, "at {now}");
        }
        documents.sweep(200);
        assert!(documents.known.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn no_document_is_kept_longer_than_a_day_and_failures_for_a_moment() {
        let web = FakeWeb::with(ID, &document(""), i64::MAX);
        let documents = known_here(web.clone());
        for now in [0, LONGEST - 1, LONGEST] {
            documents.client(ID, now).await.unwrap();
        }
        assert_eq!(web.fetched(), 2);
        let other = "https://client.example/other";
        for now in [0, 29, 30] {
            assert!(documents.client(other, now).await.is_err());
        }
        assert_eq!(web.fetched(), 4);
    }

    #[tokio::test]
    async fn the_number_of_documents_is_bounded() {
        let documents = known_here(FakeWeb::with(ID, "", 0));
        for number in 0..DOCUMENTS + 10 {
            let _ = documents.client(&format!("https://client.example/{number}"), 0).await;
        }
        assert_eq!(documents.known.lock().unwrap().len(), DOCUMENTS);
    }
}
