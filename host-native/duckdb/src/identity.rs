//! The SQL functions that tell who asks.
//!
//! `get_username()` and its kin answer for the caller of the query that they are part of. DuckDB computes them on any of
//! its threads, so the answer hangs on the connection: a connection runs one job at a time, the job sits its caller down
//! on the connection's [`Seat`], and DuckDB says which connection it computes for.
//!
//! DuckDB may compute a function while it plans, as it does with all functions of constants; that lets a row filter reach
//! down to the scan. A plan made so holds one caller's name and must not run for another: [`Seat::asked`] says that it
//! happened, and such a statement is not kept.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use mxcp_runtime::{CallScope, Known};

use crate::ffi::Connection;
use crate::text_function::{TextEvaluation, TextFunction, define_text};

/// The callers of all connections of a database.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    seats: RwLock<BTreeMap<u64, Arc<Place>>>,
}

/// A connection's place for its caller; gone when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    connection: u64,
    place: Arc<Place>,
    callers: Arc<Callers>,
}

/// A caller sitting on a connection; leaves when dropped.
#[derive(Debug)]
pub(crate) struct Seated(Arc<Place>);

#[derive(Debug, Default)]
struct Place {
    /// The call whose query runs; none while none does.
    scope: Mutex<Option<Arc<CallScope>>>,
    asked: AtomicBool,
}

impl Callers {
    /// A place for a connection's caller, empty at first.
    pub(crate) fn seat(self: &Arc<Self>, connection: u64) -> Seat {
        let place = Arc::<Place>::default();
        self.seats.write().unwrap_or_else(PoisonError::into_inner).insert(connection, Arc::clone(&place));
        Seat { connection, place, callers: Arc::clone(self) }
    }

    /// The call whose query a connection runs; none while it runs none, and on one that isn't ours.
    pub(crate) fn current(&self, connection: u64) -> Option<Arc<CallScope>> {
        let seats = self.seats.read().unwrap_or_else(PoisonError::into_inner);
        let place = seats.get(&connection)?;
        place.asked.store(true, Ordering::SeqCst);
        place.scope.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Seat {
    /// Sits a caller down until the result is dropped.
    pub(crate) fn take(&self, scope: &Arc<CallScope>) -> Seated {
        *self.place.scope.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(scope));
        Seated(Arc::clone(&self.place))
    }

    /// Whether a function asked for the caller since the last time this was called.
    pub(crate) fn asked(&self) -> bool {
        self.place.asked.swap(false, Ordering::SeqCst)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.callers.seats.write().unwrap_or_else(PoisonError::into_inner).remove(&self.connection);
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        *self.0.scope.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// What SQL calls the functions.
pub(crate) const NAMES: [&str; 6] = [
    "get_username",
    "get_user_email",
    "get_user_provider",
    "get_user_external_token",
    "get_request_headers_json",
    "get_request_header",
];

/// What they ask, in the same order.
const QUESTIONS: [Ask; 6] = [
    Ask::Once(|caller| text(&caller.principal.as_ref()?.username)),
    Ask::Once(|caller| text(caller.principal.as_ref()?.email.as_deref()?)),
    Ask::Once(|caller| text(&caller.principal.as_ref()?.provider)),
    Ask::Once(|caller| text(caller.principal.as_ref()?.external_token.as_ref()?.reveal())),
    Ask::Once(|caller| caller.headers.to_json_text()),
    Ask::Each(|caller, name| caller.headers.get(name)),
];

/// Defines the functions for all connections of a database.
///
/// # Errors
/// DuckDB refuses one.
pub(crate) fn define(connection: &Connection, callers: &Arc<Callers>) -> Result<(), String> {
    NAMES.into_iter().zip(QUESTIONS).try_for_each(|(name, ask)| {
        define_text(connection, Arc::new(Question { name, ask, callers: Arc::clone(callers) }))
    })
}

/// An empty text counts as missing.
fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// One of the functions.
struct Question {
    name: &'static str,
    ask: Ask,
    callers: Arc<Callers>,
}

/// What a function asks of a caller.
#[derive(Clone, Copy)]
enum Ask {
    /// Something that is the same for the whole query.
    Once(fn(&CallScope) -> Option<String>),
    /// Something that hangs on an argument.
    Each(fn(&CallScope, &str) -> Option<String>),
}

impl TextFunction for Question {
    fn name(&self) -> &str {
        self.name
    }

    fn arguments(&self) -> usize {
        match self.ask {
            Ask::Once(_) => 0,
            Ask::Each(_) => 1,
        }
    }

    fn start(&self, connection: u64) -> Box<dyn TextEvaluation> {
        let caller = self.callers.current(connection);
        if let Some(caller) = &caller {
            caller.knowledge.learn(self.tells());
        }
        match self.ask {
            Ask::Once(ask) => Box::new(Answer(caller.and_then(|caller| ask(&caller)))),
            Ask::Each(ask) => Box::new(Answers { caller, ask }),
        }
    }
}

impl Question {
    /// What a query knows by the answer.
    fn tells(&self) -> Known {
        if self.name.starts_with("get_user") { Known::Caller } else { Known::Request }
    }
}

/// The answer for a whole query.
struct Answer(Option<String>);

impl TextEvaluation for Answer {
    fn evaluate(&self, _arguments: &[Option<&str>]) -> Result<Option<String>, String> {
        Ok(self.0.clone())
    }
}

/// Answers that hang on an argument.
struct Answers {
    caller: Option<Arc<CallScope>>,
    ask: fn(&CallScope, &str) -> Option<String>,
}

impl TextEvaluation for Answers {
    fn evaluate(&self, arguments: &[Option<&str>]) -> Result<Option<String>, String> {
        let argument = arguments.first().copied().flatten();
        Ok(argument.zip(self.caller.as_ref()).and_then(|(argument, caller)| (self.ask)(caller, argument)))
    }
}
