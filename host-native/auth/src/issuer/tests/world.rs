//! A server with a store and a provider of its own, and browsers and clients that use it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::{Extension, Router};
use mxcp_server::BaseUrl;
use serde_json::{Value as Json, json};
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use super::super::{Clock, Consent, Issuer, Options};
use crate::testing::{FakeUpstream, MemoryStore, client};

/// The verifier of every client.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Its challenge.
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Where the client `public` has people sent back to.
pub(super) const REDIRECT: &str = "https://client.example/cb";

/// Where the server is reached.
pub(super) const BASE: &str = "https://mcp.example";

/// A server. The public clients `public` and `other` are registered.
pub(super) struct World {
    pub(super) issuer: Issuer,
    pub(super) store: Arc<MemoryStore>,
    pub(super) upstream: Arc<FakeUpstream>,
    pub(super) clock: Arc<AtomicI64>,
    router: Router,
    options: Options,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

/// A browser: it keeps cookies.
#[derive(Default)]
pub(super) struct Browser(BTreeMap<String, String>);

impl World {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// One where people are asked.
    pub(super) async fn asking() -> Self {
        Self::with(|options| options.consent = Consent::Asked).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let clock = Arc::new(AtomicI64::new(1_000_000));
        let (store, upstream) =
            (Arc::new(MemoryStore::default()), Arc::new(FakeUpstream::new(Arc::clone(&clock))));
        for id in ["public", "other"] {
            store.with(|memory| memory.clients.insert(id.to_owned(), client(id)));
        }
        let mut options = Options::new(upstream.clone(), store.clone());
        let time = Arc::clone(&clock);
        options.clock = Clock::new(move || time.load(Ordering::SeqCst));
        change(&mut options);
        let issuer = Issuer::open(options.clone()).await.unwrap();
        let router = issuer.routes();
        Self { issuer, store, upstream, clock, router, options }
    }

    /// The server starts again.
    pub(super) async fn restart(&mut self) {
        self.issuer = Issuer::open(self.options.clone()).await.unwrap();
        self.router = self.issuer.routes();
    }

    /// Another server with the same store.
    pub(super) async fn replica(&self) -> Self {
        let issuer = Issuer::open(self.options.clone()).await.unwrap();
        Self {
            router: issuer.routes(),
            issuer,
            store: Arc::clone(&self.store),
            upstream: Arc::clone(&self.upstream),
            clock: Arc::clone(&self.clock),
            options: self.options.clone(),
        }
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Reply {
        self.send_to(BASE, request).await
    }

    /// Sends a request to the server, which is reached by a URL.
    pub(super) async fn send_to(&self, base: &str, request: Request<Body>) -> Reply {
        let router = self.router.clone().layer(Extension(BaseUrl(base.into())));
        let (head, body) = router.oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1_000_000).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Reply { status: head.status, headers: head.headers, text }
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(form(path, fields)).await
    }

    pub(super) async fn register(&self, document: &str) -> Reply {
        self.send(Request::post("/register").body(Body::from(document.to_owned())).unwrap()).await
    }

    /// What a browser gets that a client sends here.
    pub(super) async fn authorize(&self, browser: &mut Browser, changes: &[(&str, &str)]) -> Reply {
        browser.get(self, &authorize_url(changes)).await
    }

    /// The code that a browser takes to the client `public` after somebody logged in.
    pub(super) async fn code(&self, browser: &mut Browser, changes: &[(&str, &str)]) -> String {
        let away = self.authorize(browser, changes).await;
        let back = browser.get(self, &callback_url(&away.parameter("state"), "idp-code-ada")).await;
        back.parameter("code")
    }

    /// What `/token` answers to the client `public` with a code.
    pub(super) async fn redeem(&self, code: &str, changes: &[(&str, &str)]) -> Reply {
        let fields = changed(
            &[
                ("grant_type", "authorization_code"),
                ("client_id", "public"),
                ("code", code),
                ("redirect_uri", REDIRECT),
                ("code_verifier", VERIFIER),
            ],
            changes,
        );
        self.send(form_of("/token", &fields)).await
    }

    /// What `/token` answers to the client `public` with a refresh token.
    pub(super) async fn refresh(&self, token: &str, changes: &[(&str, &str)]) -> Reply {
        let fields = changed(
            &[("grant_type", "refresh_token"), ("client_id", "public"), ("refresh_token", token)],
            changes,
        );
        self.send(form_of("/token", &fields)).await
    }

    /// The access token and the refresh token that the client `public` has after somebody logged in.
    pub(super) async fn tokens(&self) -> (String, String) {
        let code = self.code(&mut Browser::default(), &[]).await;
        self.redeem(&code, &[]).await.tokens()
    }

    /// Whether an access token is good.
    pub(super) async fn admits(&self, access: &str) -> bool {
        self.issuer.verify(access, BASE).await.is_ok()
    }
}

impl Browser {
    pub(super) async fn get(&mut self, world: &World, path: &str) -> Reply {
        self.send(world, Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn send(&mut self, world: &World, mut request: Request<Body>) -> Reply {
        let cookies: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(COOKIE, cookies.join("; ").parse().unwrap());
        }
        let reply = world.send(request).await;
        for cookie in reply.headers.get_all(SET_COOKIE) {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.0.insert(name.to_owned(), value.to_owned());
        }
        reply
    }

    pub(super) fn cookie(&mut self, name: &str) -> &mut String {
        self.0.get_mut(name).unwrap()
    }

    pub(super) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Presses a button of a page that asks.
    pub(super) async fn press(&mut self, world: &World, page: &Reply, decision: &str) -> Reply {
        let mut fields = page.fields();
        fields.push(("decision".to_owned(), decision.to_owned()));
        self.send(world, form_of("/consent", &fields)).await
    }
}

impl Reply {
    pub(super) fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Where it leads to.
    pub(super) fn location(&self) -> Url {
        let location = self.headers.get(LOCATION).unwrap_or_else(|| panic!("leads nowhere: {self:?}"));
        Url::parse(location.to_str().unwrap()).unwrap()
    }

    /// A parameter of where it leads to.
    pub(super) fn parameter(&self, name: &str) -> String {
        let location = self.location();
        let mut values =
            location.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let value = values.next().unwrap_or_else(|| panic!("no {name} in {location}"));
        assert_eq!(values.next(), None, "{name} is there twice");
        value
    }

    /// The status and the word of OAuth for what is wrong; a redirection tells it to the client, with its state and by whom.
    pub(super) fn error(&self) -> (u16, String) {
        if self.headers.contains_key(LOCATION) {
            assert_eq!(self.parameter("iss"), BASE);
            assert_eq!(self.parameter("state"), "client state & more");
            return (self.status.as_u16(), self.parameter("error"));
        }
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(self.header("cache-control"), "no-store");
        (self.status.as_u16(), self.json()["error"].as_str().unwrap().to_owned())
    }

    pub(super) fn tokens(&self) -> (String, String) {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        let document = self.json();
        let text = |key: &str| document[key].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    /// The hidden fields of a page.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        let plain = |text: &str| {
            let text =
                text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">");
            text.replace("&amp;", "&")
        };
        let inputs = self.text.split(r#"<input type="hidden" name=""#).skip(1);
        let pairs = inputs.map(|input| {
            let (name, rest) = input.split_once(r#"" value=""#).unwrap();
            let (value, _) = rest.split_once(r#"">"#).unwrap();
            (plain(name), plain(value))
        });
        pairs.collect()
    }
}

/// Where the client `public` sends people; a change to nothing leaves a parameter out.
pub(super) fn authorize_url(changes: &[(&str, &str)]) -> String {
    let fields = changed(
        &[
            ("response_type", "code"),
            ("client_id", "public"),
            ("redirect_uri", REDIRECT),
            ("state", "client state & more"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ],
        changes,
    );
    format!("/authorize?{}", encoded(&fields))
}

pub(super) fn callback_url(state: &str, code: &str) -> String {
    format!(
        "/callback?{}",
        encoded(&[("state".to_owned(), state.to_owned()), ("code".to_owned(), code.to_owned())])
    )
}

pub(super) fn form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    form_of(path, &changed(fields, &[]))
}

pub(super) fn form_of(path: &str, fields: &[(String, String)]) -> Request<Body> {
    Request::post(path)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(encoded(fields)))
        .unwrap()
}

/// A form with credentials in the header.
pub(super) fn basic_form(path: &str, credentials: &str, fields: &[(&str, &str)]) -> Request<Body> {
    use base64::Engine as _;
    let mut request = form(path, fields);
    let encoded = base64::engine::general_purpose::STANDARD.encode(credentials);
    request.headers_mut().insert(AUTHORIZATION, format!("Basic {encoded}").parse().unwrap());
    request
}

/// A registered confidential client: id and secret.
pub(super) async fn confidential(world: &World, method: &str) -> (String, String) {
    let document = json!({"redirect_uris": [REDIRECT], "token_endpoint_auth_method": method}).to_string();
    let document = world.register(&document).await.json();
    let text = |key: &str| document[key].as_str().unwrap().to_owned();
    (text("client_id"), text("client_secret"))
}

fn encoded(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn changed(fields: &[(&str, &str)], changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let kept = fields.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let added = changes.iter().filter(|(_, value)| !value.is_empty());
    kept.chain(added).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
