//! A connection that runs one source at a time.

use std::sync::Arc;

use mxcp_core::definition::SqlText;
use mxcp_core::policy::RowTest;
use mxcp_core::secret::Secrets;
use mxcp_core::value::Object;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{Progress, SqlCheck, SqlError, SqlFunction, Table};

use crate::cache::{Cache, Identity};
use crate::claim::Claim;
use crate::control::Control;
use crate::ffi::{Connection, Extracted, StatementKind};
use crate::identity::Seat;
use crate::row_filter::{self, Wrapped};
use crate::rows::{self, Make};
use crate::scan::Written;
use crate::statement::{Columns, Statement, rejected};
use crate::store::Store;
use crate::{check, scan};

/// Bytes of the longest text that is kept with its statement. A longer one is hardly ever run again: rows are written
/// out in it.
const LONGEST_KEPT: usize = 16_384;

/// A connection with its prepared statements and the seat of its caller.
///
/// Its parts are dropped in this order: whoever opens the file once it is closed may get a connection of the same number.
#[derive(Debug)]
pub(crate) struct Session {
    seat: Seat,
    of_project: Cache<Identity>,
    of_programs: Cache<Box<str>>,
    connection: Connection,
    _claim: Arc<Claim>,
    store: Arc<Store>,
    generation: u64,
    state: State,
}

/// Statements to run, and how they are found again when they were prepared before.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    /// An endpoint's: by the identity of the text. The caller hears how far it is.
    Project(&'a Arc<SqlText>),
    /// A program's: by the text. No statement at all is fine, too.
    Program(&'a str),
}

/// Whether the connection may serve another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing of past requests is left on it.
    Clean,
    /// Something may be: settings, temporary tables, an open transaction.
    Marked,
}

impl<'a> Source<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Project(source) => &source.text,
            Self::Program(text) => text,
        }
    }

    /// What becomes of doubles.
    fn doubles(self) -> Make<f64> {
        match self {
            Self::Project(_) => rows::OF_JSON,
            Self::Program(_) => rows::OF_PROGRAMS,
        }
    }
}

impl Session {
    pub(crate) fn new(
        connection: Connection,
        seat: Seat,
        store: Arc<Store>,
        claim: Arc<Claim>,
        generation: u64,
    ) -> Self {
        let (of_project, of_programs) = (Cache::default(), Cache::default());
        let state = State::Clean;
        Self { seat, of_project, of_programs, connection, _claim: claim, store, generation, state }
    }

    /// Whether the connection may serve another request. If not, dropping it undoes what is left on it.
    pub(crate) fn is_clean(&self) -> bool {
        self.state == State::Clean
    }

    /// Whether the database was given up. The connection must be, too, or it can't be opened anew.
    pub(crate) fn is_stale(&self) -> bool {
        self.generation != self.store.generation()
    }

    /// Runs all statements of a source for a call and gives the rows of the last.
    ///
    /// # Errors
    /// DuckDB refuses or fails, or the work was taken back.
    pub(crate) fn execute(
        &mut self,
        source: Source<'_>,
        arguments: &Object,
        scope: &Arc<CallScope>,
        control: &Control,
    ) -> Result<Table, SqlError> {
        self.execute_for(source, arguments, &[], scope, control)
    }

    /// Runs them, and may leave out rows that one of `tests` is sure to be false of.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub(crate) fn execute_for(
        &mut self,
        source: Source<'_>,
        arguments: &Object,
        tests: &[RowTest],
        scope: &Arc<CallScope>,
        control: &Control,
    ) -> Result<Table, SqlError> {
        let _running = control.begin(self.connection.interrupter());
        let _seated = self.seat.take(scope);
        let result = match self.execute_filtered(source, arguments, tests, control) {
            Ok(None) => self.execute_seated(source, arguments, scope, control),
            Ok(Some(table)) => Ok(table),
            Err(error) => Err(error),
        };
        if let Err(SqlError::Rejected(message)) = &result
            && is_fatal(message)
        {
            self.store.broken(self.generation);
        }
        result
    }

    fn execute_seated(
        &mut self,
        source: Source<'_>,
        arguments: &Object,
        scope: &CallScope,
        control: &Control,
    ) -> Result<Table, SqlError> {
        let (text, version) = (source.text(), self.store.version());
        let known = match source {
            Source::Project(source) => self.of_project.get(&Identity::of(source), version),
            Source::Program(text) => self.of_programs.get(text, version),
        };
        if let Some(statement) = known {
            let result = statement.run(&self.connection, text, arguments, control);
            self.store.changed_by(statement.kind());
            return result;
        }
        let mut statements = self.connection.extract(text).map_err(rejected)?;
        if statements.len() > 1 {
            return self.execute_all(source, statements, arguments, scope, control);
        }
        self.seat.asked();
        let Some(prepared) = statements.prepare_next() else {
            return match source {
                Source::Project(_) => Err(nothing_to_execute()),
                Source::Program(_) => Ok(Table::default()),
            };
        };
        let statement = Statement::new(prepared.map_err(rejected)?).of_text(text);
        let mut statement = statement.with_doubles(source.doubles());
        // A plan that has the caller in it is good for this caller only.
        let personal = self.seat.asked();
        let result = self.run(&mut statement, text, text, arguments, control);
        if statement.kind().keeps_to_rows() && !personal {
            match source {
                Source::Project(source) => {
                    self.of_project.put(Identity::of(source), version, statement);
                }
                Source::Program(text) if text.len() <= LONGEST_KEPT => {
                    self.of_programs.put(text.into(), version, statement);
                }
                Source::Program(_) => {}
            }
        }
        result
    }

    /// Runs a query with what is asked of its rows around it; none if that can't be done, or fails: then the query is to
    /// run as it is written, and says itself what is wrong.
    fn execute_filtered(
        &mut self,
        source: Source<'_>,
        arguments: &Object,
        tests: &[RowTest],
        control: &Control,
    ) -> Result<Option<Table>, SqlError> {
        let Source::Project(source) = source else { return Ok(None) };
        if tests.is_empty() {
            return Ok(None);
        }
        let version = self.store.version();
        let key = Identity::of(source);
        if self.of_project.get(&key, version).is_none() {
            let Some((statement, personal)) = self.prepare_query(&source.text) else { return Ok(None) };
            if personal {
                // Its plan is good for this caller only, and so is any around it: it is not worth two of them.
                return Ok(None);
            }
            self.of_project.put(Identity::of(source), version, statement);
        }
        let Some(query) = self.of_project.get(&key, version) else { return Ok(None) };
        let written = scan::statements(&source.text);
        let [only] = written.as_slice() else { return Ok(None) };
        let text = source.text.get(only.start..only.end);
        let (columns, names) = (query.columns(), query.column_names());
        let parameters = query.parameters().len();
        let Some(Wrapped { text, values }) = text
            .filter(|_| query.kind() == StatementKind::Query && only.nameless == 0)
            .filter(|_| parameters == arguments.len())
            .and_then(|text| row_filter::wrap(text, &columns, tests))
        else {
            return Ok(None);
        };
        let mut arguments = arguments.clone();
        for (name, value) in values {
            if arguments.contains_key(&name) {
                return Ok(None);
            }
            arguments.push(name, value);
        }
        if self.of_programs.get(text.as_str(), version).is_none() {
            let Some((statement, false)) = self.prepare_query(&text) else { return Ok(None) };
            self.of_programs.put(text.as_str().into(), version, statement);
        }
        let Some(statement) = self.of_programs.get(text.as_str(), version) else { return Ok(None) };
        let wanted = Columns { names: Some(&names), kinds: Some(&columns) };
        match statement.run_if(&self.connection, &text, &arguments, wanted, control) {
            Err(SqlError::Rejected(message)) if !is_fatal(&message) => Ok(None),
            result => result,
        }
    }

    /// Prepares a query; none if it can't be, or is none. Also tells whether its plan is good for this caller only.
    fn prepare_query(&mut self, text: &str) -> Option<(Statement, bool)> {
        let mut statements = self.connection.extract(text).ok()?;
        if statements.len() != 1 {
            return None;
        }
        self.seat.asked();
        let statement = Statement::new(statements.prepare_next()?.ok()?);
        (statement.kind() == StatementKind::Query).then(|| (statement, self.seat.asked()))
    }

    /// Runs one query for a call, in a transaction that may only read.
    ///
    /// # Errors
    /// It is no single query, or as [`Session::execute`].
    pub(crate) fn read(
        &mut self,
        text: &str,
        arguments: &Object,
        scope: &Arc<CallScope>,
        control: &Control,
    ) -> Result<Table, SqlError> {
        let _running = control.begin(self.connection.interrupter());
        let _seated = self.seat.take(scope);
        // Whatever comes in between, the transaction doesn't outlive a connection that isn't clean.
        self.state = State::Marked;
        self.connection.run("BEGIN TRANSACTION READ ONLY").map_err(rejected)?;
        let result = self.read_within(text, arguments, control);
        self.connection.run("ROLLBACK").map_err(rejected)?;
        self.state = State::Clean;
        if let Err(SqlError::Rejected(message)) = &result
            && is_fatal(message)
        {
            self.store.broken(self.generation);
        }
        result
    }

    fn read_within(&mut self, text: &str, arguments: &Object, control: &Control) -> Result<Table, SqlError> {
        let mut statements = self.connection.extract(text).map_err(rejected)?;
        if statements.len() != 1 {
            return Err(reads_only());
        }
        let Some(prepared) = statements.prepare_next() else { return Err(reads_only()) };
        let mut statement = Statement::new(prepared.map_err(rejected)?);
        if statement.kind() != StatementKind::Query {
            return Err(reads_only());
        }
        statement.run(&self.connection, text, arguments, control)
    }

    /// Each statement may depend on the one before it, so each is prepared when its turn comes.
    fn execute_all(
        &mut self,
        source: Source<'_>,
        mut statements: Extracted,
        arguments: &Object,
        scope: &CallScope,
        control: &Control,
    ) -> Result<Table, SqlError> {
        let text = source.text();
        let notify = matches!(source, Source::Project(_)).then_some(&scope.notify);
        let written = scan::statements(text);
        // Before anything runs, as far as the text tells.
        if written.iter().rev().skip(1).any(Written::has_parameters) {
            return Err(parameters_too_early());
        }
        let (count, none) = (statements.len(), Object::new());
        // DuckDB knows the place of an error in the first statement of a text only, so each is taken as if it were alone
        // there: unless it stands for several (`IMPORT DATABASE`).
        let alone = |index: usize| written.get(index).filter(|_| written.len() == count)?.alone(text);
        let mut last = Table::default();
        for index in 0..count {
            let alone = alone(index);
            let prepared = match &alone {
                Some(text) => self.connection.extract(text).map_err(rejected)?.prepare_next(),
                None => statements.prepare_next(),
            };
            let Some(prepared) = prepared else { break };
            let mut statement = Statement::new(prepared.map_err(rejected)?).with_doubles(source.doubles());
            let is_last = index + 1 == count;
            if !is_last && statement.has_parameters() {
                return Err(parameters_too_early());
            }
            let arguments = if is_last { arguments } else { &none };
            last = self.run(&mut statement, text, alone.as_deref().unwrap_or(HIDDEN), arguments, control)?;
            if let Some(notify) = notify {
                notify.progress(done(index + 1, count));
            }
        }
        Ok(last)
    }

    /// Runs a statement of a text; `own` is what stands for it alone.
    fn run(
        &mut self,
        statement: &mut Statement,
        text: &str,
        own: &str,
        arguments: &Object,
        control: &Control,
    ) -> Result<Table, SqlError> {
        let kind = statement.kind();
        // Even if it fails: a transaction may have begun.
        if kind == StatementKind::Other || kind == StatementKind::Definition && may_be_temporary(own) {
            self.state = State::Marked;
        }
        let result = statement.run(&self.connection, text, arguments, control);
        // Also if it failed: what it did before that may stay.
        self.store.changed_by(kind);
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

    /// Defines functions for all connections to the database.
    ///
    /// # Errors
    /// There is a function of the name, or DuckDB refuses one.
    pub(crate) fn define(&self, functions: Vec<Arc<dyn SqlFunction>>) -> Result<(), String> {
        self.store.define(&self.connection, functions)
    }

    /// How many prepared statements are kept.
    #[cfg(test)]
    pub(crate) fn cached(&self) -> usize {
        self.of_project.len() + self.of_programs.len()
    }
}

/// What is wrong with a source that has parameters before its last statement.
pub(crate) const PARAMETERS_TOO_EARLY: &str =
    "Not implemented Error: Prepared parameters are only supported for the last statement of a source";

/// Stands for a statement whose text isn't known, such as those that a PIVOT consists of; they make temporary types.
const HIDDEN: &str = "temp";

/// Whether a definition may be one that stays on its connection: none does without the keyword, in one of its two forms.
fn may_be_temporary(definition: &str) -> bool {
    definition.to_ascii_lowercase().contains("temp")
}

/// Whether a message says that the database can't be used any more.
fn is_fatal(message: &str) -> bool {
    message.starts_with("FATAL Error") || message.starts_with("INTERNAL Error")
}

/// Statements done, of all.
fn done(statements: usize, count: usize) -> Progress {
    #[expect(clippy::cast_precision_loss, reason = "nobody writes so many statements")]
    let (done, total) = (statements as f64, count as f64);
    Progress { done, total: Some(total), message: None }
}

fn reads_only() -> SqlError {
    SqlError::Rejected(
        "Permission Error: only a single query may be run here, which changes nothing".to_owned(),
    )
}

fn nothing_to_execute() -> SqlError {
    SqlError::Rejected("No statement to execute".to_owned())
}

fn parameters_too_early() -> SqlError {
    SqlError::Rejected(PARAMETERS_TOO_EARLY.to_owned())
}
