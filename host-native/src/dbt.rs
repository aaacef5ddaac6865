//! What dbt has to know of a project: its files, and the secrets in its environment.

mod names;
mod output;
mod program;
mod secrets;
mod variables;

pub(crate) use names::Names;
pub(crate) use output::{Shown, output};
pub(crate) use program::{find, run};
pub(crate) use variables::variables;

/// What is said when a project does without dbt.
pub(crate) const DISABLED: &str = "dbt integration is disabled in mxcp-site.yml";
