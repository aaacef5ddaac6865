//! What is recorded of logins.

use mxcp_core::audit::Status;
use mxcp_core::value::Value;
use mxcp_runtime::ports::{AuditEvent, EventKind};

use super::Issuer;

impl Issuer {
    /// Somebody proved who they are.
    pub(super) fn logged_in(&self, client: &str, user_id: String) {
        self.record("login", client, Some(user_id), None);
    }

    /// Somebody did not. The reason is nothing secret.
    pub(super) fn login_failed(&self, client: &str, why: &str) {
        self.record("login", client, None, Some(why));
    }

    /// Something was used that had been used before, by somebody who should not have it; whose it was, if that is known.
    pub(super) fn used_twice(&self, name: &str, client: &str, user_id: Option<String>) {
        self.record(name, client, user_id, Some("it was used twice: its session is ended"));
    }

    fn record(&self, name: &str, client: &str, user_id: Option<String>, error: Option<&str>) {
        let audit = &self.options().audit;
        if audit.enabled() {
            audit.event(AuditEvent {
                kind: EventKind::Authentication,
                name: name.to_owned(),
                status: if error.is_none() { Status::Success } else { Status::Error },
                user_id,
                error: error.map(str::to_owned),
                details: [("client", Value::string(client))].into_iter().collect(),
            });
        }
    }
}
