//! Somebody who calls over and over on one connection, another one now and then.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::time::sleep;

use super::ground::{Dice, Ground};
use super::person::Person;
use super::request::Request;
use super::wire::{Answer, Wire};

/// How many requests a connection is used for.
const REQUESTS: u32 = 200;

/// How long whoever was turned away waits.
const RETRY: Duration = Duration::from_secs(1);

/// Somebody who calls.
#[derive(Debug)]
pub(super) struct Caller {
    /// What is there for all.
    pub(super) ground: Arc<Ground>,
    /// Who it is.
    pub(super) person: Person,
    /// What they choose by.
    pub(super) dice: Dice,
    /// Their token.
    pub(super) token: String,
    /// What they wrote at last.
    pub(super) written: Option<u64>,
    wire: Option<Wire>,
    left: u32,
    /// When the last request was sent.
    sent: Instant,
}

impl Caller {
    /// A person who has not called yet.
    pub(super) fn new(ground: &Arc<Ground>, number: usize) -> Self {
        Self {
            ground: Arc::clone(ground),
            person: Person::of(number),
            dice: Dice::new(number as u64 + 1),
            token: String::new(),
            written: None,
            wire: None,
            left: 0,
            sent: Instant::now(),
        }
    }

    /// When the last request was sent.
    pub(super) fn sent(&self) -> Instant {
        self.sent
    }

    /// Begins a new connection with the next request, with the token that is the person's then, if it is time for that.
    pub(super) fn renew(&mut self) -> Result<()> {
        if self.left == 0 {
            self.left = REQUESTS;
            self.wire = None;
            self.token = self.ground.token(&self.person)?;
        }
        self.left -= 1;
        Ok(())
    }

    /// The message that answers a request.
    pub(super) async fn ask(&mut self, request: &Request) -> Result<Value> {
        let id = request.id.context("a request has an id")?;
        let answer = self.exchange(&request.bytes(self.ground.address)).await?;
        answer.message(id)
    }

    /// The result of a request.
    pub(super) async fn result(&mut self, request: &Request) -> Result<Value> {
        let mut message = self.ask(request).await?;
        match message.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => bail!("{message}"),
        }
    }

    /// The whole answer to a request.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        loop {
            let flooded = self.ground.flooded.load(Ordering::SeqCst);
            let fresh = self.wire.is_none();
            let wire = match self.wire.take() {
                Some(wire) => Ok(wire),
                None => Wire::connect(self.ground.address).await,
            };
            self.sent = Instant::now();
            let outcome = match wire {
                Ok(mut wire) => wire.exchange(request).await.map(|answer| (wire, answer)),
                Err(error) => Err(error),
            };
            match outcome {
                Ok((_, answer)) if answer.turned_away() => {
                    ensure!(flooded || self.ground.flooded.load(Ordering::SeqCst), "turned away");
                }
                Ok((wire, answer)) => {
                    let closes =
                        answer.header("connection").is_some_and(|it| it.eq_ignore_ascii_case("close"));
                    self.wire = (!closes).then_some(wire);
                    return Ok(answer);
                }
                Err(_) if fresh && (flooded || self.ground.flooded.load(Ordering::SeqCst)) => {}
                Err(error) => return Err(error),
            }
            self.ground.tally.right("turned away");
            sleep(RETRY).await;
        }
    }
}

/// Whether a part of an answer is as it has to be.
pub(super) fn expect(answer: &Value, pointer: &str, expected: &Value) -> Result<()> {
    let found = answer.pointer(pointer);
    // Numbers are compared as such: an integer may be written as a float.
    let same = match (found.and_then(Value::as_f64), expected.as_f64()) {
        (Some(found), Some(expected)) => found.total_cmp(&expected).is_eq(),
        _ => found == Some(expected),
    };
    ensure!(same, "WRONG ANSWER: {pointer} is not {expected} in {answer}");
    Ok(())
}
