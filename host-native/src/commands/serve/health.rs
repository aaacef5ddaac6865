//! Whether a server would answer calls.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mxcp_admin::Readiness;
use mxcp_runtime::Pipeline;

use super::reload::Status;

/// How a server is, from its start to its end.
#[derive(Debug)]
pub(super) struct Health {
    begun: Instant,
    listening: AtomicBool,
    ending: AtomicBool,
    status: Arc<Status>,
}

impl Health {
    /// It starts; `status` knows whether there is anything that calls could run on.
    pub(super) fn new(status: Arc<Status>) -> Self {
        Self {
            begun: Instant::now(),
            listening: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            status,
        }
    }

    /// Clients can connect.
    pub(super) fn listens(&self) {
        self.listening.store(true, Ordering::SeqCst);
    }

    /// It takes no more calls.
    pub(super) fn ends(&self) {
        self.ending.store(true, Ordering::SeqCst);
    }

    /// Since when it has been running.
    pub(super) fn uptime(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Whether a call would be answered. It is while one waits for a reload.
    pub(super) fn readiness(&self) -> Readiness {
        if self.ending.load(Ordering::SeqCst) {
            return Readiness::Not("the server is shutting down");
        }
        if !self.listening.load(Ordering::SeqCst) {
            return Readiness::Not("the server is starting");
        }
        let state = self.status.now();
        if state.down && !state.in_progress {
            return Readiness::Not("a reload failed, and nothing runs");
        }
        Readiness::Ready
    }

    /// What a collector of metrics may know of it, in the text format of Prometheus.
    pub(super) fn metrics(&self, pipeline: &Pipeline) -> String {
        let state = self.status.now();
        let ready = u64::from(self.readiness() == Readiness::Ready);
        let reloaded = u64::from(state.last.is_none_or(|last| last.error.is_none()));
        let figures = [
            ("mxcp_server_ready", "Whether calls would be answered.", ready),
            (
                "mxcp_server_uptime_seconds",
                "For how long the server has been running.",
                self.uptime().as_secs(),
            ),
            ("mxcp_server_active_calls", "How many calls run.", pipeline.gate().inside() as u64),
            (
                "mxcp_server_generation",
                "How often what is served was replaced.",
                pipeline.generations().borrow().number(),
            ),
            (
                "mxcp_server_last_reload_successful",
                "Whether the last reload did what it was asked.",
                reloaded,
            ),
        ];
        let mut text = String::new();
        for (name, about, value) in figures {
            // Writing to a text never fails.
            let _ = writeln!(text, "# HELP {name} {about}\n# TYPE {name} gauge\n{name} {value}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_ready_from_when_it_listens_until_it_ends() {
        let health = Health::new(Arc::default());
        assert!(matches!(health.readiness(), Readiness::Not(_)));
        health.listens();
        assert_eq!(health.readiness(), Readiness::Ready);
        health.ends();
        assert!(matches!(health.readiness(), Readiness::Not(_)));
    }
}
