//! What a server tells of itself.

use std::fmt;
use std::pin::Pin;

use crate::answers::{ConfigResponse, EndpointEntry, StatusResponse};
use crate::audit::AuditQueries;

/// A future that may be handed on to another thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A running server that is looked after. Its errors are texts for the operator, without secrets.
pub trait Administered: fmt::Debug + Send + Sync {
    /// Version of the program.
    fn version(&self) -> &str;

    /// Whether the answers to what nobody foresaw may say what it was.
    fn debug(&self) -> bool;

    /// Whether there is anything that calls can run on.
    fn healthy(&self) -> bool;

    /// How it is.
    fn status(&self) -> Result<StatusResponse, String>;

    /// What it is configured to be.
    fn config(&self) -> Result<ConfigResponse, String>;

    /// The definitions as they are on disk.
    fn endpoints(&self) -> BoxFuture<'_, Result<Vec<EndpointEntry>, String>>;

    /// Asks for a reload, which is known by `id` from now on, and returns at once.
    fn reload(&self, id: &str) -> Result<(), String>;

    /// What was recorded.
    fn audit(&self) -> &dyn AuditQueries;
}
