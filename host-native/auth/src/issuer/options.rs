//! What an issuer is made of.

use std::sync::Arc;

use mxcp_core::call::Mappings;
use mxcp_core::schema::{self, Auth};
use mxcp_runtime::ProcessLimiter;
use mxcp_runtime::ports::{AuditSink, Limiter, NoAudit};

use super::clock::Clock;
use super::document::{Source, Web};
use crate::store::Store;
use crate::trust::Trust;
use crate::upstream::Upstream;

/// What an issuer is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where people log in.
    pub upstream: Arc<dyn Upstream>,
    /// Where it remembers.
    pub store: Arc<dyn Store>,
    /// Scopes that every token must carry.
    pub required_scopes: Vec<String>,
    /// Clients that the operator knows.
    pub clients: Vec<schema::Client>,
    /// What users get because of what the provider says of them.
    pub mappings: Mappings,
    /// Who may be a client.
    pub registration: Registration,
    /// What people are asked.
    pub consent: Consent,
    /// Where logins are recorded.
    pub audit: Arc<dyn AuditSink>,
    /// Who counts how many clients register.
    pub limiter: Arc<dyn Limiter>,
    /// The time.
    pub clock: Clock,
    /// Where the documents of clients are got.
    pub(crate) documents: Arc<dyn Source>,
}

/// Who may be a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    /// Whoever registers, or has a document about itself on the web.
    #[default]
    Open,
    /// Those that the operator knows.
    Closed,
}

/// What people are asked before a client gets access in their name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Nothing; and a login may come back in another browser.
    #[default]
    Assumed,
    /// Once for each client, on a page; and a login comes back in the browser that began it.
    Asked,
}

impl Options {
    /// Registration open and nobody asked, counted in this process and by the clock of this machine.
    #[must_use]
    pub fn new(upstream: Arc<dyn Upstream>, store: Arc<dyn Store>) -> Self {
        Self {
            upstream,
            store,
            required_scopes: Vec::new(),
            clients: Vec::new(),
            mappings: Mappings::default(),
            registration: Registration::default(),
            consent: Consent::default(),
            audit: Arc::new(NoAudit),
            limiter: Arc::new(ProcessLimiter::new()),
            clock: Clock::system(),
            documents: Arc::new(Web::new(&Trust::default())),
        }
    }

    /// As the settings say.
    #[must_use]
    pub fn of(auth: &Auth, upstream: Arc<dyn Upstream>, store: Arc<dyn Store>) -> Self {
        let scopes = auth.authorization.as_ref().and_then(|rules| rules.required_scopes.clone());
        Self {
            required_scopes: scopes.unwrap_or_default(),
            clients: auth.clients.clone().unwrap_or_default(),
            mappings: Mappings::of(auth),
            registration: match auth.registration {
                Some(false) => Registration::Closed,
                None | Some(true) => Registration::Open,
            },
            consent: match auth.consent {
                Some(true) => Consent::Asked,
                None | Some(false) => Consent::Assumed,
            },
            ..Self::new(upstream, store)
        }
    }

    /// The same, with those who vouch for the servers that documents of clients are got from.
    #[must_use]
    pub fn trusting(self, trust: &Trust) -> Self {
        Self { documents: Arc::new(Web::new(trust)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeUpstream, MemoryStore};

    fn options(settings: &str) -> Options {
        let auth = serde_json::from_str(settings).unwrap();
        let upstream = Arc::new(FakeUpstream::new(Arc::default()));
        Options::of(&auth, upstream, Arc::new(MemoryStore::default()))
    }

    #[test]
    fn settings_that_say_nothing_are_those_of_the_reference() {
        let options = options("{}");
        assert_eq!((options.registration, options.consent), (Registration::Open, Consent::Assumed));
        assert!(options.clients.is_empty() && options.required_scopes.is_empty());
    }

    #[test]
    fn settings_are_taken_over() {
        let app = r#"{"client_id": "a", "client_secret": "hush", "callback_path": "/cb", "auth_url": "u", "token_url": "u",
            "scope": "s", "claim_mappings": {"role": {"admin": ["delete"]}},
            "role_mappings": {"team": {"core": "admin"}}, "permission_mappings": {"team": {"core": ["write"]}}}"#;
        let options = options(&format!(
            r#"{{"provider": "github", "registration": false, "consent": true, "github": {app},
                "clients": [{{"client_id": "c", "name": "C", "client_secret": "hush"}}],
                "authorization": {{"required_scopes": ["use"]}}}}"#
        ));
        assert_eq!((options.registration, options.consent), (Registration::Closed, Consent::Asked));
        assert_eq!(options.required_scopes, ["use"]);
        assert_eq!(options.mappings.capabilities["role"]["admin"], ["delete"]);
        assert_eq!(options.mappings.permissions["team"]["core"], ["write"]);
        assert_eq!(options.mappings.roles.0.len(), 1);
        assert_eq!(options.clients.len(), 1);
        assert!(!format!("{options:?}").contains("hush"));
    }
}
