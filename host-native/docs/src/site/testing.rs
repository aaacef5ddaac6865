//! Registries from texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use mxcp_core::definition::Kind;
use mxcp_core::load::{self, Content, DefinitionFile};
use mxcp_core::registry::Registry;

/// A registry of definitions by path; nothing may be wrong with them.
pub(crate) fn registry(files: &[(&str, &str)]) -> Arc<Registry> {
    let content = |text: &str| Content::Bytes(text.as_bytes().to_vec());
    let definitions = files.iter().filter(|(path, _)| path.ends_with(".yml")).map(|(path, text)| {
        let kind = Kind::ALL.into_iter().find(|kind| path.starts_with(super::folder(*kind))).unwrap();
        DefinitionFile { path: (*path).to_owned(), kind, content: content(text) }
    });
    let parsed = load::parse(definitions.collect());
    let sources: BTreeMap<String, Content> =
        files.iter().map(|(path, text)| ((*path).to_owned(), content(text))).collect();
    let loaded = parsed.load(&sources);
    for file in &loaded.files {
        assert_eq!(file.first_error(), None, "{}", file.path);
    }
    Arc::new(loaded.registry)
}
