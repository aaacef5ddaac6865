//! Conversions between WIT and core, one function each.

mod approval;
mod call;
mod lint;
mod listing;
mod plan;
mod policy;
mod problem;
mod project;
mod reply;

pub(crate) use approval::{approval, unapproved};
pub(crate) use call::{call, context, kind};
pub(crate) use lint::finding;
pub(crate) use listing::{prompt, resource, resource_match, tool};
pub(crate) use plan::{execution_error, output, plan};
pub(crate) use policy::{explanation, question, unexplained};
pub(crate) use project::{content, definition_file, loaded_file, reference};
pub(crate) use reply::reply;
