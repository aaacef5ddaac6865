//! Language models for evaluations.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Hidden;

/// Language models for evaluations.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Models {
    /// Name of the model that is used unless a suite or an option names another.
    pub default: Option<String>,
    /// The models by the name their service knows them by.
    pub models: Option<BTreeMap<String, Model>>,
}

/// One language model.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Whose interface its service speaks.
    #[serde(rename = "type")]
    pub kind: ModelKind,
    /// Key of the service.
    pub api_key: Option<Hidden<String>>,
    /// URL of the service, if not the usual one.
    pub base_url: Option<String>,
    /// Seconds an answer may take; 30 if absent.
    pub timeout: Option<u64>,
    /// Not used.
    pub max_retries: Option<u64>,
}

/// The interfaces of language models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Anthropic's.
    Claude,
    /// OpenAI's, which many others speak too.
    Openai,
}
