//! What is expected of a language model that uses the tools: the pure half of `mxcp evals` (spec `evals.md`).
//!
//! [`load`] reads suites; [`failures`] judges what a model did. Asking it is the host's business.

mod assertion;
mod duplicates;
mod suite;
#[cfg(test)]
mod tests;

pub use assertion::{MadeCall, failures};
pub use suite::{LoadedSuite, SuiteState, load};
