//! What all who call have in common.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use mxcp_test_support::provider::Provider;
use tokio::time::sleep;

use super::person::Person;
use super::tally::Tally;
use super::wire::{Answer, Wire};

/// How long a person uses a token. The server knows tokens again that it verified, 10,000 of them: with a new one for each
/// connection it would fill that for half an hour.
const TOKEN_TIME: Duration = Duration::from_secs(300);

/// How long whoever was turned away waits: as long as the answer asks for.
const RETRY: Duration = Duration::from_secs(1);

/// The server, the provider, and what is known of both.
#[derive(Debug)]
pub(super) struct Ground {
    /// Where the server listens.
    pub(super) address: SocketAddr,
    /// Who says who people are.
    pub(super) provider: Provider,
    /// What was done.
    pub(super) tally: Tally,
    /// Whether everybody goes home.
    pub(super) over: AtomicBool,
    /// Whether somebody takes all connections that there may be.
    pub(super) flooded: AtomicBool,
    /// The round of the definitions that the server was given at last, and the last one that it confirmed.
    pub(super) given: AtomicU64,
    /// See `given`.
    pub(super) confirmed: AtomicU64,
    /// The token of each person, by number, and since when they have it.
    tokens: Mutex<BTreeMap<usize, (Instant, String)>>,
}

impl Ground {
    /// A server at an address, and its provider.
    pub(super) fn new(address: SocketAddr, provider: Provider) -> Self {
        Self {
            address,
            provider,
            tally: Tally::default(),
            over: AtomicBool::default(),
            flooded: AtomicBool::default(),
            given: AtomicU64::default(),
            confirmed: AtomicU64::default(),
            tokens: Mutex::default(),
        }
    }

    /// The token of a person; a new one now and then.
    pub(super) fn token(&self, person: &Person) -> Result<String> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, token)) = tokens.get(&person.number)
            && since.elapsed() < TOKEN_TIME
        {
            return Ok(token.clone());
        }
        let token = person.token(&self.provider)?;
        tokens.insert(person.number, (Instant::now(), token.clone()));
        Ok(token)
    }

    /// Whether everybody goes home.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Waits for so long, or until everybody goes home.
    pub(super) async fn rest(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.is_over() && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            sleep(left.min(Duration::from_millis(200))).await;
        }
    }

    /// Sends a request on a connection of its own, and gives the connection and the head of the answer. Whoever is turned away
    /// because of a flood comes again.
    pub(super) async fn open(&self, request: &[u8]) -> Result<(Wire, u16, String)> {
        loop {
            let flooded = self.flooded.load(Ordering::SeqCst);
            let answer = async {
                let mut wire = Wire::connect(self.address).await?;
                wire.send(request).await?;
                let (status, head) = wire.head().await?;
                anyhow::Ok((wire, status, head))
            };
            match answer.await {
                Ok((_, 503, head)) if head.contains("Retry-After: 1") => {}
                Err(_) if flooded || self.flooded.load(Ordering::SeqCst) => {}
                other => return other,
            }
            self.tally.right("turned away");
            sleep(RETRY).await;
        }
    }

    /// The same for the whole answer.
    pub(super) async fn once(&self, request: &[u8]) -> Result<Answer> {
        let (mut wire, status, head) = self.open(request).await?;
        let mut body = Vec::new();
        while let Some(mut piece) = wire.piece().await? {
            body.append(&mut piece);
        }
        Ok(Answer { status, head, body: String::from_utf8(body)? })
    }
}

/// Numbers that look random: the same in each run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// Others for each seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below another one.
    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most.max(1)
    }

    /// A time of so many milliseconds.
    pub(super) fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.below(most - least))
    }
}
