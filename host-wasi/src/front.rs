//! The project, ready to answer.

use mxcp_core::bundle::{self, Bundle};
use mxcp_core::registry::Registry;

use crate::host::Host;
use crate::http::{Request, Response};
use crate::keys::Keys;
use crate::settings::Settings;

/// A project that answers.
#[derive(Debug)]
pub struct Front {
    bundle: Bundle,
    registry: Registry,
}

impl Front {
    /// Compiles a project.
    ///
    /// # Errors
    /// Definitions that don't load, a line each.
    pub fn new(bundle: Bundle) -> Result<Self, String> {
        let loaded = bundle.load();
        Ok(Self { bundle, registry: loaded.registry })
    }

    /// What the bundle says of the deployment.
    #[must_use]
    pub fn built_in_settings(&self) -> &bundle::Settings {
        &self.bundle.settings
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request, _settings: &Settings, _keys: &Keys, host: &mut dyn Host) -> Response {
        host.log(&self.registry.tools().len().to_string());
        let _ = host.invoke(0, &mxcp_core::wit::Function { documentation: None, parameters: Vec::new(), result: None }, &[]);
        match request.path.as_str() {
            "/health" => Response::text(200, "ok"),
            _ => Response::text(404, "Not Found"),
        }
    }
}
