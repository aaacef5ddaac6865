//! What is looked at, and how closely.

use super::Args;
use super::check::Check;
use super::configuration::Examined;
use crate::environment::Environment;
use crate::project::Definitions;

/// What is looked at, and how closely.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    /// Whether to look at what is not needed, too.
    pub(super) all: bool,
    /// Whether other machines may be asked.
    pub(super) network: bool,
    pub(super) environment: &'a Environment,
    /// Whether the user file can be used; if not, what it would say is not known.
    pub(super) user_file: bool,
    /// What the project's folders hold; none without a project.
    pub(super) definitions: Option<Definitions>,
}

impl<'a> Subject<'a> {
    /// As the arguments of the command ask for it.
    pub(super) fn new(args: &Args, environment: &'a Environment, examined: Option<&Examined>) -> Self {
        let definitions = examined.map(|examined| examined.project.definitions());
        let user_file = examined.is_none_or(|examined| examined.user_file);
        Self { all: args.all, network: args.network, environment, user_file, definitions }
    }

    /// That something is not looked at, as only the user file says how it should be.
    pub(super) fn not_known(name: &str) -> Check {
        Check::skipped(name, "the user file, which says how it is to be, can't be used")
    }
}
