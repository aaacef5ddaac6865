//! Definition files: whatever they hold, loading ends with a registry or with diagnostics, and the registry works.

use std::collections::BTreeMap;
use std::sync::Arc;

use mxcp_core::call::{Call, CallContext, Caller, Headers, OutputValidation, Principal, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::load::{self, Content, DefinitionFile, Loaded};
use mxcp_core::reference::Resolver;
use mxcp_core::registry::{Prepared, Registry};
use mxcp_core::schema::{OnePassword, Vault};
use mxcp_core::site::Site;
use mxcp_core::source::SourceFile;
use mxcp_core::user::{Active, User};
use mxcp_core::value::Object;
use mxcp_core::yaml;
use serde_json::{Value as Json, json};

/// Loads bytes as the definition of each kind, and as site and user file.
pub fn load_anything(bytes: &[u8]) {
    for kind in Kind::ALL {
        let loaded = load(kind, bytes);
        check_findings(&loaded);
        for tool in loaded.registry.tools() {
            assert_eq!(tool.input_schema["type"], "object", "{}", tool.input_schema);
        }
    }
    if let Ok(text) = yaml::decode(bytes) {
        let file = SourceFile::new("fuzzed.yml", text);
        let mut findings = Diagnostics::new();
        let site = Site::load_for(&file, None, |name| Some(name.to_owned()), &mut findings);
        assert!(site.is_some() || findings.has_errors(), "refused without a reason");
        let mut findings = Diagnostics::new();
        let active = Active { project: "p", profile: "dev" };
        let user = User::load(&file, active, &mut Echo, &mut findings);
        assert!(user.is_some() || findings.has_errors(), "refused without a reason");
    }
}

/// Follows every reference to its own name.
struct Echo;

impl Resolver for Echo {
    fn variable(&mut self, name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    fn file(&mut self, path: &str) -> Result<String, String> {
        Ok(path.to_owned())
    }

    fn vault(&mut self, _settings: &Vault, address: &str, path: &str, key: &str) -> Result<Json, String> {
        Ok(json!({ "address": address, "path": path, "key": key }))
    }

    fn one_password(&mut self, _settings: &OnePassword, url: &str) -> Result<String, String> {
        Err(url.to_owned())
    }

    fn keyring(&mut self, service: &str, account: &str) -> Result<String, String> {
        Ok(format!("{service} {account}"))
    }
}

/// Looks at every finding, as printing them would.
pub fn check_findings(loaded: &Loaded) {
    for finding in loaded.files.iter().flat_map(|file| &file.findings) {
        // Places must lie in the text, or printing them would fail.
        for label in &finding.labels {
            let (start, end) = (label.span.start(), label.span.end());
            assert!(start.line <= end.line, "{finding:?}");
            let _ = label.span.text();
        }
        assert!(!finding.summary().is_empty());
    }
}

/// A project of one definition file.
pub fn load(kind: Kind, bytes: &[u8]) -> Loaded {
    load_all([(kind, bytes)])
}

/// A project of some definition files.
pub fn load_all<'a>(definitions: impl IntoIterator<Item = (Kind, &'a [u8])>) -> Loaded {
    let file = |(number, (kind, bytes)): (usize, (Kind, &[u8]))| DefinitionFile {
        path: format!("{kind}s/fuzzed-{number}.yml"),
        kind,
        content: Content::Bytes(bytes.to_vec()),
    };
    let parsed = load::parse(definitions.into_iter().enumerate().map(file).collect());
    let missing = |reference: load::Reference| (reference.path, Content::Missing);
    let sources: BTreeMap<String, Content> = parsed.references().into_iter().map(missing).collect();
    parsed.load(&sources)
}

/// Takes a call as far as its plan; none if it is refused.
pub fn prepare(
    registry: &Registry,
    kind: Kind,
    name: &str,
    arguments: Object,
    principal: Option<Arc<Principal>>,
) -> Option<Prepared> {
    let call = Call {
        kind,
        name: name.to_owned(),
        arguments,
        unknown_arguments: UnknownArguments::Refuse,
        output_validation: OutputValidation::Check,
    };
    let context = CallContext {
        request_id: "fuzz".to_owned(),
        now: chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default(),
        caller: Caller::Cli,
        principal,
        headers: Headers::none(),
        session_id: None, trace: None,
};
    registry.prepare(call, context).ok()
}
