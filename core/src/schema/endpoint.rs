//! Tools, resources and prompts as written (spec `definitions.md` sections 2 to 6).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Cache, EndpointLimits, Limits, Permissions, Policies, Task, TaskQuestions, TestCase, TextFormat, TypeDef,
};

/// A definition file: exactly one of `tool`, `resource` and `prompt`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointFile {
    /// Version of the format: 1.
    pub mxcp: Option<i64>,
    /// A tool.
    pub tool: Option<Tool>,
    /// A resource.
    pub resource: Option<Resource>,
    /// A prompt.
    pub prompt: Option<Prompt>,
    /// Anything; not read.
    pub metadata: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Something a model may call.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Name the tool is called by.
    pub name: String,
    /// What it does, for the model that decides whether to call it.
    pub description: Option<String>,
    /// Labels.
    pub tags: Option<Vec<String>>,
    /// Hints about its behaviour.
    pub annotations: Option<Annotations>,
    /// What it takes.
    pub parameters: Option<Vec<TypeDef>>,
    /// What it takes, as one JSON Schema (2020-12) of `type: object` in the place of `parameters`, served word
    /// for word. SQL is given the properties it names at its top, null for those that are absent.
    pub input_schema: Option<serde_json::Map<String, serde_json::Value>>,
    /// What it gives.
    #[serde(rename = "return")]
    pub returns: Option<TypeDef>,
    /// What it is written in: `sql` if neither this, the source nor its file's extension says otherwise.
    pub language: Option<Language>,
    /// Its implementation.
    pub source: Source,
    /// What a component may reach; nothing if absent.
    pub permissions: Option<Permissions>,
    /// How many calls there may be, and how much a component may use for one.
    pub limits: Option<EndpointLimits>,
    /// How a result is written in the text that a model reads; `json` if absent.
    pub text_format: Option<TextFormat>,
    /// How long a result answers further calls that ask the same; every call runs if absent.
    pub cache: Option<Cache>,
    /// Whether calls run as tasks (extension `io.modelcontextprotocol/tasks`); never if absent.
    pub task: Option<Task>,
    /// When a call that runs as a task puts its questions; `within` if absent.
    pub task_questions: Option<TaskQuestions>,
    /// Whether it exists at all; true if absent.
    pub enabled: Option<bool>,
    /// Tests that `mxcp test` runs.
    pub tests: Option<Vec<TestCase>>,
    /// Rules around each call.
    pub policies: Option<Policies>,
}

/// Something a client may read.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// URI, with `{name}` where a parameter stands.
    pub uri: String,
    /// Name shown to people.
    pub name: Option<String>,
    /// What it holds.
    pub description: Option<String>,
    /// MIME type of its content.
    pub mime_type: Option<String>,
    /// Labels.
    pub tags: Option<Vec<String>>,
    /// Types of the URI's parameters.
    pub parameters: Option<Vec<TypeDef>>,
    /// What it gives.
    #[serde(rename = "return")]
    pub returns: Option<TypeDef>,
    /// What it is written in.
    pub language: Option<Language>,
    /// Its implementation.
    pub source: Source,
    /// What a component may reach; nothing if absent.
    pub permissions: Option<Permissions>,
    /// How many calls there may be, and how much a component may use for one.
    pub limits: Option<EndpointLimits>,
    /// How long what was read answers further reads of the same; every one runs if absent.
    pub cache: Option<Cache>,
    /// Whether it exists at all; true if absent.
    pub enabled: Option<bool>,
    /// Tests that `mxcp test` runs.
    pub tests: Option<Vec<TestCase>>,
    /// Rules around each read.
    pub policies: Option<Policies>,
}

/// A template for a conversation.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// Name the prompt is asked for by.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Labels.
    pub tags: Option<Vec<String>>,
    /// Variables of its templates.
    pub parameters: Option<Vec<TypeDef>>,
    /// What it gives; not used.
    #[serde(rename = "return")]
    pub returns: Option<TypeDef>,
    /// Its messages.
    pub messages: Vec<Message>,
    /// How often it may be used.
    pub limits: Option<Limits>,
    /// Whether it exists at all; true if absent.
    pub enabled: Option<bool>,
    /// Tests that `mxcp test` runs.
    pub tests: Option<Vec<TestCase>>,
    /// Rules around each use.
    pub policies: Option<Policies>,
}

/// One message of a prompt.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Jinja2 template of its text.
    pub prompt: String,
    /// Who speaks: `user` if absent.
    pub role: Option<String>,
    /// What the text is: `text` if absent, `resource` if it is the URI of a resource, `image` if it is a `data:` URI of
    /// an image or a sound, as in `data:image/png;base64,iVBOR...`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// Hints about a tool's behaviour, as MCP defines them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Annotations {
    /// Title shown to people.
    pub title: Option<String>,
    /// It changes nothing.
    pub read_only_hint: Option<bool>,
    /// It may destroy something.
    pub destructive_hint: Option<bool>,
    /// Calling it twice with the same arguments is the same as once.
    pub idempotent_hint: Option<bool>,
    /// It reaches beyond this server.
    pub open_world_hint: Option<bool>,
}

/// Languages of implementations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// SQL on DuckDB.
    Sql,
    /// Python.
    Python,
    /// A function that a WebAssembly component exports.
    Component,
}

impl Language {
    /// The language as written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Sql => "sql",
            Language::Python => "python",
            Language::Component => "component",
        }
    }
}

/// Where an implementation is: exactly one of `code` and `file`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The implementation itself.
    pub code: Option<String>,
    /// Path of its file: relative to the definition's folder, or from the project root if it starts with `/`.
    pub file: Option<String>,
    /// What it is written in, if the endpoint doesn't say.
    pub language: Option<Language>,
    /// The function of a component: `acme:text/analysis.sentiment`, or `sentiment` where its world exports it.
    pub export: Option<String>,
}
