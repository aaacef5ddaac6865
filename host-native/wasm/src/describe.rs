//! What a component exports and needs, from its bytes. Nothing is compiled.

mod docs;
#[cfg(test)]
mod tests;
mod types;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mxcp_core::wit::{Component, Function, World};
use sha2::{Digest as _, Sha256};
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;
use wasmparser::{Encoding, Parser, Payload, ValidPayload, Validator, WasmFeatures};

use docs::Docs;
use types::Reader;

/// Most exports and imports that are looked at; honest components have some dozens.
const MAX_ITEMS: usize = 10_000;

/// Why a file is no component that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DescribeError {
    /// It is WebAssembly of the older kind, that has no types but numbers.
    #[error(
        "it is a core module, not a component: make a component of it, with the `wasm32-wasip2` target or `wasm-tools component new`"
    )]
    CoreModule,
    /// It is WebAssembly text, or not WebAssembly at all.
    #[error("it is no WebAssembly component")]
    NotWasm,
    /// It breaks the rules of WebAssembly.
    #[error("it is no valid WebAssembly component: {0}")]
    Invalid(String),
    /// It has more exports or imports than anything honest.
    #[error("it has more than {MAX_ITEMS} exports or imports")]
    TooManyItems,
}

impl From<wasmparser::BinaryReaderError> for DescribeError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        // What is wrong in a file of many megabytes is found by its place.
        Self::Invalid(error.to_string())
    }
}

/// Reads what a component exports and needs.
///
/// # Errors
/// The bytes are no component, or none that is valid as far as its types go: the code in it is checked when it is
/// compiled.
pub fn describe(bytes: &[u8]) -> Result<Component, DescribeError> {
    if !Parser::is_component(bytes) {
        let module = Parser::is_core_wasm(bytes);
        return Err(if module { DescribeError::CoreModule } else { DescribeError::NotWasm });
    }
    let outline = Outline::read(bytes)?;
    Ok(Component { digest: digest(bytes), world: outline.world() })
}

fn digest(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // A string takes whatever is written to it.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What stands at the top of a component.
struct Outline<'b> {
    types: Types,
    imports: Vec<&'b str>,
    exports: Vec<&'b str>,
    docs: Docs,
}

impl<'b> Outline<'b> {
    fn read(bytes: &'b [u8]) -> Result<Self, DescribeError> {
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        let (mut imports, mut exports, mut docs) = (Vec::new(), Vec::new(), None);
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            match &payload {
                Payload::Version { encoding: Encoding::Module | Encoding::Component, .. } => depth += 1,
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section.clone() {
                        imports.push(import?.name.name);
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section.clone() {
                        exports.push(export?.name.name);
                    }
                }
                Payload::CustomSection(section)
                    if depth == 1 && docs.is_none() && section.name() == docs::SECTION =>
                {
                    docs = Some(Docs::read(section.data()));
                }
                _ => {}
            }
            if imports.len().max(exports.len()) > MAX_ITEMS {
                return Err(DescribeError::TooManyItems);
            }
            // The bodies of functions are not looked at here: that is most of the work, and the compiler does it again.
            if let ValidPayload::End(types) = validator.payload(&payload)? {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok(Self { types, imports, exports, docs: docs.unwrap_or_default() });
                }
            }
        }
        Err(DescribeError::Invalid("it ends too soon".to_owned()))
    }

    fn world(&self) -> World {
        let mut functions = BTreeMap::new();
        let mut unusable = BTreeMap::new();
        let mut reader = Reader::new(&self.types);
        let mut put = |path: String, function: Result<Function, String>| {
            match function {
                Ok(function) => drop(functions.insert(path, function)),
                Err(why) => drop(unusable.insert(path, why)),
            };
        };
        let mut left = MAX_ITEMS;
        for &name in &self.exports {
            let Some(item) = self.types.component_item_for_export(name) else { continue };
            match item.ty {
                ComponentEntityType::Func(id) => {
                    put(name.to_owned(), reader.function(name, id, self.docs.function(name)));
                }
                ComponentEntityType::Instance(id) => {
                    for (inner, item) in self.types[id].exports.iter().take(left) {
                        left -= 1;
                        if let ComponentEntityType::Func(id) = item.ty {
                            let docs = self.docs.function_of(name, inner);
                            put(format!("{name}.{inner}"), reader.function(inner, id, docs));
                        }
                    }
                }
                ComponentEntityType::Module(_) => put(name.to_owned(), Err("it is a module".to_owned())),
                ComponentEntityType::Component(_) => {
                    put(name.to_owned(), Err("it is a component".to_owned()));
                }
                ComponentEntityType::Value(_) => put(name.to_owned(), Err("it is a value".to_owned())),
                ComponentEntityType::Type { .. } => {}
            }
        }
        World { functions, unusable, imports: self.needs() }
    }

    /// The interfaces and functions among the imports; types come with those.
    fn needs(&self) -> Vec<String> {
        let needed = |name: &&str| {
            let item = self.types.component_item_for_import(name);
            item.is_some_and(|item| !matches!(item.ty, ComponentEntityType::Type { .. }))
        };
        self.imports.iter().copied().filter(needed).map(str::to_owned).collect()
    }
}
