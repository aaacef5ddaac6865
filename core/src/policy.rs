//! Policies: CEL rules compiled at load, decided around each call.

/// The compiled rules of one endpoint.
#[derive(Debug, Default)]
pub struct PolicySet {}
