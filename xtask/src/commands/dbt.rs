//! `cargo xtask dbt`: dbt with its adapter for DuckDB, which the suites use if it is there.

use anyhow::Result;

use crate::arguments::Arguments;
use crate::tools::Environment;
use crate::workspace::Workspace;

/// dbt itself. The name of its folder is the one that the suites look for.
const DBT: &str = "dbt-core==1.10.23";

/// What it reaches DuckDB with. The database is the version that `mxcp` is built with: both open the same files.
const ADAPTER: &[&str] = &["dbt-duckdb==1.11.1", "duckdb==1.5.5"];

/// The command.
pub(crate) fn run(workspace: &Workspace, arguments: Arguments) -> Result<()> {
    arguments.finish()?;
    if let Some(reason) = ensure(workspace)? {
        println!("dbt        skipped: {reason}");
    }
    Ok(())
}

/// Makes sure that dbt is there. Gives why it is not, where it can't be fetched.
pub(crate) fn ensure(workspace: &Workspace) -> Result<Option<String>> {
    match Environment::ensure_all(workspace, DBT, ADAPTER) {
        Ok(environment) => {
            println!("dbt        {}", environment.program("dbt").display());
            Ok(None)
        }
        Err(error) => Ok(Some(format!("{error:#}"))),
    }
}
