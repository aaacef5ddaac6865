//! Keycloak.

use mxcp_core::call::Secret;
use mxcp_core::schema::Keycloak;

use crate::error::Error;
use crate::http::encoded;
use crate::upstream::profile::{Fields, Profile, Userinfo, callback_path, endpoint, words};

/// Its tokens about people are not verified: which issuer a realm has depends on how Keycloak is reached by others, which the
/// settings do not tell. With `provider: oidc` they are.
pub(in crate::upstream) fn profile(app: &Keycloak) -> Result<Profile, Error> {
    let server = app.server_url.trim_end_matches('/');
    let at = |what: &str| {
        let realm = encoded(&app.realm);
        endpoint("keycloak", "server_url", &format!("{server}/realms/{realm}/protocol/openid-connect/{what}"))
    };
    Ok(Profile {
        name: "keycloak".to_owned(),
        client_id: app.client_id.clone(),
        client_secret: Secret::new(app.client_secret.expose()),
        callback_path: callback_path(&app.callback_path),
        scopes: words(app.scope.as_deref().unwrap_or_default()),
        scope_separators: &[' '],
        authorize: at("auth")?,
        authorize_parameters: Vec::new(),
        token: at("token")?,
        token_parameters: Vec::new(),
        pkce: app.pkce.unwrap_or(true),
        userinfo: Userinfo::At(at("userinfo")?),
        emails: None,
        fields: Fields::STANDARD,
        id_tokens: None,
    })
}
