//! Definition files: whatever they hold, loading ends with a registry or with diagnostics, and the registry works.

use std::collections::BTreeMap;

use mxcp_core::definition::Kind;
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::load::{self, Content, DefinitionFile, Loaded};
use mxcp_core::reference::Resolver;
use mxcp_core::schema::{OnePassword, Vault};
use mxcp_core::site::Site;
use mxcp_core::source::SourceFile;
use mxcp_core::user::{Active, User};
use mxcp_core::yaml;

/// Loads bytes as the definition of each kind, and as site and user file.
pub fn load_anything(bytes: &[u8]) {
    for kind in Kind::ALL {
        let loaded = load(kind, bytes);
        for file in &loaded.files {
            for finding in &file.findings {
                // Places must lie in the text, or printing them would fail.
                for label in &finding.labels {
                    let (start, end) = (label.span.start(), label.span.end());
                    assert!(start.line <= end.line, "{finding:?}");
                    let _ = label.span.text();
                }
                assert!(!finding.summary().is_empty());
            }
        }
        for tool in loaded.registry.tools() {
            assert_eq!(tool.input_schema["type"], "object", "{}", tool.input_schema);
        }
    }
    if let Ok(text) = yaml::decode(bytes) {
        let mut findings = Diagnostics::new();
        let file = SourceFile::new("fuzzed.yml", text);
        let site = Site::load(&file, &mut findings);
        assert!(site.is_some() || findings.has_errors(), "refused without a reason");
        let mut findings = Diagnostics::new();
        let user =
            User::load(&file, Active { project: "p", profile: "default" }, &mut Nowhere, &mut findings);
        assert!(user.is_some() || findings.has_errors(), "refused without a reason");
    }
}

/// A project of one definition file.
pub fn load(kind: Kind, bytes: &[u8]) -> Loaded {
    let path = format!("{kind}s/fuzzed.yml");
    let parsed = load::parse(vec![DefinitionFile { path, kind, content: Content::Bytes(bytes.to_vec()) }]);
    let missing = |path: String| (path, Content::Missing);
    let sources: BTreeMap<String, Content> = parsed.references().into_iter().map(missing).collect();
    parsed.load(&sources)
}

/// Where references lead to: every other variable is set, and nothing else is there.
struct Nowhere;

impl Resolver for Nowhere {
    fn variable(&mut self, name: &str) -> Option<String> {
        name.len().is_multiple_of(2).then(|| name.to_owned())
    }

    fn file(&mut self, _path: &str) -> Result<String, String> {
        Err("no file".to_owned())
    }

    fn vault(
        &mut self,
        _settings: &Vault,
        _address: &str,
        _path: &str,
        _key: &str,
    ) -> Result<serde_json::Value, String> {
        Err("no vault".to_owned())
    }

    fn one_password(&mut self, _settings: &OnePassword, _url: &str) -> Result<String, String> {
        Err("no safe".to_owned())
    }
}
