//! What a project was at some time, as its file has it.
//!
//! Keys that are absent where there is nothing to say were absent in the files of the reference implementation too;
//! `files`, `source_file` and `policies_digest` are unknown to it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::Definition;
use crate::schema::EndpointFile;

/// What a project was at some time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Version of the format.
    pub version: i64,
    /// When it was taken, in ISO 8601.
    pub generated_at: String,
    /// Tables and views.
    pub tables: Vec<Table>,
    /// Files that define endpoints, or were meant to.
    pub resources: Vec<Resource>,
    /// Digests of the files that implementations are in, and of what these can import, by path relative to the project
    /// root. Absent in files of the reference implementation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<BTreeMap<String, String>>,
}

/// A table or a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as the database writes it.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A file that defines an endpoint, or was meant to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Whether it could be served.
    pub validation_results: Validation,
    /// What came of its tests; none if it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_results: Option<TestResults>,
    /// What it says; none if it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<EndpointFile>")]
    pub definition: Option<Definition>,
    /// Its `metadata`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Json>>,
    /// The file that its implementation is in, a key of [`Snapshot::files`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_file: Option<String>,
    /// The digest of its policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies_digest: Option<String>,
}

/// Whether an endpoint could be served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// Whether it could.
    pub status: ValidationStatus,
    /// The file, relative to the project root.
    pub path: String,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Whether an endpoint could be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ValidationStatus {
    /// It could.
    Ok,
    /// Something is wrong with it.
    Error,
}

/// What came of the tests of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestResults {
    /// The worst of them.
    pub status: TestsStatus,
    /// How many ran.
    pub tests_run: u64,
    /// Each of them, in order.
    #[serde(default, skip_serializing_if = "nothing")]
    pub tests: Option<Vec<TestResult>>,
    /// Why there are none, of an endpoint that can't be tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// That the endpoint has no tests; only ever true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_tests: Option<bool>,
}

fn nothing(tests: &Option<Vec<TestResult>>) -> bool {
    tests.as_ref().is_none_or(Vec::is_empty)
}

impl TestResults {
    /// Each of the tests, in order.
    #[must_use]
    pub fn tests(&self) -> &[TestResult] {
        self.tests.as_deref().unwrap_or_default()
    }
}

/// How several tests ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TestsStatus {
    /// All have passed.
    Ok,
    /// One has failed.
    Failed,
    /// One could not be made.
    Error,
}

/// How one test ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// What it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How it ended.
    pub status: Verdict,
    /// What is not as expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How long it took, in seconds.
    pub time: f64,
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything is as expected.
    Passed,
    /// Something is not as expected.
    Failed,
    /// The call failed.
    Error,
}
