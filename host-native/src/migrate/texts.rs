//! Looking into texts of other languages, as far as that goes without an engine.

/// A text with everything between quotation marks blanked out, byte for byte, so that offsets stay.
pub(super) fn without_quotations(text: &str) -> String {
    let mut open: Option<char> = None;
    let mut escaped = false;
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        let blank = |plain: &mut String| plain.extend(std::iter::repeat_n(' ', character.len_utf8()));
        match open {
            Some(_) if escaped => {
                escaped = false;
                blank(&mut plain);
            }
            Some(_) if character == '\\' => {
                escaped = true;
                blank(&mut plain);
            }
            Some(quote) if character == quote => {
                open = None;
                plain.push(character);
            }
            Some(_) => blank(&mut plain),
            None => {
                open = matches!(character, '\'' | '"').then_some(character);
                plain.push(character);
            }
        }
    }
    plain
}

/// Whether a character is part of a name.
fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where a word stands by itself.
pub(super) fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        let opens = word.starts_with(is_name) && before.is_some_and(is_name);
        let goes_on = word.ends_with(is_name) && after.is_some_and(is_name);
        !opens && !goes_on
    })
}

/// The names that follow a word and a dot, as `role` in `user.role`, with where the word stands.
pub(super) fn members<'t>(text: &'t str, word: &'t str) -> Vec<(usize, &'t str)> {
    let name = |at: usize| {
        let rest = text.get(at + word.len()..)?.strip_prefix('.')?;
        let end = rest.find(|character| !is_name(character)).unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty())
    };
    words(text, word).filter_map(|at| Some((at, name(at)?))).collect()
}

/// The statements of an SQL text, by their first words; comments and quotations are passed over.
pub(super) fn statements(sql: &str) -> Vec<String> {
    let plain = without_comments(sql);
    let parts = plain.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.split_whitespace().next().unwrap_or_default().to_ascii_uppercase()).collect()
}

/// An SQL text without comments, and without what stands between quotation marks or dollars.
fn without_comments(sql: &str) -> String {
    let mut plain = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(character) = rest.chars().next() {
        let skipped = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(inner) = rest.strip_prefix("$$") {
            inner.find("$$").map_or(rest.len(), |end| end + 4)
        } else if let Some(inner) = rest.strip_prefix(['\'', '"']) {
            inner.find(character).map_or(rest.len(), |end| end + 2)
        } else {
            0
        };
        if skipped == 0 {
            plain.push(character);
        } else {
            // Something stands there, whatever it is.
            plain.push_str(if rest.starts_with(['-', '/']) { " " } else { " _ " });
        }
        rest = rest.get(skipped.max(character.len_utf8())..).unwrap_or("");
    }
    plain
}

/// The lines of a Python text with their offsets, comments cut off.
pub(super) fn python_lines(text: &str) -> Vec<(usize, &str)> {
    let mut offset = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let code = line.split_once('#').map_or(line, |(code, _)| code);
        lines.push((offset, code.trim_end()));
        offset += line.len();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_are_blanked_and_offsets_stay() {
        let text = r#"user.role == 'a \' now()' && x == "ü""#;
        let plain = without_quotations(text);
        assert_eq!(plain.len(), text.len());
        assert!(!plain.contains("now"), "{plain}");
        assert_eq!(plain.find("&&"), text.find("&&"));
    }

    #[test]
    fn words_stand_by_themselves() {
        assert_eq!(words("now() + known + now", "now").collect::<Vec<_>>(), [0, 16]);
        assert_eq!(members("user.role == x.user.id && superuser.a", "user"), [(0, "role"), (15, "id")]);
    }

    #[test]
    fn statements_are_told_apart() {
        let sql = "-- a; b\nCREATE TABLE t AS SELECT 'x;y';/* ; */ select $$;$$ from \"a;b\" ;\n";
        assert_eq!(statements(sql), ["CREATE", "SELECT"]);
        assert_eq!(statements("'x' IS NULL"), ["_"]);
        assert!(statements(" ; -- nothing").is_empty());
    }

    #[test]
    fn comments_of_python_are_cut_off() {
        assert_eq!(python_lines("a = 1 # print(1)\nb"), [(0, "a = 1"), (17, "b")]);
    }
}
