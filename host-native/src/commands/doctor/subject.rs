//! What is looked at, and how closely.

use super::Args;
use crate::environment::Environment;
use crate::project::{Definitions, Project};

/// What is looked at, and how closely.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    /// Whether to look at what is not needed, too.
    pub(super) all: bool,
    /// Whether other machines may be asked.
    pub(super) network: bool,
    pub(super) environment: &'a Environment,
    /// What the project's folders hold; none without a project.
    pub(super) definitions: Option<Definitions>,
}

impl<'a> Subject<'a> {
    /// As the arguments of the command ask for it.
    pub(super) fn new(args: &Args, environment: &'a Environment, project: Option<&Project>) -> Self {
        let definitions = project.map(Project::definitions);
        Self { all: args.all, network: args.network, environment, definitions }
    }
}
