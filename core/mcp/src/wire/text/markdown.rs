//! A table of Markdown, as GitHub has it.

use super::table::{Table, cell};

/// A table with a header. The last line has no end.
pub(super) fn of(table: &Table<'_>) -> String {
    let mut text = String::new();
    line(&mut text, table.columns.iter().map(|column| escaped(column)));
    text.push('\n');
    line(&mut text, table.columns.iter().map(|_| "---".to_owned()));
    for row in &table.rows {
        text.push('\n');
        line(&mut text, row.iter().map(|value| escaped(&cell(value))));
    }
    text
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push('|');
    for cell in cells {
        text.push(' ');
        if !cell.is_empty() {
            text.push_str(&cell);
            text.push(' ');
        }
        text.push('|');
    }
}

/// A text that stays in its cell. A backslash before what it would escape is escaped itself.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '|' => escaped.push_str("\\|"),
            '\\' if characters.peek().is_none_or(|next| next.is_ascii_punctuation()) => {
                escaped.push_str("\\\\");
            }
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\r' => escaped.push_str("<br>"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use mxcp_core::value::Value;

    use super::*;

    fn markdown(json: &str) -> String {
        of(&Table::of(&Value::parse_json(json).unwrap()))
    }

    #[test]
    fn a_table_has_a_header_and_rows() {
        assert_eq!(
            markdown(r#"[{"id":1,"name":"Ada"},{"id":2.50,"name":null}]"#),
            "| id | name |\n| --- | --- |\n| 1 | Ada |\n| 2.5 | |"
        );
        assert_eq!(markdown(r#"["a","b"]"#), "| value |\n| --- |\n| a |\n| b |");
        assert_eq!(markdown(r#"{"a":{"b":[1]}}"#), "| a |\n| --- |\n| {\"b\":[1]} |");
    }

    #[test]
    fn no_value_leaves_its_cell() {
        let cells = |text: &str| escaped(text);
        assert_eq!(cells("a|b"), r"a\|b");
        assert_eq!(cells(r"a\|b"), r"a\\\|b");
        assert_eq!(cells("one\ntwo\r\nthree\rfour"), "one<br>two<br>three<br>four");
        assert_eq!(cells(r"C:\temp\"), r"C:\temp\\");
        for text in ["|", "\\|", "\\\\|", "a\n| b |", "\r\n|", "\\"] {
            let value = Value::Array(vec![Value::Object(
                [("a", Value::string(text)), ("b", Value::Int(1))].into_iter().collect(),
            )]);
            let written = of(&Table::of(&value));
            let row = written.lines().nth(2).unwrap();
            assert_eq!(written.lines().count(), 3, "{text:?}: {written}");
            // A pipe is in the cell if an odd number of backslashes stands before it.
            let mut borders = 0;
            let mut backslashes = 0;
            for character in row.chars() {
                match character {
                    '\\' => backslashes += 1,
                    '|' if backslashes % 2 == 0 => borders += 1,
                    _ => {}
                }
                if character != '\\' {
                    backslashes = 0;
                }
            }
            assert_eq!(borders, 3, "{text:?}: {row}");
        }
    }
}
