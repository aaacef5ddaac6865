//! Statements and parameters as they are written, for what DuckDB doesn't tell.

/// A statement as far as the scan understands it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Written<'a> {
    /// Where it starts.
    pub(crate) start: usize,
    /// The byte behind it, which is its semicolon or the end of the source.
    pub(crate) end: usize,
    /// Its `$parameters`, as often as they occur.
    pub(crate) parameters: Vec<Occurrence<'a>>,
    /// How many parameters without a name it has: `?`.
    pub(crate) nameless: usize,
}

/// A parameter where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// The byte behind it.
    pub(crate) end: usize,
}

impl Written<'_> {
    /// Whether it takes values.
    pub(crate) fn has_parameters(&self) -> bool {
        !self.parameters.is_empty() || self.nameless > 0
    }

    /// The source with blanks for what comes before the statement, and without what comes after it: DuckDB's messages
    /// about it then show its line.
    pub(crate) fn alone(&self, source: &str) -> Option<String> {
        let before = source.get(..self.start)?.chars().map(|char| if char == '\n' { char } else { ' ' });
        Some(before.chain(source.get(self.start..self.end)?.chars()).collect())
    }
}

/// The statements of a source that are more than white space and comments.
///
/// Texts, quoted names, comments and dollar-quoted texts are passed over as DuckDB's lexer does.
pub(crate) fn statements(text: &str) -> Vec<Written<'_>> {
    let mut scanner = Scanner { text, at: 0 };
    let (mut statements, mut current) = (Vec::new(), None::<Written<'_>>);
    while let Some(byte) = scanner.peek(0) {
        match byte {
            b';' => {
                statements.extend(current.take().map(|statement| Written { end: scanner.at, ..statement }));
                scanner.at += 1;
                continue;
            }
            byte if byte.is_ascii_whitespace() => {
                scanner.at += 1;
                continue;
            }
            b'-' if scanner.peek(1) == Some(b'-') => {
                scanner.skip_past("\n");
                continue;
            }
            b'/' if scanner.peek(1) == Some(b'*') => {
                scanner.skip_comment();
                continue;
            }
            _ => {}
        }
        let start = scanner.at;
        let statement = current.get_or_insert_with(|| Written { start, ..Written::default() });
        match byte {
            b'\'' => scanner.skip_quoted(b'\'', Backslash::Plain),
            b'"' => scanner.skip_quoted(b'"', Backslash::Plain),
            b'e' | b'E' if scanner.peek(1) == Some(b'\'') => {
                scanner.at += 1;
                scanner.skip_quoted(b'\'', Backslash::Escapes);
            }
            b'$' => statement.parameters.extend(scanner.dollar()),
            b'?' => {
                statement.nameless += 1;
                scanner.at += 1;
            }
            byte if is_name(byte) => {
                // A dollar within a name is part of it.
                scanner.word(|byte| is_name(byte) || byte == b'$');
            }
            _ => scanner.at += 1,
        }
    }
    statements.extend(current.map(|statement| Written { end: text.len(), ..statement }));
    statements
}

#[derive(Debug)]
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// Whether a backslash in a text escapes the next character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backslash {
    Escapes,
    Plain,
}

impl<'a> Scanner<'a> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// Goes behind the next occurrence of `end`, or to the end.
    fn skip_past(&mut self, end: &str) {
        let rest = self.text.get(self.at..).unwrap_or("");
        self.at = rest.find(end).map_or(self.text.len(), |found| self.at + found + end.len());
    }

    /// Comments of this kind nest.
    fn skip_comment(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'/', Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    /// A quote within is written twice.
    fn skip_quoted(&mut self, quote: u8, backslash: Backslash) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            if byte == quote {
                if self.peek(0) != Some(quote) {
                    return;
                }
                self.at += 1;
            } else if byte == b'\\' && backslash == Backslash::Escapes {
                self.at += 1;
            }
        }
    }

    /// A parameter; none if the dollar begins a dollar-quoted text, which is passed over.
    fn dollar(&mut self) -> Option<Occurrence<'a>> {
        let start = self.at;
        self.at += 1;
        let name = self.word(is_name);
        if self.peek(0) == Some(b'$') && !name.starts_with(|first: char| first.is_ascii_digit()) {
            self.at += 1;
            let tag = self.text.get(start..self.at).unwrap_or("$$");
            self.skip_past(tag);
            return None;
        }
        (!name.is_empty()).then_some(Occurrence { name, end: self.at })
    }

    fn word(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while self.peek(0).is_some_and(&belongs) {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or("")
    }
}

/// Letters, digits, `_`, and all of the bytes of other alphabets.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::statements;

    fn names(text: &'static str) -> Vec<Vec<&'static str>> {
        let names =
            |parameters: Vec<super::Occurrence<'static>>| parameters.iter().map(|found| found.name).collect();
        statements(text).into_iter().map(|statement| names(statement.parameters)).collect()
    }

    #[test]
    fn parameters_are_found_by_statement() {
        assert_eq!(names("select $a, $b_1 + $a; -- $c\n ; select $ä;"), [vec!["a", "b_1", "a"], vec!["ä"]]);
        assert_eq!(names(" -- nothing\n /* $x */ ;; "), [[""; 0]; 0]);
    }

    #[test]
    fn statements_are_where_they_are_written() {
        let text = " select 1 ; -- two\n select 2 -- end";
        let written: Vec<_> = statements(text).iter().map(|found| &text[found.start..found.end]).collect();
        assert_eq!(written, ["select 1 ", "select 2 -- end"]);
    }

    #[test]
    fn dollars_in_texts_names_and_comments_are_no_parameters() {
        assert_eq!(names("select '$a '' $b', \"$c\", x$d, $e -- $f\n"), [["e"]]);
        assert_eq!(names("select /* $a /* $b */ $c */ $d"), [["d"]]);
        assert_eq!(names(r"select E'it\'s $a', e'\\', '\', $b"), [["b"]]);
        assert_eq!(names("select $$ $a; $$, $t$ $b $$ $t$, $c"), [["c"]]);
    }

    #[test]
    fn parameters_without_a_name_are_counted() {
        let counts = |text| statements(text).iter().map(|found| found.nameless).collect::<Vec<_>>();
        assert_eq!(counts("select ?, '?', ? + ?; select \"?\" -- ?"), [3, 0]);
    }

    #[test]
    fn an_unfinished_text_ends_with_the_source() {
        assert_eq!(names("select $a, 'open $b"), [["a"]]);
        assert_eq!(names("select $a /* $b"), [["a"]]);
        assert_eq!(names("select $a, $$ $b"), [["a"]]);
    }
}
