//! Recording that somebody failed to prove who they are.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mxcp_core::audit::Status;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::ports::{AuditEvent, AuditSink, EventKind};

use crate::authentication::Refusal;

/// Most refusals that are recorded one by one in each [`PERIOD`]: whoever guesses tokens must not fill the disk.
const MOST: u32 = 100;
const PERIOD: Duration = Duration::from_secs(1);

/// Records refusals.
#[derive(Debug)]
pub(super) struct Refusals {
    audit: Arc<dyn AuditSink>,
    counted: Mutex<Counted>,
}

#[derive(Debug)]
struct Counted {
    since: Instant,
    recorded: u32,
    /// How many were left out since the last one that was recorded.
    left_out: i64,
}

impl Refusals {
    pub(super) fn new(audit: Arc<dyn AuditSink>) -> Self {
        let counted = Counted { since: Instant::now(), recorded: 0, left_out: 0 };
        Self { audit, counted: Mutex::new(counted) }
    }

    /// Records a refusal of whoever is at an address.
    pub(super) fn record(&self, refusal: &Refusal, address: Option<IpAddr>) {
        if !self.audit.enabled() {
            return;
        }
        let Some(left_out) = self.count(Instant::now()) else { return };
        let (name, error) = match refusal {
            Refusal::Unauthenticated(reason) => ("token_refused", reason.clone()),
            Refusal::InsufficientScope(scope) => ("scope_missing", format!("required scope: {scope}")),
            Refusal::Unavailable(reason) => ("token_not_verified", reason.clone()),
        };
        let mut details = Object::new();
        if let Some(address) = address {
            details.insert("address", Value::string(address.to_string()));
        }
        if left_out > 0 {
            details.insert("not_recorded_before", Value::Int(left_out));
        }
        self.audit.event(AuditEvent {
            kind: EventKind::Authentication,
            name: name.to_owned(),
            status: Status::Error,
            user_id: None,
            error: Some(error),
            details,
        });
    }

    /// How many were left out before this one; none if this one is left out, too.
    fn count(&self, now: Instant) -> Option<i64> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(counted.since) >= PERIOD {
            (counted.since, counted.recorded) = (now, 0);
        }
        if counted.recorded == MOST {
            counted.left_out += 1;
            return None;
        }
        counted.recorded += 1;
        Some(std::mem::take(&mut counted.left_out))
    }
}

#[cfg(test)]
mod tests {
    use mxcp_runtime::ports::NoAudit;

    use super::*;

    #[test]
    fn of_many_refusals_some_are_recorded_and_the_others_counted() {
        let refusals = Refusals::new(Arc::new(NoAudit));
        let now = Instant::now();
        let counted: Vec<_> = (0..150).map(|_| refusals.count(now)).collect();
        assert_eq!(counted.iter().flatten().count(), 100);
        assert_eq!(refusals.count(now + PERIOD), Some(50));
        assert_eq!(refusals.count(now + PERIOD), Some(0));
    }
}
