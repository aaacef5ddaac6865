//! Cases: `tests/cases/<area>/<name>.yml`, each beside the transcript expected of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use mxcp_core::definition::Kind;
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::load::Reference;
use mxcp_core::source::SourceFile;
use mxcp_core::wit::Component;
use mxcp_core::yaml::Document;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A small project, and what is asked of it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub about: String,
    /// Files by path. Those in `tools/`, `resources/` and `prompts/` that end in `.yml` are definitions; a component is
    /// there as its description, `text.wasm.json`.
    pub files: BTreeMap<String, String>,
    /// Calls, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CaseCall>,
    /// Callers whose listings are asked for, null for nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listings: Vec<Option<Json>>,
    /// What the policies are asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<CaseQuestion>,
    /// URIs whose resources are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uris: Vec<String>,
    /// Clients whose limits are looked at beside all rules of `mxcp lint`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lint: Option<Vec<String>>,
}

/// One call, and what its implementation gives.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CaseCall {
    /// Name of a tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// URI template of a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Name of a prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Arguments.
    #[serde(default)]
    pub arguments: serde_json::Map<String, Json>,
    /// Who calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Json>,
    /// Whether arguments the endpoint doesn't declare are refused rather than dropped.
    #[serde(default)]
    pub refuse_unknown: bool,
    /// Whether the result is not checked.
    #[serde(default)]
    pub skip_output_validation: bool,
    /// Rows the implementation gives, as a list of objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<serde_json::Map<String, Json>>>,
    /// Value the implementation gives, which may be null.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// Value the implementation gives, with content blocks in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Json>,
    /// Value a function of a component gives, `{u32: 7}`; null if it gives nothing.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub component: Option<Json>,
    /// What comes of the question whether the call is approved: `person`, `beforehand`, `declined`, `dismissed`,
    /// `unsupported`, `cancelled`, `awaits`, or why there is no answer. Nobody is asked if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The implementation fails with this message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fails: Option<String>,
}

/// What the policies of an endpoint are asked.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CaseQuestion {
    /// Name of a tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// URI template of a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Name of a prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Arguments; none to ask what can be said whatever they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<serde_json::Map<String, Json>>,
    /// Who calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Json>,
    /// A result, which may be null.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub response: Option<Json>,
}

impl CaseQuestion {
    /// What is asked about.
    ///
    /// # Errors
    /// It names no endpoint, or several.
    pub fn endpoint(&self) -> anyhow::Result<(Kind, &str)> {
        match (&self.tool, &self.resource, &self.prompt) {
            (Some(name), None, None) => Ok((Kind::Tool, name)),
            (None, Some(uri), None) => Ok((Kind::Resource, uri)),
            (None, None, Some(name)) => Ok((Kind::Prompt, name)),
            _ => bail!("a question names a tool, a resource or a prompt"),
        }
    }
}

/// A null that is written is a value; serde would take it for an absent one.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

/// Every case file of the project, sorted.
///
/// # Errors
/// The folder can't be read.
pub fn files() -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![crate::workspace_root().join("tests/cases")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

impl Case {
    /// The component that a reference leads to, if the case describes one.
    ///
    /// # Errors
    /// The description is none.
    pub fn component(&self, reference: &Reference) -> anyhow::Result<Option<Component>> {
        let path = format!("{}.json", reference.path);
        let description = self.files.get(&path).filter(|_| reference.is_component);
        description.map(|text| serde_json::from_str(text).with_context(|| path.clone())).transpose()
    }

    /// How many answers it gets: one for each call, listing, question, URI and lint.
    #[must_use]
    pub fn vectors(&self) -> usize {
        let asked = self.calls.len() + self.listings.len() + self.questions.len() + self.uris.len();
        asked + usize::from(self.lint.is_some())
    }

    /// Reads a case file.
    ///
    /// # Errors
    /// It can't be read, or is no case.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let file = SourceFile::new(path.display().to_string(), text);
        let mut findings = Diagnostics::new();
        let Some(document) = Document::parse(&file, &mut findings).filter(|_| !findings.has_errors()) else {
            let problems: Vec<String> = findings.iter().map(|finding| format!("{finding:?}")).collect();
            bail!("{}: {}", path.display(), problems.join("\n"));
        };
        document.deserialize().with_context(|| path.display().to_string())
    }
}
