//! Cases: `tests/cases/<area>/<name>.yml`, each beside the transcript expected of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::load::Reference;
use mxcp_core::source::SourceFile;
use mxcp_core::wit::Component;
use mxcp_core::yaml::Document;
use serde::Deserialize;
use serde_json::Value as Json;

/// A small project, and calls to it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub about: String,
    /// Files by path. Those in `tools/`, `resources/` and `prompts/` that end in `.yml` are definitions; a component is
    /// there as its description, `text.wasm.json`.
    pub files: BTreeMap<String, String>,
    /// Calls, in order.
    #[serde(default)]
    pub calls: Vec<CaseCall>,
    /// Callers whose listings are asked for, null for nobody.
    #[serde(default)]
    pub listings: Vec<Option<Json>>,
}

/// One call, and what its implementation gives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseCall {
    /// Name of a tool.
    pub tool: Option<String>,
    /// URI template of a resource.
    pub resource: Option<String>,
    /// Name of a prompt.
    pub prompt: Option<String>,
    /// Arguments.
    #[serde(default)]
    pub arguments: serde_json::Map<String, Json>,
    /// Who calls.
    pub user: Option<Json>,
    /// Whether arguments the endpoint doesn't declare are refused rather than dropped.
    #[serde(default)]
    pub refuse_unknown: bool,
    /// Whether the result is not checked.
    #[serde(default)]
    pub skip_output_validation: bool,
    /// Rows the implementation gives, as a list of objects.
    pub rows: Option<Vec<serde_json::Map<String, Json>>>,
    /// Value the implementation gives, which may be null.
    #[serde(default, deserialize_with = "given")]
    pub value: Option<Json>,
    /// Value the implementation gives, with content blocks in it.
    pub content: Option<Json>,
    /// Value a function of a component gives, `{u32: 7}`; null if it gives nothing.
    #[serde(default, deserialize_with = "given")]
    pub component: Option<Json>,
    /// The implementation fails with this message.
    pub fails: Option<String>,
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
