//! Making the components of a project ready, and finding those that can't be used here.

use std::collections::BTreeMap;
use std::sync::Arc;

use mxcp_core::definition::{Endpoint, Implementation};
use mxcp_core::diagnostic::{Code, Diagnostic, Diagnostics};
use mxcp_core::registry::Registry;

use crate::ports::{ComponentEngine, ComponentError};

/// Makes every component of a registry ready to be called, which may take long: code that was never compiled here is compiled.
/// Gives what is wrong by the path of the definition file; files without findings are left out. `begin` hears of each
/// endpoint before its component is looked at.
///
/// # Errors
/// The engine has a defect.
pub async fn prepare_components(
    registry: &Registry,
    engine: &dyn ComponentEngine,
    begin: &(dyn Fn(&Endpoint) + Sync),
) -> Result<BTreeMap<String, Diagnostics>, ComponentError> {
    let mut found: BTreeMap<String, Diagnostics> = BTreeMap::new();
    for endpoint in registry.endpoints() {
        let Implementation::Component(source) = &endpoint.implementation else { continue };
        begin(endpoint);
        // One by one, so that each finding stands with its definition.
        match engine.prepare(vec![Arc::clone(source)]).await {
            Ok(()) => {}
            Err(error @ ComponentError::Internal(_)) => return Err(error),
            Err(error) => {
                let finding = Diagnostic::error(Code::ComponentExport, error.to_string());
                let finding = finding.label(source.place.clone(), "");
                found.entry(endpoint.file.path().to_owned()).or_default().extend([finding]);
            }
        }
    }
    Ok(found)
}
