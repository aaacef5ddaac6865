//! Tests as written beside an endpoint (spec `quality.md` section 4).

use schemars::JsonSchema;
use serde::Deserialize;

/// One call and what must come of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestCase {
    /// Name of the test.
    pub name: String,
    /// What it shows.
    pub description: Option<String>,
    /// Arguments of the call.
    pub arguments: Vec<Argument>,
    /// Who calls: what `--user-context` takes.
    pub user_context: Option<serde_json::Map<String, serde_json::Value>>,
    /// The exact result.
    #[serde(default, deserialize_with = "super::present")]
    #[schemars(with = "serde_json::Value")]
    pub result: Option<serde_json::Value>,
    /// Fields the result, or one of its items, must have; or an item it must hold.
    #[serde(default, deserialize_with = "super::present")]
    #[schemars(with = "serde_json::Value")]
    pub result_contains: Option<serde_json::Value>,
    /// Fields the result must not have.
    pub result_not_contains: Option<Vec<String>>,
    /// An item the result must hold.
    #[serde(default, deserialize_with = "super::present")]
    #[schemars(with = "serde_json::Value")]
    pub result_contains_item: Option<serde_json::Value>,
    /// Items the result must hold.
    pub result_contains_all: Option<Vec<serde_json::Value>>,
    /// How many items the result must have.
    pub result_length: Option<u64>,
    /// Text the result must contain.
    pub result_contains_text: Option<String>,
}

/// One argument of a test's call.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// Name of the parameter.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: serde_json::Value,
}
