//! Counting records.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::error::Error;
use crate::reader::{FolderReader, in_parallel};

/// How many records there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// All.
    pub total: u64,
    /// By kind.
    pub by_type: BTreeMap<String, u64>,
    /// By `success` and `error`.
    pub by_status: BTreeMap<String, u64>,
    /// By what the policies decided, where they did.
    pub by_policy: BTreeMap<String, u64>,
    /// The oldest.
    pub earliest: Option<DateTime<Utc>>,
    /// The newest.
    pub latest: Option<DateTime<Utc>>,
}

/// What of a record is counted.
#[derive(Deserialize)]
pub(crate) struct Counted {
    timestamp: DateTime<Utc>,
    operation_type: String,
    operation_status: String,
    #[serde(default)]
    policy_decision: Option<String>,
}

impl FolderReader {
    /// Counts the records from one time to another, both included. Lines that are no records don't count.
    ///
    /// # Errors
    /// A segment can't be read.
    pub(crate) fn stats(
        &self,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) -> Result<Stats, Error> {
        let all = Mutex::new(Stats::default());
        in_parallel(&self.segments()?, |segment| {
            let mut stats = Stats::default();
            segment.each_line(&mut Vec::new(), |line| {
                let Ok(record) = serde_json::from_slice::<Counted>(line) else { return false };
                stats.count_within(record, since, until);
                true
            })?;
            all.lock().unwrap_or_else(PoisonError::into_inner).add(stats);
            Ok(())
        })?;
        Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Stats {
    fn count(&mut self, record: Counted) {
        self.total += 1;
        *self.by_type.entry(record.operation_type).or_default() += 1;
        *self.by_status.entry(record.operation_status).or_default() += 1;
        if let Some(decision) = record.policy_decision {
            *self.by_policy.entry(decision).or_default() += 1;
        }
        self.spans(record.timestamp, record.timestamp);
    }

    /// Counts a record that is not before one time, nor after another.
    pub(crate) fn count_within(
        &mut self,
        record: Counted,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) {
        let time = record.timestamp;
        if since.is_none_or(|since| since <= time) && until.is_none_or(|until| time <= until) {
            self.count(record);
        }
    }

    fn spans(&mut self, earliest: DateTime<Utc>, latest: DateTime<Utc>) {
        self.earliest = Some(self.earliest.map_or(earliest, |own| own.min(earliest)));
        self.latest = Some(self.latest.map_or(latest, |own| own.max(latest)));
    }

    fn add(&mut self, other: Self) {
        self.total += other.total;
        let own = [&mut self.by_type, &mut self.by_status, &mut self.by_policy];
        for (own, other) in own.into_iter().zip([other.by_type, other.by_status, other.by_policy]) {
            for (name, count) in other {
                *own.entry(name).or_default() += count;
            }
        }
        if let (Some(earliest), Some(latest)) = (other.earliest, other.latest) {
            self.spans(earliest, latest);
        }
    }
}
