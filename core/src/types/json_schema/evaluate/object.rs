//! What is asked of mappings.

use super::super::super::place::Place;
use super::super::JsonSchema;
use super::super::node::{Keyword, Node, NodeId};
use super::{Finding, Run, Seen};
use crate::value::{Object, Value};

impl JsonSchema {
    pub(super) fn object<'v>(
        &self,
        keyword: &Keyword,
        object: &'v Object,
        value: &'v Value,
        place: &Place<'_>,
        run: &mut Run<'_>,
        mut seen: Option<&mut Seen<'v>>,
    ) -> bool {
        let count = object.len() as u64;
        match keyword {
            Keyword::MinProperties(least) => run
                .require(count >= *least, place, || format!("Object must have at least {least} properties")),
            Keyword::MaxProperties(most) => {
                run.require(count <= *most, place, || format!("Object must have at most {most} properties"))
            }
            Keyword::Required(names) => requires(names, object, place, run),
            Keyword::DependentRequired(entries) => entries
                .iter()
                .filter(|(name, _)| object.contains_key(name))
                .fold(true, |fits, (_, names)| requires(names, object, place, run) && fits),
            Keyword::DependentSchemas(entries) => entries
                .iter()
                .filter(|(name, _)| object.contains_key(name))
                .fold(true, |fits, (_, id)| self.judge(*id, value, place, run, seen.as_deref_mut()) && fits),
            Keyword::PropertyNames(node) => object.keys().fold(true, |fits, name| {
                let named = Value::string(&**name);
                let valid = self.tries(*node, &named, place, run, None);
                run.require(valid, place, || format!("Property name '{name}' does not fit `propertyNames`"))
                    && fits
            }),
            Keyword::Properties { named, patterns, additional } => {
                let mut fits = true;
                for (name, value) in object.iter() {
                    let mut known = false;
                    let matching =
                        patterns.iter().filter(|(pattern, _)| pattern.is_match(name)).map(|(_, id)| *id);
                    for id in named.get(&**name).copied().into_iter().chain(matching) {
                        known = true;
                        fits &= self.judge(id, value, &place.property(name, false), run, None);
                    }
                    if let (false, Some(id)) = (known, additional) {
                        known = true;
                        fits &= self.further(*id, name, value, place, run);
                    }
                    if known && let Some(seen) = seen.as_deref_mut() {
                        seen.properties.insert(name);
                    }
                    if run.exhausted || (!fits && run.quiet > 0) {
                        return false;
                    }
                }
                fits
            }
            Keyword::UnevaluatedProperties(node) => {
                let Some(seen) = seen.filter(|seen| !seen.every_property) else { return true };
                let left = object.iter().filter(|(name, _)| !seen.properties.contains(&***name));
                let fits = left
                    .fold(true, |fits, (name, value)| self.further(*node, name, value, place, run) && fits);
                seen.every_property = true;
                fits
            }
            _ => true,
        }
    }

    /// A property that no other keyword speaks of.
    fn further(&self, id: NodeId, name: &str, value: &Value, place: &Place<'_>, run: &mut Run<'_>) -> bool {
        match self.node(id) {
            Node::Never => run.refuse(place, || Finding::Unexpected(name.to_owned())),
            _ => self.judge(id, value, &place.property(name, false), run, None),
        }
    }
}

fn requires(names: &[std::sync::Arc<str>], object: &Object, place: &Place<'_>, run: &mut Run<'_>) -> bool {
    let missing: Vec<String> =
        names.iter().filter(|name| !object.contains_key(name)).map(|name| name.to_string()).collect();
    missing.is_empty() || run.refuse(place, || Finding::Missing(missing))
}
