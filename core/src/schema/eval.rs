//! Suites of evaluations as written (spec `evals.md` section 1).

use schemars::JsonSchema;
use serde::Deserialize;

/// A suite of evaluations: what a language model should make of the tools.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvalFile {
    /// Version of the format: 1. A file without this key is passed over.
    pub mxcp: i64,
    /// Name of the suite: a letter or `_`, then letters, digits and `_`.
    pub suite: String,
    /// What it is about.
    pub description: Option<String>,
    /// Name of the model that is asked, as the user file has it, unless the command line names another.
    pub model: Option<String>,
    /// The tests, in the order in which they are told.
    pub tests: Vec<EvalTest>,
}

/// One question, and what must come of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvalTest {
    /// Name of the test: a letter or `_`, then letters, digits and `_`.
    pub name: String,
    /// What it shows.
    pub description: Option<String>,
    /// What the model is asked.
    pub prompt: String,
    /// Who the model calls tools for: what `--user-context` takes.
    pub user_context: Option<serde_json::Map<String, serde_json::Value>>,
    /// Whether calls are approved where a policy asks for approval: the answer to `action: ask`. No, if absent.
    pub approve: Option<bool>,
    /// What must hold; all of it.
    pub assertions: EvalAssertions,
}

/// What must hold of the calls that a model makes, and of its answer.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvalAssertions {
    /// Calls that must be made, in any order.
    pub must_call: Option<Vec<ExpectedCall>>,
    /// Names of tools that must not be called.
    pub must_not_call: Option<Vec<String>>,
    /// Texts that the answer must contain, in capitals or not.
    pub answer_contains: Option<Vec<String>>,
    /// Texts that the answer must not contain.
    pub answer_not_contains: Option<Vec<String>>,
}

/// A call that must be made.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedCall {
    /// Name of the tool, or URI template of the resource as written.
    pub tool: String,
    /// Arguments that it must have; others are ignored.
    pub args: serde_json::Map<String, serde_json::Value>,
}
