//! The tables and views of the database.

use std::sync::Arc;

use mxcp_core::definition::{SqlOrigin, SqlText};
use mxcp_core::drift::{Column, Table};
use mxcp_core::source::SourceFile;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{SqlEngine, SqlRequest};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// Tables and views of the schema `main` of all databases with their columns: a table of the same name in another schema is
/// another table.
const QUERY: &str = "\
SELECT t.table_name, c.column_name, c.data_type
FROM information_schema.tables t LEFT JOIN information_schema.columns c
  ON c.table_catalog = t.table_catalog AND c.table_schema = t.table_schema AND c.table_name = t.table_name
WHERE t.table_schema = 'main' AND t.table_catalog NOT IN ('system', 'temp')
ORDER BY t.table_name, t.table_catalog, c.ordinal_position";

/// The tables and views, by name.
///
/// # Errors
/// The database can't be asked.
pub(super) async fn all(engine: &dyn SqlEngine, cancel: &CancellationToken) -> Result<Vec<Table>, Failure> {
    let scope = CallScope { cancel: cancel.clone(), ..CallScope::of_host("drift", "cli") };
    let request = SqlRequest {
        source: Arc::new(SqlText {
            text: QUERY.to_owned(),
            origin: SqlOrigin::File(SourceFile::new("<drift>", QUERY)),
            parameters_declared: false,
        }),
        arguments: Arc::new(Object::default()),
        row_tests: Vec::new(),
        scope: Arc::new(scope),
        timeout: None,
    };
    let rows = engine.execute(request).await?.rows;
    let mut tables: Vec<Table> = Vec::new();
    for row in &rows {
        let text = |name| row.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(name) = text("table_name") else { continue };
        let column = text("column_name").zip(text("data_type")).map(|(name, kind)| Column { name, kind });
        match (tables.last_mut(), column) {
            // Columns of a table follow each other; a name that comes again is that of the next table.
            (Some(last), Some(column))
                if last.name == name && last.columns.iter().all(|known| known.name != column.name) =>
            {
                last.columns.push(column);
            }
            (_, column) => tables.push(Table { name, columns: column.into_iter().collect() }),
        }
    }
    Ok(tables)
}
