//! What happened when a case was played, in a form that two surfaces can be compared by.

use mxcp_core::definition::Kind;
use serde::Serialize;
use serde_json::Value as Json;

use crate::case::{Case, CaseCall, CaseQuestion};
use crate::entry::{ExplanationEntry, Listed, MatchEntry, PromptEntry, ResourceEntry};

/// A way to reach the core.
pub trait Surface {
    /// A loaded project.
    type Project;

    /// Loads the files of a case.
    ///
    /// # Errors
    /// The surface itself failed.
    fn load(&mut self, case: &Case) -> anyhow::Result<(Self::Project, Vec<FileEntry>)>;

    /// What listings say about all endpoints.
    ///
    /// # Errors
    /// The surface itself failed.
    fn listed(&mut self, project: &Self::Project) -> anyhow::Result<Listed>;

    /// Makes one call.
    ///
    /// # Errors
    /// The surface itself failed.
    fn call(&mut self, project: &Self::Project, call: &CaseCall) -> anyhow::Result<CallEntry>;

    /// The names that a caller's listing of a kind has.
    ///
    /// # Errors
    /// The surface itself failed.
    fn visible(
        &mut self,
        project: &Self::Project,
        kind: Kind,
        user: Option<&Json>,
    ) -> anyhow::Result<Vec<String>>;

    /// What the policies answer.
    ///
    /// # Errors
    /// The surface itself failed.
    fn explain(
        &mut self,
        project: &Self::Project,
        question: &CaseQuestion,
    ) -> anyhow::Result<ExplanationEntry>;

    /// The resources that a URI may be of.
    ///
    /// # Errors
    /// The surface itself failed.
    fn resources_at(&mut self, project: &Self::Project, uri: &str) -> anyhow::Result<Vec<MatchEntry>>;

    /// What `mxcp lint` says, one line each.
    ///
    /// # Errors
    /// The surface itself failed.
    fn lint(&mut self, project: &Self::Project, clients: &[String]) -> anyhow::Result<Vec<String>>;
}

/// What happened.
#[derive(Debug, PartialEq, Serialize)]
pub struct Transcript {
    /// What the case shows.
    pub about: String,
    /// What came of each definition file.
    pub files: Vec<FileEntry>,
    /// What `tools/list` says.
    pub tools: Vec<ToolEntry>,
    /// What `resources/list` and `resources/templates/list` say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceEntry>,
    /// What `prompts/list` says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<PromptEntry>,
    /// What came of each call.
    pub calls: Vec<CallEntry>,
    /// What each caller may know of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listings: Vec<ListingEntry>,
    /// What the policies answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explanations: Vec<ExplanationEntry>,
    /// What each URI may be of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uris: Vec<UriEntry>,
    /// What `mxcp lint` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lint: Option<Vec<String>>,
}

/// What a URI may be of.
#[derive(Debug, PartialEq, Serialize)]
pub struct UriEntry {
    /// The URI.
    pub uri: String,
    /// The resources, the one that leaves least open first.
    pub resources: Vec<MatchEntry>,
}

/// What a caller may know of.
#[derive(Debug, PartialEq, Serialize)]
pub struct ListingEntry {
    /// Who asks.
    pub user: Option<Json>,
    /// Tools, resources and prompts, in the order they are listed in.
    pub visible: Vec<String>,
}

/// What came of a definition file.
#[derive(Debug, PartialEq, Serialize)]
pub struct FileEntry {
    /// Its path.
    pub path: String,
    /// `endpoint NAME`, `broken`, `disabled` or `foreign`.
    pub state: String,
    /// Findings, each as `severity[code] path: message (file:line:column-line:column "underlined") help`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
}

/// What `tools/list` says about a tool.
#[derive(Debug, PartialEq, Serialize)]
pub struct ToolEntry {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Schema of its arguments.
    pub input_schema: Json,
    /// Schema of its result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Json>,
    /// Hints about its behaviour, in order: title, read-only, destructive, idempotent, open world.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Json>,
    /// Labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// What came of a call.
#[derive(Debug, PartialEq, Serialize)]
pub struct CallEntry {
    /// What a person is asked first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// What the approval is good for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Json>,
    /// What the host had to run; none if the call was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Json>,
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Json>,
    /// Why it failed: the kind of error, and the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Json>,
    /// The audit record.
    pub audit: Json,
}

/// Microseconds since 1970 at which every call of a case is made: 2024-02-29T12:00:00Z.
pub const NOW: i64 = 1_709_208_000_000_000;

/// Plays a case.
///
/// # Errors
/// The surface itself failed.
pub fn play<S: Surface>(surface: &mut S, case: &Case) -> anyhow::Result<Transcript> {
    let (project, files) = surface.load(case)?;
    let Listed { tools, resources, prompts } = surface.listed(&project)?;
    let calls = case.calls.iter().map(|call| surface.call(&project, call)).collect::<anyhow::Result<_>>()?;
    let listings =
        case.listings.iter().map(|user| listing(surface, &project, user)).collect::<anyhow::Result<_>>()?;
    let explanations = case
        .questions
        .iter()
        .map(|question| surface.explain(&project, question))
        .collect::<anyhow::Result<_>>()?;
    let uris = case
        .uris
        .iter()
        .map(|uri| Ok(UriEntry { uri: uri.clone(), resources: surface.resources_at(&project, uri)? }))
        .collect::<anyhow::Result<_>>()?;
    let lint = case.lint.as_ref().map(|clients| surface.lint(&project, clients)).transpose()?;
    let about = case.about.clone();
    Ok(Transcript { about, files, tools, resources, prompts, calls, listings, explanations, uris, lint })
}

fn listing<S: Surface>(
    surface: &mut S,
    project: &S::Project,
    user: &Option<Json>,
) -> anyhow::Result<ListingEntry> {
    let mut visible = Vec::new();
    for kind in Kind::ALL {
        let names = surface.visible(project, kind, user.as_ref())?;
        visible.extend(names.iter().map(|name| format!("{kind} {name}")));
    }
    Ok(ListingEntry { user: user.clone(), visible })
}

impl Transcript {
    /// As it is kept in `<case>.out.json`.
    ///
    /// # Errors
    /// None in practice: a transcript is JSON.
    pub fn to_text(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
