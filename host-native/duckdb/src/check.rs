//! Checking a source without running it.

mod effect;

use std::collections::BTreeSet;

use mxcp_core::value::Value;
use mxcp_runtime::ports::{SqlCheck, SqlFinding};

use self::effect::{Changes, Effect};
use crate::ffi::Connection;
use crate::scan::{self, Written};
use crate::session::PARAMETERS_TOO_EARLY;
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
    findings.extend(early_parameters(&written));
    // A statement may stand for several (`IMPORT DATABASE`).
    let own = |index: usize| {
        written
            .get(index)
            .filter(|_| written.len() == count)
            .and_then(|statement| text.get(statement.start..statement.end))
    };
    let mut changes = Changes::default();
    let mut index = 0;
    while let Some(statement) = statements.prepare_next() {
        let own = own(index);
        let effect = match (&statement, own) {
            (Ok(prepared), _) if prepared.kind().keeps_to_rows() => Effect::Nothing,
            (_, Some(own)) => Effect::of(own),
            (Ok(_), None) => Effect::Definitions,
            (Err(_), None) => Effect::Anything,
        };
        match statement {
            Ok(prepared) => parameters.extend(prepared.parameters().iter().cloned()),
            Err(message) => {
                // DuckDB tells the parameters of statements it bound only.
                parameters.extend(all_written());
                // Nor can a function of the project in a place where DuckDB wants its value at once.
                if changes.leave(&message, own) && !message.contains(NOT_NOW) {
                    findings.push(SqlFinding { message, offset: offset(connection, text, Some(index)) });
                }
            }
        }
        changes.add(effect, own);
        index += 1;
    }
    SqlCheck { findings, parameters: parameters.into_iter().collect(), statements: count }
}

/// The first parameter of a statement that may have none.
fn early_parameters(written: &[Written<'_>]) -> Option<SqlFinding> {
    let (_, early) = written.split_last()?;
    let statement = early.iter().find(|statement| statement.has_parameters())?;
    let named = statement.parameters.first().and_then(|found| found.end.checked_sub(found.name.len() + 1));
    let offset = Some(named.unwrap_or(statement.start));
    Some(SqlFinding { message: PARAMETERS_TOO_EARLY.to_owned(), offset })
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
