//! How many calls there may be, as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ComponentLimits, ResultLimits, json};

/// How many calls there may be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct Limits {
    /// Most calls of all users in a time: `1000/minute`, `5/10s`. All of them may come at once; each makes room for another
    /// one as the time goes on.
    pub rate: Option<String>,
    /// Most calls of all users at once.
    pub concurrency: Option<u32>,
    /// How many calls each user may make.
    pub per_user: Option<UserLimits>,
}

/// How many calls each user may make. Who is not logged in is known by the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct UserLimits {
    /// Most calls in a time: `60/minute`, `5/10s`.
    pub rate: Option<String>,
    /// Most calls at once.
    pub concurrency: Option<u32>,
}

/// How many calls of an endpoint there may be, how long each may take, and how much a component may use for one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct EndpointLimits {
    /// Most calls of all users in a time: `1000/minute`, `5/10s`. All of them may come at once; each makes room for another
    /// one as the time goes on.
    pub rate: Option<String>,
    /// Most calls of all users at once.
    pub concurrency: Option<u32>,
    /// How many calls each user may make.
    pub per_user: Option<UserLimits>,
    /// How much of a tool's result is shown at once.
    pub result: Option<ResultLimits>,
    /// Longest time that a call may take, in milliseconds. If absent, 300,000, and 30,000 for a component. More than 300,000
    /// only for tools with `task`, up to a day.
    pub time_ms: Option<u64>,
    /// Most memory of a component in MiB; 256 if absent.
    pub memory_mb: Option<u64>,
    /// Largest result of a component in KiB; 10,240 if absent.
    pub output_kb: Option<u64>,
    /// Most instructions of a component for a call, roughly; not counted if absent.
    pub fuel: Option<u64>,
    /// Whether an instance of a component is used for one call after another, which saves its start and lets it remember;
    /// false if absent.
    pub reuse: Option<bool>,
}

impl EndpointLimits {
    /// How many calls there may be.
    #[must_use]
    pub fn calls(&self) -> Limits {
        Limits { rate: self.rate.clone(), concurrency: self.concurrency, per_user: self.per_user.clone() }
    }

    /// How much a component may use.
    #[must_use]
    pub fn component(&self) -> ComponentLimits {
        ComponentLimits {
            time_ms: self.time_ms,
            memory_mb: self.memory_mb,
            output_kb: self.output_kb,
            fuel: self.fuel,
            reuse: self.reuse,
        }
    }

    /// The keys that only components have, and are written.
    pub(crate) fn keys_of_components(&self) -> impl Iterator<Item = &'static str> {
        [
            ("memory_mb", self.memory_mb.is_some()),
            ("output_kb", self.output_kb.is_some()),
            ("fuel", self.fuel.is_some()),
            ("reuse", self.reuse.is_some()),
        ]
        .into_iter()
        .filter(|(_, written)| *written)
        .map(|(key, _)| key)
    }
}
