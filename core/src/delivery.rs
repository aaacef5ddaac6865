//! How results reach a client: how much of them at once, in which form, for how long, and whether as a task. The core decides
//! what is shown; hosts keep, export and count time.

mod part;

use std::time::Duration;

pub use part::{Complete, ExportLink, Kept, KeptRows, Outline, Part, TooLarge, Whole};

use crate::call::Claim;
use crate::schema::{Export, Task, TaskQuestions, TextFormat};

/// The argument with which callers ask for the next rows of a result.
pub const CURSOR: &str = "cursor";

/// How results of an endpoint reach a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// How much is shown at once; everything if absent.
    pub limits: Option<ResultLimits>,
    /// How it is written in the text that a model reads.
    pub text: TextFormat,
    /// How long a result answers further calls; not at all if absent.
    pub cache: Option<Cache>,
    /// Whether calls run as tasks; never if absent.
    pub task: Option<Task>,
    /// When a task puts its questions.
    pub task_questions: TaskQuestions,
}

/// How much of a result is shown at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultLimits {
    /// Most rows of a list.
    pub rows: Option<u64>,
    /// Most bytes as JSON.
    pub bytes: Option<u64>,
    /// Most estimated tokens.
    pub tokens: Option<u64>,
    /// What the complete result is exported as.
    pub export: Export,
    /// How long the complete result is kept.
    pub expires: Duration,
}

/// How long a result answers further calls that ask the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// How long.
    pub ttl: Duration,
    /// What of the caller has to be the same beside the arguments; none: everything that is known of the caller.
    pub key: Option<Vec<Claim>>,
}
