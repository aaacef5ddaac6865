//! What was filled into a form, against the fields it has.
//!
//! The protocol allows few schemas here: fields are texts, numbers, truth values, and choices of one or several.

use serde_json::{Map, Value as Json};

/// What is wrong with the content of a form; none if it fits. Fields that were not asked for are passed over, and one that
/// is not required may be null.
pub(super) fn problem(schema: &Json, content: &Map<String, Json>) -> Option<String> {
    let required = texts(schema.get("required"));
    if let Some(name) = required.iter().find(|name| !content.contains_key(**name)) {
        return Some(format!("`{name}` is missing"));
    }
    let fields = schema.get("properties").and_then(Json::as_object)?;
    fields.iter().find_map(|(name, field)| {
        let value = content.get(name)?;
        if value.is_null() && !required.contains(&name.as_str()) {
            return None;
        }
        field_problem(field, value).map(|problem| format!("`{name}` must {problem}"))
    })
}

/// What a value must do that it does not.
fn field_problem(field: &Json, value: &Json) -> Option<String> {
    match field.get("type").and_then(Json::as_str) {
        Some("string") => match value.as_str() {
            None => Some("be a string".to_owned()),
            Some(text) => text_problem(field, text),
        },
        Some("integer") if !is_integer(value) => Some("be an integer".to_owned()),
        Some("number") if !value.is_number() => Some("be a number".to_owned()),
        Some("integer" | "number") => bounds_problem(field, value.as_f64()?, "minimum", "maximum", ""),
        Some("boolean") => (!value.is_boolean()).then(|| "be true or false".to_owned()),
        Some("array") => match value.as_array() {
            None => Some("be a list".to_owned()),
            Some(items) => list_problem(field, items),
        },
        _ => None,
    }
}

fn text_problem(field: &Json, text: &str) -> Option<String> {
    if let Some(choices) = choices(field, "oneOf") {
        return not_among(&choices, text);
    }
    bounds_problem(field, count(text.chars().count()), "minLength", "maxLength", " characters")
}

fn list_problem(field: &Json, items: &[Json]) -> Option<String> {
    let choices = field.get("items").and_then(|items| choices(items, "anyOf"));
    for item in items {
        let Some(text) = item.as_str() else { return Some("be a list of strings".to_owned()) };
        if let Some(problem) = choices.as_ref().and_then(|choices| not_among(choices, text)) {
            return Some(problem);
        }
    }
    bounds_problem(field, count(items.len()), "minItems", "maxItems", " items")
}

/// The values that may be chosen: plain ones, or those that come with a title under `titled`.
fn choices<'a>(field: &'a Json, titled: &str) -> Option<Vec<&'a str>> {
    if field.get("enum").is_some() {
        return Some(texts(field.get("enum")));
    }
    let titled = field.get(titled)?.as_array()?;
    Some(titled.iter().filter_map(|choice| choice.get("const")?.as_str()).collect())
}

fn not_among(choices: &[&str], text: &str) -> Option<String> {
    (!choices.contains(&text)).then(|| format!("be one of `{}`", choices.join("`, `")))
}

fn bounds_problem(field: &Json, size: f64, least: &str, most: &str, unit: &str) -> Option<String> {
    let bound = |name: &str| field.get(name).filter(|bound| bound.is_number());
    let verb = if unit.is_empty() { "be" } else { "have" };
    if let Some(least) = bound(least).filter(|least| least.as_f64().is_some_and(|least| size < least)) {
        return Some(format!("{verb} {least}{unit} or more"));
    }
    let most = bound(most).filter(|most| most.as_f64().is_some_and(|most| size > most))?;
    Some(format!("{verb} {most}{unit} or less"))
}

/// JSON knows one kind of number: `7.0` is an integer.
fn is_integer(value: &Json) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

#[expect(clippy::cast_precision_loss, reason = "sizes of what fits into a request are exact")]
fn count(size: usize) -> f64 {
    size as f64
}

fn texts(list: Option<&Json>) -> Vec<&str> {
    let items = list.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Json::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(field: Json, value: Json) -> Option<String> {
        let schema = json!({"type": "object", "properties": {"x": field}, "required": ["x"]});
        let content = json!({"x": value});
        problem(&schema, content.as_object().unwrap())
    }

    fn says(field: Json, value: Json, problem: &str) {
        assert_eq!(of(field, value).as_deref(), Some(problem));
    }

    #[test]
    fn values_have_the_type_of_their_field() {
        says(json!({"type": "string"}), json!(1), "`x` must be a string");
        says(json!({"type": "integer"}), json!(1.5), "`x` must be an integer");
        says(json!({"type": "number"}), json!("1"), "`x` must be a number");
        says(json!({"type": "boolean"}), json!("yes"), "`x` must be true or false");
        says(json!({"type": "string"}), json!(null), "`x` must be a string");
        for (field, value) in
            [("string", json!("")), ("integer", json!(7.0)), ("number", json!(7)), ("boolean", json!(false))]
        {
            assert_eq!(of(json!({"type": field}), value), None, "{field}");
        }
    }

    #[test]
    fn values_are_within_bounds() {
        says(json!({"type": "integer", "minimum": 3}), json!(2), "`x` must be 3 or more");
        says(json!({"type": "number", "maximum": 1.5}), json!(2), "`x` must be 1.5 or less");
        says(json!({"type": "string", "minLength": 2}), json!("é"), "`x` must have 2 characters or more");
        says(json!({"type": "string", "maxLength": 1}), json!("ab"), "`x` must have 1 characters or less");
        assert_eq!(of(json!({"type": "string", "maxLength": 1}), json!("é")), None);
    }

    #[test]
    fn choices_are_chosen_from() {
        says(json!({"type": "string", "enum": ["a", "b"]}), json!("c"), "`x` must be one of `a`, `b`");
        let titled = json!({"type": "string", "oneOf": [{"const": "a", "title": "A"}]});
        says(titled.clone(), json!("A"), "`x` must be one of `a`");
        assert_eq!(of(titled, json!("a")), None);
        let several =
            json!({"type": "array", "maxItems": 1, "items": {"type": "string", "enum": ["a", "b"]}});
        says(several.clone(), json!("a"), "`x` must be a list");
        says(several.clone(), json!([1]), "`x` must be a list of strings");
        says(several.clone(), json!(["c"]), "`x` must be one of `a`, `b`");
        says(several, json!(["a", "b"]), "`x` must have 1 items or less");
        let titled = json!({"type": "array", "items": {"anyOf": [{"const": "a", "title": "A"}]}});
        assert_eq!(of(titled, json!(["a"])), None);
    }

    #[test]
    fn required_fields_are_there_and_others_may_be_null() {
        let schema =
            json!({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"]});
        let problem = |content: Json| problem(&schema, content.as_object().unwrap());
        assert_eq!(problem(json!({"b": ""})).as_deref(), Some("`a` is missing"));
        assert_eq!(problem(json!({"a": "", "b": null, "c": 1})), None);
    }
}
