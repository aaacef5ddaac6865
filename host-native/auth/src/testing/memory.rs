//! A store that forgets with the process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use mxcp_core::call::Secret;

use crate::store::{
    Answer, Client, CodeGrant, Digest, IssuedTokens, Login, RefreshState, Session, Store, StoreError,
    UpstreamTokens, User,
};

/// Remembers in memory, or refuses everything while it is broken.
#[derive(Debug, Default)]
pub(crate) struct MemoryStore {
    memory: Mutex<Memory>,
    broken: AtomicBool,
}

#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) clients: BTreeMap<String, Client>,
    pub(crate) logins: BTreeMap<Digest, Login>,
    pub(crate) codes: BTreeMap<Digest, CodeGrant>,
    pub(crate) sessions: BTreeMap<String, Kept>,
    exchanged: BTreeMap<Digest, String>,
}

#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) session: Session,
    access: Option<Digest>,
    refresh: Option<Digest>,
    refresh_expires_at: Option<i64>,
}

impl MemoryStore {
    /// Breaks it, or repairs it.
    pub(crate) fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// Looks at what it remembers, or changes it.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers after others had their turn, as a store does that is somewhere else.
    fn answer<'a, T: Send + 'a>(&'a self, act: impl FnOnce(&mut Memory) -> T + Send + 'a) -> Answer<'a, T> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if self.broken.load(Ordering::SeqCst) {
                return Err(StoreError::Unavailable("/secret/place/of/oauth.db is locked".to_owned()));
            }
            Ok(self.with(act))
        })
    }
}

impl Memory {
    fn kept(&mut self, found: impl Fn(&Kept) -> bool) -> Option<&mut Kept> {
        self.sessions.values_mut().find(|kept| found(kept))
    }
}

impl Kept {
    fn issue(&mut self, tokens: IssuedTokens) {
        self.access = Some(tokens.access);
        self.refresh = tokens.refresh;
        self.refresh_expires_at = tokens.refresh_expires_at;
        self.session.access_expires_at = Some(tokens.access_expires_at);
        self.session.scopes = tokens.scopes;
    }
}

impl Store for MemoryStore {
    fn put_client(&self, client: Client) -> Answer<'_, ()> {
        self.answer(move |memory| drop(memory.clients.insert(client.id.clone(), client)))
    }

    fn client<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Client>> {
        self.answer(move |memory| memory.clients.get(id).cloned())
    }

    fn put_login(&self, state: Digest, login: Login) -> Answer<'_, ()> {
        self.answer(move |memory| drop(memory.logins.insert(state, login)))
    }

    fn take_login(&self, state: Digest, now: i64) -> Answer<'_, Option<Login>> {
        self.answer(move |memory| memory.logins.remove(&state).filter(|login| now < login.expires_at))
    }

    fn put_code(&self, code: Digest, grant: CodeGrant, session: Session) -> Answer<'_, ()> {
        self.answer(move |memory| {
            memory.codes.insert(code, grant);
            let kept = Kept { access: None, refresh: None, refresh_expires_at: None, session };
            memory.sessions.insert(kept.session.id.clone(), kept);
        })
    }

    fn code(&self, code: Digest, now: i64) -> Answer<'_, Option<CodeGrant>> {
        self.answer(move |memory| memory.codes.get(&code).filter(|grant| now < grant.expires_at).cloned())
    }

    fn session<'a>(&'a self, id: &'a str, _now: i64) -> Answer<'a, Option<Session>> {
        self.answer(move |memory| memory.sessions.get(id).map(|kept| kept.session.clone()))
    }

    fn redeem_code(&self, code: Digest, tokens: IssuedTokens, now: i64) -> Answer<'_, bool> {
        self.answer(move |memory| {
            let Some(grant) = memory.codes.get_mut(&code) else { return false };
            if grant.used || now >= grant.expires_at {
                return false;
            }
            grant.used = true;
            let id = grant.session_id.clone();
            memory.sessions.get_mut(&id).map(|kept| kept.issue(tokens)).is_some()
        })
    }

    fn session_by_access(&self, token: Digest, now: i64) -> Answer<'_, Option<Session>> {
        self.answer(move |memory| {
            let kept = memory.kept(|kept| kept.access == Some(token))?;
            kept.session.access_expires_at.filter(|end| now < *end).map(|_| kept.session.clone())
        })
    }

    fn session_by_refresh(&self, token: Digest, now: i64) -> Answer<'_, Option<(Session, RefreshState)>> {
        self.answer(move |memory| {
            if let Some(id) = memory.exchanged.get(&token) {
                return memory.sessions.get(id).map(|kept| (kept.session.clone(), RefreshState::Exchanged));
            }
            let kept = memory.kept(|kept| kept.refresh == Some(token))?;
            let good = kept.refresh_expires_at.is_none_or(|end| now < end);
            good.then(|| (kept.session.clone(), RefreshState::Current))
        })
    }

    fn rotate(&self, refresh: Digest, tokens: IssuedTokens, _now: i64) -> Answer<'_, bool> {
        self.answer(move |memory| {
            let Some(kept) = memory.kept(|kept| kept.refresh == Some(refresh)) else { return false };
            kept.issue(tokens);
            let id = kept.session.id.clone();
            memory.exchanged.insert(refresh, id);
            true
        })
    }

    fn replace_upstream(
        &self,
        session: &str,
        access: &Secret,
        upstream: UpstreamTokens,
        user: Option<User>,
    ) -> Answer<'_, bool> {
        let (session, access) = (session.to_owned(), access.clone());
        self.answer(move |memory| {
            let kept = memory.sessions.get_mut(&session);
            let Some(kept) = kept.filter(|kept| kept.session.upstream.access == access) else {
                return false;
            };
            kept.session.upstream = upstream;
            if let Some(user) = user {
                kept.session.user = user;
            }
            true
        })
    }

    fn end_session<'a>(&'a self, session: &'a str) -> Answer<'a, ()> {
        self.answer(move |memory| {
            memory.sessions.remove(session);
        })
    }

    fn sweep(&self, now: i64) -> Answer<'_, u64> {
        self.answer(move |memory| {
            let before = memory.logins.len();
            memory.logins.retain(|_, login| now < login.expires_at);
            u64::try_from(before - memory.logins.len()).unwrap()
        })
    }

    fn shared_key<'a>(&'a self, purpose: &'a str) -> Answer<'a, [u8; 32]> {
        let seed = u8::try_from(purpose.len()).unwrap();
        self.answer(move |_| [seed; 32])
    }
}
