//! The clients: those that the operator knows, those that registered, and those with a document about themselves.

use mxcp_core::call::Secret;
use mxcp_core::schema;

use super::Issuer;
use super::document::DocumentError;
use super::options::Registration;
use super::problem::{Code, Problem};
use super::redirect_uri::RedirectUri;
use crate::error::Error;
use crate::store::{Client, ClientAuthentication};

/// Longest id of a client, in bytes.
const LONGEST: usize = 2048;

/// The grants that clients may have.
pub(super) const AUTHORIZATION_CODE: &str = "authorization_code";

/// See [`AUTHORIZATION_CODE`].
pub(super) const REFRESH_TOKEN: &str = "refresh_token";

/// Why there is no client.
#[derive(Debug)]
pub(super) enum Unknown {
    /// Nobody has this id: what to tell.
    Id(String),
    /// It can't be told now.
    Undecided(Problem),
}

impl Unknown {
    /// As `/authorize` says it.
    pub(super) fn into_request_problem(self) -> Problem {
        match self {
            Unknown::Id(description) => Problem::invalid_request(description),
            Unknown::Undecided(problem) => problem,
        }
    }

    /// As `/token` says it.
    pub(super) fn into_client_problem(self) -> Problem {
        match self {
            Unknown::Id(_) => Problem::new(Code::InvalidClient, "Invalid client_id"),
            Unknown::Undecided(problem) => problem,
        }
    }
}

impl Issuer {
    /// The client of an id.
    ///
    /// # Errors
    /// There is none, or nobody can tell.
    pub(super) async fn client(&self, id: &str) -> Result<Client, Unknown> {
        if id.len() > LONGEST {
            return Err(Unknown::Id("client_id: too long".to_owned()));
        }
        let options = self.options();
        let known = options.store.client(id).await.map_err(|error| Unknown::Undecided(error.into()))?;
        if let Some(client) = known {
            return Ok(client);
        }
        if options.registration == Registration::Closed || !id.contains("://") {
            return Err(Unknown::Id("client_id: no such client".to_owned()));
        }
        self.documents().client(id, options.clock.now()).await.map_err(|error| match error {
            DocumentError::Busy => Unknown::Undecided(Problem::unavailable()),
            DocumentError::Refused(why) => Unknown::Id(format!("client_id: {why}")),
        })
    }
}

/// A client as the settings have it; none, with a warning, if no URL that people may be sent back to can be used (spec
/// `authentication.md` section 2.4).
///
/// # Errors
/// Nobody could use it: there is no such URL at all.
pub(super) fn configured(client: &schema::Client, now: i64) -> Result<Option<Client>, Error> {
    let id = &client.client_id;
    let written = client.redirect_uris.as_deref().unwrap_or_default();
    if written.is_empty() {
        return Err(Error::settings(format!("`auth.clients`: the client `{id}` has no redirect URI")));
    }
    let mut redirect_uris = Vec::new();
    for uri in written {
        match RedirectUri::parse(uri) {
            Ok(uri) => redirect_uris.push(uri.as_str().to_owned()),
            Err(problem) => tracing::warn!(client = id, "a redirect URI is left out: it {problem}"),
        }
    }
    if redirect_uris.is_empty() {
        tracing::warn!(client = id, "the client is left out: none of its redirect URIs can be used");
        return Ok(None);
    }
    let grant_types = match client.grant_types.as_deref() {
        None | Some([]) => vec![AUTHORIZATION_CODE.to_owned()],
        Some(grants) => grants.iter().map(|grant| grant_name(*grant).to_owned()).collect(),
    };
    Ok(Some(Client {
        id: id.clone(),
        secret: client.client_secret.as_ref().map(|secret| Secret::new(secret.expose())),
        authentication: match client.client_secret {
            None => ClientAuthentication::None,
            Some(_) => ClientAuthentication::Post,
        },
        redirect_uris,
        grant_types,
        response_types: vec!["code".to_owned()],
        scopes: client.scopes.clone(),
        name: Some(client.name.clone()),
        created_at: now,
    }))
}

fn grant_name(grant: schema::GrantType) -> &'static str {
    match grant {
        schema::GrantType::AuthorizationCode => AUTHORIZATION_CODE,
        schema::GrantType::RefreshToken => REFRESH_TOKEN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> schema::Client {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_client_without_a_redirect_uri_is_refused_and_one_without_a_usable_one_left_out() {
        let client = |uris: &str| {
            configured(&settings(&format!(r#"{{"client_id": "c", "name": "C"{uris}}}"#)), 0)
                .map_err(|error| error.to_string())
        };
        for uris in ["", r#", "redirect_uris": []"#] {
            let problem = client(uris).unwrap_err();
            assert_eq!(problem, "`auth.clients`: the client `c` has no redirect URI");
        }
        assert!(client(r#", "redirect_uris": ["javascript:x", "nowhere"]"#).unwrap().is_none());
    }

    #[test]
    fn a_client_with_a_secret_has_to_send_it() {
        let settings = settings(
            r#"{"client_id": "c", "name": "C", "client_secret": "s", "redirect_uris": ["http://localhost", "x"]}"#,
        );
        let client = configured(&settings, 5).unwrap().unwrap();
        assert_eq!(client.authentication, ClientAuthentication::Post);
        assert_eq!(client.redirect_uris, ["http://localhost/"]);
        assert_eq!(client.grant_types, [AUTHORIZATION_CODE]);
        assert!(!format!("{client:?}").contains("\"s\""));
    }
}
