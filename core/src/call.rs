//! A call, who makes it, and why it may fail.

mod capabilities;
mod claim;
mod context;
mod error;
mod mappings;
mod principal;
mod trace;

pub use capabilities::capabilities;
pub use claim::{Claim, ClaimError};
pub use context::{CallContext, Caller, Headers};
pub use error::{ArgumentError, CallError, ExceededLimit};
pub use mappings::Mappings;
pub use principal::{Principal, PrincipalError, Secret};
pub use trace::TraceContext;

use crate::definition::Kind;
use crate::value::Object;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Call {
    /// Tool, resource or prompt.
    pub kind: Kind,
    /// The tool's or prompt's name; a resource's URI template as written.
    pub name: String,
    /// Arguments by name, as the caller wrote them.
    pub arguments: Object,
    /// What to do with arguments the endpoint doesn't declare.
    pub unknown_arguments: UnknownArguments,
    /// Whether the result is checked against `return`.
    pub output_validation: OutputValidation,
}

/// What to do with arguments the endpoint doesn't declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownArguments {
    /// They are an error: the command line's way, where they are typing mistakes.
    Refuse,
    /// They are left out and reported with the plan: MCP's way, where clients send extras.
    Drop,
}

/// Whether the result is checked against `return`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputValidation {
    /// It is.
    Check,
    /// Only the row shape is (`mxcp run --skip-output-validation`).
    Skip,
}
