//! Issuer mode: an OAuth authorization server in front of an identity provider.
//!
//! The provider never sees the client, and the client never sees a token of the provider. A login goes round like this: a client
//! sends a person's browser to `/authorize`; what it wants is checked ([`authorize`]), the person asked if the operator wants so
//! ([`consent`]), and the browser sent on to the provider with a state of ours. It comes back to the [`callback`], where the
//! provider says who it is; a session begins, and the browser takes a code to the client, which gets tokens for it ([`token`],
//! [`grant`]). These come back with calls ([`bearer`]).

mod allowance;
mod answer;
mod authorize;
mod base;
mod bearer;
mod body;
mod callback;
mod client;
mod clock;
mod consent;
mod cookie;
mod cors;
mod credentials;
pub(crate) mod document;
mod events;
mod grant;
mod known;
mod metadata;
mod options;
mod page;
mod parameters;
mod problem;
mod redirect_uri;
mod register;
mod renewal;
mod resource;
mod return_address;
mod revoke;
mod route;
mod scope;
mod secret;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use self::allowance::Allowance;
use self::consent::Desk;
use self::document::Documents;
use self::known::KnownTokens;
use self::renewal::Renewals;
use self::secret::SigningKey;
use crate::error::Error;
use crate::store::StoreError;

pub use self::base::check_base;
pub use self::clock::Clock;
pub use self::options::{Consent, Options, Registration};

/// What the key is for that signs cookies and the forms of pages.
const KEY: &str = "consent";

/// Issues tokens, and knows them again. Its clones are one.
#[derive(Clone, Debug)]
pub struct Issuer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    documents: Documents,
    registrations: Allowance,
    renewals: Renewals,
    known: KnownTokens,
    /// None if people are not asked.
    desk: Option<Desk>,
}

impl Issuer {
    /// An issuer, whose store knows the clients of the operator.
    ///
    /// # Errors
    /// A client or the path of the callback can't be used, or the store gives no answer.
    pub async fn open(options: Options) -> Result<Self, Error> {
        base::check_callback_path(options.upstream.callback_path())?;
        let now = options.clock.now();
        let clients: Result<Vec<_>, _> =
            options.clients.iter().map(|settings| client::configured(settings, now)).collect();
        for client in clients?.into_iter().flatten() {
            options.store.put_client(client).await?;
        }
        let desk = match options.consent {
            Consent::Asked => Some(Desk::new(SigningKey::new(options.store.shared_key(KEY).await?))),
            Consent::Assumed => None,
        };
        if options.registration == Registration::Open && desk.is_none() {
            tracing::warn!(
                "any client may register, and nobody is asked before it gets access: `auth.consent: true` protects people who are \
                 signed in at the identity provider"
            );
        }
        Ok(Self(Arc::new(Inner {
            documents: Documents::new(
                Arc::clone(&options.documents),
                Allowance::documents(Arc::clone(&options.limiter)),
            ),
            registrations: Allowance::registrations(Arc::clone(&options.limiter)),
            renewals: Renewals::default(),
            known: KnownTokens::new(),
            desk,
            options,
        })))
    }

    /// Its identifier (RFC 8414) for clients that reach the server by the URL `base`.
    #[must_use]
    pub fn identifier(&self, base: &str) -> String {
        base.to_owned()
    }

    /// Scopes that every token must carry.
    #[must_use]
    pub fn required_scopes(&self) -> &[String] {
        &self.0.options.required_scopes
    }

    /// Its pages and endpoints.
    pub fn routes(&self) -> Router {
        let mut open = Router::new()
            .route(route::METADATA, get(metadata::serve))
            .route(&format!("{}/{{*path}}", route::METADATA), get(metadata::serve_for_path))
            .route(route::TOKEN, post(token::serve))
            .route(route::REVOKE, post(revoke::serve));
        if self.0.options.registration == Registration::Open {
            open = open.route(route::REGISTER, post(register::serve));
        }
        let mut routes = Router::new()
            .route(route::AUTHORIZE, get(authorize::by_url).post(authorize::by_form))
            .route(self.0.options.upstream.callback_path(), get(callback::serve));
        if self.desk().is_some() {
            routes = routes.route(route::CONSENT, post(consent::serve));
        }
        let routes = routes.route_layer(from_fn(page::for_people));
        open.route_layer(from_fn(cors::open)).merge(routes).with_state(self.clone())
    }

    /// Forgets what is past its time, and says of how much the store forgot. For whoever serves to call now and then.
    ///
    /// # Errors
    /// The store gives no answer.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let now = self.now();
        self.0.renewals.sweep(now);
        self.0.documents.sweep(now);
        self.0.options.store.sweep(now).await
    }

    fn options(&self) -> &Options {
        &self.0.options
    }

    fn documents(&self) -> &Documents {
        &self.0.documents
    }

    fn registrations(&self) -> &Allowance {
        &self.0.registrations
    }

    fn renewals(&self) -> &Renewals {
        &self.0.renewals
    }

    fn known(&self) -> &KnownTokens {
        &self.0.known
    }

    /// Ends a session with all of its tokens.
    ///
    /// # Errors
    /// The store gives no answer.
    async fn end_session(&self, session: &str) -> Result<(), StoreError> {
        let _changing = self.known().changing(session);
        self.options().store.end_session(session).await
    }

    fn desk(&self) -> Option<&Desk> {
        self.0.desk.as_ref()
    }

    fn now(&self) -> i64 {
        self.0.options.clock.now()
    }
}
