//! Checking a source without running it.

use std::collections::BTreeSet;

use mxcp_core::value::Value;
use mxcp_runtime::ports::{SqlCheck, SqlFinding};

use crate::ffi::Connection;
use crate::scan;
use crate::user_function::NOT_NOW;

/// Parses and binds every statement. What a statement needs of one before it that is not run can't be bound, and is no
/// finding.
pub(crate) fn check(connection: &Connection, text: &str) -> SqlCheck {
    let written = scan::statements(text);
    let mut parameters: BTreeSet<String> = BTreeSet::new();
    let mut findings = Vec::new();
    let all_written =
        || written.iter().flat_map(|statement| &statement.parameters).map(|found| found.name.to_owned());
    let mut statements = match connection.extract(text) {
        Ok(statements) => statements,
        Err(message) => {
            let offset = offset(connection, text, None);
            let findings = vec![SqlFinding { message, offset }];
            let parameters: BTreeSet<String> = all_written().collect();
            return SqlCheck {
                findings,
                parameters: parameters.into_iter().collect(),
                statements: written.len(),
            };
        }
    };
    let count = statements.len();
    let mut definitions = Definitions::AsNow;
    let mut index = 0;
    while let Some(statement) = statements.prepare_next() {
        match statement {
            Ok(prepared) => {
                parameters.extend(prepared.parameters().iter().cloned());
                if !prepared.kind().keeps_to_rows() {
                    definitions = Definitions::MayDiffer;
                }
            }
            Err(message) => {
                // DuckDB tells the parameters of statements it bound only.
                parameters.extend(all_written());
                let can_be_bound = definitions == Definitions::AsNow || !is_about_definitions(&message);
                // So does a function of the project in a place where DuckDB wants its value at once.
                if can_be_bound && !message.contains(NOT_NOW) {
                    findings.push(SqlFinding { message, offset: offset(connection, text, Some(index)) });
                }
            }
        }
        index += 1;
    }
    SqlCheck { findings, parameters: parameters.into_iter().collect(), statements: count }
}

/// Whether a statement would find the definitions (tables and so on) that exist now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Definitions {
    AsNow,
    /// An earlier statement makes, drops or changes some.
    MayDiffer,
}

fn is_about_definitions(message: &str) -> bool {
    message.starts_with("Catalog Error") || message.starts_with("Binder Error")
}

/// The byte that DuckDB's message about a statement, or about the syntax, points at.
///
/// The message itself has the place only as a picture of the line; with errors as JSON it is a number.
fn offset(connection: &Connection, text: &str, statement: Option<usize>) -> Option<usize> {
    connection.run("SET errors_as_json = true").ok()?;
    let message = match (connection.extract(text), statement) {
        (Err(message), _) => message,
        (Ok(_), None) => return None,
        (Ok(mut statements), Some(index)) => {
            for _ in 0..index {
                let _ = statements.prepare_next();
            }
            statements.prepare_next()?.err()?
        }
    };
    connection.run("SET errors_as_json = false").ok()?;
    // About the syntax DuckDB writes the kind of error before the JSON, too.
    let error = Value::parse_json(message.get(message.find('{')?..)?).ok()?;
    let offset = error.as_object()?.get("position")?.as_str()?.parse().ok()?;
    Some(offset).filter(|offset| text.is_char_boundary(*offset))
}
