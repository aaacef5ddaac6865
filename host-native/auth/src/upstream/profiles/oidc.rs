//! Any provider of OpenID Connect, such as Microsoft Entra.

use mxcp_core::call::Secret;
use mxcp_core::schema::Oidc;

use crate::discovery::{Discovery, DiscoveryError};
use crate::error::Error;
use crate::http::{Client, Endpoint, HttpError};
use crate::publisher::Publisher;
use crate::upstream::id_tokens::IdTokens;
use crate::upstream::profile::{Fields, Profile, Userinfo, callback_path, endpoint, words};

/// What the protocol itself sends: whoever could replace it could undo what protects logins.
const RESERVED: [&str; 10] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_type",
    "scope",
    "state",
];

/// The provider as it describes itself.
///
/// # Errors
/// It does not, or a setting can't be as it is.
pub(in crate::upstream) async fn profile(app: &Oidc, http: &Client) -> Result<Profile, Error> {
    let config = endpoint("oidc", "config_url", &app.config_url)?;
    let written = app
        .callback_path
        .as_deref()
        .ok_or_else(|| Error::settings("`auth.oidc.callback_path` is needed in issuer mode"))?;
    let callback_path = callback_path(written);
    let scopes = words(&app.scope);
    if !scopes.iter().any(|scope| scope == "openid") {
        return Err(Error::settings("OIDC scope must include 'openid'"));
    }
    let extra = app.extra_authorize_params.clone().unwrap_or_default();
    if let Some(key) = RESERVED.into_iter().find(|key| extra.contains_key(*key)) {
        return Err(Error::settings(format!("`auth.oidc.extra_authorize_params` can't set `{key}`")));
    }
    let found = Discovery::ask(http, &config).await.map_err(|error| failure(&error))?;
    let audience: Vec<_> =
        app.audience.iter().map(|audience| ("audience".to_owned(), audience.clone())).collect();
    let replaced = extra.contains_key("audience");
    let authorize_parameters = audience.iter().filter(|_| !replaced).cloned().chain(extra).collect();
    let pkce = app.pkce.unwrap_or_else(|| found.takes_proofs());
    let id_tokens = match (&found.issuer, &found.jwks) {
        (Some(_), Some(_)) => Some(IdTokens::new(Publisher::new(config, http.clone()), &app.client_id)),
        _ => {
            tracing::warn!(
                "the OIDC discovery document names no issuer or no keys: tokens about people are believed unverified"
            );
            None
        }
    };
    Ok(Profile {
        name: app.provider_name.clone().unwrap_or_else(|| "oidc".to_owned()),
        client_id: app.client_id.clone(),
        client_secret: Secret::new(app.client_secret.expose()),
        callback_path,
        scopes,
        scope_separators: &[' '],
        authorize: needed(found.authorization, "authorization_endpoint")?,
        authorize_parameters,
        token: needed(found.token, "token_endpoint")?,
        token_parameters: audience,
        pkce,
        userinfo: Userinfo::At(needed(found.userinfo, "userinfo_endpoint")?),
        emails: None,
        fields: Fields::STANDARD,
        id_tokens,
    })
}

fn failure(error: &DiscoveryError) -> Error {
    match error {
        DiscoveryError::Unreachable(HttpError::Slow) => Error::TimedOut,
        error => Error::Provider(error.to_string()),
    }
}

fn needed(endpoint: Option<Endpoint>, name: &str) -> Result<Endpoint, Error> {
    endpoint.ok_or_else(|| Error::Provider(format!("OIDC discovery document missing {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_takes_too_long_is_told_from_one_that_is_not_there() {
        let said = |error| failure(&DiscoveryError::Unreachable(error)).to_string();
        assert_eq!(said(HttpError::Slow), "OAuth server initialization timed out");
        assert_eq!(
            said(HttpError::UnknownHost),
            "OAuth server initialization failed: OIDC discovery request failed: its host is not known"
        );
    }
}
