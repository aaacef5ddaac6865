//! Text that others wrote, made fit for a terminal.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A text without control characters but line ends and tabs, so that data can't command the terminal.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |character| !character.is_control() || matches!(character, '\n' | '\t'))
}

/// A text without any control character nor line end, so that data can't pass for a line of its own.
pub(crate) fn printable_line(text: &str) -> Cow<'_, str> {
    escaped(text, |character| !character.is_control() && !matches!(character, '\u{2028}' | '\u{2029}'))
}

/// A text in which every character is escaped that is not `harmless`.
fn escaped(text: &str, harmless: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(&harmless) {
        return Cow::Borrowed(text);
    }
    let escape = |character: char| -> String {
        if harmless(character) { character.into() } else { character.escape_default().collect() }
    };
    Cow::Owned(text.chars().map(escape).collect())
}

/// A text as one line of at most `width` columns, the last three of them dots if something is cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let line: String = printable(text).replace(['\n', '\t'], " ");
    if line.width() <= width {
        return line;
    }
    let mut room = width.saturating_sub(3);
    let fits = line.chars().take_while(|character| {
        let columns = character.width().unwrap_or(0);
        let fits = columns <= room;
        room = room.saturating_sub(columns);
        fits
    });
    fits.chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_rather_than_obeyed() {
        assert_eq!(printable("a\u{1b}[31mb\tc\n"), "a\\u{1b}[31mb\tc\n");
        assert_eq!(printable("plain é"), "plain é");
    }

    #[test]
    fn what_stands_on_one_line_stays_there() {
        assert_eq!(printable_line("a\n✓ b\r\u{2028}c\td"), "a\\n✓ b\\r\\u{2028}c\\td");
        assert_eq!(printable_line("plain é"), "plain é");
    }

    #[test]
    fn long_texts_are_cut_to_the_columns_they_take() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abc...");
        assert_eq!(cut("日本語日本語", 8), "日本...");
        assert_eq!(cut("a\nb", 6), "a b");
    }
}
