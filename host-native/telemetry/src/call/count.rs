//! What metrics say of a call.

use std::time::Duration;

use mxcp_core::policy::Stage;
use opentelemetry::KeyValue;

use super::{Detail, End, Facts, Notes, Outcome, Task};
use crate::collector::status;
use crate::meters::Meters;
use crate::spans::{self, Section};

/// What stands for the name of an endpoint that does not exist: anybody can make up names without end.
const UNKNOWN: &str = "unknown";

impl Meters {
    /// A result was looked for that answers the call.
    pub(crate) fn look_up(&self, facts: &Facts, recalled: bool) {
        let [name, kind] = facts.labels();
        self.lookups.add(1, &[name, kind, KeyValue::new("result", if recalled { "hit" } else { "miss" })]);
    }

    /// An engine begins to work.
    pub(crate) fn begin(&self, facts: &Facts, task: &Task) {
        self.executing.add(1, &[language(task)]);
        match &task.detail {
            Detail::Sql { operation, .. } => self.querying.add(1, &[KeyValue::new("operation", *operation)]),
            Detail::Python { .. } => self.calling.add(1, &[KeyValue::new("type", "file")]),
            Detail::Component { .. } | Detail::Prompt => {}
        }
        if !facts.built_in {
            self.concurrent.add(1, &facts.labels());
        }
    }

    /// The engine is done.
    pub(crate) fn end_task(&self, task: &Task, outcome: &Outcome) {
        self.executing.add(-1, &[language(task)]);
        let error = outcome.error();
        let status = status(error.is_none());
        let mut attributes = vec![language(task), status.clone()];
        attributes.extend(error.map(|error| KeyValue::new("error", error)));
        self.executions.add(1, &attributes);
        match &task.detail {
            Detail::Sql { operation, .. } => {
                let operation = KeyValue::new("operation", *operation);
                self.queries.add(1, &[operation.clone(), status]);
                self.querying.add(-1, &[operation]);
            }
            Detail::Python { .. } => {
                let kind = KeyValue::new("type", "file");
                self.functions.add(1, &[kind.clone(), status]);
                self.calling.add(-1, &[kind]);
            }
            Detail::Component { .. } | Detail::Prompt => {}
        }
    }

    /// SQL of the call's own code ended.
    pub(crate) fn query(&self, operation: &'static str, succeeded: bool) {
        self.queries.add(1, &[KeyValue::new("operation", operation), status(succeeded)]);
    }

    /// The call ended.
    pub(crate) fn end(&self, facts: &Facts, notes: &Notes, end: &End<'_>, duration: Duration) {
        self.duration.record(duration.as_secs_f64(), &spans::request_attributes(facts, end));
        for section in [Section::of(end, Stage::Input), Section::of(end, Stage::Output)].into_iter().flatten()
        {
            let stage = KeyValue::new("type", section.stage());
            self.evaluations.add(1, &[stage.clone(), KeyValue::new("decision", section.decision())]);
            if section.is_denied() {
                self.denials.add(1, &[stage, KeyValue::new("reason", "deny")]);
            }
        }
        if facts.built_in {
            return;
        }
        let labels = facts.labels();
        if notes.task.is_some() {
            self.concurrent.add(-1, &labels);
        }
        let [name, kind] =
            if end.is_known() { labels } else { [KeyValue::new("endpoint", UNKNOWN), facts.kind()] };
        let caller = KeyValue::new("caller", facts.door());
        if let Some(class) = end.class() {
            let class = KeyValue::new("error_type", class);
            self.errors.add(1, &[name.clone(), kind.clone(), caller.clone(), class]);
        }
        let status = KeyValue::new("status", end.status());
        let decision = KeyValue::new("policy_decision", end.decision());
        self.requests.add(1, &[name, kind, status, caller, decision]);
    }
}

impl Facts {
    /// What is called.
    fn labels(&self) -> [KeyValue; 2] {
        [KeyValue::new("endpoint", self.name.clone()), self.kind()]
    }

    fn kind(&self) -> KeyValue {
        KeyValue::new("type", self.kind.as_str())
    }
}

fn language(task: &Task) -> KeyValue {
    KeyValue::new("language", task.language())
}
