//! What a replay found.

use mxcp_core::definition::Kind;
use mxcp_core::registry::{Ending, Now, PastCall, Review};
use mxcp_core::types::REDACTED;
use mxcp_core::value::Value;
use serde::Serialize;

use super::record::Record;
use crate::failure::Failure;
use crate::ui::{Ui, printable};

/// How many records there were, and what became of them.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    /// Lines that are not empty.
    pub(super) records: u64,
    /// Calls that would end as they did.
    pub(super) unchanged: u64,
    /// Calls that would end otherwise.
    pub(super) changed: u64,
    /// Calls of which nobody can say.
    pub(super) unknown: u64,
    /// Of those, calls that depend on who called, on arguments that are redacted, on a result that is not recorded as the
    /// rules saw it. One may depend on several.
    pub(super) unknown_because: Because,
    /// Calls of endpoints that are no more.
    pub(super) unknown_endpoints: u64,
    /// Calls of tools that have no rules, such as `execute_sql_query`.
    pub(super) built_in: u64,
    /// Lines that are no record of a call.
    pub(super) unreadable: u64,
}

/// What calls depend on that nobody can decide about.
#[derive(Debug, Default, Serialize)]
pub(super) struct Because {
    pub(super) caller: u64,
    pub(super) redacted_arguments: u64,
    pub(super) result: u64,
}

/// The whole of it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    pub(super) summary: Summary,
    pub(super) changes: Vec<Change>,
}

/// A call that would end otherwise.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    record_id: Option<String>,
    timestamp: String,
    operation_type: Kind,
    operation_name: String,
    user_id: Option<String>,
    then: Decision,
    now: Decision,
}

/// How a call ended, or would end.
#[derive(Debug, Serialize)]
struct Decision {
    /// `allow`, `warn`, `deny`, `error`, or `invalid_arguments`.
    decision: &'static str,
    /// The rule that made it so.
    rule: Option<String>,
    /// What the caller is told.
    reason: Option<String>,
    /// Keys and rows that are no longer let out, in words.
    output: Option<String>,
}

impl Summary {
    /// Counts a call.
    pub(super) fn count(&mut self, review: &Review, record: &Record) {
        match review {
            Review::UnknownEndpoint if record.is_built_in() => self.built_in += 1,
            Review::UnknownEndpoint => self.unknown_endpoints += 1,
            Review::Same => self.unchanged += 1,
            Review::Otherwise(_) => self.changed += 1,
            Review::Unknown(names) => {
                self.unknown += 1;
                let because = &mut self.unknown_because;
                let others = names.iter().any(|name| !matches!(name.as_str(), "user" | "response"));
                because.caller += u64::from(names.contains("user"));
                because.result += u64::from(names.contains("response"));
                because.redacted_arguments += u64::from(others);
            }
        }
    }

    /// Shows it to people; changes were shown as they came, up to `limit`.
    pub(super) fn show(&self, limit: u64, ui: &mut Ui) -> Result<(), Failure> {
        if let Some(more) = self.changed.checked_sub(limit).filter(|more| *more > 0) {
            ui.line(format_args!("… and {more} more"))?;
        }
        if self.changed > 0 {
            ui.line("")?;
        }
        let replayed = self.unchanged + self.changed;
        ui.heading(format_args!("Replayed {replayed} of {} records", self.records))?;
        ui.line(format_args!("• {} would end otherwise", self.changed))?;
        ui.line(format_args!("• {} would end as they did", self.unchanged))?;
        let Because { caller, redacted_arguments, result } = self.unknown_because;
        let reasons = [
            (self.unknown, "can't be decided from the record".to_owned()),
            (caller, "  depend on who called: say so with --users or --user-context".to_owned()),
            (redacted_arguments, format!("  depend on arguments that are {REDACTED}")),
            (result, "  depend on a result that is not recorded as the rules saw it".to_owned()),
            (self.unknown_endpoints, "are of endpoints that do not exist".to_owned()),
            (self.built_in, "are of tools that have no rules".to_owned()),
            (self.unreadable, "are no records of calls".to_owned()),
        ];
        for (count, words) in reasons.into_iter().filter(|(count, _)| *count > 0) {
            let indent = if words.starts_with(' ') { "  " } else { "" };
            ui.line(format_args!("{indent}• {count} {}", words.trim_start()))?;
        }
        Ok(())
    }
}

impl Change {
    pub(super) fn new(record: &Record, call: &PastCall, now: Now) -> Self {
        let then = Decision {
            decision: record.decision(),
            rule: record.denying_rule().map(str::to_owned),
            reason: record.reason().map(str::to_owned),
            output: None,
        };
        Self {
            record_id: record.record_id.clone(),
            timestamp: record.timestamp.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            operation_type: record.operation_type,
            operation_name: record.operation_name.clone(),
            user_id: record.user_id.clone(),
            then,
            now: Decision::of(now, &call.ending),
        }
    }

    /// Shows it to people, on one line.
    pub(super) fn show(&self, ui: &mut Ui) -> Result<(), Failure> {
        let user = self.user_id.as_ref().map_or("nobody", String::as_str);
        let line = format!(
            "{} {} {} ({user}): {} → {}",
            self.timestamp,
            self.operation_type,
            self.operation_name,
            self.then.in_words(),
            self.now.in_words()
        );
        Ok(ui.line(printable(&line.replace('\n', " ")))?)
    }
}

impl Decision {
    fn of(now: Now, then: &Ending) -> Self {
        let decision = |decision, rule, reason| Self { decision, rule, reason, output: None };
        match now {
            Now::Allowed => decision("allow", None, None),
            Now::InputDenied { rule, reason } => decision("deny", Some(rule), Some(reason)),
            Now::OutputDenied { rule, reason } => decision("deny", rule, Some(reason)),
            Now::Refused(why) => decision("invalid_arguments", None, Some(why)),
            Now::Changed { rule, value } => {
                let output = match (value, then) {
                    (Some(Value::Array(rows)), Ending::Allowed(Value::Array(before)))
                        if rows.len() < before.len() =>
                    {
                        Some(format!("{} of {} rows", rows.len(), before.len()))
                    }
                    _ => None,
                };
                Self { decision: "warn", rule, reason: None, output }
            }
        }
    }

    fn in_words(&self) -> String {
        let rule = self.rule.as_ref().map(|rule| format!(" by {rule}")).unwrap_or_default();
        let more = self.reason.as_ref().or(self.output.as_ref());
        let more = more.map(|more| format!(" ({more})")).unwrap_or_default();
        let word = if self.decision == "invalid_arguments" { "invalid arguments" } else { self.decision };
        format!("{word}{rule}{more}")
    }
}
