//! WebAssembly components.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mxcp_core::definition::ComponentSource;
use mxcp_core::wit;

use super::BoxFuture;
use crate::scope::CallScope;

/// Runs functions of components.
pub trait ComponentEngine: fmt::Debug + Send + Sync {
    /// Makes components ready to be called: reads and compiles them, or finds what was compiled before. What a call needs is
    /// ready after this, because compiling may take many seconds. Those that are not named any more are let go.
    fn prepare(&self, sources: Vec<Arc<ComponentSource>>) -> BoxFuture<'_, Result<(), ComponentError>>;

    /// Calls a function in an instance of its own. Dropping the future takes the call back, as do `scope.cancel` and the
    /// timeout.
    fn call(&self, request: ComponentRequest) -> BoxFuture<'_, Result<Option<wit::Value>, ComponentError>>;
}

/// A call of a function.
#[derive(Clone, Debug)]
pub struct ComponentRequest {
    /// Which function.
    pub source: Arc<ComponentSource>,
    /// Its arguments, in order.
    pub arguments: Arc<[wit::Value]>,
    /// Who calls.
    pub scope: Arc<CallScope>,
    /// Longest time it may take, beside the limit of its own.
    pub timeout: Option<Duration>,
}

/// Why a component failed.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// It trapped, or used more than it may; the text is for the caller. Details are in the log.
    #[error("{0}")]
    Failed(String),
    /// It took longer than it may.
    #[error("call timed out after {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It was taken back.
    #[error("call was cancelled")]
    Cancelled,
    /// A component can't be read or compiled, or needs what no host has.
    #[error("{message}")]
    Unavailable {
        /// What is wrong, with what to do about it.
        message: String,
    },
    /// A defect of the engine.
    #[error("{0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}
