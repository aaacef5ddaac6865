//! A connection that runs one source at a time.

use std::sync::Arc;

use mxcp_core::definition::SqlText;
use mxcp_core::registry::Rows;
use mxcp_core::value::Object;
use mxcp_runtime::ports::{SqlCheck, SqlError};

use crate::cache::Cache;
use crate::check::{self, scan};
use crate::control::Control;
use crate::ffi::{Connection, Extracted, Prepared, StatementKind};
use crate::identity::{Caller, Seat};
use crate::store::Store;
use crate::{bind, rows};

/// A connection with its prepared statements and the seat of its caller.
#[derive(Debug)]
pub(crate) struct Session {
    cache: Cache,
    connection: Connection,
    seat: Seat,
    store: Arc<Store>,
    state: State,
}

/// Whether the connection may serve another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing of past requests is left on it.
    Clean,
    /// Something may be: settings, temporary tables, an open transaction.
    Marked,
}

impl Session {
    pub(crate) fn new(connection: Connection, seat: Seat, store: Arc<Store>) -> Self {
        Self { cache: Cache::default(), connection, seat, store, state: State::Clean }
    }

    /// Whether the connection may serve another request. If not, dropping it undoes what is left on it.
    pub(crate) fn is_clean(&self) -> bool {
        self.state == State::Clean
    }

    /// Runs all statements of a source and gives the rows of the last.
    ///
    /// # Errors
    /// DuckDB refuses or fails, or the job was taken back.
    pub(crate) fn execute(
        &mut self,
        source: &Arc<SqlText>,
        arguments: &Object,
        caller: Caller,
        control: &Control,
    ) -> Result<Rows, SqlError> {
        let _running = control.begin(self.connection.interrupter());
        let _seated = self.seat.take(caller);
        let result = self.execute_seated(source, arguments, control);
        if let Err(SqlError::Rejected(message)) = &result
            && (message.starts_with("FATAL Error") || message.starts_with("INTERNAL Error"))
        {
            self.state = State::Marked;
        }
        result
    }

    fn execute_seated(
        &mut self,
        source: &Arc<SqlText>,
        arguments: &Object,
        control: &Control,
    ) -> Result<Rows, SqlError> {
        let definitions = self.store.definitions();
        if let Some(prepared) = self.cache.get(source, definitions) {
            return run_bound(prepared, arguments, control);
        }
        let mut statements = self.connection.extract(&source.text).map_err(rejected)?;
        if statements.len() > 1 {
            return self.execute_all(&source.text, statements, arguments, control);
        }
        self.seat.asked();
        let Some(prepared) = statements.prepare_next() else { return Err(nothing_to_execute()) };
        let mut prepared = prepared.map_err(rejected)?;
        // A plan that has the caller in it is good for this caller only.
        let personal = self.seat.asked();
        let result = self.run(&mut prepared, arguments, control);
        if self.is_clean() && !personal {
            self.cache.put(source, definitions, prepared);
        }
        result
    }

    /// Each statement may depend on the one before it, so each is prepared when its turn comes.
    fn execute_all(
        &mut self,
        text: &str,
        mut statements: Extracted,
        arguments: &Object,
        control: &Control,
    ) -> Result<Rows, SqlError> {
        // Before anything runs, as far as the text tells.
        if scan::statements(text).iter().rev().skip(1).any(|statement| !statement.parameters.is_empty()) {
            return Err(parameters_too_early());
        }
        let (mut left, none) = (statements.len(), Object::new());
        let mut last = Rows::default();
        while let Some(prepared) = statements.prepare_next() {
            left -= 1;
            let mut prepared = prepared.map_err(rejected)?;
            if left > 0 && !prepared.parameters().is_empty() {
                return Err(parameters_too_early());
            }
            last = self.run(&mut prepared, if left == 0 { arguments } else { &none }, control)?;
        }
        Ok(last)
    }

    fn run(
        &mut self,
        prepared: &mut Prepared,
        arguments: &Object,
        control: &Control,
    ) -> Result<Rows, SqlError> {
        if prepared.kind() == StatementKind::Rows {
            return run_bound(prepared, arguments, control);
        }
        // Even if it fails: a transaction may have begun.
        self.state = State::Marked;
        let result = run_bound(prepared, arguments, control);
        self.store.definitions_changed();
        result
    }

    /// Parses and binds every statement of a source without running any.
    pub(crate) fn check(&mut self, source: &SqlText) -> SqlCheck {
        let check = check::check(&self.connection, &source.text);
        if !check.findings.is_empty() {
            // Finding places in the text changes a setting.
            self.state = State::Marked;
        }
        check
    }

    /// How many prepared statements are kept.
    #[cfg(test)]
    pub(crate) fn cached(&self) -> usize {
        self.cache.len()
    }
}

fn run_bound(prepared: &mut Prepared, arguments: &Object, control: &Control) -> Result<Rows, SqlError> {
    bind::bind(prepared, arguments).map_err(rejected)?;
    let result = run_ready(prepared, control);
    if !arguments.is_empty() {
        prepared.unbind();
    }
    result
}

fn run_ready(prepared: &Prepared, control: &Control) -> Result<Rows, SqlError> {
    if control.is_cancelled() {
        return Err(SqlError::Cancelled);
    }
    let pending = prepared.start().map_err(rejected)?;
    // An interrupt that came before this point may be forgotten, one that comes after it is not; see `Control`.
    if control.is_cancelled() {
        return Err(SqlError::Cancelled);
    }
    rows::collect(pending.finish().map_err(rejected)?, control)
}

fn rejected(message: String) -> SqlError {
    if message.starts_with("INTERRUPT Error") { SqlError::Cancelled } else { SqlError::Rejected(message) }
}

fn nothing_to_execute() -> SqlError {
    SqlError::Rejected("No statement to execute".to_owned())
}

fn parameters_too_early() -> SqlError {
    SqlError::Rejected(
        "Not implemented Error: Prepared parameters are only supported for the last statement of a source"
            .to_owned(),
    )
}
