//! The issuer's public keys, as far as this instance has fetched them.

use std::sync::{Mutex, PoisonError};

use mxcp_token::{Claims, Jwks, TokenError, verify};

use crate::host::{Fetch, Host};
use crate::limits::{KEYS_BYTES, KEYS_TIMEOUT};
use crate::settings::Tokens;

/// How long fetched keys are good, in seconds.
const GOOD_FOR: i64 = 300;

/// Least time between two attempts to fetch keys, in seconds: no caller can make the edge ask the issuer more often.
const PAUSE: i64 = 60;

/// Keys that were fetched.
#[derive(Debug, Default)]
pub struct Keys {
    state: Mutex<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    keys: Option<Jwks>,
    /// When the keys were fetched.
    fetched: i64,
    /// When the last attempt was made.
    tried: Option<i64>,
}

/// Why a token is not accepted.
#[derive(Debug)]
pub(crate) enum Refused {
    /// For what it is.
    Token(TokenError),
    /// The issuer's keys are not to be had, so nobody knows.
    NoKeys,
}

impl Keys {
    /// Verifies a token with the keys that are given or were fetched, and with fresh ones if it names one that is not among
    /// them.
    pub(crate) fn verify(
        &self,
        token: &str,
        tokens: &Tokens,
        host: &mut dyn Host,
    ) -> Result<Claims, Refused> {
        let now = host.now().timestamp();
        let check = |keys: &Jwks| verify(token, keys, &tokens.expected, now);
        let given = tokens.keys.as_ref().map(check);
        let url = match (given, &tokens.keys_url) {
            (Some(Ok(claims)), _) => return Ok(claims),
            (Some(Err(error)), None) => return Err(Refused::Token(error)),
            (Some(Err(error)), Some(_)) if !error.asks_for_fresh_keys() => return Err(Refused::Token(error)),
            (None, None) => return Err(Refused::NoKeys),
            (_, Some(url)) => url,
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let good = state.keys.is_some() && now < state.fetched.saturating_add(GOOD_FOR);
        let known = state.keys.as_ref().filter(|_| good).map(check);
        if let Some(outcome) = &known
            && !outcome.as_ref().is_err_and(TokenError::asks_for_fresh_keys)
        {
            return outcome.clone().map_err(Refused::Token);
        }
        let may_try = state.tried.is_none_or(|tried| now >= tried.saturating_add(PAUSE) || now < tried);
        if may_try {
            state.tried = Some(now);
            if let Some(keys) = fetch(url, host) {
                state.keys = Some(keys);
                state.fetched = now;
            }
            *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state.clone();
        }
        // Keys that are past their time are better than none while the issuer does not answer.
        state.keys.as_ref().map_or(Err(Refused::NoKeys), |keys| check(keys).map_err(Refused::Token))
    }
}

fn fetch(url: &str, host: &mut dyn Host) -> Option<Jwks> {
    let request = Fetch {
        method: "GET",
        url: url.to_owned(),
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        body: Vec::new(),
        timeout: KEYS_TIMEOUT,
        most: KEYS_BYTES,
    };
    let problem = match host.fetch(&request) {
        Err(error) => error.to_string(),
        Ok(answer) if answer.status != 200 => format!("it answered with status {}", answer.status),
        Ok(answer) => match Jwks::parse(&String::from_utf8_lossy(&answer.body)) {
            Ok(keys) => return Some(keys),
            Err(error) => error.to_string(),
        },
    };
    host.log(&format!("can't fetch the issuer's keys: {problem}"));
    None
}
