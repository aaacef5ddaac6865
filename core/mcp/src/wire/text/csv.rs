//! Comma-separated values (RFC 4180), with lines that end as everywhere else in a text for models.

use super::table::{Table, cell};
use mxcp_core::value::Value;

/// A table with a header. Null is nothing; an empty text is in quotes. The last line has no end.
pub(super) fn of(table: &Table<'_>) -> String {
    let mut text = String::new();
    line(&mut text, table.columns.iter().map(|column| quoted(column)));
    for row in &table.rows {
        text.push('\n');
        line(&mut text, row.iter().map(|value| field(value, row.len() == 1)));
    }
    text
}

fn line(text: &mut String, fields: impl Iterator<Item = String>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&field);
    }
}

/// `alone` says that nothing else is on the line, which must not be empty: readers pass over empty lines.
fn field(value: &Value, alone: bool) -> String {
    match value {
        Value::Null if !alone => String::new(),
        _ => quoted(&cell(value)),
    }
}

fn quoted(text: &str) -> String {
    let spaced = text.starts_with([' ', '\t']) || text.ends_with([' ', '\t']);
    if text.is_empty() || spaced || text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(json: &str) -> String {
        of(&Table::of(&Value::parse_json(json).unwrap()))
    }

    /// Reads CSV as RFC 4180 has it; a field without quotes that is empty is none.
    fn read(text: &str) -> Vec<Vec<Option<String>>> {
        let (mut lines, mut line) = (Vec::new(), Vec::new());
        let mut characters = text.chars().peekable();
        loop {
            let mut field = None::<String>;
            if characters.peek() == Some(&'"') {
                characters.next();
                let mut quoted = String::new();
                while let Some(character) = characters.next() {
                    if character != '"' {
                        quoted.push(character);
                    } else if characters.peek() == Some(&'"') {
                        quoted.extend(characters.next());
                    } else {
                        break;
                    }
                }
                field = Some(quoted);
            } else {
                while let Some(character) = characters.next_if(|next| !matches!(next, ',' | '\n')) {
                    assert_ne!(character, '"', "quotes within a field that has none around it");
                    field.get_or_insert_default().push(character);
                }
            }
            line.push(field);
            match characters.next() {
                Some(',') => {}
                Some('\n') => lines.push(std::mem::take(&mut line)),
                Some(other) => panic!("{other:?} behind a field"),
                None => {
                    lines.push(line);
                    return lines;
                }
            }
        }
    }

    #[test]
    fn a_table_has_a_header_and_lines() {
        assert_eq!(csv(r#"[{"id":1,"name":"Ada"},{"id":2,"name":null}]"#), "id,name\n1,Ada\n2,");
        assert_eq!(
            csv(r#"[{"a":"","b":"x, y"},{"a":"l\nm","b":"say \"so\""}]"#),
            "a,b\n\"\",\"x, y\"\n\"l\nm\",\"say \"\"so\"\"\""
        );
        assert_eq!(csv(r#"[{"a":true,"b":[1,"x"]}]"#), "a,b\ntrue,\"[1,\"\"x\"\"]\"");
    }

    #[test]
    fn no_line_is_empty() {
        assert_eq!(csv(r#"["a",null,""]"#), "value\na\n\"\"\n\"\"");
    }

    #[test]
    fn what_is_read_back_is_what_was_written() {
        let mut random = 7_u64;
        let mut next = |below: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(random >> 33).unwrap() % below
        };
        let parts = ["a", ",", "\"", "\n", "\r", " ", "é", "=1+1", "", "|", "\\", "\t", "'", ";"];
        for _ in 0..3_000 {
            let columns = 2 + next(3);
            let mut text = || (0..next(5)).map(|_| parts[next(parts.len())]).collect::<String>();
            let mut names: Vec<String> = (0..columns).map(|_| text()).collect();
            for (index, name) in names.iter_mut().enumerate() {
                name.push_str(&index.to_string());
            }
            let mut expected = vec![names.iter().cloned().map(Some).collect::<Vec<_>>()];
            let mut rows = Vec::new();
            for row in 0..3 {
                let cells: Vec<Option<String>> =
                    (0..columns).map(|column| ((row + column) % 4 != 0).then(&mut text)).collect();
                let values = cells.iter().cloned().map(|cell| cell.map_or(Value::Null, Value::String));
                rows.push(Value::Object(names.iter().map(String::as_str).zip(values).collect()));
                expected.push(cells);
            }
            let written = of(&Table::of(&Value::Array(rows)));
            assert_eq!(read(&written), expected, "{written:?}");
        }
    }
}
