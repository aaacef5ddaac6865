//! Rows as an aligned table.

use std::io::{self, Write};

use mxcp_core::value::{Object, Value};
use unicode_width::UnicodeWidthStr as _;

use super::text::cut;
use super::{CELL_WIDTH, value};

/// Most rows that are shown.
const ROWS: usize = 100;

/// The rows of a list, if it is one of objects that all have the same keys.
pub(super) fn rows(items: &[Value]) -> Option<Vec<&Object>> {
    let rows: Vec<_> = items.iter().map(Value::as_object).collect::<Option<_>>()?;
    let first = rows.first()?;
    let uniform = |row: &&Object| row.len() == first.len() && first.keys().all(|key| row.contains_key(key));
    (!first.is_empty() && rows.iter().all(uniform)).then_some(rows)
}

/// Writes rows that have the same keys: names, a rule, the rows, and how many more there are.
pub(super) fn write(out: &mut impl Write, rows: &[&Object]) -> io::Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let names: Vec<_> = first.keys().collect();
    let header: Vec<_> = names.iter().map(|name| cut(name, CELL_WIDTH)).collect();
    let cells: Vec<Vec<_>> =
        rows.iter().take(ROWS).map(|row| names.iter().map(|name| cell(row.get(name))).collect()).collect();
    let widths: Vec<_> = (0..names.len())
        .map(|column| {
            let column = cells.iter().chain([&header]).filter_map(|row| row.get(column));
            column.map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    line(out, &header, &widths)?;
    let rule: Vec<_> = widths.iter().map(|width| "─".repeat(*width)).collect();
    writeln!(out, "{}", rule.join("─┼─"))?;
    for row in &cells {
        line(out, row, &widths)?;
    }
    match rows.len().saturating_sub(ROWS) {
        0 => Ok(()),
        more => writeln!(out, "... and {more} more rows"),
    }
}

fn cell(value: Option<&Value>) -> String {
    value.map(|value| cut(&value::one_line(value), CELL_WIDTH)).unwrap_or_default()
}

fn line(out: &mut impl Write, cells: &[String], widths: &[usize]) -> io::Result<()> {
    let padded: Vec<_> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width()))))
        .collect();
    writeln!(out, "{}", padded.join(" │ ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &str) -> String {
        let Value::Array(items) = Value::parse_json(json).unwrap() else { panic!("no list") };
        let mut out = Vec::new();
        write(&mut out, &rows(&items).unwrap()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_aligned_by_the_room_they_take() {
        let table = written(r#"[{"id": 1, "name": "日本"}, {"id": 100, "name": null}]"#);
        assert_eq!(table, "id  │ name\n────┼─────\n1   │ 日本\n100 │ null\n");
    }

    #[test]
    fn a_hundred_rows_are_shown_and_the_rest_counted() {
        let items = vec![r#"{"a": 1}"#; 103].join(",");
        let table = written(&format!("[{items}]"));
        assert_eq!(table.lines().count(), 2 + 100 + 1);
        assert!(table.ends_with("... and 3 more rows\n"));
    }

    #[test]
    fn only_objects_with_the_same_keys_are_a_table() {
        let list = |json| match Value::parse_json(json) {
            Ok(Value::Array(items)) => items,
            other => panic!("{other:?}"),
        };
        assert!(rows(&list(r#"[{"a": 1, "b": 2}, {"b": 1, "a": 2}]"#)).is_some());
        assert!(rows(&list(r#"[{"a": 1}, {"b": 1}]"#)).is_none());
        assert!(rows(&list(r#"[{"a": 1}, 2]"#)).is_none());
        assert!(rows(&list("[]")).is_none());
        assert!(rows(&list("[{}]")).is_none());
    }
}
