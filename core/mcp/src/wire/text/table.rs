//! A result as rows and columns.

use mxcp_core::value::Value;

/// What the only column is called of a list of anything but objects.
const VALUE: &str = "value";

/// Rows under named columns. What a row has no value for is null.
#[derive(Debug, PartialEq)]
pub(super) struct Table<'a> {
    /// At least one.
    pub(super) columns: Vec<&'a str>,
    pub(super) rows: Vec<Vec<&'a Value>>,
}

impl<'a> Table<'a> {
    /// Items of a list are rows, and an object is one. The columns are those that any row has, in the order in which they first
    /// occur.
    pub(super) fn of(value: &'a Value) -> Self {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            other => std::slice::from_ref(other),
        };
        let objects: Option<Vec<_>> = items.iter().map(Value::as_object).collect();
        let mut columns: Vec<&str> = Vec::new();
        for object in objects.iter().flatten() {
            // Rows of a query have the columns of the row before.
            if object.len() == columns.len() && object.keys().map(|key| &**key).eq(columns.iter().copied()) {
                continue;
            }
            for key in object.keys() {
                if !columns.contains(&&**key) {
                    columns.push(key);
                }
            }
        }
        match objects {
            Some(objects) if !columns.is_empty() => {
                let row = |object: &&'a mxcp_core::value::Object| {
                    columns.iter().map(|column| object.get(column).unwrap_or(&Value::Null)).collect()
                };
                let rows = objects.iter().map(row).collect();
                Self { columns, rows }
            }
            _ => Self { columns: vec![VALUE], rows: items.iter().map(|item| vec![item]).collect() },
        }
    }
}

/// What stands in a cell: nothing for null, JSON for lists and objects.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        other => other.text_form().unwrap_or_else(|| other.to_json_text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(json: &str) -> String {
        let value = Value::parse_json(json).unwrap();
        let Table { columns, rows } = Table::of(&value);
        let rows: Vec<_> = rows
            .iter()
            .map(|row| row.iter().map(|value| cell(value)).collect::<Vec<_>>().join("|"))
            .collect();
        format!("{}: {}", columns.join("|"), rows.join("; "))
    }

    #[test]
    fn columns_are_those_of_all_rows() {
        assert_eq!(table(r#"[{"a":1,"b":2},{"c":3,"a":null}]"#), "a|b|c: 1|2|; ||3");
        assert_eq!(table(r#"[{"a":1,"b":2},{"b":3,"a":4}]"#), "a|b: 1|2; 4|3");
        assert_eq!(table(r#"{"a":[1,{"b":null}],"c":{}}"#), r#"a|c: [1,{"b":null}]|{}"#);
    }

    #[test]
    fn what_is_no_object_is_a_value() {
        assert_eq!(table(r#"["x",2.50,null,[1]]"#), "value: x; 2.5; ; [1]");
        assert_eq!(table(r#"[{"a":1},2]"#), r#"value: {"a":1}; 2"#);
        assert_eq!(table("[{},{}]"), "value: {}; {}");
        assert_eq!(table("{}"), "value: {}");
        assert_eq!(table("[]"), "value: ");
    }
}
