//! From rows and function results to the kind of value that `return` asks for (spec `types.md` sections 6, 9).

use crate::registry::Rows;
use crate::types::{Form, Type, is_deeper};
use crate::value::{Object, Value};

/// Levels that a result may be nested: JSON parsers stop at about 128.
const MAX_DEPTH: usize = 100;

/// Shapes the rows of a query: a list of objects, one object, or one value.
///
/// # Errors
/// There are not as many rows or columns as `returns` asks for; the message is for the caller.
pub(crate) fn shape(rows: Rows, returns: Option<&Type>) -> Result<Value, String> {
    let rows = rows.rows;
    match returns.map(Type::form) {
        None | Some(Form::List | Form::Unknown) => {
            Ok(Value::Array(rows.into_iter().map(Value::Object).collect()))
        }
        Some(Form::Object) => single(rows, "object").map(Value::Object),
        Some(Form::Value) => {
            let word = returns.map_or("", Type::name);
            single(rows, word).and_then(|row| single_column(row, word))
        }
    }
}

/// Shapes the value of a function: a list of one is unwrapped where `returns` is no list, like rows.
///
/// # Errors
/// A list has not one item where `returns` is no list, or the value is nested too deep.
pub(crate) fn shape_value(value: Value, returns: Option<&Type>) -> Result<Value, String> {
    if is_deeper(&value, MAX_DEPTH) {
        return Err(format!("Result is nested deeper than {MAX_DEPTH} levels"));
    }
    let Some(ty) = returns.filter(|ty| !matches!(ty.form(), Form::List | Form::Unknown)) else {
        return Ok(value);
    };
    match value {
        Value::Array(items) => match (single(items, ty.name())?, ty.form()) {
            (item, Form::Object) => Ok(item),
            (Value::Object(row), _) => single_column(row, ty.name()),
            (item, _) => Ok(item),
        },
        other => Ok(other),
    }
}

fn single<T>(rows: Vec<T>, word: &str) -> Result<T, String> {
    let count = rows.len();
    let mut rows = rows.into_iter();
    match (rows.next(), count) {
        (Some(row), 1) => Ok(row),
        (None, _) => Err("No results returned".to_owned()),
        _ => Err(format!("Expected single result for return type '{word}', but got {count} results")),
    }
}

fn single_column(row: Object, word: &str) -> Result<Value, String> {
    let count = row.len();
    let mut columns = row.into_iter();
    match (columns.next(), count) {
        (Some((_, value)), 1) => Ok(value),
        _ => Err(format!("Expected single value for return type '{word}', but got {count} values")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::source::SourceFile;
    use crate::yaml::{DocPath, Document, Report};

    fn ty(name: &str) -> Type {
        let mut findings = Diagnostics::new();
        let document =
            Document::parse(&SourceFile::new("t.yml", format!("type: {name}")), &mut findings).unwrap();
        Type::compile(
            &document.deserialize().unwrap(),
            &DocPath::root(),
            &mut Report::new(&document, &mut findings),
        )
        .unwrap()
    }

    fn json(text: &str) -> Value {
        Value::parse_json(text).unwrap()
    }

    fn rows(text: &str) -> Rows {
        let Value::Array(rows) = json(text) else { panic!("no list: {text}") };
        Rows { columns: Vec::new(), rows: rows.iter().map(|row| row.as_object().unwrap().clone()).collect() }
    }

    #[test]
    fn rows_are_a_list_unless_asked_otherwise() {
        for returns in [None, Some(ty("array"))] {
            let text = r#"[{"a":1},{"a":2}]"#;
            assert_eq!(shape(rows(text), returns.as_ref()), Ok(json(text)));
            assert_eq!(shape(rows("[]"), returns.as_ref()), Ok(json("[]")));
        }
    }

    #[test]
    fn one_row_is_an_object_and_its_one_column_a_value() {
        assert_eq!(shape(rows(r#"[{"a":1,"b":2}]"#), Some(&ty("object"))), Ok(json(r#"{"a":1,"b":2}"#)));
        assert_eq!(shape(rows(r#"[{"a":1}]"#), Some(&ty("integer"))), Ok(json("1")));
    }

    #[test]
    fn says_what_is_there_too_much_or_not_at_all() {
        for name in ["object", "integer"] {
            assert_eq!(shape(rows("[]"), Some(&ty(name))), Err("No results returned".to_owned()));
            assert_eq!(
                shape(rows(r#"[{"a":1},{"a":2}]"#), Some(&ty(name))),
                Err(format!("Expected single result for return type '{name}', but got 2 results"))
            );
        }
        assert_eq!(
            shape(rows(r#"[{"a":1,"b":2}]"#), Some(&ty("integer"))),
            Err("Expected single value for return type 'integer', but got 2 values".to_owned())
        );
    }

    #[test]
    fn values_of_functions_are_taken_as_they_are_except_lists_of_one() {
        assert_eq!(shape_value(json("5"), Some(&ty("integer"))), Ok(json("5")));
        assert_eq!(shape_value(json("[5]"), Some(&ty("integer"))), Ok(json("5")));
        assert_eq!(shape_value(json(r#"[{"n":5}]"#), Some(&ty("integer"))), Ok(json("5")));
        assert_eq!(shape_value(json(r#"[{"n":5}]"#), Some(&ty("object"))), Ok(json(r#"{"n":5}"#)));
        assert_eq!(shape_value(json("[5]"), Some(&ty("array"))), Ok(json("[5]")));
        assert_eq!(shape_value(json("[5]"), None), Ok(json("[5]")));
        assert_eq!(shape_value(json("[]"), Some(&ty("object"))), Err("No results returned".to_owned()));
    }

    #[test]
    fn refuses_results_too_deep_for_json() {
        let deep = (0..MAX_DEPTH).fold(json("[]"), |inside, _| Value::Array(vec![inside]));
        assert_eq!(shape_value(deep, None), Err("Result is nested deeper than 100 levels".to_owned()));
    }
}
