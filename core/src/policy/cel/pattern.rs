//! Regular expressions, compiled once where a condition spells them out.

use std::any::Any;
use std::sync::Arc;

use cel_interpreter::common::types::Type;
use cel_interpreter::common::value::{StaticVal, Val};
use regex::{Regex, RegexBuilder};

use crate::policy::limits;

// Errors name it, so it is called what the author wrote.
static PATTERN_TYPE: Type = Type::new_unspecified_type("string");

/// A compiled regular expression, as a value that no author can name.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Pattern(Arc<Regex>);

impl Pattern {
    /// Compiles a regular expression of bounded size.
    ///
    /// # Errors
    /// Why it can't be used, in one line and without its text.
    pub(in crate::policy) fn compile(text: &str) -> Result<Self, String> {
        if text.len() > limits::PATTERN_BYTES {
            return Err(format!("it is longer than {} bytes", limits::PATTERN_BYTES));
        }
        let builder = RegexBuilder::new(text).size_limit(limits::PATTERN_SIZE).nest_limit(32).build();
        builder.map(|regex| Self(Arc::new(regex))).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large when compiled".to_owned(),
            error => {
                let text = error.to_string();
                let last = text.lines().last().unwrap_or("it is invalid");
                last.strip_prefix("error: ").unwrap_or(last).to_owned()
            }
        })
    }

    /// Whether it matches anywhere in a text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl Val for Pattern {
    fn get_type(&self) -> &Type {
        &PATTERN_TYPE
    }

    fn cel_type() -> &'static Type {
        &PATTERN_TYPE
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Pattern {}
