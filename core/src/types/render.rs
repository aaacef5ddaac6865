//! The last step outwards: whatever JSON has no word for becomes text.

use chrono::NaiveDate;

use super::{Kind, Type};
use crate::schema::Format;
use crate::value::Value;

/// Gives dates, times, intervals and bytes their text (spec `types.md` section 8), after the rules have seen
/// them as what they are. The value need not fit the type any more: rules may have masked or removed parts.
///
/// A date has two texts. As a column of the result, or an item of a list that is one, it is a moment,
/// `2024-02-29T00:00:00`, which clients of existing projects match; inside a struct, or where the declared
/// type is a string of format `date` or a JSON Schema, it is `2024-02-29`.
#[must_use]
pub fn render(mut value: Value, ty: Option<&Type>) -> Value {
    render_in_place(&mut value, ty, 0);
    value
}

/// The same for the value of a function, which has no columns: a date is a date.
#[must_use]
pub fn render_value(mut value: Value, ty: Option<&Type>) -> Value {
    render_in_place(&mut value, ty, 2);
    value
}

/// A part of a result as [`render`] would give it; `objects` is how many objects it is inside of.
pub(super) fn rendered(value: &Value, ty: Option<&Type>, objects: usize) -> Value {
    let mut value = value.clone();
    render_in_place(&mut value, ty, objects);
    value
}

/// The text of a scalar that JSON writes as one; none for the other kinds.
pub(super) fn text(value: &Value, ty: Option<&Type>, objects: usize) -> Option<String> {
    match value {
        Value::Date(date) => Some(date_text(*date, ty, objects)),
        other => other.text_form(),
    }
}

pub(super) fn render_in_place(value: &mut Value, ty: Option<&Type>, objects: usize) {
    // Clients match what typed columns have always been; with a schema there is nothing to match but the schema.
    let objects = if matches!(ty.map(Type::kind), Some(Kind::Schema(_))) { objects + 2 } else { objects };
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Number(_) | Value::String(_) => {}
        // Wherever a double is from: no NaN and no infinity gets out.
        Value::Float(number) => *value = Value::float(*number),
        Value::Array(items) => {
            let ty = ty.and_then(Type::items);
            items.iter_mut().for_each(|item| render_in_place(item, ty, objects));
        }
        Value::Object(object) => {
            let declared = match ty.map(Type::kind) {
                Some(Kind::Object(object)) => Some(object),
                _ => None,
            };
            for (name, value) in object.iter_mut() {
                let ty = declared.and_then(|declared| declared.property(name)).map(|property| property.ty());
                render_in_place(value, ty, objects + 1);
            }
        }
        other => {
            if let Some(text) = text(other, ty, objects) {
                *other = Value::String(text);
            }
        }
    }
}

fn date_text(date: NaiveDate, ty: Option<&Type>, objects: usize) -> String {
    let plain = Value::Date(date).text_form().unwrap_or_default();
    let declared =
        matches!(ty.map(Type::kind), Some(Kind::String(string)) if string.format() == Some(Format::Date));
    // One object around it is the row, or the single result; two are a struct in it.
    if declared || objects > 1 { plain } else { format!("{plain}T00:00:00") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::testing::compile;
    use crate::value::{Interval, Object};

    fn date() -> Value {
        Value::Date(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap())
    }

    fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
        Value::Object(entries.into_iter().collect::<Object>())
    }

    fn rows() -> Value {
        let inside = object([("d", date()), ("ds", Value::Array(vec![date()]))]);
        Value::Array(vec![object([("d", date()), ("ds", Value::Array(vec![date()])), ("s", inside)])])
    }

    #[test]
    fn dates_of_functions_are_dates() {
        let expected =
            r#"[{"d":"2024-02-29","ds":["2024-02-29"],"s":{"d":"2024-02-29","ds":["2024-02-29"]}}]"#;
        assert_eq!(render_value(rows(), None).to_json_text(), expected);
        assert_eq!(render_value(date(), None), Value::string("2024-02-29"));
    }

    #[test]
    fn dates_are_moments_in_columns_and_dates_in_structs() {
        let expected = concat!(
            r#"[{"d":"2024-02-29T00:00:00","ds":["2024-02-29T00:00:00"],"#,
            r#""s":{"d":"2024-02-29","ds":["2024-02-29"]}}]"#
        );
        assert_eq!(render(rows(), None).to_json_text(), expected);
        assert_eq!(render(rows(), Some(&compile("type: array"))).to_json_text(), expected);
        assert_eq!(render(date(), None), Value::string("2024-02-29T00:00:00"));
    }

    #[test]
    fn a_declared_date_is_a_date() {
        let ty = compile(
            "{type: array, items: {type: object, properties: {d: {type: string, format: date}, \
             ds: {type: array, items: {type: string, format: date}}}}}",
        );
        assert_eq!(
            render(rows(), Some(&ty)).to_json_text(),
            r#"[{"d":"2024-02-29","ds":["2024-02-29"],"s":{"d":"2024-02-29","ds":["2024-02-29"]}}]"#
        );
    }

    #[test]
    fn nothing_but_json_is_left() {
        let interval = Value::Interval(Interval { months: 14, days: 3, microseconds: 0 });
        let given = object([
            ("bytes", Value::Bytes(b"abc".to_vec())),
            ("interval", interval),
            ("nan", Value::Float(f64::NAN)),
            ("n", Value::Int(1)),
        ]);
        let expected = object([
            ("bytes", Value::string("YWJj")),
            ("interval", Value::string("P1Y2M3D")),
            ("nan", Value::Null),
            ("n", Value::Int(1)),
        ]);
        assert_eq!(render(given, None), expected);
    }

    #[test]
    fn tolerates_what_rules_left() {
        let ty = compile("{type: object, properties: {o: {type: object, properties: {d: {type: string}}}}}");
        let masked = object([("o", Value::string("****"))]);
        assert_eq!(render(masked.clone(), Some(&ty)), masked);
        assert_eq!(render(Value::Null, Some(&ty)), Value::Null);
    }
}
