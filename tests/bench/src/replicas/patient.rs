//! A client that asks again, once and a moment later, if it could not be answered.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::connection::{Connection, written};
use crate::contender::Call;

/// How long it waits before it asks again. A process that is killed can be reached until the system has taken its
/// sockets from it, one after the other; whoever asks at once may get another one that is about to go.
pub(super) const MOMENT: Duration = Duration::from_millis(50);

/// What became of a client's calls.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// When each right answer was there.
    pub(crate) answered: Vec<Instant>,
    /// First tries that were not answered, by what happened.
    pub(crate) again: BTreeMap<String, usize>,
    /// What happened to calls that failed twice.
    pub(crate) failed: Vec<String>,
    /// Answers that were not right.
    pub(crate) wrong: Vec<String>,
    /// The longest call, both tries together.
    pub(crate) longest: Duration,
}

/// Such a client.
#[derive(Debug)]
pub(crate) struct Patient {
    address: SocketAddr,
    connection: Option<Connection>,
    /// What it was told so far.
    pub(crate) told: Told,
}

/// How a try ended.
#[derive(Debug)]
enum Outcome {
    Right,
    Wrong(String),
    Unanswered(String),
}

impl Patient {
    /// A client of a server.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, connection: None, told: Told::default() }
    }

    /// Makes a call; whether there was a right answer in the end.
    pub(crate) async fn call(&mut self, call: &Call) -> bool {
        let begin = Instant::now();
        let mut outcome = self.attempt(call).await;
        if let Outcome::Unanswered(reason) = outcome {
            *self.told.again.entry(reason).or_default() += 1;
            tokio::time::sleep(MOMENT).await;
            outcome = self.attempt(call).await;
        }
        self.told.longest = self.told.longest.max(begin.elapsed());
        match outcome {
            Outcome::Right => {
                self.told.answered.push(Instant::now());
                return true;
            }
            Outcome::Wrong(reason) => self.told.wrong.push(reason),
            Outcome::Unanswered(reason) => self.told.failed.push(reason),
        }
        false
    }

    async fn attempt(&mut self, call: &Call) -> Outcome {
        match self.ask(call).await {
            Ok(outcome) => outcome,
            Err(error) => {
                self.connection = None;
                Outcome::Unanswered(format!("{error:#}"))
            }
        }
    }

    async fn ask(&mut self, call: &Call) -> Result<Outcome> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(Connection::open(self.address).await?),
        };
        let answer = connection.ask(&written(self.address, call)).await?;
        Ok(match answer.status {
            // What a gateway says of a server that it can't reach, and a server that ends.
            status @ (502..=504) => Outcome::Unanswered(format!("status {status}")),
            200 => call.check(answer.body).map_or_else(Outcome::Wrong, |()| Outcome::Right),
            status => Outcome::Wrong(format!("status {status}: {}", String::from_utf8_lossy(answer.body))),
        })
    }
}
