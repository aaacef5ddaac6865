//! The project in one piece.

use std::collections::BTreeMap;

use anyhow::Context as _;
use mxcp_core::bundle::{Bundle, Definition, Source};
use mxcp_core::load::{self, Content, DefinitionFile, FileState};

use crate::environment;
use crate::failure::Failure;
use crate::file;
use crate::project::{Definitions, Project};

/// When a project was built that is built to be the same again, if nobody says otherwise.
const NEVER: &str = "1970-01-01T00:00:00Z";

/// The project, and the bytes of its components by their digests.
///
/// # Errors
/// A file changed since the definitions were read, and can't be used any more.
pub(super) fn of(
    project: &Project,
    definitions: &Definitions,
) -> Result<(Bundle, BTreeMap<String, Vec<u8>>), Failure> {
    let mut bundle = Bundle {
        project: project.site.project.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        built_at: built_at(),
        ..Bundle::default()
    };
    for loaded in &definitions.files {
        if let FileState::Endpoint { .. } = loaded.state {
            let text = text(project, &loaded.path)?;
            bundle.definitions.push(Definition { path: loaded.path.clone(), kind: loaded.folder, text });
        }
    }
    let parsed = load::parse(bundle.definitions.iter().map(file_of).collect());
    let mut components = BTreeMap::new();
    for load::Reference { path, is_component } in parsed.references() {
        let source = if is_component {
            let bytes = bytes(project, &path, file::MAX_COMPONENT_BYTES)?;
            let component = mxcp_wasm::describe(&bytes).with_context(|| format!("`{path}`"))?;
            components.insert(component.digest.clone(), bytes);
            Source::Component(Box::new(component))
        } else {
            Source::Text(text(project, &path)?)
        };
        bundle.sources.insert(path, source);
    }
    Ok((bundle, components))
}

fn file_of(definition: &Definition) -> DefinitionFile {
    let content = Content::Bytes(definition.text.clone().into_bytes());
    DefinitionFile { path: definition.path.clone(), kind: definition.kind, content }
}

/// The time that `SOURCE_DATE_EPOCH` says, in seconds; the same project gives the same component without it.
fn built_at() -> String {
    let seconds = environment::text("SOURCE_DATE_EPOCH").and_then(|seconds| seconds.parse().ok());
    let time = seconds.and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0));
    time.map_or_else(|| NEVER.to_owned(), |time| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

fn bytes(project: &Project, path: &str, most: u64) -> Result<Vec<u8>, Failure> {
    let absolute = project.root.join(path);
    let bytes = file::read_up_to(most, &absolute).with_context(|| format!("can't read `{path}`"))?;
    bytes.ok_or_else(|| file::too_large("nothing was built", path))
}

fn text(project: &Project, path: &str) -> Result<String, Failure> {
    let bytes = bytes(project, path, file::MAX_BYTES)?;
    Ok(String::from_utf8(bytes).with_context(|| format!("`{path}` is not UTF-8 text"))?)
}
