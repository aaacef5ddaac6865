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
    /// How often a request is made again that was refused with status 429 or failed with 5xx; 2 if absent.
    pub max_retries: Option<u64>,
    /// How the model is told of tools; `native` if absent, and `text` where the service refuses that.
    pub tools: Option<ModelTools>,
    /// What it costs, for the report.
    pub price: Option<ModelPrice>,
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

/// How a model is told of tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModelTools {
    /// In the way its interface has for that.
    Native,
    /// In the text of the request: calls are JSON in the text of the answer.
    Text,
}

/// What a model costs, in any currency, for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelPrice {
    /// Tokens that are sent to it.
    pub input: f64,
    /// Tokens that it writes.
    pub output: f64,
}
