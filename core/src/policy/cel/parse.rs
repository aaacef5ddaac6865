//! Conditions as trees, with the places their nodes were written at.

use std::ops::Range;

use cel_interpreter::common::ast::SourceInfo;
use cel_interpreter::{Env, IdedExpr, ParseError};

/// A condition as written; loops and `has` are calls in it.
#[derive(Debug)]
pub(in crate::policy) struct Parsed {
    /// The tree.
    pub(in crate::policy) expression: IdedExpr,
    /// The text.
    pub(super) source: String,
    places: SourceInfo,
}

/// Why a text is no condition.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::policy) struct SyntaxError {
    /// One phrase.
    pub(in crate::policy) message: String,
    /// The byte it is at.
    pub(in crate::policy) at: usize,
}

/// Parses a text that is within the limits.
///
/// # Errors
/// The first thing that is wrong: what follows in it is mostly its echo.
pub(in crate::policy) fn parse(text: &str) -> Result<Parsed, SyntaxError> {
    // No macros: loops are checked as written.
    let parser = Env::default().with_optional_support(false).parser();
    match parser.parse_with_source_info(text) {
        Ok((expression, places)) => Ok(Parsed { expression, places, source: text.to_owned() }),
        Err(errors) => {
            let echo = |error: &&ParseError| !error.msg.starts_with("Incomplete");
            let first = errors.errors.iter().find(echo).or(errors.errors.first());
            Err(first.map_or_else(
                || SyntaxError { message: "it is no expression".to_owned(), at: 0 },
                |error| SyntaxError { message: phrase(&error.msg), at: byte(text, error.pos) },
            ))
        }
    }
}

impl Parsed {
    /// The bytes of the text that a node of the tree stands at.
    pub(in crate::policy) fn range(&self, id: u64) -> Range<usize> {
        let Some((start, stop)) = self.places.offset_for(id) else { return 0..self.source.len() };
        // The parser counts characters, and its ends are inclusive.
        let at = |position: u32| {
            let position = usize::try_from(position).unwrap_or(usize::MAX);
            self.source.char_indices().nth(position).map_or(self.source.len(), |(at, _)| at)
        };
        let start = at(start);
        start..at(stop.saturating_add(1)).max(start)
    }
}

/// A parser's message without its shouting and without the list of everything else it would have taken.
fn phrase(message: &str) -> String {
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    let message = match message.split_once(" expecting {") {
        Some((start, _)) => start,
        None => message,
    };
    message.replace("'<EOF>'", "end of text").replace("<EOF>", "end of text")
}

/// The byte of a line and column, both from 1.
fn byte(text: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line).unwrap_or(1).max(1) - 1;
    let column = usize::try_from(column).unwrap_or(1).max(1) - 1;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or("");
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}
