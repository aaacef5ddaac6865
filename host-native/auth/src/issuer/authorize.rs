//! Clients that send a person to get access in their name.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use mxcp_server::BaseUrl;

use super::client::AUTHORIZATION_CODE;
use super::parameters::Parameters;
use super::problem::{Code, Problem};
use super::redirect_uri::RedirectUri;
use super::return_address::ReturnAddress;
use super::{Issuer, answer, body, resource, scope, secret};
use crate::store::{Client, Digest, Login};

/// Longest time from here to the answer of the identity provider, in seconds.
const LIFETIME: i64 = 300;

/// Longest state of a client, in bytes.
const STATE: usize = 4096;

/// Longest challenge, in bytes.
const CHALLENGE: usize = 128;

/// What a client wants, checked.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) client: Client,
    pub(super) address: ReturnAddress,
    /// Whether the client named the redirect URI.
    pub(super) redirect_given: bool,
    pub(super) challenge: String,
    pub(super) scopes: Vec<String>,
    pub(super) resource: String,
}

/// Why a wish is not granted, and who is told.
#[derive(Debug)]
pub(super) enum Rejection {
    /// Whoever asked: nobody knows whom else.
    Here { problem: Problem, state: Option<String> },
    /// The client.
    There { problem: Problem, address: Box<ReturnAddress> },
}

impl Rejection {
    pub(super) fn answer(&self) -> Response {
        match self {
            Rejection::Here { problem, state } => problem.answer(state.as_deref()),
            Rejection::There { problem, address } => tell(StatusCode::FOUND, address, problem),
        }
    }
}

/// Answers `GET /authorize`.
pub(super) async fn by_url(
    State(issuer): State<Issuer>,
    Extension(base): Extension<BaseUrl>,
    request: Request,
) -> Response {
    match Parameters::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        Ok(parameters) => issuer.authorize(&parameters, request.headers(), &base.0).await,
        Err(problem) => problem.into_response(),
    }
}

/// Answers `POST /authorize`.
pub(super) async fn by_form(
    State(issuer): State<Issuer>,
    Extension(base): Extension<BaseUrl>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    match body::form(request).await {
        Ok(parameters) => issuer.authorize(&parameters, &headers, &base.0).await,
        Err(problem) => problem.into_response(),
    }
}

/// The way that tells a client why it gets nothing.
pub(super) fn tell(status: StatusCode, address: &ReturnAddress, problem: &Problem) -> Response {
    answer::redirect(status, &address.with_problem(problem)).unwrap_or_else(|problem| problem.into_response())
}

impl Issuer {
    async fn authorize(&self, parameters: &Parameters, headers: &HeaderMap, base: &str) -> Response {
        let wish = match self.check(parameters, base).await {
            Ok(wish) => wish,
            Err(rejection) => return rejection.answer(),
        };
        match self.desk() {
            Some(desk) => self.ask(desk, &wish, headers, base).await,
            None => self.leave(StatusCode::FOUND, &wish, base, None).await,
        }
    }

    /// What a client wants, if it may.
    ///
    /// # Errors
    /// It may not.
    pub(super) async fn check(&self, parameters: &Parameters, base: &str) -> Result<Wish, Rejection> {
        let state = parameters.get("state").filter(|state| state.len() <= STATE).map(str::to_owned);
        let here = |problem| Rejection::Here { problem, state: state.clone() };
        if state.as_deref() != parameters.get("state") {
            return Err(here(Problem::invalid_request("state: too long")));
        }
        let id = parameters.required("client_id").map_err(here)?;
        let client = self.client(id).await.map_err(|unknown| here(unknown.into_request_problem()))?;
        let given = parameters.get("redirect_uri");
        let redirect = redirect(given, &client).map_err(here)?;
        let address = ReturnAddress { redirect, state, issuer: self.identifier(base) };
        match self.read(parameters, &client, base) {
            Ok((challenge, scopes, resource)) => {
                Ok(Wish { client, address, redirect_given: given.is_some(), challenge, scopes, resource })
            }
            Err(problem) => Err(Rejection::There { problem, address: Box::new(address) }),
        }
    }

    fn read(
        &self,
        parameters: &Parameters,
        client: &Client,
        base: &str,
    ) -> Result<(String, Vec<String>, String), Problem> {
        if parameters.required("response_type")? != "code" {
            return Err(Problem::new(Code::UnsupportedResponseType, "response_type: must be code"));
        }
        let challenge = parameters.required("code_challenge")?;
        if !matches!(parameters.get("code_challenge_method"), None | Some("S256")) {
            return Err(Problem::invalid_request("code_challenge_method: must be S256"));
        }
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if challenge.len() > CHALLENGE || !challenge.bytes().all(unreserved) {
            return Err(Problem::invalid_request("code_challenge: no challenge of S256"));
        }
        if !client.grant_types.iter().any(|grant| grant == AUTHORIZATION_CODE) {
            return Err(Problem::new(Code::UnauthorizedClient, "The client may not ask people for access"));
        }
        let scopes = scope::grant(parameters.get("scope"), client, self.required_scopes())?;
        let resource = resource::granted(parameters.resources(), base)?;
        Ok((challenge.to_owned(), scopes, resource))
    }

    /// Sends a person to the identity provider; what goes wrong is told to the client. `browser` is the one that must come back.
    pub(super) async fn leave(
        &self,
        status: StatusCode,
        wish: &Wish,
        base: &str,
        browser: Option<Digest>,
    ) -> Response {
        let location = self.depart(wish, base, browser).await;
        match location.and_then(|location| answer::redirect(status, &location)) {
            Ok(response) => response,
            Err(problem) => tell(status, &wish.address, &problem),
        }
    }

    async fn depart(&self, wish: &Wish, base: &str, browser: Option<Digest>) -> Result<String, Problem> {
        let upstream = &self.options().upstream;
        let state = secret::url_safe(&secret::random::<16>()?);
        let departure = upstream.begin(&state, &format!("{base}{}", upstream.callback_path()));
        let login = Login {
            client_id: wish.client.id.clone(),
            redirect_uri: wish.address.redirect.as_str().to_owned(),
            redirect_uri_given: wish.redirect_given,
            code_challenge: wish.challenge.clone(),
            client_state: wish.address.state.clone(),
            scopes: wish.scopes.clone(),
            resource: wish.resource.clone(),
            upstream_verifier: departure.verifier,
            upstream_scopes: upstream.scopes().to_vec(),
            base: base.to_owned(),
            browser,
            expires_at: self.now() + LIFETIME,
        };
        self.options().store.put_login(secret::digest(&state), login).await?;
        Ok(departure.url)
    }
}

/// Where the person will be sent back to: a URL of the client.
fn redirect(given: Option<&str>, client: &Client) -> Result<RedirectUri, Problem> {
    let unknown = || Problem::invalid_request("redirect_uri: not registered for this client");
    let registered: Vec<RedirectUri> =
        client.redirect_uris.iter().filter_map(|uri| RedirectUri::parse(uri).ok()).collect();
    match (given, registered.as_slice()) {
        (Some(given), _) => {
            let given = RedirectUri::parse(given).map_err(|_| unknown())?;
            if registered.iter().any(|uri| uri.admits(&given)) { Ok(given) } else { Err(unknown()) }
        }
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Problem::invalid_request(
            "redirect_uri: must be given, unless the client has exactly one registered URI",
        )),
    }
}
