//! People who call.

use anyhow::Result;
use mxcp_test_support::provider::{Provider, now};
use serde_json::json;

/// How long a token is good, in seconds: those of abandoned sessions outlast the run.
const LIFETIME: i64 = 4 * 3600;

/// Somebody whom the provider knows.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Their number, which is that of the row that is theirs alone.
    pub(super) number: usize,
    /// Their id and name.
    pub(super) id: String,
    /// The region of which they see rows.
    pub(super) region: &'static str,
    /// What they are.
    pub(super) role: &'static str,
}

impl Person {
    /// A person of a number. Regions take turns, and every third is an administrator.
    pub(super) fn of(number: usize) -> Self {
        Self {
            number,
            id: format!("person{number}"),
            region: if number.is_multiple_of(2) { "north" } else { "south" },
            role: if number.is_multiple_of(3) { "admin" } else { "clerk" },
        }
    }

    /// Whether they see everything.
    pub(super) fn is_admin(&self) -> bool {
        self.role == "admin"
    }

    /// A token, signed just now.
    pub(super) fn token(&self, provider: &Provider) -> Result<String> {
        let claims = json!({
            "preferred_username": self.id, "email": format!("{}@example.org", self.id), "region": self.region,
            "role": self.role, "exp": now()? + LIFETIME,
        });
        provider.token(&self.id, &claims)
    }
}
