//! The files authors write, as they are written: shape only, no meaning.
//!
//! These structs are the one model of the format. The checks of [`crate::yaml::Shape`] (all problems at
//! once, with places), the JSON Schemas for editors and the reference documentation derive from them, so
//! their doc comments address the author. Meaning is given in [`crate::lower`].

mod component;
mod delivery;
mod endpoint;
mod eval;
mod hidden;
pub mod json;
mod limits;
mod policy;
mod site;
mod test;
mod type_def;
mod user;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

pub use component::{ComponentLimits, FolderAccess, Permissions, SqlAccess, SqlFunction};
pub use delivery::{Cache, Export, ResultLimits, Task, TaskQuestions, TextFormat};
pub use endpoint::{Annotations, EndpointFile, Language, Message, Prompt, Resource, Source, Tool};
pub use eval::{EvalAssertions, EvalFile, EvalTest, ExpectedCall};
pub use hidden::Hidden;
pub use limits::{EndpointLimits, Limits, UserLimits};
pub use policy::{Action, Policies, Rule};
pub use site::{
    Audit, AuditFsync, AuditWhenFull, DbtSection, Drift, DuckDb, Extension, Isolation, NamedExtension, Paths,
    Plugin, Python, Site, SiteProfile, SqlTool, SqlTools,
};
pub use test::{Argument, ExpectedText, TestCase};
pub use type_def::{ContentEncoding, ContentKind, Format, TypeDef, TypeName};
pub use user::{
    Auth, AuthMode, AuthProvider, Authorization, ClaimMappings, Client, GrantType, Http, InOrder, Keycloak,
    LogFormat, LogLevel, Logging, Metrics, Model, ModelKind, ModelPrice, ModelTools, Models, OAuthApp, Oidc,
    OnePassword, OtlpProtocol, Persistence, PersistenceKind, PluginBlock, PluginSettings, RoleMappings,
    Scheme, Telemetry, Tls, Tracing, Transport, TransportName, TrustProxy, User, UserProfile, UserProject,
    UserSecret, Vault,
};

/// One thing or a list of them, as several keys of the site file and the user file allow.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// A list.
    Many(Vec<T>),
    /// A single item, meaning a list of one.
    One(T),
}

impl<T> OneOrMany<T> {
    /// As a slice.
    pub fn as_slice(&self) -> &[T] {
        match self {
            OneOrMany::Many(items) => items,
            OneOrMany::One(item) => std::slice::from_ref(item),
        }
    }

    /// As a list.
    pub fn into_vec(self) -> Vec<T> {
        match self {
            OneOrMany::Many(items) => items,
            OneOrMany::One(item) => vec![item],
        }
    }
}

/// For keys whose presence means something even when the value is null: `Some(Null)` is "written as null".
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(deserializer).map(Some)
}
