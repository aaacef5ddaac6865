//! What an mxcp project means and what it allows, without any I/O.
//!
//! The crate is synchronous and touches nothing outside: no files, clock, environment, network or
//! randomness. Hosts hand it texts and facts, and act on what it decides. The same code runs natively in
//! `mxcp` and, compiled to a WASI component, at the edge.
//!
//! The way of a project through it:
//!
//! 1. [`load`]: texts ([`source`]) become marked trees ([`yaml`]), are checked against the file format
//!    ([`schema`]) and given their meaning ([`definition`]). Whatever is wrong becomes a
//!    [`Diagnostic`](diagnostic::Diagnostic) with a place in the text, all at once.
//! 2. [`registry`]: what loaded is an immutable [`Registry`](registry::Registry). Types, SQL parameter lists and
//!    CEL rules are compiled by then; a call only runs them.
//! 3. A call is two steps. [`Registry::prepare`](registry::Registry::prepare) converts and validates the arguments
//!    ([`types`]) and decides the input policy ([`policy`]); the host runs the resulting
//!    [`Plan`](registry::Plan); [`Prepared::finish`](registry::Prepared::finish) shapes and validates the output, applies the
//!    output policy and makes the [audit record](audit::AuditRecord). A [`Reply`](registry::Reply) can't be made in any
//!    other way, so no host can skip a step.

pub mod audit;
pub mod bundle;
pub mod call;
pub mod definition;
pub mod delivery;
pub mod diagnostic;
pub mod drift;
pub mod evals;
pub mod expectation;
mod format_version;
pub mod limits;
pub mod lint;
pub mod load;
pub mod lock;
mod lower;
pub mod policy;
pub mod prompt;
pub mod reference;
pub mod registry;
pub mod schema;
pub mod secret;
pub mod site;
pub mod source;
pub mod types;
pub mod uri_template;
pub mod user;
pub mod value;
pub mod web;
pub mod wit;
pub mod yaml;
