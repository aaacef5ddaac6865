//! What a surface says about endpoints without calling them.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::transcript::ToolEntry;

/// What listings say about all endpoints.
#[derive(Debug)]
pub struct Listed {
    /// Tools.
    pub tools: Vec<ToolEntry>,
    /// Resources.
    pub resources: Vec<ResourceEntry>,
    /// Prompts.
    pub prompts: Vec<PromptEntry>,
}

/// What a listing says about a resource.
#[derive(Debug, PartialEq, Serialize)]
pub struct ResourceEntry {
    /// Its URI.
    pub uri: String,
    /// Whether it is a template.
    pub template: bool,
    /// Its name for people.
    pub name: String,
    /// Its description.
    pub description: String,
    /// MIME type of its content.
    pub mime_type: String,
    /// Labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// What a listing says about a prompt.
#[derive(Debug, PartialEq, Serialize)]
pub struct PromptEntry {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Each argument: `name`, or `name?` if it may be left out, and its description.
    pub arguments: Vec<String>,
    /// Labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// A resource that a URI may be of.
#[derive(Debug, PartialEq, Serialize)]
pub struct MatchEntry {
    /// Its URI template.
    pub name: String,
    /// The values of its placeholders.
    pub arguments: Json,
}

/// What policies answer.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct ExplanationEntry {
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the caller may know of the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    /// Whether it pretends not to exist.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hides: bool,
    /// Each rule with what it came to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleEntry>,
    /// Whether the call may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Json>,
    /// What becomes of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
}

/// A rule with what it came to.
#[derive(Debug, PartialEq, Serialize)]
pub struct RuleEntry {
    /// `input[0] deny: <condition>`.
    pub rule: String,
    /// The reason for denying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The keys it acts on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Which rows it keeps.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
    /// What it came to.
    pub verdict: String,
}

/// The words of an argument of a prompt.
pub(crate) fn prompt_argument(name: &str, required: bool, description: &str) -> String {
    let mark = if required { "" } else { "?" };
    format!("{name}{mark} {description}").trim_end().to_owned()
}

/// The words of a finding of `mxcp lint`.
pub(crate) fn lint_line(
    severity: &str,
    code: &str,
    (file, line, column): (&str, u64, u64),
    location: &str,
    [message, suggestion]: [&str; 2],
) -> String {
    format!("{severity}[{code}] {file}:{line}:{column} {location}: {message} | {suggestion}")
}

/// An answer that holds a call or its result back.
pub(crate) fn denied(reason: &str) -> Json {
    json!({ "denied": reason })
}
