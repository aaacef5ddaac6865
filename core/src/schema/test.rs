//! Tests as written beside an endpoint (spec `quality.md` section 4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{Object, Value};

/// One call and what must come of it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
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
    /// Whether the call is approved where a policy asks for approval: the answer to `action: ask`. No, if absent.
    pub approve: Option<bool>,
    /// The exact result. Null means null here, and with the other keys that nothing is expected.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "serde_json::Value")]
    pub result: Option<serde_json::Value>,
    /// Fields the result, or one of its items, must have; or an item it must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "serde_json::Value")]
    pub result_contains: Option<serde_json::Value>,
    /// Fields the result must not have.
    pub result_not_contains: Option<Vec<String>>,
    /// An item the result must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "serde_json::Value")]
    pub result_contains_item: Option<serde_json::Value>,
    /// Items the result must hold.
    pub result_contains_all: Option<Vec<serde_json::Value>>,
    /// How many items the result must have.
    pub result_length: Option<u64>,
    /// Text the result must contain.
    pub result_contains_text: Option<String>,
    /// The call must fail, for whatever reason: text its error must contain, or `true` for any.
    pub error: Option<ExpectedText>,
    /// A policy must deny the call or its result: text the reason must contain, or `true` for any. Of an endpoint with
    /// `hide`, which callers are told does not exist, a test sees the reason.
    pub denied: Option<ExpectedText>,
}

/// A text that something must contain, or `true` for any text.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ExpectedText {
    /// Text that it must contain.
    Containing(String),
    /// Any text; `false` expects nothing, as if the key were not there.
    Any(bool),
}

impl TestCase {
    /// The arguments of the call by name; of a repeated one, the last.
    #[must_use]
    pub fn call_arguments(&self) -> Object {
        let mut arguments = Object::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            arguments.insert(argument.key.as_str(), Value::from_json(argument.value.clone()));
        }
        arguments
    }

    /// The first key that says something about the result.
    #[must_use]
    pub fn result_key(&self) -> Option<&'static str> {
        let keys = [
            ("result", self.result.is_some()),
            ("result_contains", self.result_contains.is_some()),
            ("result_not_contains", self.result_not_contains.is_some()),
            ("result_contains_item", self.result_contains_item.is_some()),
            ("result_contains_all", self.result_contains_all.is_some()),
            ("result_length", self.result_length.is_some()),
            ("result_contains_text", self.result_contains_text.is_some()),
        ];
        keys.into_iter().find(|(_, written)| *written).map(|(key, _)| key)
    }
}

impl ExpectedText {
    /// Whether anything is expected at all.
    #[must_use]
    pub fn is_expected(&self) -> bool {
        !matches!(self, Self::Any(false))
    }

    /// The text; empty, which every text contains, for any.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Containing(text) => text,
            Self::Any(_) => "",
        }
    }
}

/// One argument of a test's call.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// Name of the parameter.
    pub key: String,
    /// Its value.
    pub value: serde_json::Value,
}
