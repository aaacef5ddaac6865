//! The question whether a client gets access in a person's name, and what ties the answer to that person's browser.
//!
//! Without it, whoever is still signed in at the identity provider could be sent through unasked, for a client of anybody's.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, ORIGIN, SET_COOKIE};
use axum::response::{IntoResponse as _, Response};
use mxcp_server::BaseUrl;
use url::{Url, form_urlencoded};

use super::authorize::{Rejection, Wish, tell};
use super::page::{self, Question};
use super::problem::{Code, Problem};
use super::secret::{self, SigningKey};
use super::{Issuer, body, cookie, route};

/// Cookie that knows a browser again.
const BROWSER: &str = "browser";

/// Cookie that remembers what a person said.
const MEMORY: &str = "consent";

/// Longest time that a person may think about it, in seconds.
const THINKING: i64 = 600;

/// How long a browser is known, in seconds: thinking, and logging in.
const KNOWN: u32 = 3600;

/// How long an answer is remembered, in seconds: 30 days.
const REMEMBERED: u32 = 30 * 24 * 3600;

/// Most answers that are remembered.
const ANSWERS: usize = 20;

/// Asks people, and knows what they said.
#[derive(Debug)]
pub(super) struct Desk {
    key: SigningKey,
}

/// A browser, by the random value of its cookie. `Debug` does not show it.
pub(super) struct Browser(String);

impl Browser {
    /// The one that makes a request; none if it is not known.
    pub(super) fn of(headers: &HeaderMap, base: &str) -> Option<Self> {
        let value = cookie::value(headers, BROWSER, base)?;
        secret::is_token(value, "").then(|| Self(value.to_owned()))
    }

    fn fresh() -> Result<Self, Problem> {
        Ok(Self(secret::token("")?.reveal().to_owned()))
    }

    /// What it is known by.
    pub(super) fn digest(&self) -> crate::store::Digest {
        secret::digest(&self.0)
    }

    /// Lets the browser keep the cookie, some time longer.
    fn remind(&self, response: &mut Response, base: &str) {
        if let Some(cookie) = cookie::set(BROWSER, &self.0, KNOWN, base) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}

/// Answers `POST /consent`.
pub(super) async fn serve(
    State(issuer): State<Issuer>,
    Extension(base): Extension<BaseUrl>,
    request: Request,
) -> Response {
    let base = &*base.0;
    let headers = request.headers().clone();
    let Some(desk) = issuer.desk() else { return StatusCode::NOT_FOUND.into_response() };
    let form = match body::form(request).await {
        Ok(form) => form,
        Err(problem) => return problem.into_response(),
    };
    // Nothing is told to a client before it is sure that the page was ours.
    let Some(browser) = Browser::of(&headers, base).filter(|_| is_from_here(&headers, base)) else {
        return page::outdated();
    };
    let wish = match issuer.check(&form, base).await {
        Ok(wish) => wish,
        Err(Rejection::Here { problem, .. }) if problem.code == Code::TemporarilyUnavailable => {
            return problem.into_response();
        }
        Err(_) => return page::outdated(),
    };
    if !form.get("ticket").is_some_and(|ticket| desk.admits(ticket, &browser, &wish, issuer.now())) {
        return page::outdated();
    }
    match form.get("decision") {
        Some("allow") => {
            let digest = browser.digest();
            let mut response = issuer.leave(StatusCode::SEE_OTHER, &wish, base, Some(digest)).await;
            desk.remember(&mut response, &headers, &wish, base, issuer.now());
            browser.remind(&mut response, base);
            response
        }
        Some("deny") => {
            let problem = Problem::new(Code::AccessDenied, "The person did not allow it");
            tell(StatusCode::SEE_OTHER, &wish.address, &problem)
        }
        _ => page::outdated(),
    }
}

impl Issuer {
    /// Asks a person, unless that person said yes before.
    pub(super) async fn ask(&self, desk: &Desk, wish: &Wish, headers: &HeaderMap, base: &str) -> Response {
        let browser = match Browser::of(headers, base).map_or_else(Browser::fresh, Ok) {
            Ok(browser) => browser,
            Err(problem) => return tell(StatusCode::FOUND, &wish.address, &problem),
        };
        let mut response = if desk.remembers(headers, wish, base, self.now()) {
            self.leave(StatusCode::FOUND, wish, base, Some(browser.digest())).await
        } else {
            let mut fields = fields(wish);
            fields.push(("ticket", desk.ticket(&browser, wish, self.now() + THINKING)));
            Question {
                client: wish.client.name.as_deref(),
                server: base.split_once("://").map_or(base, |(_, place)| place),
                receiver: &wish.address.redirect.receiver(),
                provider: self.options().upstream.name(),
                scopes: &wish.scopes,
                action: &format!("{base}{}", route::CONSENT),
                fields: &fields,
            }
            .page()
        };
        browser.remind(&mut response, base);
        response
    }
}

impl Desk {
    pub(super) fn new(key: SigningKey) -> Self {
        Self { key }
    }

    /// Proves that a browser was shown this very question by this server.
    fn ticket(&self, browser: &Browser, wish: &Wish, until: i64) -> String {
        let until = until.to_string();
        let signature = self.key.sign(&["ticket", &browser.0, &text(wish), &until]);
        format!("{until}.{signature}")
    }

    fn admits(&self, ticket: &str, browser: &Browser, wish: &Wish, now: i64) -> bool {
        let Some((until, signature)) = ticket.split_once('.') else { return false };
        self.key.verify(&["ticket", &browser.0, &text(wish), until], signature)
            && until.parse().is_ok_and(|until: i64| now < until)
    }

    /// What a person allows: this client, to this place, with these scopes.
    fn subject(&self, wish: &Wish) -> String {
        let redirect = wish.address.redirect.registered();
        self.key.sign(&["subject", &wish.client.id, &redirect, &wish.scopes.join(" ")])
    }

    fn remembers(&self, headers: &HeaderMap, wish: &Wish, base: &str, now: i64) -> bool {
        let subject = self.subject(wish);
        self.answers(headers, base, now).iter().any(|(known, _)| *known == subject)
    }

    fn remember(&self, response: &mut Response, headers: &HeaderMap, wish: &Wish, base: &str, now: i64) {
        let subject = self.subject(wish);
        let mut answers = self.answers(headers, base, now);
        answers.retain(|(known, _)| *known != subject);
        answers.insert(0, (subject, now + i64::from(REMEMBERED)));
        answers.truncate(ANSWERS);
        let entries: Vec<String> =
            answers.iter().map(|(subject, until)| format!("{subject}:{until}")).collect();
        let entries = entries.join(".");
        let signature = self.key.sign(&["memory", base, &entries]);
        if let Some(cookie) = cookie::set(MEMORY, &format!("{entries}~{signature}"), REMEMBERED, base) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }

    /// What was allowed in this browser, and until when.
    fn answers(&self, headers: &HeaderMap, base: &str, now: i64) -> Vec<(String, i64)> {
        let read = || {
            let (entries, signature) = cookie::value(headers, MEMORY, base)?.split_once('~')?;
            let signed = self.key.verify(&["memory", base, entries], signature);
            signed.then(|| entries.split('.').filter_map(|entry| entry.split_once(':')))
        };
        let answers = read().into_iter().flatten();
        let answers = answers.filter_map(|(subject, until)| Some((subject.to_owned(), until.parse().ok()?)));
        answers.filter(|(_, until)| now < *until).collect()
    }
}

/// What the client asked for, as the page brings it back.
fn fields(wish: &Wish) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("response_type", "code".to_owned()),
        ("client_id", wish.client.id.clone()),
        ("code_challenge", wish.challenge.clone()),
        ("resource", wish.resource.clone()),
    ];
    if wish.redirect_given {
        fields.push(("redirect_uri", wish.address.redirect.as_str().to_owned()));
    }
    if !wish.scopes.is_empty() {
        fields.push(("scope", wish.scopes.join(" ")));
    }
    if let Some(state) = &wish.address.state {
        fields.push(("state", state.clone()));
    }
    fields
}

fn text(wish: &Wish) -> String {
    // What the client was registered with may change while the person thinks.
    let mut serializer = form_urlencoded::Serializer::new(String::new());
    serializer.extend_pairs(fields(wish));
    serializer.append_pair("name", wish.client.name.as_deref().unwrap_or_default());
    serializer.append_pair("to", wish.address.redirect.as_str());
    serializer.finish()
}

/// Whether a page of this server sent the form. Browsers say so with every form.
fn is_from_here(headers: &HeaderMap, base: &str) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
    let own = Url::parse(base).ok();
    matches!((origin, own), (Some(origin), Some(own)) if origin.origin() == own.origin())
}
