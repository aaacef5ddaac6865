//! Endpoints as the program knows them: checked, compiled, ready to be called.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::delivery::Delivery;
use crate::limits::Limits;
use crate::lock::Digest;
use crate::policy::PolicySet;
use crate::prompt::PromptTemplates;
use crate::schema::{self, ComponentLimits, Permissions};
use crate::source::{SourceFile, Span};
use crate::types::{Parameters, Type};
use crate::wit::Function;

/// The kinds of endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something a model may call.
    Tool,
    /// Something a client may read.
    Resource,
    /// A template for a conversation.
    Prompt,
}

impl Kind {
    /// All kinds, in the order they are listed in.
    pub const ALL: [Kind; 3] = [Kind::Tool, Kind::Resource, Kind::Prompt];

    /// The key of the definition file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Tool => "tool",
            Kind::Resource => "resource",
            Kind::Prompt => "prompt",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A tool, resource or prompt.
#[derive(Debug)]
pub struct Endpoint {
    /// Tool, resource or prompt.
    pub kind: Kind,
    /// What it is looked up by: a name, or a resource's URI template as written.
    pub name: String,
    /// Title or display name, shown to people.
    pub title: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// MIME type of a resource's content.
    pub mime_type: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Hints about a tool's behaviour.
    pub annotations: Option<schema::Annotations>,
    /// What it takes.
    pub parameters: Parameters,
    /// What it gives; anything if absent.
    pub returns: Option<Type>,
    /// What runs.
    pub implementation: Implementation,
    /// Rules around each call.
    pub policies: PolicySet,
    /// How many calls there may be.
    pub limits: Limits,
    /// The longest time that a call may take, if the definition says.
    pub time: Option<Duration>,
    /// How its results reach a client.
    pub delivery: Delivery,
    /// Its tests.
    pub tests: Vec<schema::TestCase>,
    /// The file that defines it.
    pub file: Arc<SourceFile>,
    /// What [`Endpoint::digest`] found.
    pub(crate) digest: OnceLock<String>,
}

impl Endpoint {
    /// The SHA-256 of the text of the file that defines it, as `mxcp.lock` writes digests.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| Digest::of(self.file.text().as_bytes()).to_string())
    }

    /// What a result has to be; none for anything. A prompt's `return` says nothing about its messages.
    #[must_use]
    pub fn result_type(&self) -> Option<&Type> {
        self.returns.as_ref().filter(|_| self.kind != Kind::Prompt)
    }
}

/// What runs when an endpoint is called.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Implementation {
    /// SQL on DuckDB.
    Sql(Arc<SqlText>),
    /// A Python function.
    Python(Arc<PythonSource>),
    /// The messages of a prompt.
    Prompt(Arc<PromptTemplates>),
    /// A function of a WebAssembly component.
    Component(Arc<ComponentSource>),
}

/// Where a component's function is, and what it may do.
#[derive(Debug)]
pub struct ComponentSource {
    /// Its file relative to the project root.
    pub file: String,
    /// SHA-256 of the file in hexadecimal.
    pub digest: String,
    /// The function, as [`World::functions`](crate::wit::World) names it.
    pub export: String,
    /// What it takes and gives.
    pub function: Function,
    /// What it may reach.
    pub permissions: Permissions,
    /// How much it may use for a call.
    pub limits: ComponentLimits,
    /// Where the definition names the file.
    pub place: Span,
}

/// Where a Python function is.
#[derive(Debug)]
pub struct PythonSource {
    /// Its file relative to the project root.
    pub file: String,
    /// The file by way of the definition's folder, as messages name it: `tools/../python/a.py`.
    pub shown: String,
    /// Its name. None: `main`, or the one named like the file, or the first that is defined there, by alphabet.
    pub function: Option<String>,
    /// The file as it was when the project was loaded.
    pub text: Arc<SourceFile>,
    /// Where the definition names the file.
    pub place: Span,
}

/// SQL as it stands in a file or in a definition.
#[derive(Debug)]
pub struct SqlText {
    /// The statements.
    pub text: String,
    /// Where they are written, for messages: the file, and the byte at which the text starts in it.
    pub origin: SqlOrigin,
    /// Whether the endpoint declares `parameters` at all, even none.
    pub parameters_declared: bool,
}

/// Where SQL is written.
#[derive(Clone, Debug)]
pub enum SqlOrigin {
    /// A file of its own.
    File(Arc<SourceFile>),
    /// `source.code` of a definition; the span covers the YAML scalar.
    Inline(Span),
}
