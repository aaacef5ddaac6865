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
    /// The bytes of the text that a node of the tree stands at: the parser knows one token of each, which is
    /// the bracket of a call and the dot of a selection; the name beside it is added.
    pub(in crate::policy) fn range(&self, id: u64) -> Range<usize> {
        let all = 0..self.source.len();
        let Some((start, end)) = self.offsets(id) else {
            return all;
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (Some(before), Some(token), Some(after)) =
            (self.source.get(..start), self.source.get(start..end), self.source.get(end..))
        else {
            return all;
        };
        match token {
            "(" => before.trim_end_matches(is_name).len()..start,
            "." => start + 1..self.source.len() - after.trim_start_matches(is_name).len(),
            _ => start..end,
        }
    }

    /// The bytes of the one token that is known of a node, and of the name beside it.
    pub(super) fn token(&self, id: u64) -> Option<(usize, usize)> {
        let (start, end) = self.offsets(id)?;
        let named = self.range(id);
        Some((start.min(named.start), end.max(named.end)))
    }

    /// The bytes of the one token that is known of a node.
    fn offsets(&self, id: u64) -> Option<(usize, usize)> {
        let (start, stop) = self.places.offset_for(id)?;
        // The parser's ends are inclusive.
        Some((usize::try_from(start).ok()?, usize::try_from(stop).ok()? + 1))
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
