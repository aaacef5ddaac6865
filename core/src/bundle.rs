//! A project in one piece: what `mxcp build` hands to the host at the edge, which has no files to read.
//!
//! It is text (JSON) on its way, so that it passes through any host. Nothing in it is secret: keys and tokens reach the
//! edge through its environment only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::call::Mappings;
use crate::definition::{ComponentSource, Kind};
use crate::load::{self, Content, DefinitionFile, Loaded};
use crate::schema::Permissions;
use crate::wit;

/// Everything of a project that answering calls needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// The project's name.
    pub project: String,
    /// Version of the `mxcp` that built it, which the server says is its own.
    pub version: String,
    /// When it was built, RFC 3339 in UTC.
    pub built_at: String,
    /// The definition files, in any order.
    pub definitions: Vec<Definition>,
    /// Content of every file that a definition refers to, by its path relative to the project root.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, Source>,
    /// The functions of components that are built in. The position of each is the index it is called by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<BuiltIn>,
    /// What the deployment's environment need not say.
    #[serde(default)]
    pub settings: Settings,
}

/// A definition file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Path relative to the project root, with `/`.
    pub path: String,
    /// What its folder holds.
    pub kind: Kind,
    /// The file.
    pub text: String,
}

/// What is in a file that a definition refers to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Text: SQL, Python.
    Text(String),
    /// A component, described.
    Component(Box<wit::Component>),
}

/// A function of a component that is built in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltIn {
    /// SHA-256 of the component in hexadecimal.
    pub digest: String,
    /// The function, as [`World::functions`](wit::World) names it.
    pub export: String,
    /// What this copy of the component can reach: a definition that grants it anything else is not answered by it.
    #[serde(default)]
    pub permissions: Permissions,
}

/// Settings of the edge. The environment overrides those that are about a deployment; what users may do is the project's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// URL of the origin's MCP endpoint, which answers what the edge can't: `https://origin.example.com/mcp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// What the origin is called in assertions; `mxcp-origin` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin_audience: Option<String>,
    /// Who issues the callers' tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Whom the callers' tokens are for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The issuer's public keys, JSON text (RFC 7517).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<String>,
    /// Where the issuer publishes its keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// What claims of tokens give their users.
    #[serde(skip_serializing_if = "Mappings::are_none")]
    pub mappings: Mappings,
    /// Scopes that every token must carry. Nothing overrides these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_scopes: Vec<String>,
    /// What policies know the issuer of tokens as; `verifier` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Whether callers need no token.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// URL under which clients know the edge's MCP endpoint; as the request says if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Names that requests may call the edge by; any if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_hosts: Vec<String>,
}

impl Bundle {
    /// The bundle as the text that is handed over.
    ///
    /// # Errors
    /// It can't be written as JSON, which takes a number in a component's description that is none.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The bundle that a text holds.
    ///
    /// # Errors
    /// It is no bundle.
    pub fn from_text(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Loads the project. What does not load is told by the result's files, and is not served.
    #[must_use]
    pub fn load(&self) -> Loaded {
        let definitions = self.definitions.iter().map(|definition| DefinitionFile {
            path: definition.path.clone(),
            kind: definition.kind,
            content: Content::Bytes(definition.text.clone().into_bytes()),
        });
        let content = |source: &Source| match source {
            Source::Text(text) => Content::Bytes(text.clone().into_bytes()),
            Source::Component(component) => Content::Component(component.clone()),
        };
        let sources = self.sources.iter().map(|(path, source)| (path.clone(), content(source))).collect();
        load::parse(definitions.collect()).load(&sources)
    }

    /// The index of the built-in function that a definition means; none if there is none with just its permissions.
    #[must_use]
    pub fn index(&self, source: &ComponentSource) -> Option<u32> {
        let same = |built_in: &&BuiltIn| {
            built_in.digest == source.digest
                && built_in.export == source.export
                && built_in.permissions == source.permissions
        };
        let at = self.functions.iter().position(|built_in| same(&built_in))?;
        u32::try_from(at).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        let function =
            wit::Function { documentation: None, parameters: Vec::new(), result: Some(wit::Type::U32) };
        let world =
            wit::World { functions: [("count".to_owned(), function)].into(), ..wit::World::default() };
        let component = wit::Component { digest: "d1".to_owned(), world };
        let definition = |name: &str, rest: &str| Definition {
            path: format!("tools/{name}.yml"),
            kind: Kind::Tool,
            text: format!("mxcp: 1\ntool: {{name: {name}, {rest}}}\n"),
        };
        Bundle {
            project: "p".to_owned(),
            definitions: vec![
                definition("sql", "source: {file: ../sql/a.sql}"),
                definition("wasm", "source: {file: ../lib/a.wasm, export: count}"),
                definition(
                    "reaching",
                    "source: {file: ../lib/a.wasm, export: count}, permissions: {env: [A]}",
                ),
            ],
            sources: [
                ("sql/a.sql".to_owned(), Source::Text("SELECT 1".to_owned())),
                ("lib/a.wasm".to_owned(), Source::Component(Box::new(component))),
            ]
            .into(),
            functions: vec![BuiltIn {
                digest: "d1".to_owned(),
                export: "count".to_owned(),
                permissions: Permissions::default(),
            }],
            settings: Settings {
                mappings: Mappings {
                    roles: serde_json::from_str(r#"{"z": {"y": "b", "x": "a"}, "a": {}}"#).unwrap(),
                    ..Mappings::default()
                },
                ..Settings::default()
            },
            ..Bundle::default()
        }
    }

    #[test]
    fn a_bundle_is_the_same_after_its_way_as_text() {
        let bundle = bundle();
        let again = Bundle::from_text(&bundle.to_text().unwrap()).unwrap();
        assert_eq!(again, bundle);
        // Of several roles the first one written is had, so they stay in their order.
        assert_eq!(again.settings.mappings.roles.0[0].1.0[0], ("y".to_owned(), "b".to_owned()));
        assert!(
            Bundle::from_text(
                r#"{"project": "p", "version": "1", "built_at": "", "definitions": [], "settings":
            {"mappings": {"capabilities": {}, "roles": [], "permissions": {}}}}"#
            )
            .is_err()
        );
    }

    #[test]
    fn a_project_loads_from_its_bundle() {
        let loaded = bundle().load();
        let errors: Vec<_> = loaded.files.iter().filter_map(load::LoadedFile::first_error).collect();
        assert_eq!(errors, [""; 0]);
        assert_eq!(loaded.registry.endpoints().count(), 3);
    }

    #[test]
    fn a_function_answers_for_definitions_with_just_its_permissions() {
        let bundle = bundle();
        let registry = bundle.load().registry;
        let index = |name: &str| match &registry.get(Kind::Tool, name).unwrap().implementation {
            crate::definition::Implementation::Component(source) => bundle.index(source),
            _ => panic!("no component"),
        };
        assert_eq!((index("wasm"), index("reaching")), (Some(0), None));
    }
}
