//! A prepared statement with values.

use mxcp_core::value::Object;
use mxcp_runtime::ports::{SqlError, Table};

use crate::bind::{self, Kind};
use crate::control::Control;
use crate::ffi::{Connection, Prepared, StatementKind, TypeId};
use crate::row_filter::{Column, ColumnType};
use crate::rows::Make;
use crate::{passwords, rows, scan};

/// A statement that runs with values by name.
#[derive(Debug)]
pub(crate) struct Statement {
    prepared: Prepared,
    names: Vec<String>,
    /// The kind of value that the plan wants, by parameter.
    wanted: Vec<Option<TypeId>>,
    split: Split,
    /// Whether it may read anything, as far as that is known.
    reads: bool,
    double: Make<f64>,
}

/// The same statement, in which no parameter occurs twice.
///
/// DuckDB 1.5 keeps the plan of a statement that reads no table, for values of the types that it found while it had none.
/// If a parameter is first written where any type will do and then where one is wanted (`SELECT {'a': $v}, lower($v)`),
/// it forgets that it doesn't know the first one's type, and the plan fails with an internal error that makes the whole
/// database unusable. When the value is not of the type wanted it plans again and all is well; otherwise, each occurrence
/// is made a parameter of its own, which then is of unknown type for all to see.
#[derive(Debug)]
enum Split {
    /// Nobody needed it yet.
    Unknown,
    /// Nothing to split, or it is no longer the same statement (`GROUP BY $v`).
    None,
    Some {
        prepared: Prepared,
        /// The argument that each parameter takes.
        names: Vec<String>,
        /// The columns as they are called in the statement as written.
        columns: Vec<String>,
    },
}

/// What is wanted of the columns of a result.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Columns<'a> {
    /// What they are to be called, if not as in the statement.
    pub(crate) names: Option<&'a [String]>,
    /// What must be in them, if not anything.
    pub(crate) kinds: Option<&'a [Column]>,
}

impl Statement {
    pub(crate) fn new(prepared: Prepared) -> Self {
        let names = prepared.parameters().to_vec();
        let wanted = (0..names.len()).map(|index| prepared.parameter_type(index)).collect();
        Self { prepared, names, wanted, split: Split::Unknown, reads: true, double: rows::OF_JSON }
    }

    /// The same statement, whose doubles are what `double` makes of them.
    pub(crate) fn with_doubles(self, double: Make<f64>) -> Self {
        Self { double, ..self }
    }

    /// The same statement, of which the text is known: rows that are written out are put into a table without reading any.
    pub(crate) fn of_text(self, text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let reads = self.kind() == StatementKind::Query
            || !text.trim_start().starts_with("insert")
            || ["select", "from", "table", "with"].iter().any(|word| text.contains(word));
        Self { reads, ..self }
    }

    /// Whether its plan may depend on rows.
    pub(crate) fn reads(&self) -> bool {
        self.reads
    }

    /// What the statement may leave behind on its connection.
    pub(crate) fn kind(&self) -> StatementKind {
        self.prepared.kind()
    }

    /// Whether it takes values.
    pub(crate) fn has_parameters(&self) -> bool {
        !self.names.is_empty()
    }

    /// Runs it with values for all of its parameters. `source` is the text that the statement comes from.
    ///
    /// # Errors
    /// Names or values don't fit, DuckDB fails, or the job was taken back.
    pub(crate) fn run(
        &mut self,
        connection: &Connection,
        source: &str,
        arguments: &Object,
        control: &Control,
    ) -> Result<Table, SqlError> {
        let table = self.run_if(connection, source, arguments, Columns::default(), control)?;
        // Whatever the types are is fine.
        Ok(table.unwrap_or_default())
    }

    /// Runs it as [`Statement::run`] does, and gives nothing if the columns are not of the types that are wanted.
    ///
    /// # Errors
    /// As [`Statement::run`].
    pub(crate) fn run_if(
        &mut self,
        connection: &Connection,
        source: &str,
        arguments: &Object,
        wanted: Columns<'_>,
        control: &Control,
    ) -> Result<Option<Table>, SqlError> {
        bind::check_names(&self.names, arguments).map_err(rejected)?;
        if self.gets_what_it_wants(arguments)? {
            if matches!(self.split, Split::Unknown) {
                self.split = Split::of(connection, source, &self.prepared).unwrap_or(Split::None);
            }
            if let Split::Some { prepared, names, columns: own } = &mut self.split {
                let wanted = Columns { names: wanted.names.or(Some(own)), ..wanted };
                return run(prepared, names, arguments, wanted, self.double, control);
            }
        }
        run(&mut self.prepared, &self.names, arguments, wanted, self.double, control)
    }

    /// Its columns by the names that rows have them under, with their types as far as they are known before it runs.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let names = rows::unique(self.prepared.columns());
        let types = self.prepared.column_types();
        names
            .into_iter()
            .zip(&types)
            .map(|(name, kind)| Column { name, kind: ColumnType::of(kind) })
            .collect()
    }

    /// The names of its columns as written.
    pub(crate) fn column_names(&self) -> Vec<String> {
        self.prepared.columns()
    }

    /// The names of its parameters.
    pub(crate) fn parameters(&self) -> &[String] {
        &self.names
    }

    /// Whether some value is of the very type that the plan wants.
    fn gets_what_it_wants(&self, arguments: &Object) -> Result<bool, SqlError> {
        for (name, wanted) in self.names.iter().zip(&self.wanted) {
            if let (Some(wanted), Some(value)) = (wanted, arguments.get(name))
                && Kind::of(value).map_err(rejected)?.id() == *wanted
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Split {
    fn of(connection: &Connection, source: &str, original: &Prepared) -> Option<Self> {
        // Only the last statement of a source has parameters.
        let statement = scan::statements(source).pop()?;
        let occurrences = &statement.parameters;
        let (mut text, mut written, mut names) = (String::new(), statement.start, Vec::new());
        for (index, occurrence) in occurrences.iter().enumerate() {
            // With a letter first, as the name may be a number.
            let made_up = format!("p{}_{index}", occurrence.name);
            text.push_str(source.get(written..occurrence.end - occurrence.name.len())?);
            text.push_str(&made_up);
            written = occurrence.end;
            names.push((made_up, occurrence.name.to_owned()));
        }
        text.push_str(source.get(written..statement.end)?);
        let repeated = occurrences.len() > original.parameters().len();
        let prepared = repeated.then(|| connection.extract(&text).ok()?.prepare_next()?.ok()).flatten()?;
        let argument = |parameter: &String| {
            names.iter().find(|(made_up, _)| made_up == parameter).map(|(_, name)| name.clone())
        };
        let names = prepared.parameters().iter().map(argument).collect::<Option<_>>()?;
        Some(Self::Some { prepared, names, columns: original.columns() })
    }
}

fn run(
    prepared: &mut Prepared,
    names: &[String],
    arguments: &Object,
    wanted: Columns<'_>,
    double: Make<f64>,
    control: &Control,
) -> Result<Option<Table>, SqlError> {
    bind::bind(prepared, names, arguments).map_err(rejected)?;
    let result = run_bound(prepared, wanted, double, control);
    if !names.is_empty() {
        prepared.unbind();
    }
    result
}

fn run_bound(
    prepared: &Prepared,
    wanted: Columns<'_>,
    double: Make<f64>,
    control: &Control,
) -> Result<Option<Table>, SqlError> {
    if control.is_cancelled() {
        return Err(SqlError::Cancelled);
    }
    let pending = prepared.start().map_err(rejected)?;
    // An interrupt that came before this point may be forgotten, one that comes after it is not; see `Control`.
    if control.is_cancelled() {
        pending.abandon();
        return Err(SqlError::Cancelled);
    }
    let mut result = pending.finish().map_err(rejected)?;
    if let Some(kinds) = wanted.kinds {
        // Values may have made columns of other types than they were without.
        let given = result.columns().into_iter().map(|(_, kind)| ColumnType::of(&kind));
        if !given.eq(kinds.iter().map(|column| column.kind)) {
            return Ok(None);
        }
    }
    rows::collect(result, wanted.names, double, control).map(Some)
}

/// DuckDB's message as the port has it, without passwords and without the addresses that it puts behind internal errors.
pub(crate) fn rejected(mut message: String) -> SqlError {
    if message.starts_with("INTERRUPT Error") {
        return SqlError::Cancelled;
    }
    if let Some(trace) = message.find("\n\nStack Trace:") {
        message.truncate(trace);
    }
    SqlError::Rejected(passwords::hidden(message))
}

#[cfg(test)]
mod tests {
    use mxcp_runtime::ports::SqlError;

    use super::rejected;

    #[test]
    fn messages_have_no_stack_traces_and_interrupts_are_cancellations() {
        let message = rejected("INTERNAL Error: odd\n\nStack Trace:\n\n/lib(+0x1)".to_owned());
        assert_eq!(message.to_string(), "INTERNAL Error: odd");
        assert!(matches!(rejected("INTERRUPT Error: Interrupted!".to_owned()), SqlError::Cancelled));
    }
}
