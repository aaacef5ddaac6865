//! Results that are shown in parts: what is shown, what is kept of the rest, and what follows a cursor.

use std::sync::Arc;

use mxcp_core::call::{ArgumentError, CallError};
use mxcp_core::delivery::{CURSOR, ResultLimits};
use mxcp_core::registry::{Prepared, Reply};
use mxcp_core::schema::Export;
use mxcp_core::value::{Object, Value};

use crate::link::Link;
use crate::notes::Notes;
use crate::owner::Owner;
use crate::ports::{Most, NewResult, Reading, ResultError, ResultStore, Ticket};
use crate::show::Show;

/// How the result of one call is shown.
#[derive(Debug)]
pub(crate) struct Showing<'a> {
    /// None where nothing is kept.
    store: Option<&'a dyn ResultStore>,
    limits: ResultLimits,
    owner: Owner,
    cursor: Option<String>,
    base: Option<Arc<str>>,
    request_id: String,
}

impl<'a> Showing<'a> {
    /// How the result of a call is shown; none if as a whole.
    pub(crate) fn of(store: Option<&'a dyn ResultStore>, prepared: &Prepared, link: &Link) -> Option<Self> {
        let Show::Parts { cursor, base } = &link.show else { return None };
        let limits = prepared.endpoint().delivery.limits?;
        Some(Self {
            store,
            limits,
            owner: Owner::of_call(prepared),
            cursor: cursor.clone(),
            base: base.clone(),
            request_id: prepared.context().request_id.clone(),
        })
    }

    /// Whether the call asks for more of a result that is kept.
    pub(crate) fn goes_on(&self) -> bool {
        self.cursor.is_some()
    }

    /// The rows that the call asks for.
    pub(crate) async fn rows(&self) -> Result<Reading, CallError> {
        let (Some(store), Some(cursor)) = (self.store, &self.cursor) else { return Err(refused()) };
        let most = Most { rows: self.limits.most_rows(), bytes: self.limits.most_bytes() };
        store.rows(cursor, &self.owner, most).await.map_err(|error| match error {
            ResultError::Unknown => refused(),
            other => {
                tracing::error!(request_id = self.request_id, error = %Chain(&other), "a kept result can't be read");
                CallError::Internal { request_id: self.request_id.clone() }
            }
        })
    }

    /// The reply to a call that asked for rows.
    pub(crate) fn follow(
        &self,
        prepared: Prepared,
        reading: Result<Reading, CallError>,
        notes: &Notes,
    ) -> Reply {
        let (ticket, rows) = match reading {
            Ok(Reading { ticket, rows }) => (Some(ticket), Ok(rows)),
            Err(error) => (None, Err(error)),
        };
        let mut reply = prepared.follow(rows);
        if let Some(ticket) = ticket {
            self.tell(&mut reply, &ticket);
            note(&reply, Some(&ticket), notes);
        }
        reply
    }

    /// Cuts a reply to what may be shown, and keeps the complete result.
    pub(crate) async fn cut(&self, reply: &mut Reply, notes: &Notes) {
        let Some(complete) = reply.fit() else { return };
        let tool = reply.endpoint().map(|endpoint| endpoint.name.clone()).unwrap_or_default();
        let export = self.limits.export;
        // Of what is not shown at all there are no next rows either.
        let worth = reply.result().is_ok() || export != Export::None;
        let ticket = match self.store.filter(|_| worth) {
            None => None,
            Some(store) => {
                let result = NewResult { complete, tool, export, expires: self.limits.expires };
                let kept = store.keep(result).await.inspect_err(|error| {
                    tracing::error!(request_id = self.request_id, error = %Chain(error), "a result is not kept");
                });
                kept.ok()
            }
        };
        if let Some(ticket) = &ticket {
            self.tell(reply, ticket);
        }
        note(reply, ticket.as_ref(), notes);
    }

    fn tell(&self, reply: &mut Reply, ticket: &Ticket) {
        let Some(store) = self.store else { return };
        let part = reply.result().ok().and_then(|success| success.part.as_deref());
        let next = part.map(|part| part.before + part.rows).zip(part.map(|part| part.total_rows));
        let next = next.filter(|(next, total)| next < total).map(|(next, _)| next);
        let mut kept = store.tell(ticket, &self.owner, next);
        if let (Some(export), Some(base)) = (&mut kept.export, &self.base) {
            export.url = export.uri.strip_prefix("mxcp:/").map(|path| format!("{base}{path}"));
        }
        reply.keep(kept);
    }
}

/// Notes what was shown of a result, for the record of the call.
fn note(reply: &Reply, ticket: Option<&Ticket>, notes: &Notes) {
    let number = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let mut note = Object::new();
    match reply.result() {
        Ok(success) => {
            let Some(part) = &success.part else { return };
            note.insert("event", Value::string("result_shown"));
            note.insert("first_row", number(part.before + 1));
            note.insert("rows", number(part.rows));
            note.insert("total_rows", number(part.total_rows));
            note.insert("bytes", number(part.size.bytes));
            note.insert("total_bytes", number(part.total_size.bytes));
        }
        Err(CallError::TooLarge(error)) => {
            note.insert("event", Value::string("result_withheld"));
            note.insert("bytes", number(error.size.bytes));
        }
        Err(_) => return,
    }
    if let Some(ticket) = ticket {
        note.insert("result_id", Value::string(&ticket.id));
    }
    notes.add(Value::Object(note));
}

/// What a call hears whose cursor leads nowhere. Whether there ever was such a result is nobody's business.
fn refused() -> CallError {
    let message = format!(
        "Error validating parameter '{CURSOR}': It is of no result that is kept for this call: the time is over, or the tool, its \
         definition, the arguments or the user are others. Call without `{CURSOR}` for a new result"
    );
    CallError::InvalidArguments(vec![ArgumentError { pointer: format!("/{CURSOR}"), message }])
}

/// An error with its causes.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
