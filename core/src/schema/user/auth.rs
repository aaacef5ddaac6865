//! Who may call (spec `authentication.md` section 2).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClaimMappings, Hidden, RoleMappings};
use crate::schema::OneOrMany;

/// Who may call.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// Whether tokens are issued here or only verified.
    pub mode: AuthMode,
    /// Who vouches for callers.
    pub provider: AuthProvider,
    /// OAuth clients known beforehand.
    pub clients: Option<Vec<Client>>,
    /// Whether clients that nobody knows beforehand may come: by registering themselves, or by a document at a URL of their
    /// own; they may if absent. Mode `issuer` only.
    pub registration: Option<bool>,
    /// Whether people are asked before a client gets access in their name, and logins are tied to the browser that began them;
    /// they are not if absent. Recommended wherever clients may register themselves. Mode `issuer` only.
    pub consent: Option<bool>,
    /// What tokens need.
    pub authorization: Option<Authorization>,
    /// Where sessions are kept.
    pub persistence: Option<Persistence>,
    /// Settings of GitHub.
    pub github: Option<OAuthApp<Option<String>>>,
    /// Settings of Salesforce.
    pub salesforce: Option<OAuthApp<Option<String>>>,
    /// Settings of Google.
    pub google: Option<OAuthApp<String>>,
    /// Settings of Atlassian.
    pub atlassian: Option<OAuthApp<String>>,
    /// Settings of Keycloak.
    pub keycloak: Option<Keycloak>,
    /// Settings of any other OpenID Connect provider.
    pub oidc: Option<Oidc>,
}

/// Where tokens come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// The server is an OAuth authorization server of its own, in front of the provider.
    #[default]
    Issuer,
    /// The server takes tokens of the provider.
    Verifier,
}

/// Who vouches for callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthProvider {
    /// Nobody: everyone may call.
    #[default]
    None,
    /// GitHub.
    Github,
    /// Atlassian.
    Atlassian,
    /// Salesforce.
    Salesforce,
    /// Keycloak.
    Keycloak,
    /// Google.
    Google,
    /// Any OpenID Connect provider.
    Oidc,
}

impl AuthProvider {
    /// The provider as written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AuthProvider::None => "none",
            AuthProvider::Github => "github",
            AuthProvider::Atlassian => "atlassian",
            AuthProvider::Salesforce => "salesforce",
            AuthProvider::Keycloak => "keycloak",
            AuthProvider::Google => "google",
            AuthProvider::Oidc => "oidc",
        }
    }
}

/// An OAuth client known beforehand.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its id.
    pub client_id: String,
    /// Name shown to people.
    pub name: String,
    /// Its secret; a client without one is public.
    pub client_secret: Option<Hidden<String>>,
    /// Where people may be sent back to.
    pub redirect_uris: Option<Vec<String>>,
    /// How it may obtain tokens; `authorization_code` if absent.
    pub grant_types: Option<Vec<GrantType>>,
    /// Scopes it may ask for.
    pub scopes: Option<Vec<String>>,
}

/// Ways to obtain tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// With a code that a person's browser brings.
    AuthorizationCode,
    /// With an earlier token.
    RefreshToken,
}

/// What tokens need.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Authorization {
    /// Scopes that every token must carry.
    pub required_scopes: Option<Vec<String>>,
}

/// Where sessions are kept.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Persistence {
    /// In what.
    #[serde(rename = "type")]
    pub kind: PersistenceKind,
    /// The file; `~/.mxcp/oauth.db` if absent. With `sqlite` only.
    pub path: Option<String>,
    /// The database, `postgresql://user:password@host/database`. With `postgresql` only.
    pub url: Option<Hidden<String>>,
    /// Key that logins, tokens and secrets are encrypted with: 32 bytes in URL-safe base64. `keyring://SERVICE/ACCOUNT` takes
    /// it from the keyring of the operating system. Of a list the first one encrypts, and all decrypt: what an older key
    /// encrypted is encrypted anew when the server starts.
    pub auth_encryption_key: Option<OneOrMany<Hidden<String>>>,
}

/// What sessions are kept in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PersistenceKind {
    /// A SQLite file.
    #[default]
    Sqlite,
    /// A PostgreSQL database, which several servers may share.
    Postgresql,
}

/// An OAuth application registered with a provider. Some providers need `scope`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OAuthApp_{Scope}")]
pub struct OAuthApp<Scope> {
    /// Id of the application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Hidden<String>,
    /// Path of this server that the provider sends people back to.
    pub callback_path: String,
    /// Where the provider lets people log in.
    pub auth_url: String,
    /// Where the provider gives tokens.
    pub token_url: String,
    /// Scopes asked of the provider, separated by blanks.
    pub scope: Scope,
    /// Where the provider says who somebody is, if not where the provider's own service does: for servers of one's own, such
    /// as GitHub Enterprise.
    pub userinfo_url: Option<String>,
    /// Whether codes are bound to this server by a proof (PKCE); as the provider is known to take it if absent.
    pub pkce: Option<bool>,
    /// Capabilities that claims of the provider give: claim (a path, with dots), value, capabilities. Policies see them as
    /// `user.capabilities`.
    pub claim_mappings: Option<ClaimMappings>,
    /// The role that a claim of the provider gives: claim, value, role. Of several that fit, the first one written is taken, as
    /// `user.role`; if none does, the claim `role` stays.
    pub role_mappings: Option<RoleMappings>,
    /// Permissions that claims of the provider give: claim, value, permissions. They are added to those of the claim `permissions`,
    /// as `user.permissions`.
    pub permission_mappings: Option<ClaimMappings>,
}

/// An application registered with Keycloak.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keycloak {
    /// Id of the application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Hidden<String>,
    /// Realm of the people.
    pub realm: String,
    /// URL of the Keycloak server.
    pub server_url: String,
    /// Path of this server that Keycloak sends people back to.
    pub callback_path: String,
    /// Scopes asked of Keycloak, separated by blanks.
    pub scope: Option<String>,
    /// Whether codes are bound to this server by a proof (PKCE); true if absent.
    pub pkce: Option<bool>,
    /// Capabilities that claims of Keycloak give: claim (a path, with dots), value, capabilities. Policies see them as
    /// `user.capabilities`.
    pub claim_mappings: Option<ClaimMappings>,
    /// The role that a claim of Keycloak gives: claim, value, role. Of several that fit, the first one written is taken, as
    /// `user.role`; if none does, the claim `role` stays.
    pub role_mappings: Option<RoleMappings>,
    /// Permissions that claims of Keycloak give: claim, value, permissions. They are added to those of the claim `permissions`,
    /// as `user.permissions`.
    pub permission_mappings: Option<ClaimMappings>,
}

/// An application registered with an OpenID Connect provider.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// URL of the provider's discovery document.
    pub config_url: String,
    /// Id of the application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Hidden<String>,
    /// Scopes asked of the provider, separated by blanks; `openid` must be one.
    pub scope: String,
    /// Path of this server that the provider sends people back to. Mode `issuer` only.
    pub callback_path: Option<String>,
    /// Audience that tokens must be for.
    pub audience: Option<String>,
    /// Further parameters of the provider's login page. Mode `issuer` only.
    pub extra_authorize_params: Option<BTreeMap<String, String>>,
    /// Whether codes are bound to this server by a proof (PKCE); as the provider says if absent. Mode `issuer` only.
    pub pkce: Option<bool>,
    /// Seconds by which the clocks of the provider and of this server may differ, 300 at most; 0 if absent. Mode `verifier` only.
    pub clock_leeway: Option<u32>,
    /// Whether tokens that are no JWTs are accepted if the provider says whose they are but not whom they are for, which makes
    /// tokens of other applications good here. Mode `verifier` only.
    pub userinfo_fallback: Option<bool>,
    /// Name of the provider; `oidc` if absent.
    pub provider_name: Option<String>,
    /// Capabilities that claims of the provider give: claim (a path, with dots), value, capabilities. Policies see them as
    /// `user.capabilities`.
    pub claim_mappings: Option<ClaimMappings>,
    /// The role that a claim of the provider gives: claim, value, role. Of several that fit, the first one written is taken, as
    /// `user.role`; if none does, the claim `role` stays.
    pub role_mappings: Option<RoleMappings>,
    /// Permissions that claims of the provider give: claim, value, permissions. They are added to those of the claim `permissions`,
    /// as `user.permissions`.
    pub permission_mappings: Option<ClaimMappings>,
}
