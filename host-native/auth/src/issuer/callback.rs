//! People who come back from the identity provider.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use mxcp_core::call::Secret;
use mxcp_server::BaseUrl;

use super::consent::Browser;
use super::parameters::Parameters;
use super::problem::{Code, Problem};
use super::redirect_uri::RedirectUri;
use super::return_address::ReturnAddress;
use super::{Issuer, answer, resource, secret};
use crate::store::{CodeGrant, Login, Session};
use crate::upstream::Arrival;

/// How long a code is good for, in seconds.
const LIFETIME: i64 = 300;

/// Longest description of an error that is passed on, in characters.
const DESCRIPTION: usize = 300;

/// Answers `GET` at the path that the provider sends people back to.
pub(super) async fn serve(
    State(issuer): State<Issuer>,
    Extension(base): Extension<BaseUrl>,
    request: Request,
) -> Result<Response, Problem> {
    let parameters = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes())?;
    let location = match (parameters.get("error"), parameters.get("code"), parameters.get("state")) {
        (Some(error), _, state) => {
            let description = parameters.get("error_description");
            issuer.refused(error, description, state, request.headers(), &base.0).await?
        }
        (None, Some(code), Some(state)) => {
            let (login, address) = issuer.arrival(state, request.headers(), &base.0).await?;
            match issuer.finish(&login, &Secret::new(code)).await {
                Ok(code) => address.with_code(&code),
                Err(problem) => {
                    issuer.login_failed(&login.client_id, problem.description());
                    address.with_problem(&problem)
                }
            }
        }
        (None, _, _) => return Err(Problem::invalid_request("code and state are required")),
    };
    answer::redirect(StatusCode::TEMPORARY_REDIRECT, &location)
}

impl Issuer {
    /// The login that a state stands for, which is over then, and whom to tell how it ended.
    ///
    /// # Errors
    /// There is none, or another browser began it.
    async fn arrival(
        &self,
        state: &str,
        headers: &HeaderMap,
        base: &str,
    ) -> Result<(Login, ReturnAddress), Problem> {
        let unknown = || Problem::invalid_request("state: unknown, used before or out of date");
        let login = self.options().store.take_login(secret::digest(state), self.now()).await?;
        let mut login = login.ok_or_else(unknown)?;
        // The reference does not say where it was, nor asks what tokens are for.
        if login.base.is_empty() {
            base.clone_into(&mut login.base);
        }
        if login.resource.is_empty() {
            login.resource = resource::granted(&[], &login.base)?;
        }
        let browser = Browser::of(headers, base).map(|browser| browser.digest());
        let other_browser = match (&login.browser, self.desk()) {
            (Some(began), _) => browser.as_ref() != Some(began),
            // Logins are tied to browsers, and this one is not: it began before they were.
            (None, Some(_)) => true,
            (None, None) => false,
        };
        if other_browser {
            tracing::warn!(client = login.client_id, "a login came back in another browser");
            self.login_failed(&login.client_id, "it came back in another browser");
            return Err(unknown());
        }
        let redirect = RedirectUri::parse(&login.redirect_uri).map_err(|_| unknown())?;
        let address = ReturnAddress {
            redirect,
            state: login.client_state.clone(),
            issuer: self.identifier(&login.base),
        };
        Ok((login, address))
    }

    /// Where to tell that the provider refused.
    async fn refused(
        &self,
        error: &str,
        description: Option<&str>,
        state: Option<&str>,
        headers: &HeaderMap,
        base: &str,
    ) -> Result<String, Problem> {
        let unknown = || Problem::invalid_request("The login failed, and nobody knows whose it was");
        let (login, address) = self.arrival(state.ok_or_else(unknown)?, headers, base).await?;
        let error = word(error).unwrap_or(Code::ServerError.as_str());
        tracing::info!(client = login.client_id, error, "the identity provider refused a login");
        self.login_failed(&login.client_id, &format!("the identity provider refused it: {error}"));
        let description = description.map(plain);
        Ok(address.with_error(error, description.as_deref()))
    }

    /// Learns who came back, and gives the code for a session of that person.
    async fn finish(&self, login: &Login, code: &Secret) -> Result<Secret, Problem> {
        let upstream = &self.options().upstream;
        let identity = upstream
            .finish(Arrival {
                code,
                callback_url: &format!("{}{}", login.base, upstream.callback_path()),
                verifier: login.upstream_verifier.as_ref(),
                scopes: &login.upstream_scopes,
            })
            .await?;
        if identity.user.user_id.is_empty() {
            tracing::warn!("a login failed: the identity provider names nobody");
            return Err(Problem::new(Code::ServerError, "The identity provider gave no usable answer"));
        }
        let now = self.now();
        let user_id = identity.user.user_id.clone();
        let session = Session {
            id: secret::hex(&secret::random::<16>()?),
            client_id: login.client_id.clone(),
            scopes: login.scopes.clone(),
            resource: login.resource.clone(),
            user: identity.user,
            upstream: identity.tokens,
            access_expires_at: None,
            created_at: now,
        };
        let grant = CodeGrant {
            session_id: session.id.clone(),
            client_id: login.client_id.clone(),
            redirect_uri: login.redirect_uri.clone(),
            redirect_uri_given: login.redirect_uri_given,
            code_challenge: login.code_challenge.clone(),
            resource: login.resource.clone(),
            used: false,
            expires_at: now + LIFETIME,
        };
        let code = Secret::new(format!("{}{}", secret::ACCESS, secret::hex(&secret::random::<16>()?)));
        self.options().store.put_code(secret::digest(code.reveal()), grant, session).await?;
        self.logged_in(&login.client_id, user_id);
        Ok(code)
    }
}

/// The provider's word for what went wrong, if it is a word.
fn word(error: &str) -> Option<&str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.';
    (error.len() <= 64 && error.bytes().all(fits)).then_some(error)
}

/// A description in the characters that RFC 6749 allows.
fn plain(description: &str) -> String {
    let fits = |character: &char| matches!(character, ' '..='~') && !matches!(character, '"' | '\\');
    description.chars().filter(fits).take(DESCRIPTION).collect()
}
