//! The store on a database.

mod clients;
mod keys;
mod logins;
mod renewals;
mod sessions;

use mxcp_core::call::Secret;
use serde::Serialize;

use super::database::Database;
use super::sealing::Sealing;
use super::{
    Answer, Client, CodeGrant, Digest, IssuedTokens, Login, RefreshState, Session, Store, StoreError,
    UpstreamTokens, User,
};

/// The store on a database.
#[derive(Debug)]
pub(super) struct SqlStore {
    database: Database,
    sealing: Sealing,
}

impl SqlStore {
    /// The store on a database that has the tables.
    pub(super) fn new(database: Database, sealing: Sealing) -> Self {
        Self { database, sealing }
    }

    /// The database.
    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Forgets what is past its time, and says how much. Codes and exchanged tokens go with their session.
    async fn forget(&self, now: i64) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        for delete in [
            "DELETE FROM mxcp_logins WHERE expires_at <= $1",
            "DELETE FROM mxcp_codes WHERE expires_at <= $1",
            "DELETE FROM mxcp_exchanged WHERE expires_at <= $1",
            "DELETE FROM mxcp_sessions WHERE expires_at <= $1",
        ] {
            forgotten +=
                sqlx::query(delete).bind(now).execute(self.database.writers()).await?.rows_affected();
        }
        Ok(forgotten + self.forget_turns(now).await?)
    }
}

/// A value of a column that holds JSON.
fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Unavailable("a list is no JSON".to_owned()))
}

impl Store for SqlStore {
    fn put_client(&self, client: Client) -> Answer<'_, ()> {
        Box::pin(self.save_client(client))
    }

    fn client<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Client>> {
        Box::pin(self.find_client(id))
    }

    fn put_login(&self, state: Digest, login: Login) -> Answer<'_, ()> {
        Box::pin(self.save_login(state, login))
    }

    fn take_login(&self, state: Digest, now: i64) -> Answer<'_, Option<Login>> {
        Box::pin(self.remove_login(state, now))
    }

    fn put_code(&self, code: Digest, grant: CodeGrant, session: Session) -> Answer<'_, ()> {
        Box::pin(self.save_code(code, grant, session))
    }

    fn code(&self, code: Digest, now: i64) -> Answer<'_, Option<CodeGrant>> {
        Box::pin(self.find_code(code, now))
    }

    fn session<'a>(&'a self, id: &'a str, now: i64) -> Answer<'a, Option<Session>> {
        Box::pin(self.find_session(id, now))
    }

    fn redeem_code(&self, code: Digest, tokens: IssuedTokens, now: i64) -> Answer<'_, bool> {
        Box::pin(self.use_code(code, tokens, now))
    }

    fn session_by_access(&self, token: Digest, now: i64) -> Answer<'_, Option<Session>> {
        Box::pin(self.find_by_access(token, now))
    }

    fn session_by_refresh(&self, token: Digest, now: i64) -> Answer<'_, Option<(Session, RefreshState)>> {
        Box::pin(self.find_by_refresh(token, now))
    }

    fn rotate(&self, refresh: Digest, tokens: IssuedTokens, now: i64) -> Answer<'_, bool> {
        Box::pin(self.exchange(refresh, tokens, now))
    }

    fn replace_upstream(
        &self,
        session: &str,
        access: &Secret,
        upstream: UpstreamTokens,
        user: Option<User>,
    ) -> Answer<'_, bool> {
        Box::pin(self.swap_upstream(session.to_owned(), Digest::of(access.reveal()), upstream, user))
    }

    fn begin_renewal<'a>(&'a self, session: &'a str, now: i64, until: i64) -> Answer<'a, bool> {
        Box::pin(self.take_turn(session, now, until))
    }

    fn end_renewal<'a>(&'a self, session: &'a str) -> Answer<'a, ()> {
        Box::pin(self.leave_turn(session))
    }

    fn end_session<'a>(&'a self, session: &'a str) -> Answer<'a, ()> {
        Box::pin(self.remove_session(session))
    }

    fn sweep(&self, now: i64) -> Answer<'_, u64> {
        Box::pin(self.forget(now))
    }

    fn shared_key<'a>(&'a self, purpose: &'a str) -> Answer<'a, [u8; 32]> {
        Box::pin(self.find_or_make_key(purpose))
    }
}
