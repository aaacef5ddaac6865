//! Which records are wanted.

use chrono::{DateTime, Utc};
use memchr::memmem::Finder;

use crate::record::{Record, Times};

/// Which records are wanted: those that are all of what is asked for. What is none is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The schema.
    pub schema_name: Option<String>,
    /// Not before.
    pub since: Option<DateTime<Utc>>,
    /// Not after.
    pub until: Option<DateTime<Utc>>,
    /// The kind: `tool`, `authentication`.
    pub operation_type: Option<String>,
    /// One of these names; any if there are none.
    pub operation_names: Vec<String>,
    /// `success` or `error`.
    pub operation_status: Option<String>,
    /// What the policies decided.
    pub decision: Option<Decision>,
    /// Who called.
    pub user_id: Option<String>,
    /// In which session.
    pub session_id: Option<String>,
    /// In which trace.
    pub trace_id: Option<String>,
    /// Of those, the newest are left out: so many.
    pub offset: usize,
    /// Of the others, the newest: so many at most. All if none.
    pub limit: Option<usize>,
}

/// What the policies decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This.
    Is(String),
    /// Nothing, as there are none.
    None,
}

impl Filter {
    /// Whether it wants a record.
    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        let is = |wanted: &Option<String>, has: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| has == Some(wanted.as_str()))
        };
        is(&self.schema_name, Some(&record.schema_name))
            && self.covers(record.timestamp)
            && is(&self.operation_type, Some(&record.operation_type))
            && (self.operation_names.is_empty() || self.operation_names.contains(&record.operation_name))
            && is(&self.operation_status, Some(&record.operation_status))
            && self.decision.as_ref().is_none_or(|wanted| match wanted {
                Decision::Is(wanted) => record.policy_decision.as_ref() == Some(wanted),
                Decision::None => record.policy_decision.is_none(),
            })
            && is(&self.user_id, record.user_id.as_deref())
            && is(&self.session_id, record.session_id.as_deref())
            && is(&self.trace_id, record.trace_id.as_deref())
    }

    fn covers(&self, time: DateTime<Utc>) -> bool {
        self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time <= until)
    }

    /// How many records there may be before the oldest of them are not wanted.
    pub(crate) fn most(&self) -> usize {
        self.limit.map_or(usize::MAX, |limit| limit.saturating_add(self.offset))
    }

    /// What tells of most lines that they are not wanted, without parsing them.
    pub(crate) fn sieve(&self) -> Sieve<'_> {
        let names = self.operation_names.iter().map(|name| literal(name)).collect::<Option<Vec<_>>>();
        let others = [&self.user_id, &self.session_id, &self.trace_id];
        let others = others.into_iter().flatten().filter_map(|text| literal(text));
        Sieve { filter: self, names: names.unwrap_or_default(), all: others.collect() }
    }
}

/// How a text stands in JSON; none if writers may differ about that.
fn literal(text: &str) -> Option<Finder<'static>> {
    let plain =
        !text.chars().any(|character| character.is_control() || matches!(character, '"' | '\\' | '/'));
    plain.then(|| Finder::new(&format!("\"{text}\"")).into_owned())
}

/// Tells of most lines that they are not wanted, without parsing them.
#[derive(Debug)]
pub(crate) struct Sieve<'a> {
    filter: &'a Filter,
    /// A line that is wanted has one of these, if there are any.
    names: Vec<Finder<'static>>,
    /// And all of these.
    all: Vec<Finder<'static>>,
}

impl Sieve<'_> {
    /// Whether a line may be wanted; `after` is a time before which none is.
    pub(crate) fn passes(&self, line: &[u8], after: Option<DateTime<Utc>>) -> bool {
        let found = |finder: &Finder<'_>| finder.find(line).is_some();
        let named = self.names.is_empty() || self.names.iter().any(found);
        named && self.all.iter().all(found) && {
            let timeless = self.filter.since.is_none() && self.filter.until.is_none() && after.is_none();
            timeless
                || Times::of(line).is_none_or(|Times { timestamp }| {
                    self.filter.covers(timestamp) && after.is_none_or(|after| after <= timestamp)
                })
        }
    }

    /// The record of a line, if it is wanted.
    ///
    /// # Errors
    /// It is no record.
    pub(crate) fn read(&self, line: &[u8]) -> Result<Option<Record>, serde_json::Error> {
        let record: Record = serde_json::from_slice(line)?;
        Ok(self.filter.matches(&record).then_some(record))
    }
}
