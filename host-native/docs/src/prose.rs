//! Running text: paragraphs of plain text with `code` in it. Nothing else that an author writes has a meaning,
//! so nothing they write becomes markup.

use serde::Serialize;

/// Text and code in turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Prose(Vec<Span>);

/// A stretch of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Span {
    code: bool,
    text: String,
}

impl Prose {
    /// What an author wrote, where text between two backticks is code.
    pub(crate) fn parse(text: &str) -> Self {
        let mut prose = Self::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('`') {
            let Some((code, after)) = after.split_once('`').filter(|(code, _)| !code.is_empty()) else {
                break;
            };
            prose = prose.text(before).code(code);
            rest = after;
        }
        prose.text(rest)
    }

    /// The paragraphs of a longer text: what stands between empty lines.
    pub(crate) fn paragraphs(text: &str) -> Vec<Self> {
        let mut paragraphs = vec![String::new()];
        for line in text.lines().map(str::trim_end) {
            match paragraphs.last_mut() {
                Some(last) if line.is_empty() && !last.is_empty() => paragraphs.push(String::new()),
                Some(last) if !line.is_empty() => {
                    if !last.is_empty() {
                        last.push('\n');
                    }
                    last.push_str(line);
                }
                _ => {}
            }
        }
        paragraphs.iter().filter(|text| !text.is_empty()).map(|text| Self::parse(text)).collect()
    }

    /// With a text at its end.
    #[must_use]
    pub(crate) fn text(self, text: impl Into<String>) -> Self {
        self.with(false, text.into())
    }

    /// With code at its end.
    #[must_use]
    pub(crate) fn code(self, text: impl Into<String>) -> Self {
        self.with(true, text.into())
    }

    /// With everything of another one at its end.
    #[must_use]
    pub(crate) fn then(self, other: Self) -> Self {
        other.0.into_iter().fold(self, |prose, span| prose.with(span.code, span.text))
    }

    /// With codes at its end, as in `a`, `b` and `c`.
    #[must_use]
    pub(crate) fn codes(self, codes: impl IntoIterator<Item = String>, last: &str) -> Self {
        let mut codes: Vec<String> = codes.into_iter().collect();
        let end = codes.pop();
        let several = !codes.is_empty();
        let list = codes.into_iter().enumerate().fold(self, |prose, (index, code)| {
            if index == 0 { prose.code(code) } else { prose.text(", ").code(code) }
        });
        match end {
            Some(end) if several => list.text(format!(" {last} ")).code(end),
            Some(end) => list.code(end),
            None => list,
        }
    }

    fn with(mut self, code: bool, text: String) -> Self {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.code == code && !code => last.text.push_str(&text),
            _ => self.0.push(Span { code, text }),
        }
        self
    }
}

#[cfg(test)]
impl Prose {
    /// Without its marks, code between backticks.
    pub(crate) fn plain(&self) -> String {
        let part = |span: &Span| if span.code { format!("`{}`", span.text) } else { span.text.clone() };
        self.0.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pairs_of_backticks_mean_something() {
        assert_eq!(Prose::parse("a `b` c"), Prose::default().text("a ").code("b").text(" c"));
        for text in ["<b>*x*</b>", "it's a ` tick", "`` nothing"] {
            assert_eq!(Prose::parse(text), Prose::default().text(text), "{text}");
        }
    }

    #[test]
    fn empty_lines_part_paragraphs() {
        let paragraphs = Prose::paragraphs("\none\ntwo\n\n \n three\n");
        let texts: Vec<String> = paragraphs.iter().map(Prose::plain).collect();
        assert_eq!(texts, ["one\ntwo", " three"]);
    }

    #[test]
    fn lists_have_one_last_word() {
        let list = |codes: &[&str]| {
            Prose::default().codes(codes.iter().map(|code| (*code).to_owned()), "and").plain()
        };
        assert_eq!(list(&[]), "");
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
