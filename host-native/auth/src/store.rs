//! What the authorization server remembers: clients, logins on their way, codes and sessions.
//!
//! Whoever reads the store must not be able to call: states, codes and tokens are looked up by a digest ([`Digest`]), and
//! what has to be known again (verifiers, the tokens of the identity provider, what it says of people) is sealed with the
//! operator's key.
//!
//! Everything that may be done once is done by one atomic step of the store, so that servers that share one agree.

mod database;
mod digest;
mod opening;
mod postgres;
mod records;
mod reference;
mod resealing;
mod schema;
mod sealing;
mod shared;
mod sql;
mod sqlite;
#[cfg(test)]
mod tests;

use std::fmt;

pub use opening::{DEFAULT_PATH, Opened, open};
pub use shared::Shared;

use mxcp_core::call::Secret;
use mxcp_runtime::ports::BoxFuture;
use serde_json::{Map, Value as Json};

/// Remembers. All times are seconds since 1970, and `now` is what the caller takes for the present.
pub trait Store: fmt::Debug + Send + Sync {
    /// A client that registered itself or that the operator knows; one of the same id is replaced.
    fn put_client(&self, client: Client) -> Answer<'_, ()>;

    /// The client of an id.
    fn client<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Client>>;

    /// Begins a login.
    fn put_login(&self, state: Digest, login: Login) -> Answer<'_, ()>;

    /// Ends a login and gives it: to one caller only, once, and not after its time.
    fn take_login(&self, state: Digest, now: i64) -> Answer<'_, Option<Login>>;

    /// A session and the code by which its client gets its tokens.
    fn put_code(&self, code: Digest, grant: CodeGrant, session: Session) -> Answer<'_, ()>;

    /// What a code stands for, used or not; none after its time.
    fn code(&self, code: Digest, now: i64) -> Answer<'_, Option<CodeGrant>>;

    /// The session of an id, which a code opens; none after its time.
    fn session<'a>(&'a self, id: &'a str, now: i64) -> Answer<'a, Option<Session>>;

    /// Uses a code: gives the session the tokens that go out for it, and begins its life. False if the code was used before or
    /// is not there, in which case nothing changes.
    fn redeem_code(&self, code: Digest, tokens: IssuedTokens, now: i64) -> Answer<'_, bool>;

    /// The session of an access token, as long as the token is good.
    fn session_by_access(&self, token: Digest, now: i64) -> Answer<'_, Option<Session>>;

    /// The session of a refresh token, and whether the token was exchanged for another one before.
    fn session_by_refresh(&self, token: Digest, now: i64) -> Answer<'_, Option<(Session, RefreshState)>>;

    /// Exchanges the tokens of a session, if `refresh` is still the one in use; it is remembered as exchanged. False if it
    /// was not, in which case nothing changes.
    fn rotate(&self, refresh: Digest, tokens: IssuedTokens, now: i64) -> Answer<'_, bool>;

    /// Replaces what the identity provider gave for a session, if `access` is still what the store has for it. False if
    /// somebody else was faster.
    fn replace_upstream(
        &self,
        session: &str,
        access: &Secret,
        upstream: UpstreamTokens,
        user: Option<User>,
    ) -> Answer<'_, bool>;

    /// Begins to ask the identity provider for a session's fresh tokens, which uses up what it gave before: true for one server
    /// at a time, until that ends it or `until` is past. Where one server has the store for itself, it is always its turn.
    fn begin_renewal<'a>(&'a self, session: &'a str, now: i64, until: i64) -> Answer<'a, bool> {
        let _ = (session, now, until);
        Box::pin(async { Ok(true) })
    }

    /// Ends what was begun.
    fn end_renewal<'a>(&'a self, session: &'a str) -> Answer<'a, ()> {
        let _ = session;
        Box::pin(async { Ok(()) })
    }

    /// Ends a session with all of its tokens. One that is not there is ended.
    fn end_session<'a>(&'a self, session: &'a str) -> Answer<'a, ()>;

    /// Forgets what is past its time, and says how much.
    fn sweep(&self, now: i64) -> Answer<'_, u64>;

    /// Bytes that all servers of this store share and nobody else knows, made when first asked for. `purpose` tells keys apart.
    fn shared_key<'a>(&'a self, purpose: &'a str) -> Answer<'a, [u8; 32]>;
}

/// What a store answers.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Why a store gave no answer. The texts are for logs.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Where it is or how it is sealed can't be as configured.
    #[error("{0}")]
    Settings(String),
    /// The database can't be reached or refuses.
    #[error("the store of logins can't be used: {0}")]
    Unavailable(String),
}

/// SHA-256 of a secret that stands for something: the secret itself is not kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

/// An OAuth client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret; none of a public one.
    pub secret: Option<Secret>,
    /// How it proves who it is at `/token`.
    pub authentication: ClientAuthentication,
    /// Where people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// `authorization_code`, `refresh_token`.
    pub grant_types: Vec<String>,
    /// `code`.
    pub response_types: Vec<String>,
    /// Scopes it may ask for; none: any.
    pub scopes: Option<Vec<String>>,
    /// Name shown to people.
    pub name: Option<String>,
    /// When it was registered.
    pub created_at: i64,
}

/// How a client proves who it is (RFC 7591, `token_endpoint_auth_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// Not at all: it is public.
    None,
    /// With its secret in the form.
    Post,
    /// With its secret in the header.
    Basic,
}

/// A login on its way, from the client's request to the answer of the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Who asked for it.
    pub client_id: String,
    /// Where its browser goes afterwards.
    pub redirect_uri: String,
    /// Whether the client named that URI, so that it has to name it again at `/token`.
    pub redirect_uri_given: bool,
    /// The client's challenge, S256.
    pub code_challenge: String,
    /// What the client wants back.
    pub client_state: Option<String>,
    /// Scopes of ours that it will get.
    pub scopes: Vec<String>,
    /// What its tokens will be good for (RFC 8707). Empty if the reference began it, which did not ask.
    pub resource: String,
    /// Our proof towards the identity provider, where it takes one.
    pub upstream_verifier: Option<Secret>,
    /// Scopes that were asked of the identity provider.
    pub upstream_scopes: Vec<String>,
    /// The URL under which this server sent people away, which the callback has to name again. Empty if the reference
    /// did, whose URL was that of its settings.
    pub base: String,
    /// The browser that began it, if it is tied to one.
    pub browser: Option<Digest>,
    /// When it is over.
    pub expires_at: i64,
}

/// What a code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeGrant {
    /// Id of the session that it opens.
    pub session_id: String,
    /// To whom it was given.
    pub client_id: String,
    /// Where it was sent to.
    pub redirect_uri: String,
    /// Whether the client named that URI, so that it has to name it again.
    pub redirect_uri_given: bool,
    /// The client's challenge, S256.
    pub code_challenge: String,
    /// What the tokens will be good for. Empty if the reference gave it, which did not ask.
    pub resource: String,
    /// Whether it was used.
    pub used: bool,
    /// When it is over.
    pub expires_at: i64,
}

/// Somebody's login, as a client of ours has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Its id, which nobody outside learns.
    pub id: String,
    /// Whose tokens they are. Empty if the reference opened it, which did not remember: no client may refresh it.
    pub client_id: String,
    /// Scopes of ours.
    pub scopes: Vec<String>,
    /// What its tokens are good for. Empty if the reference opened it: for this server.
    pub resource: String,
    /// Who logged in.
    pub user: User,
    /// What the identity provider gave.
    pub upstream: UpstreamTokens,
    /// When its access token is over; none before there is one.
    pub access_expires_at: Option<i64>,
    /// When it began.
    pub created_at: i64,
}

/// Tokens of ours that go out, by their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedTokens {
    /// The access token.
    pub access: Digest,
    /// When it is over.
    pub access_expires_at: i64,
    /// The refresh token, if the client may have one.
    pub refresh: Option<Digest>,
    /// When that is over; none: with its session.
    pub refresh_expires_at: Option<i64>,
    /// Scopes they carry.
    pub scopes: Vec<String>,
}

/// Whether a refresh token is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshState {
    /// It is the one that the client has.
    Current,
    /// It was exchanged: whoever shows it now has stolen it, or somebody has.
    Exchanged,
}

/// Tokens of an identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamTokens {
    /// The access token.
    pub access: Secret,
    /// The refresh token, if there is one.
    pub refresh: Option<Secret>,
    /// When the access token is over, if the provider says.
    pub expires_at: Option<i64>,
    /// Scopes that the provider granted.
    pub scopes: Vec<String>,
}

/// Who somebody is, as an identity provider says.
#[derive(Clone, PartialEq)]
pub struct User {
    /// What policies know the provider as.
    pub provider: String,
    /// The provider's id of the user, never empty.
    pub user_id: String,
    /// Login or handle.
    pub username: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// Picture.
    pub avatar_url: Option<String>,
    /// Everything that the provider says.
    pub profile: Map<String, Json>,
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest(…)")
    }
}

/// People are known by their id only in logs.
impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("User")
            .field("provider", &self.provider)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}
