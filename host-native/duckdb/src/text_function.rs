//! Functions of texts that give a text.

use std::sync::Arc;

use crate::ffi::{Connection, Evaluation, LogicalType, Output, ScalarFunction, TypeId, Vector};

/// A function of texts that gives a text or NULL, and takes NULL for an argument.
pub(crate) trait TextFunction: Send + Sync {
    /// What SQL calls it.
    fn name(&self) -> &str;

    /// How many texts it takes.
    fn arguments(&self) -> usize;

    /// Whether it does something that must be done for each row, and not while DuckDB plans.
    fn is_volatile(&self) -> bool {
        false
    }

    /// Called when a query begins to compute the function, on each thread that does, with the id of the connection
    /// that asked.
    fn start(&self, connection: u64) -> Box<dyn TextEvaluation>;
}

/// The function within one query.
pub(crate) trait TextEvaluation: Send {
    /// Computes one value. NULL is passed as none.
    ///
    /// # Errors
    /// What is wrong with the arguments; the query fails with it.
    fn evaluate(&self, arguments: &[Option<&str>]) -> Result<Option<String>, String>;
}

/// Defines a function for all connections of a database.
///
/// # Errors
/// DuckDB refuses it.
pub(crate) fn define_text(connection: &Connection, function: Arc<dyn TextFunction>) -> Result<(), String> {
    connection.define(Arc::new(Texts(function)))
}

struct Texts(Arc<dyn TextFunction>);

impl ScalarFunction for Texts {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn parameters(&self) -> Result<Vec<LogicalType>, String> {
        Ok((0..self.0.arguments()).map(|_| LogicalType::simple(TypeId::Varchar)).collect())
    }

    fn returns(&self) -> Result<LogicalType, String> {
        Ok(LogicalType::simple(TypeId::Varchar))
    }

    fn is_volatile(&self) -> bool {
        self.0.is_volatile()
    }

    fn start(&self, connection: u64) -> Box<dyn Evaluation> {
        Box::new(Rows(self.0.start(connection)))
    }
}

struct Rows(Box<dyn TextEvaluation>);

impl Evaluation for Rows {
    fn evaluate(&self, arguments: &[Vector<'_>], output: &mut Output<'_>) -> Result<(), String> {
        if arguments.is_empty() {
            let value = self.0.evaluate(&[])?;
            return (0..output.len()).try_for_each(|row| output.set_text(row, value.as_deref()));
        }
        let columns: Vec<_> = arguments.iter().map(|column| (column, column.bytes())).collect();
        let mut texts = vec![None; columns.len()];
        for row in 0..output.len() {
            for (text, (column, values)) in texts.iter_mut().zip(&columns) {
                let bytes = values.filter(|_| column.is_valid(row)).and_then(|values| values.get(row));
                *text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
            }
            output.set_text(row, self.0.evaluate(&texts)?.as_deref())?;
        }
        Ok(())
    }
}
