//! The built-in tools that give a model SQL itself.

use std::sync::Arc;

use mxcp_core::call::{ArgumentError, CallContext, CallError};
use mxcp_core::definition::{SqlOrigin, SqlText};
use mxcp_core::registry::{Success, ToolDescription};
use mxcp_core::schema;
use mxcp_core::source::SourceFile;
use mxcp_core::types;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::{Link, Pipeline, Query};
use rmcp::model::Tool;
use serde_json::json;

use mxcp_mcp::wire;

const LIST_TABLES: &str = "\
    SELECT table_name AS name, table_type AS type FROM information_schema.tables \
    WHERE table_catalog = current_database() AND table_schema = 'main' ORDER BY table_name";

const TABLE_SCHEMA: &str = "\
    SELECT column_name AS name, data_type AS type, is_nullable AS nullable FROM information_schema.columns \
    WHERE table_catalog = current_database() AND table_schema = 'main' AND table_name = $table_name \
    ORDER BY ordinal_position";

/// The built-in tools, in the order they are listed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SqlTool {
    ExecuteQuery,
    ListTables,
    TableSchema,
}

/// The built-in tools as they are served.
#[derive(Debug)]
pub(crate) struct SqlTools {
    tools: Vec<(SqlTool, Tool)>,
    /// Kept, because engines recognise prepared statements by these.
    list_tables: Arc<SqlText>,
    table_schema: Arc<SqlText>,
}

impl SqlTool {
    const ALL: [SqlTool; 3] = [SqlTool::ExecuteQuery, SqlTool::ListTables, SqlTool::TableSchema];

    pub(crate) fn name(self) -> &'static str {
        match self {
            SqlTool::ExecuteQuery => "execute_sql_query",
            SqlTool::ListTables => "list_tables",
            SqlTool::TableSchema => "get_table_schema",
        }
    }

    /// The one argument, if it takes any: its name and what it is.
    fn argument(self) -> Option<(&'static str, &'static str)> {
        match self {
            SqlTool::ExecuteQuery => Some(("sql", "SQL in DuckDB's dialect")),
            SqlTool::ListTables => None,
            SqlTool::TableSchema => Some(("table_name", "Name of a table or view, as list_tables gives it")),
        }
    }

    fn default_description(self) -> &'static str {
        match self {
            SqlTool::ExecuteQuery => {
                "Run SQL on this server's DuckDB database and get the resulting rows, each as one record. \
                 With several statements, the rows are those of the last one."
            }
            SqlTool::ListTables => "List the tables and views of this server's DuckDB database.",
            SqlTool::TableSchema => {
                "Show the columns of one table or view with their types. The result is empty if there is no such table."
            }
        }
    }

    fn annotations(self) -> schema::Annotations {
        let title = match self {
            SqlTool::ExecuteQuery => "SQL Query Executor",
            SqlTool::ListTables => "Database Table Lister",
            SqlTool::TableSchema => "Table Schema Inspector",
        };
        let reads_only = self != SqlTool::ExecuteQuery;
        schema::Annotations {
            title: Some(title.to_owned()),
            read_only_hint: Some(reads_only),
            destructive_hint: Some(!reads_only),
            idempotent_hint: Some(reads_only),
            open_world_hint: Some(false),
        }
    }

    fn describe(self, description: Option<&str>) -> ToolDescription {
        let input_schema = match self.argument() {
            None => json!({ "type": "object", "properties": {}, "additionalProperties": false }),
            Some((name, meaning)) => json!({
                "type": "object",
                "properties": { name: { "type": "string", "description": meaning } },
                "required": [name],
            }),
        };
        let rows = json!({ "type": "array", "items": { "type": "object" } });
        ToolDescription {
            name: self.name().to_owned(),
            description: description.unwrap_or(self.default_description()).to_owned(),
            input_schema,
            output_schema: Some(json!({
                "type": "object",
                "properties": { "result": rows },
                "required": ["result"],
            })),
            annotations: Some(self.annotations()),
        }
    }
}

impl SqlTools {
    pub(crate) fn new(settings: &schema::SqlTools) -> Self {
        let written = |tool| {
            let settings = match tool {
                SqlTool::ExecuteQuery => &settings.execute_sql_query,
                SqlTool::ListTables => &settings.list_tables,
                SqlTool::TableSchema => &settings.get_table_schema,
            };
            settings.as_ref().and_then(|settings| settings.description.as_deref())
        };
        Self {
            tools: SqlTool::ALL.map(|tool| (tool, wire::tool(&tool.describe(written(tool))))).to_vec(),
            list_tables: sql_text(SqlTool::ListTables, LIST_TABLES),
            table_schema: sql_text(SqlTool::TableSchema, TABLE_SCHEMA),
        }
    }

    /// The tools as they are listed.
    pub(crate) fn list(&self) -> impl Iterator<Item = (SqlTool, Tool)> + '_ {
        self.tools.iter().cloned()
    }

    /// Calls one of them; the result is always a list of rows.
    ///
    /// # Errors
    /// The argument is missing, or the database refuses.
    pub(crate) async fn call(
        &self,
        tool: SqlTool,
        arguments: Object,
        context: CallContext,
        pipeline: &Pipeline,
        link: Link,
    ) -> Result<Success, CallError> {
        let statement = self.statement(tool, &arguments);
        let query = Query { name: tool.name(), arguments, statement };
        let rows = pipeline.query(query, context, link).await?;
        let rows = Value::Array(rows.rows.into_iter().map(Value::Object).collect());
        Ok(Success { value: types::render(rows, None), typed: true, content: None, part: None })
    }

    /// What to run with which values bound.
    fn statement(
        &self,
        tool: SqlTool,
        arguments: &Object,
    ) -> Result<(Arc<SqlText>, Arc<Object>), ArgumentError> {
        let argument = tool.argument().map(|(name, _)| text_argument(arguments, name)).transpose()?;
        let text = argument.unwrap_or_default();
        Ok(match tool {
            SqlTool::ListTables => (Arc::clone(&self.list_tables), Arc::default()),
            SqlTool::TableSchema => {
                let bindings = Object::from_iter([("table_name", Value::string(text))]);
                (Arc::clone(&self.table_schema), Arc::new(bindings))
            }
            SqlTool::ExecuteQuery => (sql_text(tool, text), Arc::default()),
        })
    }
}

fn sql_text(tool: SqlTool, text: &str) -> Arc<SqlText> {
    Arc::new(SqlText {
        text: text.to_owned(),
        origin: SqlOrigin::File(SourceFile::new(tool.name(), text)),
        parameters_declared: tool == SqlTool::TableSchema,
    })
}

fn text_argument<'a>(arguments: &'a Object, name: &str) -> Result<&'a str, ArgumentError> {
    let message = match arguments.get(name) {
        Some(Value::String(text)) => return Ok(text),
        None | Some(Value::Null) => format!("Required parameter missing: {name}"),
        Some(_) => format!("Error validating parameter '{name}': Expected string"),
    };
    Err(ArgumentError { pointer: format!("/{name}"), message })
}

#[cfg(test)]
mod tests;
