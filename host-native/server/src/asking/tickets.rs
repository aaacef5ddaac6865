//! What makes an approval good for one run of a call, although the client keeps it and may send it as often as it likes.
//!
//! A memory that speaks of an approval carries a ticket. It is used up by the request that brings the memory along, whatever
//! comes of that request; one that asks further questions gets a memory with a new ticket. Tickets are good at servers that
//! share the memory of what was used: no other one knows whether they were.

use std::sync::Arc;

use rmcp::ErrorData;
use serde::{Deserialize, Serialize};

use super::PATIENCE;
use crate::single_use::{Item, SingleUse, UseError, UsedHere, random};

/// Most used tickets that are remembered at once in this process. They are forgotten when they expire.
const REMEMBERED: usize = 100_000;

/// What tickets are among all that is good once.
const PURPOSE: &str = "approval";

/// Good for one request.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Ticket {
    id: String,
    /// The memory of those who gave it.
    server: String,
    /// Seconds since 1970.
    expires_at: i64,
}

/// The tickets of this server, and of those that share its memory.
#[derive(Debug)]
pub(super) struct Tickets(Arc<dyn SingleUse>);

impl Tickets {
    /// Tickets of this server alone.
    pub(super) fn new() -> Self {
        Self(Arc::new(UsedHere::new(REMEMBERED)))
    }

    /// Tickets that are good at all servers with a memory.
    pub(super) fn shared(used: Arc<dyn SingleUse>) -> Self {
        Self(used)
    }

    /// A ticket that is good from `now` on, in seconds since 1970, for as long as people may take to answer.
    ///
    /// # Errors
    /// There is no randomness.
    pub(super) fn give(&self, now: i64) -> Result<Ticket, ErrorData> {
        let patience = i64::try_from(PATIENCE.as_secs()).unwrap_or(i64::MAX);
        match (random(), self.0.name()) {
            (Some(id), Ok(server)) => {
                Ok(Ticket { id, server: server.to_owned(), expires_at: now.saturating_add(patience) })
            }
            _ => Err(ErrorData::internal_error("this server can't ask for approval", None)),
        }
    }

    /// Uses a ticket up.
    ///
    /// # Errors
    /// It was used before, is too old, is another server's, or nobody can tell.
    pub(super) async fn take(&self, ticket: &Ticket, now: i64) -> Result<(), ErrorData> {
        let refuse = |problem: &str| {
            let problem =
                format!("Invalid params: `requestState` {problem}: make the request again without it");
            Err(ErrorData::invalid_params(problem, None))
        };
        if self.0.name() != Ok(&*ticket.server) {
            return refuse("is about an approval that another server asked for");
        }
        if ticket.expires_at <= now {
            return refuse("has expired");
        }
        let item = Item { purpose: PURPOSE, id: &ticket.id, expires_at: ticket.expires_at };
        match self.0.use_up(item, now).await {
            Ok(()) => Ok(()),
            Err(UseError::Used) => refuse("was used before, and an approval is good for one call"),
            Err(UseError::Unknown(error)) => {
                tracing::error!(%error, "nobody can tell whether an approval was used: it is not taken");
                Err(ErrorData::internal_error(
                    "approvals can't be taken at the moment, try again later",
                    None,
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(outcome: Result<(), ErrorData>) -> String {
        outcome.unwrap_err().message.into_owned()
    }

    #[tokio::test]
    async fn a_ticket_is_good_once() {
        let tickets = Tickets::new();
        let (one, other) = (tickets.give(0).unwrap(), tickets.give(0).unwrap());
        assert_ne!(one, other);
        assert!(tickets.take(&one, 1).await.is_ok());
        assert_eq!(
            problem(tickets.take(&one, 599).await),
            "Invalid params: `requestState` was used before, and an approval is good for one call: make the request again without it"
        );
        assert!(tickets.take(&other, 599).await.is_ok());
    }

    #[tokio::test]
    async fn a_ticket_expires_and_is_refused_for_that_when_its_use_is_forgotten() {
        let tickets = Tickets::new();
        let (unused, used) = (tickets.give(0).unwrap(), tickets.give(0).unwrap());
        assert!(tickets.take(&used, 10).await.is_ok());
        for now in [600, 601, 10_000] {
            assert!(problem(tickets.take(&unused, now).await).contains("has expired"));
            assert!(problem(tickets.take(&used, now).await).contains("has expired"));
        }
    }

    #[tokio::test]
    async fn a_ticket_is_of_one_server() {
        let ticket = Tickets::new().give(0).unwrap();
        assert!(problem(Tickets::new().take(&ticket, 1).await).contains("another server"));
    }

    #[tokio::test]
    async fn servers_that_share_a_memory_take_a_ticket_once() {
        let used = Arc::new(UsedHere::new(10));
        let (one, other) = (Tickets::shared(used.clone()), Tickets::shared(used));
        let ticket = one.give(0).unwrap();
        assert!(other.take(&ticket, 1).await.is_ok());
        assert!(problem(one.take(&ticket, 2).await).contains("was used before"));
    }

    #[tokio::test]
    async fn nothing_is_approved_that_could_not_be_remembered() {
        let tickets = Tickets::shared(Arc::new(UsedHere::new(1)));
        let given: Vec<_> = (0..3).map(|now| tickets.give(now).unwrap()).collect();
        assert!(tickets.take(&given[0], 3).await.is_ok());
        assert!(problem(tickets.take(&given[1], 3).await).contains("can't be taken at the moment"));
        assert!(tickets.take(&given[2], 600).await.is_ok(), "the first one is forgotten by then");
    }
}
