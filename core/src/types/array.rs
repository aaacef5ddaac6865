//! Lists.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::choices::canonical;
use super::fault::Fault;
use super::place::{Place, Problems};
use super::schema::View;
use super::{Type, json_text};
use crate::diagnostic::Code;
use crate::schema::TypeDef;
use crate::value::Value;
use crate::yaml::{DocPath, Report};

/// What only arrays have.
#[derive(Clone, Debug)]
pub struct ArrayType {
    items: Option<Box<Type>>,
    min_items: Option<u64>,
    max_items: Option<u64>,
    unique: bool,
}

impl ArrayType {
    pub(super) fn compile(def: &TypeDef, path: &DocPath, report: &mut Report<'_>) -> Option<Self> {
        let mut sound = true;
        if let (Some(least), Some(most)) = (def.min_items, def.max_items)
            && least > most
        {
            let message = format!("no list fits both `minItems: {least}` and `maxItems: {most}`");
            report.error(Code::InvalidValue, &path.key("minItems"), message);
            sound = false;
        }
        let items = match &def.items {
            None => None,
            Some(items) => Some(Box::new(Type::compile(items, &path.key("items"), report)?)),
        };
        sound.then(|| Self {
            items,
            min_items: def.min_items,
            max_items: def.max_items,
            unique: def.unique_items.unwrap_or(false),
        })
    }

    /// Type of the items; anything if absent.
    #[must_use]
    pub fn items(&self) -> Option<&Type> {
        self.items.as_deref()
    }

    pub(super) fn items_mut(&mut self) -> Option<&mut Type> {
        self.items.as_deref_mut()
    }

    /// Allows lists with fewer items.
    pub(super) fn allow_fewer(&mut self) {
        self.min_items = None;
    }

    /// Fewest items allowed.
    #[must_use]
    pub fn min_items(&self) -> Option<u64> {
        self.min_items
    }

    /// Most items allowed.
    #[must_use]
    pub fn max_items(&self) -> Option<u64> {
        self.max_items
    }

    /// Whether no two items may be equal.
    #[must_use]
    pub fn has_unique_items(&self) -> bool {
        self.unique
    }

    pub(super) fn is_constrained(&self) -> bool {
        self.min_items.is_some() || self.max_items.is_some() || self.unique
    }

    /// From a list, or a text that holds a list in JSON.
    pub(super) fn convert(
        &self,
        value: Value,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Result<Value, Fault> {
        let value = match value {
            Value::String(text) => json_text::parse(text, "JSON array", place.levels_left())?,
            other => other,
        };
        let Value::Array(items) = value else {
            return Err(Fault::Expected { expected: "array", got: value });
        };
        self.check_count(&items).map_err(Fault::Rule)?;
        let before = problems.count();
        let items = match self.items() {
            None => items,
            Some(ty) => {
                let convert =
                    |(index, item)| ty.convert(item, &place.item(index, ty.is_sensitive()), problems);
                items.into_iter().enumerate().map(convert).collect()
            }
        };
        // All items that are wrong have become the same.
        if problems.count() == before {
            self.check_unique(&items).map_err(Fault::Rule)?;
        }
        Ok(Value::Array(items))
    }

    pub(super) fn check(&self, value: &mut Value, objects: usize) -> Result<(), String> {
        let Value::Array(items) = value else {
            return Err(format!("Expected array, got {}", value.json_type()));
        };
        self.check_count(items)?;
        if let Some(ty) = self.items() {
            for (index, item) in items.iter_mut().enumerate() {
                ty.check(item, objects).map_err(|text| format!("Array item {index}: {text}"))?;
            }
        }
        self.check_unique(items)
    }

    fn check_count(&self, items: &[Value]) -> Result<(), String> {
        let count = items.len() as u64;
        if let Some(least) = self.min_items.filter(|least| count < *least) {
            return Err(format!("Array must have at least {least} items"));
        }
        match self.max_items.filter(|most| count > *most) {
            Some(most) => Err(format!("Array must have at most {most} items")),
            None => Ok(()),
        }
    }

    fn check_unique(&self, items: &[Value]) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        if self.unique && !items.iter().all(|item| seen.insert(canonical(item))) {
            return Err("Array must contain unique items".to_owned());
        }
        Ok(())
    }

    pub(super) fn describe(&self, schema: &mut Map<String, Json>, view: View<'_>, place: &str) {
        let (items, altered, dropped) = match self.items() {
            None => (Map::new(), false, false),
            Some(items) => {
                let view = view.of_items(items);
                (
                    items.describe(view, view.nulls(items), &format!("{place}/items")),
                    view.alters(items),
                    view.removes(items),
                )
            }
        };
        schema.insert("items".to_owned(), Json::Object(items));
        if let Some(limit) = self.min_items.filter(|_| !dropped) {
            schema.insert("minItems".to_owned(), limit.into());
        }
        if let Some(limit) = self.max_items {
            schema.insert("maxItems".to_owned(), limit.into());
        }
        // Items that differ only in what is taken out become equal.
        if self.unique && !altered {
            schema.insert("uniqueItems".to_owned(), true.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::types::testing::{bind, compile, convert, findings, json};

    #[test]
    fn takes_lists_and_their_json_text() {
        for given in [r#"[1, "2"]"#, r#""[1, \"2\"]""#] {
            assert_eq!(convert("{type: array, items: {type: integer}}", given), Ok(json("[1, 2]")));
        }
        for (given, text) in [
            (r#""x""#, "Invalid JSON array: x"),
            ("5", "Expected array, got 5"),
            (r#""{\"k\":1}""#, r#"Expected array, got {"k":1}"#),
            (r#""null""#, "Expected array, got null"),
        ] {
            assert_eq!(convert("type: array", given), Err(format!("Error validating parameter 'a': {text}")));
        }
    }

    #[test]
    fn names_every_wrong_item() {
        let errors = bind("{type: array, items: {type: integer}}", r#"[1, "x", 2, 2.5]"#).unwrap_err();
        let told: Vec<_> =
            errors.iter().map(|error| (error.pointer.as_str(), error.message.as_str())).collect();
        assert_eq!(
            told,
            [
                ("/a/1", r#"Error validating parameter 'a[1]': Expected integer, got "x""#),
                ("/a/3", "Error validating parameter 'a[3]': Expected integer, got 2.5"),
            ]
        );
    }

    #[test]
    fn counts_items() {
        let definition = "{type: array, minItems: 1, maxItems: 2}";
        assert!(convert(definition, "[1]").is_ok());
        assert_eq!(
            convert(definition, "[]"),
            Err("Error validating parameter 'a': Array must have at least 1 items".into())
        );
        assert_eq!(
            convert(definition, "[1, 2, 3]"),
            Err("Error validating parameter 'a': Array must have at most 2 items".into())
        );
        assert_eq!(
            findings("{type: array, minItems: 2, maxItems: 1}"),
            ["error minItems: no list fits both `minItems: 2` and `maxItems: 1`"]
        );
    }

    #[test]
    fn unique_items_differ_by_value() {
        let definition = "{type: array, uniqueItems: true}";
        assert!(convert(definition, r#"[1, "1", [1], {"a": 1}]"#).is_ok());
        for given in ["[1, 1.0]", r#"[{"a": 1, "b": 2}, {"b": 2, "a": 1}]"#] {
            assert_eq!(
                convert(definition, given),
                Err("Error validating parameter 'a': Array must contain unique items".into())
            );
        }
        assert!(convert("{type: array, uniqueItems: true, items: {type: integer}}", r#"[1, "1"]"#).is_err());
    }

    #[test]
    fn wrong_items_are_not_compared() {
        let definition = "{type: array, items: {type: integer}, uniqueItems: true}";
        let errors = bind(definition, r#"["q", "r", 7]"#).unwrap_err();
        let places: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(places, ["/a/0", "/a/1"]);
    }

    #[test]
    fn results_name_the_item() {
        let array = compile("{type: array, items: {type: integer}, maxItems: 2}");
        assert_eq!(array.check_output(json("[1, 2.0]")), Ok(json("[1, 2]")));
        assert_eq!(array.check_output(json("[1, null]")), Ok(json("[1, null]")));
        assert_eq!(
            array.check_output(json(r#"[1, "x"]"#)),
            Err("Array item 1: Expected integer, got string".into())
        );
        assert_eq!(array.check_output(json("[1, 2, 3]")), Err("Array must have at most 2 items".into()));
        assert_eq!(array.check_output(json("{}")), Err("Expected array, got object".into()));
    }
}
