//! What is made ready before a generation begins.

use std::fmt;
use std::sync::Arc;

use mxcp_core::registry::Registry;

/// Somebody who makes something of each generation, before any call is made against it: otherwise the first calls would wait
/// for that.
pub trait Ahead: fmt::Debug + Send + Sync {
    /// These endpoints are served next.
    fn comes(&self, registry: &Arc<Registry>);

    /// They are served from now on. What was made of those before need not be kept.
    fn came(&self);
}
