//! In what identity providers differ.

use mxcp_core::call::Secret;
use mxcp_core::schema::OAuthApp;

use super::granted::Granted;
use super::id_tokens::IdTokens;
use crate::error::Error;
use crate::http::Endpoint;

/// An identity provider, and what this server is to it.
#[derive(Debug)]
pub(super) struct Profile {
    /// What policies know it as.
    pub(super) name: String,
    /// This server's name at the provider.
    pub(super) client_id: String,
    /// How it proves that it is.
    pub(super) client_secret: Secret,
    /// Path of this server that people come back to.
    pub(super) callback_path: String,
    /// Scopes that are asked for.
    pub(super) scopes: Vec<String>,
    /// What stands between scopes in answers.
    pub(super) scope_separators: &'static [char],
    /// Where people log in.
    pub(super) authorize: Endpoint,
    /// What is sent there beside what the protocol asks for.
    pub(super) authorize_parameters: Vec<(String, String)>,
    /// Where codes are exchanged.
    pub(super) token: Endpoint,
    /// What is sent there with a code beside what the protocol asks for.
    pub(super) token_parameters: Vec<(String, String)>,
    /// Whether codes are bound to this server by a proof (RFC 7636).
    pub(super) pkce: bool,
    /// Who somebody is.
    pub(super) userinfo: Userinfo,
    /// The addresses of somebody, for when `userinfo` has none.
    pub(super) emails: Option<Endpoint>,
    /// What of the answers is what of a user.
    pub(super) fields: Fields,
    /// How tokens about people are verified; none: they are believed because of where they come from.
    pub(super) id_tokens: Option<IdTokens>,
}

/// Where the provider says who somebody is.
#[derive(Clone, Debug)]
pub(super) enum Userinfo {
    /// Always there.
    At(Endpoint),
    /// Where the answer with the tokens says; the endpoint is the one that gave it.
    Named(fn(&Granted, &Endpoint) -> Option<Endpoint>),
}

/// What of a provider's claims is what of a user. Names and addresses are called alike by all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// The id: the first that is there.
    pub(super) id: &'static [&'static str],
    /// The username.
    pub(super) username: Option<&'static str>,
    /// Whether the part of the address before the `@` is a username where there is none.
    pub(super) username_of_email: bool,
    /// The path of the picture.
    pub(super) picture: &'static [&'static str],
}

impl Fields {
    /// Those of OpenID Connect.
    pub(super) const STANDARD: Self = Self {
        id: &["sub"],
        username: Some("preferred_username"),
        username_of_email: true,
        picture: &["picture"],
    };
}

impl Profile {
    /// A provider at which this server is an application; `key` is that of the settings. What makes it this provider is to be
    /// filled in.
    ///
    /// # Errors
    /// A setting can't be as it is.
    pub(super) fn of_app<Scope>(
        key: &str,
        app: &OAuthApp<Scope>,
        scope: &str,
        userinfo: impl FnOnce(&Endpoint) -> Option<Userinfo>,
        fields: Fields,
    ) -> Result<Self, Error> {
        let token = endpoint(key, "token_url", &app.token_url)?;
        let userinfo = match &app.userinfo_url {
            Some(url) => Userinfo::At(endpoint(key, "userinfo_url", url)?),
            None => userinfo(&token).ok_or_else(|| unsafe_address(key, "userinfo_url"))?,
        };
        Ok(Self {
            name: key.to_owned(),
            client_id: app.client_id.clone(),
            client_secret: Secret::new(app.client_secret.expose()),
            callback_path: callback_path(&app.callback_path),
            scopes: words(scope),
            scope_separators: &[' '],
            authorize: endpoint(key, "auth_url", &app.auth_url)?,
            authorize_parameters: Vec::new(),
            token,
            token_parameters: Vec::new(),
            pkce: app.pkce.unwrap_or(true),
            userinfo,
            emails: None,
            fields,
            id_tokens: None,
        })
    }
}

/// Where the provider itself says who somebody is. Whoever has tokens of somebody else is told to say where these are good.
pub(super) fn own_service(key: &str, token: &Endpoint, homes: &[&str], url: &str) -> Option<Userinfo> {
    let host = token.host();
    let at_home = homes
        .iter()
        .any(|home| host.strip_suffix(home).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    if !at_home {
        tracing::warn!(
            "`auth.{key}.token_url` is not the provider's own, and its tokens are sent to the provider's own service: set \
             `auth.{key}.userinfo_url`"
        );
    }
    Endpoint::parse(url).map(Userinfo::At)
}

/// The endpoint that a setting names.
///
/// # Errors
/// Somebody on the way could answer in its place.
pub(super) fn endpoint(key: &str, setting: &str, url: &str) -> Result<Endpoint, Error> {
    Endpoint::parse(url).ok_or_else(|| unsafe_address(key, setting))
}

fn unsafe_address(key: &str, setting: &str) -> Error {
    Error::settings(format!("`auth.{key}.{setting}` must be an https URL, or an http URL of this machine"))
}

/// The words of a text.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A path of this server, with the slash at its beginning that may be left out. Whether it can be one knows who serves it.
pub(super) fn callback_path(written: &str) -> String {
    format!("/{}", written.strip_prefix('/').unwrap_or(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slash_at_the_beginning_may_be_left_out() {
        assert_eq!(callback_path("/oidc/callback"), "/oidc/callback");
        assert_eq!(callback_path("oidc/callback"), "/oidc/callback");
    }

    #[test]
    fn the_own_service_is_never_without_encryption() {
        let token = Endpoint::parse("https://oauth2.googleapis.com/token").unwrap();
        assert!(own_service("google", &token, &["googleapis.com"], "https://www.googleapis.com/x").is_some());
        assert!(own_service("google", &token, &["googleapis.com"], "http://www.googleapis.com/x").is_none());
    }
}
