//! Prompts: templates in the language of Jinja2, and the messages they give.
//!
//! The engine is `minijinja`; this module makes it speak as Jinja2 3.1 does where the two differ: values print in
//! Python notation, every built-in filter, test, global and string method exists, `%` formats texts. The table
//! beside the tests holds templates and what Jinja2 makes of them.
//!
//! Rendering is pure: what is random in Jinja2 (`random`, `lipsum`) gives the same on every rendering. It ends:
//! each message has a budget of work, which also bounds its memory, and messages have a longest text.

mod arguments;
mod check;
mod environment;
mod filters;
mod globals;
mod limits;
mod methods;
mod moment;
mod percent;
mod python;

use std::fmt;

use minijinja::{Environment, Error, ErrorKind};

use crate::diagnostic::{Code, Diagnostic};
use crate::schema;
use crate::types::Parameters;
use crate::value::{Object, Value};
use crate::yaml::{DocPath, Report};

/// Bytes that the text of one message may have.
const MAX_TEXT: usize = 4 << 20;

/// The compiled messages of a prompt.
pub struct PromptTemplates {
    // INVARIANT: holds a template for each message, named by its index.
    environment: Environment<'static>,
    messages: Vec<schema::Message>,
}

/// Why a prompt can't be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Failed to render message {message}: {problem}{}", place(*.line))]
pub struct RenderError {
    /// Index of the message.
    pub message: usize,
    /// What is wrong, in the engine's words.
    pub problem: String,
    /// Line of the template, from 1, where it is known.
    pub line: Option<usize>,
}

fn place(line: Option<usize>) -> String {
    line.map(|line| format!(" (line {line})")).unwrap_or_default()
}

impl PromptTemplates {
    /// Compiles the messages at `path`. Whatever is wrong with them goes to `report`: syntax, names of filters and
    /// tests that don't exist, variables that are no parameters. A message with errors is left empty, so the
    /// result is only of use if the report has none.
    pub fn compile(
        messages: &[schema::Message],
        parameters: &Parameters,
        path: &DocPath,
        report: &mut Report<'_>,
    ) -> Self {
        let mut environment = environment::new();
        if messages.len() > limits::MAX_MESSAGES {
            let problem = format!("prompt has more than {} messages", limits::MAX_MESSAGES);
            report.add(path, Diagnostic::error(Code::TooLarge, problem));
            return Self { environment, messages: Vec::new() };
        }
        for (index, message) in messages.iter().enumerate() {
            let path = path.index(index).key("prompt");
            let source = match check::check(&message.prompt, index, parameters, &environment) {
                Ok(source) => source,
                Err(findings) => {
                    for (place, finding) in findings {
                        report.add_within(&path, place, finding);
                    }
                    continue;
                }
            };
            if let Err(error) = environment.add_template_owned(index.to_string(), source) {
                report.add(&path, Diagnostic::error(Code::PromptTemplate, problem(&error)));
            }
        }
        Self { environment, messages: messages.to_vec() }
    }

    /// The messages as written.
    #[must_use]
    pub fn messages(&self) -> &[schema::Message] {
        &self.messages
    }

    /// The messages for bound arguments: a list of `{"prompt", "role", "type"}`. It may take some milliseconds.
    ///
    /// # Errors
    /// A template fails, or asks for more work or text than a prompt may.
    pub fn render(&self, arguments: &Object) -> Result<Value, RenderError> {
        let arguments = arguments::context(arguments);
        let mut rendered = Vec::with_capacity(self.messages.len());
        for (index, message) in self.messages.iter().enumerate() {
            let text = self
                .environment
                .get_template(&index.to_string())
                .and_then(|template| template.render(arguments.clone()))
                .map_err(|error| RenderError {
                    message: index,
                    problem: problem(&error),
                    line: error.line(),
                })?;
            if text.len() > MAX_TEXT {
                let problem = format!("the text is longer than {MAX_TEXT} bytes");
                return Err(RenderError { message: index, problem, line: None });
            }
            let optional = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
            rendered.push(Value::Object(Object::from_iter([
                ("prompt", Value::String(text)),
                ("role", optional(&message.role)),
                ("type", optional(&message.kind)),
            ])));
        }
        Ok(Value::Array(rendered))
    }
}

impl fmt::Debug for PromptTemplates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PromptTemplates").field("messages", &self.messages).finish_non_exhaustive()
    }
}

/// The engine's words for what is wrong, with Python's where every author knows them.
fn problem(error: &Error) -> String {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::OutOfFuel => "the template asks for more work than a prompt may".to_owned(),
        ErrorKind::InvalidOperation if detail.starts_with("unable to calculate") && is_by_zero(detail) => {
            "division by zero".to_owned()
        }
        kind if detail.is_empty() => kind.to_string(),
        _ => detail.to_owned(),
    }
}

fn is_by_zero(detail: &str) -> bool {
    detail
        .rsplit_once("/ ")
        .is_some_and(|(_, divisor)| divisor.parse::<f64>().is_ok_and(|value| value == 0.0))
}

#[cfg(test)]
mod tests;
