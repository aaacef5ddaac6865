//! A long log: chained, signed and in segments, as servers write it.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use mxcp_audit::{AuditLog, Clock, Options};
use mxcp_core::audit::{AuditRecord, Measure, PolicyDecision, Status};
use mxcp_core::call::Caller;
use mxcp_core::definition::Kind;
use mxcp_core::value::Value;
use mxcp_runtime::ports::{AuditSink as _, CallFacts};

/// Tools whose calls are in it.
const TOOLS: u64 = 20;
/// Users who call.
const USERS: u64 = 1000;
/// Records that are on their way at a time, which is less than what finds room.
const WINDOW: usize = 4096;

/// What is in a long log.
#[derive(Debug)]
pub(crate) struct LongLog {
    /// `<folder>/<stem>.jsonl`.
    pub(crate) path: PathBuf,
    /// How many records.
    pub(crate) records: u64,
    /// From when on, at equal distances up to now.
    pub(crate) span: TimeDelta,
}

impl LongLog {
    /// Writes it, by what writes the logs of servers.
    ///
    /// # Errors
    /// The disk does not take it.
    pub(crate) fn write(&self) -> Result<()> {
        let end = Utc::now();
        let span = self.span.num_microseconds().context("so long")?;
        let time = Arc::new(AtomicI64::new(0));
        let clock = {
            let time = Arc::clone(&time);
            move || DateTime::from_timestamp_micros(time.load(Ordering::Relaxed)).unwrap_or(end)
        };
        let at = |number: u64| {
            let left = i128::from(self.records - number) * i128::from(span) / i128::from(self.records.max(1));
            end.timestamp_micros() - i64::try_from(left).unwrap_or(0)
        };
        time.store(at(0), Ordering::Relaxed);
        let mut options = Options::new(&self.path);
        options.clock = Clock::new(clock);
        let log = AuditLog::open(&options)?;
        tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
            let mut under_way = VecDeque::new();
            for number in 0..self.records {
                time.store(at(number), Ordering::Relaxed);
                let facts = CallFacts { duration: Duration::from_millis(3), ..CallFacts::default() };
                under_way.push_back(log.record(record(number), facts));
                if under_way.len() == WINDOW
                    && let Some(oldest) = under_way.pop_front()
                {
                    oldest.await;
                }
            }
            for kept in under_way {
                kept.await;
            }
        });
        ensure!(log.close(Duration::from_secs(60)) == 0, "not all could be written");
        Ok(())
    }
}

/// The record of a call with policies.
pub(crate) fn record(number: u64) -> AuditRecord {
    let digest = || format!("sha256:{}", "0123456789abcdef".repeat(4));
    let value = i64::try_from(number).unwrap_or(i64::MAX);
    let text = "what the tool had to say";
    AuditRecord {
        request_id: number.to_string(),
        timestamp: String::new(),
        caller_type: Caller::Http,
        operation_type: Kind::Tool,
        operation_name: format!("tool_{:02}", number % TOOLS),
        user_id: Some(format!("user-{}", number % USERS)),
        session_id: None,
        trace_id: None,
        definition_digest: Some(digest()),
        policy_digest: Some(digest()),
        input_data: Value::Object([("n", Value::Int(value))].into_iter().collect()),
        output_data: Some(Value::Object(
            [("answer", Value::Int(value)), ("text", Value::string(text))].into_iter().collect(),
        )),
        operation_status: Status::Success,
        error: None,
        policy_decision: Some(PolicyDecision::Allow),
        policy_reason: None,
        policies_evaluated: vec!["input[0]: user.role != 'admin'".to_owned()],
        policy_errors: Vec::new(),
        input_size: Measure { bytes: 9, tokens: 3 },
        output_size: Measure { bytes: 48, tokens: 12 },
    }
}
