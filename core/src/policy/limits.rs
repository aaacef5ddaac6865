//! What a condition may cost: bounds on its text, checked before anything recursive looks at it, and on
//! the work of one evaluation.
//!
//! Conditions come from the project's author, the data they run on does not. A parser or evaluator that
//! recurses once per operator would end the process on a long enough text, and nested loops over data
//! multiply; neither may happen, so both are refused or cut off here.

/// Longest condition, in bytes.
pub(super) const SOURCE_BYTES: usize = 2048;

/// Deepest nesting of brackets.
const BRACKETS: usize = 16;

/// Most operators, selections and calls that can depend on each other, the measure of recursion: evaluating
/// one takes some kilobytes of stack.
const DEPTH: usize = 48;

/// Deepest nesting of loops (`all`, `exists`, `exists_one`, `filter`, `map`).
pub(super) const LOOPS: usize = 3;

/// Most units of work in one evaluation: an iteration, an element copied or compared, 64 bytes of text.
pub(super) const WORK: u64 = 1_000_000;

/// Most units of work to find out what a condition comes to for whatever arguments: many are asked for one
/// listing, and "it depends" is always a right answer.
pub(super) const LISTING_WORK: u64 = 50_000;

/// Most units of work to decide about one row of a result.
pub(super) const ROW_WORK: u64 = 200_000;

/// Most units of work to decide about all rows of a result: two for a simple comparison, so enough for millions of rows.
pub(super) const ROWS_WORK: u64 = 20_000_000;

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
/// operators count until a `&&`, `||` or `,` begins anew, because those make no deeper trees. Wherever a
/// parser could disagree about what is text and what is not, or about which brackets belong together, the
/// condition is refused.
pub(super) fn check(source: &str) -> Result<(), Excess> {
    if source.len() > SOURCE_BYTES {
        let what = format!("is {} bytes long; at most {SOURCE_BYTES} are allowed", source.len());
        return Err(Excess { what, at: 0 });
    }
    let mut levels = vec![Level::default()];
    let mut tokens = Tokens { rest: source, at: 0 };
    while let Some((token, at)) = tokens.next()? {
        if let Token::Close(bracket) = token {
            if levels.pop().is_none_or(|level| level.closed_by != Some(bracket)) {
                return Err(Excess { what: format!("has a `{bracket}` that closes nothing"), at });
            }
            continue;
        }
        let Some(level) = levels.last_mut() else { break };
        match token {
            Token::Operator | Token::Open(_) => level.operators += 1,
            Token::Question => level.ternaries += 1,
            Token::Logical => level.operators = 0,
            Token::Comma => (level.operators, level.ternaries) = (0, 0),
            Token::Close(_) => {}
        }
        if let Token::Open(bracket) = token {
            levels.push(Level { closed_by: Some(bracket), ..Level::default() });
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

/// Where the pairs of brackets of a condition stand that passed [`check`], those in its texts left out.
pub(super) fn brackets(source: &str) -> Vec<(usize, usize)> {
    let (mut open, mut pairs) = (Vec::new(), Vec::new());
    let mut tokens = Tokens { rest: source, at: 0 };
    while let Ok(Some((token, at))) = tokens.next() {
        match token {
            Token::Open(_) => open.push(at),
            Token::Close(_) => pairs.extend(open.pop().map(|start| (start, at))),
            _ => {}
        }
    }
    pairs
}

/// One pair of brackets, or the condition itself, and what counts in it so far.
#[derive(Default)]
struct Level {
    closed_by: Option<char>,
    operators: usize,
    ternaries: usize,
}

#[derive(Clone, Copy)]
enum Token {
    /// An opening bracket; the one that closes it.
    Open(char),
    Close(char),
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
    fn skip_string(&mut self, raw: bool) -> Result<(), Excess> {
        let excess = |what: &str, at| Excess { what: what.to_owned(), at };
        let start = self.at;
        let quote = self.rest.get(..1).unwrap_or("").to_owned();
        let triple = quote.repeat(3);
        let is_triple = self.rest.starts_with(&triple);
        let delimiter = if is_triple { triple } else { quote };
        self.skip(delimiter.len());
        while !self.rest.starts_with(&delimiter) {
            let bytes = match self.rest.chars().next() {
                None => return Err(excess("has a string without an end", start)),
                Some('\n' | '\r') if !is_triple => {
                    return Err(excess("has a string without an end on its line", start));
                }
                Some('\\') if !raw => escape(self.rest).ok_or_else(|| {
                    excess(
                        r"has a string with an unknown escape; a backslash itself is written `\\`",
                        self.at,
                    )
                })?,
                Some(other) => other.len_utf8(),
            };
            self.skip(bytes);
        }
        self.skip(delimiter.len());
        Ok(())
    }

    /// Passes over a word, and over the string whose prefix it is. The keyword `in` is an operator.
    fn skip_word(&mut self) -> Result<Option<Token>, Excess> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, at) = (self.rest.get(..end).unwrap_or("").to_owned(), self.at);
        self.skip(end);
        if self.rest.starts_with(['\'', '"']) {
            match word.as_str() {
                "r" | "R" | "br" | "bR" | "Br" | "BR" => self.skip_string(true)?,
                "b" | "B" => self.skip_string(false)?,
                "in" => {}
                _ => {
                    return Err(Excess { what: format!("has a string right behind `{word}`"), at });
                }
            }
        }
        Ok((word == "in").then_some(Token::Operator))
    }

    fn next(&mut self) -> Result<Option<(Token, usize)>, Excess> {
        loop {
            let at = self.at;
            let Some(first) = self.rest.chars().next() else {
                return Ok(None);
            };
            if first.is_ascii_alphanumeric() || first == '_' {
                if let Some(token) = self.skip_word()? {
                    return Ok(Some((token, at)));
                }
                continue;
            }
            if self.rest.starts_with("//") {
                self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
                continue;
            }
            if matches!(first, '\'' | '"') {
                self.skip_string(false)?;
                continue;
            }
            let double = ["&&", "||", "==", "!=", "<=", ">="];
            let is_double = double.iter().any(|operator| self.rest.starts_with(operator));
            self.skip(if is_double { 2 } else { first.len_utf8() });
            let token = match first {
                '(' => Token::Open(')'),
                '[' => Token::Open(']'),
                '{' => Token::Open('}'),
                ')' | ']' | '}' => Token::Close(first),
                ',' => Token::Comma,
                '&' | '|' => Token::Logical,
                '?' => Token::Question,
                '+' | '-' | '*' | '/' | '%' | '.' | '!' | '<' | '>' | '=' => Token::Operator,
                _ => continue,
            };
            return Ok(Some((token, at)));
        }
    }
}

/// The length of the escape sequence that a text starts with; none if there is no such sequence.
fn escape(text: &str) -> Option<usize> {
    let digits = |count: usize, radix: u32, before: usize| {
        let found = text.chars().skip(before).take(count).filter(|c| c.is_digit(radix)).count();
        (found == count).then_some(before + count)
    };
    match text.chars().nth(1)? {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' | '?' | '"' | '\'' | '`' => Some(2),
        'x' | 'X' => digits(2, 16, 2),
        'u' => digits(4, 16, 2),
        'U' => digits(8, 16, 2),
        '0'..='3' => digits(3, 8, 1),
        _ => None,
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
        for source in ["", "true", "a.b.c[0].d(e, f) ? g : h", r"'((((' + r'\'", long.as_str()] {
            assert_eq!(check(source), Ok(()), "{source}");
        }
    }

    #[test]
    fn long_chains_of_any_operator_are_refused() {
        let chains =
            ["1+", "1 in ", "a.", "a[0]", "!", "-", "1<", "f(1)", "a?b:", "x&&x?x&&x:", "a.map(x,", "{1:"];
        for chain in chains {
            assert!(refused(&chain.repeat(150)), "{chain}");
        }
    }

    #[test]
    fn deep_brackets_are_refused() {
        let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(refused(&nested(BRACKETS + 1)));
        assert!(!refused(&nested(BRACKETS)));
    }

    #[test]
    fn what_a_parser_may_read_otherwise_is_refused() {
        let nested = "(".repeat(100);
        for start in ["'", "'\n", "'''", r"'\q", r"rb'\'+'", r"1r'\'+'", r#""\x1""#, "r\""] {
            for end in ["", "'", "\""] {
                // A string that simply holds the brackets is a string for everyone.
                let is_string = (start == "'" && end == "'") || (start == "r\"" && end == "\"");
                assert_eq!(refused(&format!("{start}{nested}{end}")), !is_string, "{start} {end}");
            }
        }
        assert!(refused(&"(]".repeat(100)));
        assert!(refused(")") && refused("(1]") && refused("[1)"));
        assert!(!refused("'a' in'b'") && !refused(r"'\x41\u00e9\101\`\?' != ''"));
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
