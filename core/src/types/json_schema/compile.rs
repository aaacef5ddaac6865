//! From a written schema to nodes, with all that is wrong with it.

mod chain;
mod operand;

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value as Json};

use super::super::string::pattern_message;
use super::JsonSchema;
use super::format::Format;
use super::node::{Keyword, Keywords, Node, NodeId, Relation};
use super::pattern;
use super::positions::{MAX_DEPTH, Position, escaped, fragment, positions};
use crate::diagnostic::{Code, Diagnostic};
use crate::value::Value;
use crate::yaml::{DocPath, Report};
use operand::{count, limit, listed, names, types};

/// Schemas in one document.
const MAX_NODES: usize = 2_000;

/// The name of the one dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

struct Compiler<'a, 'w, 'r> {
    report: &'a mut Report<'r>,
    ids: BTreeMap<&'a str, NodeId>,
    anchors: BTreeMap<&'w str, NodeId>,
    /// What the document calls itself.
    own_id: Option<&'w str>,
    sound: bool,
}

pub(super) fn compile(
    written: &Map<String, Json>,
    path: &DocPath,
    report: &mut Report<'_>,
) -> Option<JsonSchema> {
    let root = Json::Object(written.clone());
    let all = positions(&root, path);
    if let Some(deep) = all.iter().find(|position| position.depth > MAX_DEPTH) {
        let problem = format!("schema has more than {MAX_DEPTH} levels");
        report.error(Code::InvalidValue, &deep.path, problem);
        return None;
    }
    if all.len() > MAX_NODES {
        report.error(Code::InvalidValue, path, format!("schema has more than {MAX_NODES} subschemas"));
        return None;
    }
    let ids = all.iter().enumerate().map(|(index, it)| (it.pointer.as_str(), NodeId::new(index))).collect();
    let own_id = root.get("$id").and_then(Json::as_str);
    let mut compiler = Compiler { report, ids, anchors: BTreeMap::new(), own_id, sound: true };
    for (index, position) in all.iter().enumerate() {
        compiler.name(NodeId::new(index), position);
    }
    let nodes: Vec<Node> = all.iter().map(|position| compiler.node(position)).collect();
    if compiler.sound
        && let Some((id, problem)) = chain::endless(&nodes)
        && let Some(position) = all.get(id.index())
    {
        compiler.error(&position.path, problem);
    }
    let properties = match written.get("properties") {
        Some(Json::Object(properties)) => {
            let id =
                |name: &String| compiler.ids.get(format!("/properties/{}", escaped(name)).as_str()).copied();
            properties.keys().filter_map(|name| Some((name.clone(), id(name)?))).collect()
        }
        _ => Vec::new(),
    };
    compiler.sound.then_some(JsonSchema { nodes, properties })
}

impl<'w> Compiler<'_, 'w, '_> {
    fn error(&mut self, path: &DocPath, message: impl Into<String>) {
        self.sound = false;
        self.report.error(Code::InvalidValue, path, message);
    }

    fn error_with_help(&mut self, path: &DocPath, message: impl Into<String>, help: impl Into<String>) {
        self.sound = false;
        self.report.add(path, Diagnostic::error(Code::InvalidValue, message).help(help));
    }

    /// What names a schema, or says which document it is.
    fn name(&mut self, id: NodeId, position: &Position<'w>) {
        for key in ["$anchor", "$dynamicAnchor"] {
            let Some(name) = position.written.get(key) else { continue };
            let Some(name) = name.as_str() else {
                self.error(&position.path.key(key), format!("`{key}` must be a text"));
                continue;
            };
            if self.anchors.insert(name, id).is_some_and(|earlier| earlier != id) {
                self.error(&position.path.key(key), format!("anchor `{name}` is used twice"));
            }
        }
        if position.depth > 0 && position.written.get("$id").is_some() {
            let problem = "`$id` inside of a schema would make it another document";
            self.error_with_help(&position.path.key("$id"), problem, "name it by its place or by `$anchor`");
        }
        match position.written.get("$schema") {
            None => {}
            Some(Json::String(dialect)) if dialect.trim_end_matches('#') == DIALECT => {}
            Some(_) => {
                let problem = "schemas are of the dialect 2020-12";
                self.error_with_help(&position.path.key("$schema"), problem, format!("write `{DIALECT}`"));
            }
        }
    }

    fn id(&self, position: &Position<'_>, tail: &str) -> NodeId {
        // Every subschema has a place of its own in the list, which the same keywords led to.
        self.ids.get(format!("{}/{tail}", position.pointer).as_str()).copied().unwrap_or(NodeId::ROOT)
    }

    fn node(&mut self, position: &Position<'w>) -> Node {
        let map = match position.written {
            Json::Bool(true) => return Node::Always,
            Json::Bool(false) => return Node::Never,
            Json::Object(map) => map,
            _ => {
                self.error(&position.path, "a schema is a mapping, `true` or `false`");
                return Node::Never;
            }
        };
        let mut keywords = Vec::new();
        let mut looking_back = Vec::new();
        for (key, value) in map {
            let path = position.path.key(key.as_str());
            match self.keyword(key, value, map, position, &path) {
                Ok(Some(keyword @ (Keyword::UnevaluatedItems(_) | Keyword::UnevaluatedProperties(_)))) => {
                    looking_back.push(keyword);
                }
                Ok(found) => keywords.extend(found),
                Err(problem) => self.error(&path, format!("`{key}` must be {problem}")),
            }
        }
        let looks_back = !looking_back.is_empty();
        keywords.append(&mut looking_back);
        Node::Keywords(Keywords { keywords, looks_back })
    }

    /// One keyword; none if it is a note, or part of another keyword. The error says what it must be.
    fn keyword(
        &mut self,
        key: &str,
        value: &'w Json,
        map: &'w Map<String, Json>,
        position: &Position<'w>,
        path: &DocPath,
    ) -> Result<Option<Keyword>, &'static str> {
        let id = |compiler: &Self, tail: &str| compiler.id(position, tail);
        Ok(Some(match key {
            "$ref" | "$dynamicRef" => {
                let reference = value.as_str().ok_or("a text")?;
                match self.target(reference, path) {
                    Some(target) => Keyword::Ref(target),
                    None => return Ok(None),
                }
            }
            "type" => Keyword::Types(types(value).ok_or("one or more of the types of JSON Schema")?),
            "enum" => {
                let choices = value.as_array().ok_or("a list")?;
                Keyword::Choice(choices.iter().cloned().map(Value::from_json).collect(), listed(choices))
            }
            "const" => {
                Keyword::Choice(vec![Value::from_json(value.clone())], listed(std::slice::from_ref(value)))
            }
            "minimum" => Keyword::Limit(Relation::AtLeast, limit(value)?),
            "maximum" => Keyword::Limit(Relation::AtMost, limit(value)?),
            "exclusiveMinimum" => Keyword::Limit(Relation::Above, limit(value)?),
            "exclusiveMaximum" => Keyword::Limit(Relation::Below, limit(value)?),
            "multipleOf" => {
                let step = limit(value)?;
                if !step.number.can_be_step() {
                    return Err("a number above 0 of at most 19 digits");
                }
                Keyword::MultipleOf(step)
            }
            "minLength" => Keyword::MinLength(count(value)?),
            "maxLength" => Keyword::MaxLength(count(value)?),
            "pattern" => match self.pattern(value.as_str().ok_or("a text")?, path) {
                Some(pattern) => Keyword::Pattern(pattern),
                None => return Ok(None),
            },
            "format" => match Format::of_word(value.as_str().ok_or("a text")?) {
                Some(format) => Keyword::Format(format),
                None => return Ok(None),
            },
            "minItems" => Keyword::MinItems(count(value)?),
            "maxItems" => Keyword::MaxItems(count(value)?),
            "uniqueItems" => match value.as_bool().ok_or("`true` or `false`")? {
                true => Keyword::UniqueItems,
                false => return Ok(None),
            },
            // The two are one: what is behind the prefix.
            "items" if map.contains_key("prefixItems") => return Ok(None),
            "items" => Keyword::Items { prefix: Vec::new(), rest: Some(id(self, "items")) },
            "prefixItems" => Keyword::Items {
                prefix: self.list(key, value, position)?,
                rest: map.contains_key("items").then(|| id(self, "items")),
            },
            "contains" => Keyword::Contains {
                node: id(self, "contains"),
                least: map.get("minContains").map_or(Ok(1), count)?,
                most: map.get("maxContains").map(count).transpose()?,
            },
            "minProperties" => Keyword::MinProperties(count(value)?),
            "maxProperties" => Keyword::MaxProperties(count(value)?),
            "required" => Keyword::Required(names(value)?),
            "dependentRequired" => {
                let entries = value.as_object().ok_or("a mapping of lists")?.iter();
                let entries = entries.map(|(name, needed)| Ok((name.clone(), names(needed)?)));
                Keyword::DependentRequired(entries.collect::<Result<_, &'static str>>()?)
            }
            "dependentSchemas" => Keyword::DependentSchemas(self.named(key, value, position)?),
            "propertyNames" => Keyword::PropertyNames(id(self, key)),
            "properties" | "patternProperties" | "additionalProperties" => {
                // The three are one, made where the first of them stands.
                let group = ["properties", "patternProperties", "additionalProperties"];
                if map.keys().find(|other| group.contains(&other.as_str())).is_some_and(|first| first != key)
                {
                    return Ok(None);
                }
                self.properties(map, position)?
            }
            "allOf" => Keyword::AllOf(self.list(key, value, position)?),
            "anyOf" => Keyword::AnyOf(self.list(key, value, position)?),
            "oneOf" => Keyword::OneOf(self.list(key, value, position)?),
            "not" => Keyword::Not(id(self, key)),
            "if" => Keyword::If {
                condition: id(self, key),
                then: map.contains_key("then").then(|| id(self, "then")),
                otherwise: map.contains_key("else").then(|| id(self, "else")),
            },
            "unevaluatedItems" => Keyword::UnevaluatedItems(id(self, key)),
            "unevaluatedProperties" => Keyword::UnevaluatedProperties(id(self, key)),
            _ => return Ok(None),
        }))
    }

    fn properties(
        &mut self,
        map: &'w Map<String, Json>,
        position: &Position<'w>,
    ) -> Result<Keyword, &'static str> {
        let of = |compiler: &mut Self, key: &str| match map.get(key) {
            None => Ok(Vec::new()),
            Some(value) => compiler.named(key, value, position),
        };
        let named = of(self, "properties")?.into_iter().collect();
        let mut patterns = Vec::new();
        for (pattern, id) in of(self, "patternProperties")? {
            let path = position.path.key("patternProperties").key(pattern.as_str());
            patterns.extend(self.pattern(&pattern, &path).map(|pattern| (pattern, id)));
        }
        let additional =
            map.contains_key("additionalProperties").then(|| self.id(position, "additionalProperties"));
        Ok(Keyword::Properties { named, patterns, additional })
    }

    fn list(
        &mut self,
        key: &str,
        value: &Json,
        position: &Position<'_>,
    ) -> Result<Vec<NodeId>, &'static str> {
        let items = value.as_array().filter(|items| !items.is_empty()).ok_or("a list of schemas")?;
        Ok((0..items.len()).map(|index| self.id(position, &format!("{key}/{index}"))).collect())
    }

    fn named(
        &mut self,
        key: &str,
        value: &Json,
        position: &Position<'_>,
    ) -> Result<Vec<(String, NodeId)>, &'static str> {
        let entries = value.as_object().ok_or("a mapping of schemas")?;
        let id = |name: &String| self.id(position, &format!("{key}/{}", escaped(name)));
        Ok(entries.keys().map(|name| (name.clone(), id(name))).collect())
    }

    fn pattern(&mut self, written: &str, path: &DocPath) -> Option<Regex> {
        pattern::parse(written).map_err(|error| self.error(path, pattern_message(&error))).ok()
    }

    /// The schema that a reference leads to.
    fn target(&mut self, reference: &str, path: &DocPath) -> Option<NodeId> {
        let Some(fragment) = fragment(reference, self.own_id) else {
            let problem = format!("`{reference}` leads out of the schema");
            self.error_with_help(path, problem, "put it under `$defs` and refer to it as `#/$defs/name`");
            return None;
        };
        let found = if fragment.is_empty() || fragment.starts_with('/') {
            self.ids.get(decoded(fragment).as_str())
        } else {
            self.anchors.get(fragment)
        }
        .copied();
        if found.is_none() {
            self.error(path, format!("`{reference}` leads to no schema"));
        }
        found
    }
}

/// A fragment without percent-encoding.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let encoded = (*first == b'%')
            .then(|| after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(encoded.unwrap_or(*first));
        rest = if encoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
