//! What is known of the deployment.

use mxcp_core::bundle;

/// Settings of the edge, of the bundle or the environment.
#[derive(Clone, Debug)]
pub struct Settings {}

impl Settings {
    /// The settings.
    ///
    /// # Errors
    /// One is wrong.
    pub fn new(_built_in: &bundle::Settings, _variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        Ok(Self {})
    }
}
