//! The providers that are played, and in what they differ.

use serde_json::{Value as Json, json};

/// A provider that is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any provider of OpenID Connect.
    Oidc,
    /// GitHub, as an Enterprise server has it.
    Github,
    /// Google.
    Google,
    /// Atlassian.
    Atlassian,
    /// Salesforce.
    Salesforce,
    /// Keycloak with the realm `people`.
    Keycloak,
    /// Microsoft Entra with one tenant.
    Entra,
}

/// Where a provider is asked for what.
#[derive(Clone, Copy, Debug)]
pub struct Paths {
    /// Where people log in.
    pub authorize: &'static str,
    /// Where codes are exchanged.
    pub token: &'static str,
    /// Who somebody is.
    pub profile: &'static str,
    /// What goes between the provider's address and `/.well-known/openid-configuration`, and ends its issuer.
    pub issuer: &'static str,
}

/// The tenant of [`Kind::Entra`].
pub const TENANT: &str = "9122040d-6c67-4c5b-b112-36a304b66dad";

impl Kind {
    /// Where this provider is asked.
    #[must_use]
    pub fn paths(self) -> Paths {
        let (authorize, token, profile, issuer) = match self {
            Self::Oidc => ("/authorize", "/token", "/userinfo", ""),
            Self::Github => ("/login/oauth/authorize", "/login/oauth/access_token", "/api/v3/user", ""),
            Self::Google => ("/o/oauth2/v2/auth", "/token", "/oauth2/v2/userinfo", ""),
            Self::Atlassian => ("/authorize", "/oauth/token", "/me", ""),
            Self::Salesforce => {
                ("/services/oauth2/authorize", "/services/oauth2/token", "/services/oauth2/userinfo", "")
            }
            Self::Keycloak => (
                "/realms/people/protocol/openid-connect/auth",
                "/realms/people/protocol/openid-connect/token",
                "/realms/people/protocol/openid-connect/userinfo",
                "/realms/people",
            ),
            Self::Entra => (
                "/9122040d-6c67-4c5b-b112-36a304b66dad/oauth2/v2.0/authorize",
                "/9122040d-6c67-4c5b-b112-36a304b66dad/oauth2/v2.0/token",
                "/oidc/userinfo",
                "/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0",
            ),
        };
        Paths { authorize, token, profile, issuer }
    }

    /// What the provider says of Ada.
    pub(super) fn person(self) -> Json {
        match self {
            Self::Oidc | Self::Keycloak => json!({
                "sub": "u1", "preferred_username": "ada", "email": "ada@example.org", "name": "Ada", "picture": "p",
            }),
            Self::Github => {
                json!({ "id": 583231, "login": "ada", "name": "Ada", "avatar_url": "p", "email": null })
            }
            Self::Google => {
                json!({ "id": "1077", "email": "ada@example.org", "name": "Ada", "picture": "p" })
            }
            Self::Atlassian => json!({
                "account_id": "a-1", "nickname": "ada", "email": "ada@example.org", "name": "Ada", "picture": "p",
            }),
            Self::Salesforce => json!({
                "sub": "https://login.salesforce.example/id/00D/005", "user_id": "005", "organization_id": "00D",
                "username": "ada@corp.example", "email": "ada@example.org", "name": "Ada",
                "photos": { "picture": "p", "thumbnail": "t" },
            }),
            // It has no username: that is in the identity token only.
            Self::Entra => json!({ "sub": "u1", "name": "Ada", "email": "ada@example.org", "picture": "p" }),
        }
    }

    /// What the provider says of Ada in the token about her, beside what every such token has.
    pub(super) fn claims(self) -> Json {
        match self {
            Self::Entra => json!({
                "sub": "u1", "oid": "0a1b", "tid": TENANT, "preferred_username": "ada@corp.example", "ver": "2.0",
            }),
            Self::Google => json!({ "sub": "1077", "email": "ada@example.org", "email_verified": true }),
            _ => json!({ "sub": "u1", "role": "of the identity token" }),
        }
    }

    /// Whether there is a token about the person.
    pub(super) fn identifies(self) -> bool {
        matches!(self, Self::Oidc | Self::Google | Self::Keycloak | Self::Entra)
    }

    /// Whether the access token is a JWT.
    pub(super) fn signs_access(self) -> bool {
        matches!(self, Self::Oidc | Self::Keycloak | Self::Entra | Self::Atlassian)
    }

    /// How many seconds an access token is good for, if the provider says so.
    pub(super) fn lifetime(self) -> Option<i64> {
        (!matches!(self, Self::Github | Self::Salesforce)).then_some(600)
    }

    /// The scopes as they are written in an answer.
    pub(super) fn scopes(self, scope: &str) -> String {
        if self == Self::Github { scope.replace(' ', ",") } else { scope.to_owned() }
    }

    /// The status of an error at the token endpoint.
    pub(super) fn refusal(self, status: u16) -> u16 {
        if self == Self::Github { 200 } else { status }
    }
}

/// What a provider of OpenID Connect says of somebody of whom it knows the id.
pub(super) fn somebody(id: &str) -> Json {
    json!({ "sub": id, "preferred_username": id, "email": format!("{id}@example.org"), "name": id })
}
