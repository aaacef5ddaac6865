//! What a condition may cost: bounds on its text, checked before anything recursive looks at it, and on
//! the work of one evaluation.
//!
//! Conditions come from the project's author, the data they run on does not. A parser or evaluator that
//! recurses once per operator would end the process on a long enough text, and nested loops over data
//! multiply; neither may happen, so both are refused or cut off here.

/// Longest condition, in bytes.
pub(super) const SOURCE_BYTES: usize = 2048;

/// Deepest nesting of brackets.
const BRACKETS: usize = 24;

/// Most operators, selections and calls that can depend on each other, the measure of recursion.
const DEPTH: usize = 64;

/// Deepest nesting of loops (`all`, `exists`, `exists_one`, `filter`, `map`).
pub(super) const LOOPS: usize = 3;

/// Most units of work in one evaluation: an iteration, an element copied or compared, 64 bytes of text.
pub(super) const WORK: u64 = 1_000_000;

/// Longest text a function may make, in bytes.
pub(super) const TEXT_BYTES: usize = 4 << 20;

/// Longest regular expression, in bytes.
pub(super) const PATTERN_BYTES: usize = 1000;

/// Largest compiled regular expression, in bytes.
pub(super) const PATTERN_SIZE: usize = 512 << 10;

/// A bound that a text breaks, and the byte at which it does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excess {
    pub(super) what: String,
    pub(super) at: usize,
}

/// Checks length and nesting of a condition, in one pass and without recursion.
///
/// The count is an upper bound of the depth of the tree that a parser makes: within one pair of brackets,
/// operators count until a `&&`, `||` or `,` begins anew, because those make no deeper trees.
pub(super) fn check(source: &str) -> Result<(), Excess> {
    if source.len() > SOURCE_BYTES {
        let what = format!("is {} bytes long; at most {SOURCE_BYTES} are allowed", source.len());
        return Err(Excess { what, at: 0 });
    }
    let mut levels = vec![Level::default()];
    let mut tokens = Tokens { rest: source, at: 0 };
    while let Some((token, at)) = tokens.next() {
        if matches!(token, Token::Close) {
            if levels.len() > 1 {
                levels.pop();
            }
            continue;
        }
        let Some(level) = levels.last_mut() else { break };
        match token {
            Token::Operator | Token::Open => level.operators += 1,
            Token::Question => level.ternaries += 1,
            Token::Logical => level.operators = 0,
            Token::Comma => *level = Level::default(),
            Token::Close => {}
        }
        if matches!(token, Token::Open) {
            levels.push(Level::default());
        }
        if levels.len() > BRACKETS + 1 {
            return Err(Excess { what: format!("nests brackets deeper than {BRACKETS}"), at });
        }
        if levels.iter().map(|level| level.operators + level.ternaries).sum::<usize>() > DEPTH {
            return Err(Excess { what: format!("chains more than {DEPTH} operators"), at });
        }
    }
    Ok(())
}

/// Operators since the last separator inside one pair of brackets.
#[derive(Default)]
struct Level {
    operators: usize,
    ternaries: usize,
}

enum Token {
    Open,
    Close,
    Comma,
    Logical,
    Question,
    Operator,
}

/// The tokens of a text that matter for its depth.
struct Tokens<'a> {
    rest: &'a str,
    at: usize,
}

impl Tokens<'_> {
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
        self.at += bytes;
    }

    /// Passes over a string literal, whose quotes come next.
    fn skip_string(&mut self, raw: bool) {
        let quote = self.rest.get(..1).unwrap_or("").to_owned();
        let triple = quote.repeat(3);
        let delimiter = if self.rest.starts_with(&triple) { triple } else { quote };
        self.skip(delimiter.len());
        while !self.rest.is_empty() && !self.rest.starts_with(&delimiter) {
            let escape = !raw && self.rest.starts_with('\\');
            let bytes = self.rest.chars().take(if escape { 2 } else { 1 }).map(char::len_utf8).sum();
            self.skip(bytes);
        }
        self.skip(delimiter.len());
    }

    fn next(&mut self) -> Option<(Token, usize)> {
        loop {
            let at = self.at;
            let first = self.rest.chars().next()?;
            if first.is_ascii_alphanumeric() || first == '_' {
                let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let word = self.rest.get(..end.unwrap_or(self.rest.len())).unwrap_or("");
                let (is_in, prefix) = (word == "in", word.len() <= 2 && word.chars().all(|c| "rRbB".contains(c)));
                let raw = word.contains(['r', 'R']);
                self.skip(word.len());
                if prefix && self.rest.starts_with(['\'', '"']) {
                    self.skip_string(raw);
                } else if is_in {
                    return Some((Token::Operator, at));
                }
                continue;
            }
            if self.rest.starts_with("//") {
                self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
                continue;
            }
            if matches!(first, '\'' | '"') {
                self.skip_string(false);
                continue;
            }
            let width = if ["&&", "||", "==", "!=", "<=", ">="].iter().any(|operator| self.rest.starts_with(operator)) {
                2
            } else {
                first.len_utf8()
            };
            self.skip(width);
            let token = match first {
                '(' | '[' | '{' => Token::Open,
                ')' | ']' | '}' => Token::Close,
                ',' => Token::Comma,
                '&' | '|' => Token::Logical,
                '?' => Token::Question,
                '+' | '-' | '*' | '/' | '%' | '.' | '!' | '<' | '>' | '=' => Token::Operator,
                _ => continue,
            };
            return Some((token, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(source: &str) -> bool {
        check(source).is_err()
    }

    #[test]
    fn ordinary_conditions_pass() {
        let long = ["user.role == 'admin'"; 60].join(" || ");
        for source in ["", "true", "a.b.c[0].d(e, f) ? g : h", "'((((' + r'\\'", long.as_str()] {
            assert_eq!(check(source), Ok(()), "{source}");
        }
    }

    #[test]
    fn long_chains_of_any_operator_are_refused() {
        let chains = ["1+", "1 in ", "a.", "a[0]", "!", "-", "1<", "f(1)", "a?b:", "x&&x?x&&x:", "a.map(x,", "{1:"];
        for chain in chains {
            assert!(refused(&chain.repeat(150)), "{chain}");
        }
    }

    #[test]
    fn deep_brackets_are_refused() {
        assert!(refused(&"(".repeat(25)));
        assert!(!refused(&format!("{}1{}", "(".repeat(24), ")".repeat(24))));
    }

    #[test]
    fn text_and_comments_do_not_count() {
        for source in [
            format!("'{}'", "(".repeat(100)),
            format!("\"\"\"{}\"\"\"", "\"+".repeat(100)),
            format!("true // {}", "+".repeat(100)),
            format!("br'{}\\'", "[".repeat(100)),
        ] {
            assert_eq!(check(&source), Ok(()), "{source}");
        }
    }

    #[test]
    fn long_texts_are_refused_whatever_they_hold() {
        assert!(refused(&" ".repeat(2049)));
        assert!(!refused(&" ".repeat(2048)));
    }
}
