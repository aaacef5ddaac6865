//! `mxcp query`: SQL on the project's database, through the engine that runs endpoints.

use std::fs;
use std::sync::Arc;

use mxcp_core::definition::{SqlOrigin, SqlText};
use mxcp_core::registry::{Registry, Rows};
use mxcp_core::source::SourceFile;
use mxcp_core::types;
use mxcp_core::value::{Object, Value};
use mxcp_core::yaml;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{SqlError, SqlRequest};

use crate::arguments::Parameters;
use crate::cli::Common;
use crate::compose::{self, Engines, Opening};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::signals;
use crate::ui::{Output, ResultDocument, Ui, printable};

/// Most lines of the SQL that are shown.
const SHOWN_LINES: usize = 5;

/// Arguments of `mxcp query`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The statements to run; the rows of the last one are the result
    sql: Option<String>,
    /// File with the statements to run
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
    /// A value for `$NAME`: a text, or @FILE for the JSON in a file
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// Open the database for reading only [env: MXCP_READONLY]
    #[arg(long)]
    readonly: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json_output: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Runs the SQL and prints its rows.
///
/// # Errors
/// The options can't be used, there is no project, or the SQL failed.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let (sql, origin) = source(args)?;
    let parameters = Parameters::parse(&args.params)?;
    let project = Project::load(&args.common, environment, ui)?;
    if ui.output() == Output::Human {
        show(&sql, &parameters, ui)?;
    }
    let source = SqlText {
        origin: SqlOrigin::File(SourceFile::new(origin, sql.as_str())),
        text: sql,
        parameters_declared: !parameters.is_empty(),
    };
    let rows = execute(&project, args.readonly, source, parameters.into_object())?;
    let rows = types::render(Value::Array(rows.rows.into_iter().map(Value::Object).collect()), None);
    match ui.output() {
        Output::Json => ui.document(&ResultDocument::new(&rows))?,
        Output::Human => ui.value(&rows)?,
    }
    Ok(Outcome::Fine)
}

/// The SQL and where it comes from.
fn source(args: &Args) -> Result<(String, &str), Failure> {
    let given = args.sql.as_deref().filter(|sql| !sql.trim().is_empty());
    match (given, &args.file) {
        (Some(sql), None) => Ok((sql.to_owned(), "<query>")),
        (None, Some(file)) => {
            let bytes = fs::read(file)
                .map_err(|error| Failure::Usage(format!("SQL file {file} can't be read: {error}")))?;
            let text = yaml::decode(&bytes)
                .map_err(|problem| Failure::Usage(format!("SQL file {file}: {}", problem.message)))?;
            Ok((text, file))
        }
        (Some(_), Some(_)) => Err(Failure::Usage("Cannot specify both SQL and --file".to_owned())),
        (None, None) => Err(Failure::Usage("Must specify either SQL or --file".to_owned())),
    }
}

fn show(sql: &str, parameters: &Parameters, ui: &mut Ui) -> Result<(), Failure> {
    ui.line("Running query")?;
    for line in sql.lines().take(SHOWN_LINES) {
        ui.line(format_args!("  {}", printable(line)))?;
    }
    match sql.lines().count().saturating_sub(SHOWN_LINES) {
        0 => {}
        more => ui.line(format_args!("  ... and {more} more lines"))?,
    }
    if !parameters.is_empty() {
        ui.line("Parameters:")?;
    }
    for line in parameters.lines(|_| false) {
        ui.line(line)?;
    }
    Ok(ui.line("")?)
}

fn execute(project: &Project, readonly: bool, source: SqlText, arguments: Object) -> Result<Rows, Failure> {
    compose::block_on(async {
        let none = Registry::default();
        let engines = signals::starting(Engines::open(project, &none, Opening::of_command(readonly))).await?;
        let outcome = signals::cancelling(|cancel| {
            engines.sql().execute(SqlRequest {
                source: Arc::new(source),
                arguments: arguments.into(),
                row_tests: Vec::new(),
                scope: Arc::new(CallScope { cancel, ..CallScope::of_host("query", "cli-query") }),
                timeout: None,
            })
        })
        .await;
        engines.close().await;
        outcome.map_err(|error| match error {
            SqlError::Rejected(text) => Failure::message(format!("Failed to execute SQL: {text}")),
            SqlError::Cancelled => Failure::message(signals::CANCELLED),
            other => other.into(),
        })
    })
}
