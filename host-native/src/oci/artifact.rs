//! What stands beside a component in a registry.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use oci_client::manifest::{OciImageManifest, OciManifest};
use serde::Serialize;
use wasmparser::{ComponentExternalKind, ComponentTypeRef, Parser, Payload};

use super::MAX_BYTES;

/// Media type of the manifest.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of what describes the component.
pub(super) const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// Media type of the component itself.
pub(super) const LAYER: &str = "application/wasm";

/// How a component begins; a core module has another version.
const PREAMBLE: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// What whoever pushes a component says of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    /// Who made it.
    pub(crate) author: Option<String>,
    /// Annotations of the manifest, by key.
    pub(crate) annotations: BTreeMap<String, String>,
}

/// The config of an artifact.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Config<'a> {
    created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    architecture: &'static str,
    os: &'static str,
    layer_digests: [String; 1],
    component: &'a Surface,
}

impl<'a> Config<'a> {
    /// The config of a component with the digest `layer`, pushed at `created` in the form of RFC 3339.
    pub(super) fn new(
        created: String,
        author: Option<&'a str>,
        layer: String,
        component: &'a Surface,
    ) -> Self {
        Self { created, author, architecture: "wasm", os: "wasip2", layer_digests: [layer], component }
    }
}

/// What a component gives to its host and needs of it.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Surface {
    exports: Vec<String>,
    imports: Vec<String>,
    /// What the component says of itself, as annotations say it.
    #[serde(skip)]
    pub(super) annotations: BTreeMap<String, String>,
}

impl Surface {
    /// Reads a component.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn of(bytes: &[u8]) -> anyhow::Result<Self> {
        check_preamble(bytes)?;
        let mut surface = Self::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.context("the component can't be read")? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(imports) if depth == 0 => {
                    for import in imports {
                        let import = import?;
                        if matches!(import.ty, ComponentTypeRef::Instance(_) | ComponentTypeRef::Func(_)) {
                            surface.imports.push(import.name.name.to_owned());
                        }
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        let export = export?;
                        let kinds = [ComponentExternalKind::Instance, ComponentExternalKind::Func];
                        if kinds.contains(&export.kind) {
                            surface.exports.push(export.name.name.to_owned());
                        }
                    }
                }
                Payload::CustomSection(section) if depth == 0 => {
                    if let (Some(key), Ok(text)) =
                        (annotation(section.name()), str::from_utf8(section.data()))
                    {
                        surface.annotations.insert(key.to_owned(), text.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(surface)
    }
}

/// The annotation that says what a custom section of this name says.
fn annotation(section: &str) -> Option<&'static str> {
    Some(match section {
        "authors" => "org.opencontainers.image.authors",
        "description" => "org.opencontainers.image.description",
        "homepage" => "org.opencontainers.image.url",
        "licenses" => "org.opencontainers.image.licenses",
        "revision" => "org.opencontainers.image.revision",
        "source" => "org.opencontainers.image.source",
        "version" => VERSION,
        _ => return None,
    })
}

/// The annotation that names the version.
const VERSION: &str = "org.opencontainers.image.version";

/// The annotations of a component that is pushed as `tag`. What the component says of itself gives way to the tag, if that
/// is a version, and both to what `details` say.
pub(super) fn annotations(tag: &str, surface: &Surface, details: &Details) -> BTreeMap<String, String> {
    let mut annotations = surface.annotations.clone();
    if is_version(tag) {
        // A tag can't have a plus sign, which stands in versions before what was built.
        annotations.insert(VERSION.to_owned(), tag.replacen('_', "+", 1));
    }
    annotations.extend(details.annotations.clone());
    annotations
}

/// Whether a tag is a version as package managers write it: `1.2.0`, `1.2.0-rc.1`.
fn is_version(tag: &str) -> bool {
    let numbers = tag.split(['-', '_']).next().unwrap_or_default();
    let numbers: Vec<_> = numbers.split('.').collect();
    numbers.len() == 3
        && numbers
            .iter()
            .all(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// The digest and the size of the one layer of an artifact.
///
/// # Errors
/// It is no artifact of one component.
pub(super) fn layer(manifest: &OciManifest) -> anyhow::Result<(&str, u64)> {
    let OciManifest::Image(OciImageManifest { config, layers, .. }) = manifest else {
        bail!("it is an index of several artifacts, not a component");
    };
    if config.media_type != CONFIG {
        bail!("it is no component: its config is `{}`, not `{CONFIG}`", config.media_type);
    }
    let [layer] = layers.as_slice() else {
        bail!("it has {} layers, and a component is one", layers.len());
    };
    if layer.media_type != LAYER {
        bail!("its layer is `{}`, not `{LAYER}`", layer.media_type);
    }
    match u64::try_from(layer.size) {
        Ok(size) if size <= MAX_BYTES => Ok((&layer.digest, size)),
        _ => bail!("it is larger than {MAX_BYTES} bytes"),
    }
}

/// Makes sure that bytes begin as those of a component.
///
/// # Errors
/// They don't.
pub(super) fn check_preamble(bytes: &[u8]) -> anyhow::Result<()> {
    match bytes.get(..8) {
        Some(start) if start == PREAMBLE => Ok(()),
        Some(start) if start.starts_with(b"\0asm") => {
            bail!("it is a core module, not a component; `wasm-tools component new` makes one of it")
        }
        _ => bail!("it is not WebAssembly"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Imports the instance `a:b/c`, which it exports as `d:e/f`, and says of itself that its version is 1.
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0\
        \x07\x03\x01\x42\x00\
        \x0a\x0a\x01\x00\x05a:b/c\x05\x00\
        \x0b\x0b\x01\x00\x05d:e/f\x05\x00\x00\
        \x00\x09\x07version1";

    #[test]
    fn a_component_tells_its_exports_and_imports() {
        let surface = Surface::of(COMPONENT).unwrap();
        assert_eq!(
            (surface.exports.as_slice(), surface.imports.as_slice()),
            (&["d:e/f".to_owned()][..], &["a:b/c".to_owned()][..])
        );
        assert_eq!(surface.annotations[VERSION], "1");
    }

    #[test]
    fn what_is_no_component_is_told_apart() {
        let problem = |bytes: &[u8]| Surface::of(bytes).unwrap_err().to_string();
        assert!(problem(b"\0asm\x01\0\0\0").starts_with("it is a core module"));
        assert_eq!(problem(b"hello, world"), "it is not WebAssembly");
        assert_eq!(problem(b""), "it is not WebAssembly");
        assert_eq!(problem(&[PREAMBLE.as_slice(), &[9, 200]].concat()), "the component can't be read");
    }

    #[test]
    fn the_config_is_written_as_others_read_it() {
        let surface = Surface::of(COMPONENT).unwrap();
        let config =
            Config::new("2026-01-02T03:04:05Z".to_owned(), Some("me"), "sha256:ab".to_owned(), &surface);
        let expected = serde_json::json!({
            "created": "2026-01-02T03:04:05Z", "author": "me", "architecture": "wasm", "os": "wasip2",
            "layerDigests": ["sha256:ab"], "component": { "exports": ["d:e/f"], "imports": ["a:b/c"] },
        });
        assert_eq!(serde_json::to_value(&config).unwrap(), expected);
    }

    #[test]
    fn a_tag_that_is_a_version_is_the_version() {
        let surface = Surface::of(COMPONENT).unwrap();
        let version = |tag: &str, details: &Details| annotations(tag, &surface, details)[VERSION].clone();
        let nothing = Details::default();
        assert_eq!(version("latest", &nothing), "1");
        assert_eq!(version("1.2", &nothing), "1");
        assert_eq!(version("1.2.0-rc.1", &nothing), "1.2.0-rc.1");
        assert_eq!(version("1.2.0_build.7", &nothing), "1.2.0+build.7");
        let said = Details { annotations: [(VERSION.to_owned(), "9".to_owned())].into(), author: None };
        assert_eq!(version("1.2.0", &said), "9");
    }
}
