//! How large and how deep a template may be.
//!
//! The engine bounds how deep tags and brackets are nested. Yet `1 + 1 + …` and `elif` after `elif` are nested as
//! well once they are parsed, and whatever walks or drops them recurses.

use std::ops::Range;

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::check::range;
use crate::diagnostic::{Code, Diagnostic};

/// Messages that a prompt may have.
pub(super) const MAX_MESSAGES: usize = 1_000;

/// Bytes that a template may have.
const MAX_BYTES: usize = 1 << 20;

/// Tokens that an expression may have between two commas: each may be a level.
const MAX_TOKENS: usize = 500;

/// Branches that conditions may have, each counted with those around it.
const MAX_BRANCHES: usize = 200;

/// Checks the size of a template. What is no token is left to the parser.
///
/// # Errors
/// It is too large or too deep: where, and in which way.
pub(super) fn check(source: &str) -> Result<(), (Range<usize>, Diagnostic)> {
    let too_large = |place, problem: String| (place, Diagnostic::error(Code::TooLarge, problem));
    if source.len() > MAX_BYTES {
        return Err(too_large(0..0, format!("template is longer than {MAX_BYTES} bytes")));
    }
    let (mut expression, mut branches) = (Expression::default(), Branches::default());
    let mut opens_tag = false;
    for (token, span) in tokenize(source, false, SyntaxConfig::default()).map_while(Result::ok) {
        if let Token::Ident(word) = token
            && opens_tag
            && branches.add(word) > MAX_BRANCHES
        {
            let problem = format!("condition has more than {MAX_BRANCHES} branches");
            return Err(too_large(range(span), problem));
        }
        if expression.add(&token) > MAX_TOKENS {
            let problem = format!("expression has more than {MAX_TOKENS} parts");
            return Err(too_large(range(span), problem));
        }
        opens_tag = matches!(token, Token::BlockStart);
    }
    Ok(())
}

/// The expression that is being read.
#[derive(Default)]
struct Expression {
    /// Most levels that its current part may be at.
    depth: usize,
    /// For each open bracket the levels at its start, and the most of its items so far.
    brackets: Vec<(usize, usize)>,
}

impl Expression {
    /// Takes a token in and gives the depth.
    fn add(&mut self, token: &Token<'_>) -> usize {
        match token {
            Token::TemplateData(_)
            | Token::VariableStart
            | Token::VariableEnd
            | Token::BlockStart
            | Token::BlockEnd => *self = Self::default(),
            Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => {
                self.depth += 1;
                self.brackets.push((self.depth, self.depth));
            }
            Token::BracketClose | Token::ParenClose | Token::BraceClose => {
                let (_, deepest) = self.brackets.pop().unwrap_or_default();
                self.depth = self.depth.max(deepest);
            }
            Token::Comma | Token::Colon => match self.brackets.last_mut() {
                Some((start, deepest)) => {
                    *deepest = self.depth.max(*deepest);
                    self.depth = *start;
                }
                None => self.depth = 0,
            },
            _ => self.depth += 1,
        }
        self.depth
    }
}

/// The conditions that are open.
#[derive(Default)]
struct Branches {
    /// Of each condition, its branches after the first.
    open: Vec<usize>,
    sum: usize,
}

impl Branches {
    /// Takes the name of a tag in and gives how many branches are nested.
    fn add(&mut self, tag: &str) -> usize {
        match tag {
            "if" => self.open.push(0),
            "elif" => {
                if let Some(branches) = self.open.last_mut() {
                    *branches += 1;
                    self.sum += 1;
                }
            }
            "endif" => self.sum -= self.open.pop().unwrap_or_default(),
            _ => {}
        }
        self.sum
    }
}
