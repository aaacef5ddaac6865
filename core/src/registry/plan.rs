//! What passes between the core and the host that acts for it.

use std::sync::Arc;

use super::ExecutionError;
use crate::definition::{ComponentSource, PythonSource, SqlText};
use crate::prompt::PromptTemplates;
use crate::value::{Object, Value};
use crate::wit;

/// What the host has to run for a prepared call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Plan {
    /// SQL with values to bind by name.
    Sql {
        /// The statements.
        source: Arc<SqlText>,
        /// The values.
        arguments: Arc<Object>,
    },
    /// The messages of a prompt, to be rendered: [`PromptPlan::render`].
    Prompt(PromptPlan),
    /// A Python function to call.
    Python {
        /// Which one.
        source: Arc<PythonSource>,
        /// Its arguments, by name.
        arguments: Arc<Object>,
        /// Whether the endpoint declares what it returns.
        typed: bool,
    },
    /// A function of a component to call.
    Component {
        /// Which one.
        source: Arc<ComponentSource>,
        /// Its arguments in order, of the types that the function takes.
        arguments: Arc<[wit::Value]>,
    },
}

/// Messages and the values of their variables.
#[derive(Clone, Debug)]
pub struct PromptPlan {
    pub(super) templates: Arc<PromptTemplates>,
    pub(super) arguments: Arc<Object>,
}

impl PromptPlan {
    /// The messages. It needs nothing from outside, and may take some milliseconds of computing.
    ///
    /// # Errors
    /// A template fails, or asks for more work or text than a prompt may.
    pub fn render(&self) -> Result<Value, ExecutionError> {
        self.templates.render(&self.arguments).map_err(|error| ExecutionError::Failed(error.to_string()))
    }
}

/// What an implementation gave.
#[derive(Clone, Debug)]
pub enum Output {
    /// Rows of a query.
    Rows(Rows),
    /// A value of a function.
    Value(Value),
    /// A value of a function, in which objects that have the form of MCP's content blocks are such blocks: they have a
    /// `type` of `text`, `image`, `audio`, `resource` or `resource_link`.
    Content(Value),
    /// What a function of a component gave, of the type that it declares; none if it declares none.
    Component(Option<wit::Value>),
}

/// Rows of a query.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Names of the columns, each once: `a`, `a_1`.
    pub columns: Vec<Arc<str>>,
    /// The rows; each has every column, in order.
    pub rows: Vec<Object>,
}
