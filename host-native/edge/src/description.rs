//! What a built component says of itself, in a section that runs nowhere: for those who serve or inspect it.

use mxcp_core::bundle::Bundle;
use serde::{Deserialize, Serialize};
use wasmparser::{Parser, Payload};

/// The name of the section.
const SECTION: &str = "mxcp";

/// What a built component says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Description {
    /// The project's name.
    pub project: String,
    /// Version of the `mxcp` that built it.
    pub version: String,
    /// The origin that was fixed when it was built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Where the issuer's keys are, as fixed when it was built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
}

impl Description {
    pub(crate) fn of(bundle: &Bundle) -> Self {
        Description {
            project: bundle.project.clone(),
            version: bundle.version.clone(),
            origin: bundle.settings.origin.clone(),
            jwks_url: bundle.settings.jwks_url.clone(),
        }
    }

    pub(crate) fn append_to(&self, component: &mut Vec<u8>) {
        let text = serde_json::to_vec(self).unwrap_or_default();
        let section = wasm_encoder::CustomSection { name: SECTION.into(), data: text.into() };
        wasm_encoder::ComponentSection::append_to_component(&section, component);
    }

    /// What a component says; none if `mxcp build` did not make it.
    #[must_use]
    pub fn read(component: &[u8]) -> Option<Self> {
        let mut depth = 0u32;
        for payload in Parser::new(0).parse_all(component) {
            match payload.ok()? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::CustomSection(section) if depth == 0 && section.name() == SECTION => {
                    return serde_json::from_slice(section.data()).ok();
                }
                _ => {}
            }
        }
        None
    }
}
