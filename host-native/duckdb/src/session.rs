//! A connection that runs one source at a time.

use std::sync::Arc;

use mxcp_core::definition::SqlText;
use mxcp_core::registry::Rows;
use mxcp_core::secret::Secrets;
use mxcp_core::value::Object;
use mxcp_runtime::ports::{Notify, Progress, SqlCheck, SqlError};

use crate::cache::Cache;
use crate::control::Control;
use crate::ffi::{Connection, Extracted, StatementKind};
use crate::identity::{Caller, Seat};
use crate::statement::{Statement, rejected};
use crate::store::Store;
use crate::{check, scan};

/// A connection with its prepared statements and the seat of its caller.
#[derive(Debug)]
pub(crate) struct Session {
    cache: Cache,
    connection: Connection,
    seat: Seat,
    store: Arc<Store>,
    generation: u64,
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
    pub(crate) fn new(connection: Connection, seat: Seat, store: Arc<Store>, generation: u64) -> Self {
        Self { cache: Cache::default(), connection, seat, store, generation, state: State::Clean }
    }

    /// Whether the connection may serve another request. If not, dropping it undoes what is left on it.
    pub(crate) fn is_clean(&self) -> bool {
        self.state == State::Clean
    }

    /// Whether the database was given up. The connection must be, too, or it can't be opened anew.
    pub(crate) fn is_stale(&self) -> bool {
        self.generation != self.store.generation()
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
        let notify = caller.notify.clone();
        let _seated = self.seat.take(caller);
        let result = self.execute_seated(source, arguments, control, notify.as_deref());
        if let Err(SqlError::Rejected(message)) = &result
            && (message.starts_with("FATAL Error") || message.starts_with("INTERNAL Error"))
        {
            self.store.broken(self.generation);
        }
        result
    }

    fn execute_seated(
        &mut self,
        source: &Arc<SqlText>,
        arguments: &Object,
        control: &Control,
        notify: Option<&dyn Notify>,
    ) -> Result<Rows, SqlError> {
        let definitions = self.store.definitions();
        if let Some(statement) = self.cache.get(source, definitions) {
            return statement.run(&self.connection, &source.text, arguments, control);
        }
        let mut statements = self.connection.extract(&source.text).map_err(rejected)?;
        if statements.len() > 1 {
            return self.execute_all(&source.text, statements, arguments, control, notify);
        }
        self.seat.asked();
        let Some(prepared) = statements.prepare_next() else {
            return Err(nothing_to_execute());
        };
        let mut statement = Statement::new(prepared.map_err(rejected)?);
        // A plan that has the caller in it is good for this caller only.
        let personal = self.seat.asked();
        let result = self.run(&mut statement, &source.text, arguments, control);
        if self.is_clean() && !personal {
            self.cache.put(source, definitions, statement);
        }
        result
    }

    /// Each statement may depend on the one before it, so each is prepared when its turn comes. `notify` hears of each that
    /// is done.
    fn execute_all(
        &mut self,
        text: &str,
        mut statements: Extracted,
        arguments: &Object,
        control: &Control,
        notify: Option<&dyn Notify>,
    ) -> Result<Rows, SqlError> {
        let written = scan::statements(text);
        // Before anything runs, as far as the text tells.
        if written.iter().rev().skip(1).any(|statement| !statement.parameters.is_empty()) {
            return Err(parameters_too_early());
        }
        let (count, none) = (statements.len(), Object::new());
        // DuckDB knows the place of an error in the first statement of a text only, so each is taken as if it were alone
        // there: unless it stands for several (`IMPORT DATABASE`).
        let alone = |index: usize| written.get(index).filter(|_| written.len() == count)?.alone(text);
        let mut last = Rows::default();
        for index in 0..count {
            let prepared = match alone(index) {
                Some(text) => self.connection.extract(&text).map_err(rejected)?.prepare_next(),
                None => statements.prepare_next(),
            };
            let Some(prepared) = prepared else { break };
            let mut statement = Statement::new(prepared.map_err(rejected)?);
            let is_last = index + 1 == count;
            if !is_last && statement.has_parameters() {
                return Err(parameters_too_early());
            }
            last = self.run(&mut statement, text, if is_last { arguments } else { &none }, control)?;
            if let Some(notify) = notify {
                notify.progress(done(index + 1, count));
            }
        }
        Ok(last)
    }

    fn run(
        &mut self,
        statement: &mut Statement,
        text: &str,
        arguments: &Object,
        control: &Control,
    ) -> Result<Rows, SqlError> {
        if statement.kind() == StatementKind::Rows {
            return statement.run(&self.connection, text, arguments, control);
        }
        // Even if it fails: a transaction may have begun.
        self.state = State::Marked;
        let result = statement.run(&self.connection, text, arguments, control);
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

    /// Goes over to other credentials, on all connections to the database.
    pub(crate) fn replace_secrets(&self, secrets: Secrets) {
        self.store.replace_secrets(&self.connection, secrets);
    }

    /// How many prepared statements are kept.
    #[cfg(test)]
    pub(crate) fn cached(&self) -> usize {
        self.cache.len()
    }
}

/// Statements done, of all.
fn done(statements: usize, count: usize) -> Progress {
    #[expect(clippy::cast_precision_loss, reason = "nobody writes so many statements")]
    let (done, total) = (statements as f64, count as f64);
    Progress { done, total: Some(total), message: None }
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
