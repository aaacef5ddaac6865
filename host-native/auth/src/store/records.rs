//! What is sealed, in the form in which it is kept: a later version has to understand it.

use mxcp_core::call::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::{CodeGrant, Digest, Login, UpstreamTokens, User};

/// A login on its way.
#[derive(Serialize, Deserialize)]
pub(super) struct LoginRecord {
    client_id: String,
    redirect_uri: String,
    redirect_uri_given: bool,
    code_challenge: String,
    client_state: Option<String>,
    scopes: Vec<String>,
    resource: String,
    upstream_verifier: Option<String>,
    upstream_scopes: Vec<String>,
    base: String,
    /// Hexadecimal digits.
    browser: Option<String>,
}

/// What a code stands for.
#[derive(Serialize, Deserialize)]
pub(super) struct GrantRecord {
    client_id: String,
    redirect_uri: String,
    redirect_uri_given: bool,
    code_challenge: String,
    resource: String,
}

/// Who somebody is, by the names of the reference's `user_info`.
#[derive(Serialize, Deserialize)]
pub(super) struct UserRecord {
    provider: String,
    user_id: String,
    username: String,
    email: Option<String>,
    name: Option<String>,
    avatar_url: Option<String>,
    raw_profile: Option<Map<String, Json>>,
}

/// Tokens of the identity provider.
#[derive(Serialize, Deserialize)]
pub(super) struct UpstreamRecord {
    access: String,
    refresh: Option<String>,
    expires_at: Option<i64>,
    scopes: Vec<String>,
}

impl From<Login> for LoginRecord {
    fn from(login: Login) -> Self {
        Self {
            client_id: login.client_id,
            redirect_uri: login.redirect_uri,
            redirect_uri_given: login.redirect_uri_given,
            code_challenge: login.code_challenge,
            client_state: login.client_state,
            scopes: login.scopes,
            resource: login.resource,
            upstream_verifier: login.upstream_verifier.map(|verifier| verifier.reveal().to_owned()),
            upstream_scopes: login.upstream_scopes,
            base: login.base,
            browser: login.browser.map(Digest::hex),
        }
    }
}

impl LoginRecord {
    /// The login; none if the browser that it is tied to can't be read, since it would be tied to none then.
    pub(super) fn login(self, expires_at: i64) -> Option<Login> {
        let browser = match self.browser {
            Some(browser) => Some(Digest::from_hex(&browser)?),
            None => None,
        };
        Some(Login {
            client_id: self.client_id,
            redirect_uri: self.redirect_uri,
            redirect_uri_given: self.redirect_uri_given,
            code_challenge: self.code_challenge,
            client_state: self.client_state,
            scopes: self.scopes,
            resource: self.resource,
            upstream_verifier: self.upstream_verifier.map(Secret::new),
            upstream_scopes: self.upstream_scopes,
            base: self.base,
            browser,
            expires_at,
        })
    }
}

impl From<&CodeGrant> for GrantRecord {
    fn from(grant: &CodeGrant) -> Self {
        Self {
            client_id: grant.client_id.clone(),
            redirect_uri: grant.redirect_uri.clone(),
            redirect_uri_given: grant.redirect_uri_given,
            code_challenge: grant.code_challenge.clone(),
            resource: grant.resource.clone(),
        }
    }
}

impl GrantRecord {
    /// The grant, with what is kept beside it.
    pub(super) fn grant(self, session_id: String, used: bool, expires_at: i64) -> CodeGrant {
        CodeGrant {
            session_id,
            client_id: self.client_id,
            redirect_uri: self.redirect_uri,
            redirect_uri_given: self.redirect_uri_given,
            code_challenge: self.code_challenge,
            resource: self.resource,
            used,
            expires_at,
        }
    }
}

impl From<User> for UserRecord {
    fn from(user: User) -> Self {
        Self {
            provider: user.provider,
            user_id: user.user_id,
            username: user.username,
            email: user.email,
            name: user.name,
            avatar_url: user.avatar_url,
            raw_profile: Some(user.profile),
        }
    }
}

impl From<UserRecord> for User {
    fn from(record: UserRecord) -> Self {
        Self {
            provider: record.provider,
            user_id: record.user_id,
            username: record.username,
            email: record.email,
            name: record.name,
            avatar_url: record.avatar_url,
            profile: record.raw_profile.unwrap_or_default(),
        }
    }
}

impl From<UpstreamTokens> for UpstreamRecord {
    fn from(tokens: UpstreamTokens) -> Self {
        Self {
            access: tokens.access.reveal().to_owned(),
            refresh: tokens.refresh.map(|refresh| refresh.reveal().to_owned()),
            expires_at: tokens.expires_at,
            scopes: tokens.scopes,
        }
    }
}

impl From<UpstreamRecord> for UpstreamTokens {
    fn from(record: UpstreamRecord) -> Self {
        Self {
            access: Secret::new(record.access),
            refresh: record.refresh.map(Secret::new),
            expires_at: record.expires_at,
            scopes: record.scopes,
        }
    }
}
