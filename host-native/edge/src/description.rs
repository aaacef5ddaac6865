//! What a built component says of itself, in a section that runs nowhere: for those who serve or inspect it.

use mxcp_core::bundle::Bundle;
use serde::{Deserialize, Serialize};
use wasmparser::{Chunk, Parser, Payload};

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
        let (mut parser, mut rest) = (Parser::new(0), component);
        while let Chunk::Parsed { payload, consumed } = parser.parse(rest, true).ok()? {
            rest = rest.get(consumed..)?;
            match payload {
                // What is within takes most of the bytes, and says nothing of the whole.
                Payload::ModuleSection { unchecked_range, .. }
                | Payload::ComponentSection { unchecked_range, .. } => {
                    let length = unchecked_range.end.checked_sub(unchecked_range.start)?;
                    rest = rest.get(usize::try_from(length).ok()?..)?;
                }
                Payload::CustomSection(section) if section.name() == SECTION => {
                    return serde_json::from_slice(section.data()).ok();
                }
                Payload::End(_) => break,
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(name: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let section = wasm_encoder::CustomSection { name: name.into(), data: data.into() };
        wasm_encoder::ComponentSection::append_to_component(&section, &mut bytes);
        bytes
    }

    #[test]
    fn only_what_the_component_itself_says_counts() {
        let mut component = wasm_encoder::Component::new();
        let mut within = wasm_encoder::Module::new();
        within.section(&wasm_encoder::CustomSection {
            name: SECTION.into(),
            data: b"{\"project\": \"within\"}".into(),
        });
        component.section(&wasm_encoder::ModuleSection(&within));
        let mut bytes = component.finish();
        assert_eq!(Description::read(&bytes), None);
        let own = Description { project: "own".to_owned(), ..Description::default() };
        bytes.extend(section("other", b"x"));
        own.append_to(&mut bytes);
        assert_eq!(Description::read(&bytes), Some(own));
        assert_eq!(Description::read(bytes.get(..bytes.len() - 3).unwrap()), None);
        assert_eq!(Description::read(b"no component"), None);
    }
}
