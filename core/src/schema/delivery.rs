//! How results reach a client, as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json;

/// How much of a result is shown at once. Of a longer list its first rows are shown, with a cursor for the next ones and a link
/// to the complete result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct ResultLimits {
    /// Most rows, if the result is a list.
    pub rows: Option<u64>,
    /// Most bytes of the result as JSON.
    pub bytes: Option<u64>,
    /// Most tokens that a model reads, estimated from the bytes as the audit log does.
    pub tokens: Option<u64>,
    /// What the complete result is exported as; `csv` if absent.
    pub export: Option<Export>,
    /// How long the complete result is kept, as in `90s`, `15m` or `2h`; `15m` if absent.
    pub expires: Option<String>,
}

/// What a complete result is exported as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Export {
    /// Comma-separated values with a header.
    Csv,
    /// A JSON array.
    Json,
    /// Apache Parquet.
    Parquet,
    /// Nothing: only the first rows can be had, and those after them with the cursor.
    None,
}

/// How a result is written in the text that a model reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TextFormat {
    /// JSON; one text for each row.
    #[default]
    Json,
    /// TOON, which names the columns of a list once.
    Toon,
    /// Comma-separated values with a header.
    Csv,
    /// A Markdown table.
    Markdown,
}

/// How long a result answers further calls that ask the same.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = json::scalars_not_null)]
pub struct Cache {
    /// How long, as in `90s`, `15m` or `2h`.
    pub ttl: String,
    /// What has to be the same: `args`, and claims of the caller as in `user.role`. Arguments always have to. If absent, so
    /// has everything that is known of the caller.
    pub key: Option<Vec<String>>,
}

/// Whether a call runs as a task, which its client looks after now and then instead of waiting for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// For clients that know tasks.
    Optional,
    /// Always: clients that don't know tasks are refused.
    Required,
}

/// When a call that runs as a task puts its questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TaskQuestions {
    /// While the task runs, which waits for the answers.
    #[default]
    Within,
    /// Before there is a task, as far as the call begins with them: the client makes the call again with the answers, and the
    /// task begins when it has brought them all.
    Before,
}
