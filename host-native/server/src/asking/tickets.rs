//! What makes an approval good for one run of a call, although the client keeps it and may send it as often as it likes.
//!
//! A memory that speaks of an approval carries a ticket. It is used up by the request that brings the memory along, whatever
//! comes of that request; one that asks further questions gets a memory with a new ticket. Tickets are good at the server that
//! gave them only: no other one knows whether they were used.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mxcp_token::{ReplayError, Replays};
use rmcp::ErrorData;
use serde::{Deserialize, Serialize};

use super::PATIENCE;

/// Most used tickets that are remembered at once. They are forgotten when they expire.
const REMEMBERED: usize = 100_000;

/// Good for one request.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Ticket {
    id: String,
    /// The server that gave it.
    server: String,
    /// Seconds since 1970.
    expires_at: i64,
}

/// The tickets of this server.
#[derive(Debug)]
pub(super) struct Tickets {
    /// None if there is no randomness to make one of.
    server: Option<String>,
    used: Mutex<Replays>,
}

impl Tickets {
    pub(super) fn new() -> Self {
        Self::remembering(REMEMBERED)
    }

    fn remembering(most: usize) -> Self {
        Self { server: random(), used: Mutex::new(Replays::new(most)) }
    }

    /// A ticket that is good from `now` on, in seconds since 1970, for as long as people may take to answer.
    ///
    /// # Errors
    /// There is no randomness.
    pub(super) fn give(&self, now: i64) -> Result<Ticket, ErrorData> {
        let patience = i64::try_from(PATIENCE.as_secs()).unwrap_or(i64::MAX);
        match (random(), &self.server) {
            (Some(id), Some(server)) => {
                Ok(Ticket { id, server: server.clone(), expires_at: now.saturating_add(patience) })
            }
            _ => Err(ErrorData::internal_error("this server can't ask for approval", None)),
        }
    }

    /// Uses a ticket up.
    ///
    /// # Errors
    /// It was used before, is too old, is another server's, or nobody can tell.
    pub(super) fn take(&self, ticket: &Ticket, now: i64) -> Result<(), ErrorData> {
        let refuse = |problem: &str| {
            let problem =
                format!("Invalid params: `requestState` {problem}: make the request again without it");
            Err(ErrorData::invalid_params(problem, None))
        };
        if self.server.as_ref() != Some(&ticket.server) {
            return refuse("is about an approval that another server asked for");
        }
        if ticket.expires_at <= now {
            return refuse("has expired");
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        match used.admit(&ticket.id, ticket.expires_at, now) {
            Ok(()) => Ok(()),
            Err(ReplayError::Replayed) => refuse("was used before, and an approval is good for one call"),
            Err(ReplayError::Full) => {
                tracing::error!("more approvals at once than can be remembered: no more are taken");
                Err(ErrorData::internal_error("there are too many approvals at once, try again later", None))
            }
        }
    }
}

fn random() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok().map(|()| URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(outcome: Result<(), ErrorData>) -> String {
        outcome.unwrap_err().message.into_owned()
    }

    #[test]
    fn a_ticket_is_good_once() {
        let tickets = Tickets::new();
        let (one, other) = (tickets.give(0).unwrap(), tickets.give(0).unwrap());
        assert_ne!(one, other);
        assert!(tickets.take(&one, 1).is_ok());
        assert_eq!(
            problem(tickets.take(&one, 599)),
            "Invalid params: `requestState` was used before, and an approval is good for one call: make the request again without it"
        );
        assert!(tickets.take(&other, 599).is_ok());
    }

    #[test]
    fn a_ticket_expires_and_is_refused_for_that_when_its_use_is_forgotten() {
        let tickets = Tickets::new();
        let (unused, used) = (tickets.give(0).unwrap(), tickets.give(0).unwrap());
        assert!(tickets.take(&used, 10).is_ok());
        for now in [600, 601, 10_000] {
            assert!(problem(tickets.take(&unused, now)).contains("has expired"));
            assert!(problem(tickets.take(&used, now)).contains("has expired"));
        }
    }

    #[test]
    fn a_ticket_is_of_one_server() {
        let ticket = Tickets::new().give(0).unwrap();
        assert!(problem(Tickets::new().take(&ticket, 1)).contains("another server"));
    }

    #[test]
    fn nothing_is_approved_that_could_not_be_remembered() {
        let tickets = Tickets::remembering(1);
        let given: Vec<_> = (0..3).map(|now| tickets.give(now).unwrap()).collect();
        assert!(tickets.take(&given[0], 3).is_ok());
        assert!(problem(tickets.take(&given[1], 3)).contains("too many approvals"));
        assert!(tickets.take(&given[2], 600).is_ok(), "the first one is forgotten by then");
    }
}
