//! Checking a tree against the file format: every problem at once, each with its place.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value as Json;

use super::deserialize::{lenient_bool, lenient_integer, lenient_number};
use super::node::{Data, Node};
use super::report::MAX_TOLD;
use super::trail::Trail;
use super::{DocPath, Report};
use crate::diagnostic::{Code, Diagnostic};

/// Longest word, in bytes, that may be meant for another one.
const LONGEST_MISSPELT: usize = 64;

/// The shape of a file format, derived from a struct of [`crate::schema`].
#[derive(Clone, Debug)]
pub struct Shape {
    definitions: Json,
    root: Json,
}

/// A check on its way.
struct Check<'c, 'r> {
    report: &'c mut Report<'r>,
    unknown: &'c mut Vec<DocPath>,
}

impl Shape {
    /// The shape of `T`. Building it costs some microseconds: once per load.
    #[must_use]
    pub fn of<T: JsonSchema>() -> Self {
        let root: Schema = SchemaGenerator::default().into_root_schema_for::<T>();
        let root = root.to_value();
        let definitions = root.get("$defs").cloned().unwrap_or(Json::Null);
        Self { definitions, root }
    }

    /// Reports everything about the tree that is not of this shape, and gives the keys that are unknown.
    pub fn check(&self, report: &mut Report<'_>) -> Vec<DocPath> {
        let root = report.document().root();
        let mut unknown = Vec::new();
        self.value(&self.root, root, &Trail::Root, &mut Check { report, unknown: &mut unknown });
        unknown
    }

    fn resolve<'s>(&'s self, schema: &'s Json) -> &'s Json {
        let target = schema.get("$ref").and_then(Json::as_str).and_then(|name| name.strip_prefix("#/$defs/"));
        match target.and_then(|name| self.definitions.get(name)) {
            Some(target) => target,
            None => schema,
        }
    }

    fn value(&self, schema: &Json, node: &Node, path: &Trail<'_>, check: &mut Check<'_, '_>) {
        let schema = self.resolve(schema);
        if schema.is_boolean() {
            return;
        }
        if let Some(choices) = schema.get("anyOf").and_then(Json::as_array) {
            return self.any_of(choices, node, path, check);
        }
        if let Some(words) = words(schema) {
            if !node.as_str().is_some_and(|text| words.contains(&text)) && !allows_null(schema, node) {
                let problem = Diagnostic::error(
                    Code::InvalidValue,
                    format!("Input should be {}", alternatives(&words)),
                );
                check
                    .report
                    .add(&path.to_path(), with_suggestion(problem, node.as_str().unwrap_or(""), &words));
            }
            return;
        }
        if allows_null(schema, node) {
            return;
        }
        match type_name(schema) {
            Some("object") => self.mapping(schema, node, path, check),
            Some("array") => match &node.data {
                Data::Sequence(items) => {
                    if let Some(item_schema) = schema.get("items") {
                        for (index, item) in items.iter().enumerate() {
                            self.value(item_schema, item, &Trail::Index(path, index), check);
                        }
                    }
                }
                _ => check.report.error(Code::WrongType, &path.to_path(), "Input should be a valid list"),
            },
            Some(kind) => scalar(kind, schema, node, path, check),
            None => {}
        }
    }

    /// The choices of an `anyOf`, those of a choice that is one itself among them.
    fn choices<'s>(&'s self, choices: &'s [Json]) -> Vec<&'s Json> {
        let nested = |choice: &'s Json| match self.resolve(choice).get("anyOf").and_then(Json::as_array) {
            Some(inner) => self.choices(inner),
            None => vec![choice],
        };
        choices.iter().flat_map(nested).collect()
    }

    fn any_of(&self, choices: &[Json], node: &Node, path: &Trail<'_>, check: &mut Check<'_, '_>) {
        let choices = self.choices(choices);
        if matches!(node.data, Data::Null) && choices.iter().any(|choice| type_name(choice) == Some("null")) {
            return;
        }
        // The first choice of the value's own kind explains best what is wrong with it.
        let fits = |choice: &&Json| {
            let choice = self.resolve(choice);
            match (&node.data, type_name(choice)) {
                (Data::Mapping(_), kind) => kind == Some("object"),
                (Data::Sequence(_), kind) => kind == Some("array"),
                (_, Some("null" | "object" | "array")) => false,
                (_, Some("string")) => words(choice).is_some() || node.as_str().is_some(),
                _ => true,
            }
        };
        let not_null = || choices.iter().copied().filter(|choice| type_name(choice) != Some("null"));
        if let Some(choice) = not_null().find(fits).or_else(|| not_null().next()) {
            self.value(choice, node, path, check);
        }
    }

    fn mapping(&self, schema: &Json, node: &Node, path: &Trail<'_>, check: &mut Check<'_, '_>) {
        let entries = match &node.data {
            Data::Mapping(entries) => entries.as_slice(),
            // An empty file is an empty mapping.
            Data::Null if matches!(path, Trail::Root) => &[],
            _ => {
                return check.report.error(
                    Code::WrongType,
                    &path.to_path(),
                    "Input should be a valid dictionary",
                );
            }
        };
        let properties = schema.get("properties").and_then(Json::as_object);
        for entry in entries {
            let path = Trail::Key(path, &entry.key);
            if let Some(property) = properties.and_then(|properties| properties.get(&entry.key)) {
                self.value(property, &entry.value, &path, check);
                continue;
            }
            match schema.get("additionalProperties") {
                // The file is refused whatever else there is.
                Some(Json::Bool(false)) if check.unknown.len() > MAX_TOLD => {}
                Some(Json::Bool(false)) => {
                    let known: Vec<&str> =
                        properties.into_iter().flat_map(|map| map.keys()).map(String::as_str).collect();
                    let problem = Diagnostic::error(Code::UnknownKey, "Extra inputs are not permitted");
                    check.report.add_at_key(&path.to_path(), with_suggestion(problem, &entry.key, &known));
                    check.unknown.push(path.to_path());
                }
                Some(other) => self.value(other, &entry.value, &path, check),
                None => {}
            }
        }
        let required =
            schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        for key in required {
            if !entries.iter().any(|entry| entry.key == key) {
                let problem = Diagnostic::error(Code::MissingKey, "Field required");
                check.report.add(&Trail::Key(path, key).to_path(), problem);
            }
        }
    }
}

fn scalar(kind: &str, schema: &Json, node: &Node, path: &Trail<'_>, check: &mut Check<'_, '_>) {
    let text = node.as_str().is_some();
    let problem = match kind {
        "string" if !text => "Input should be a valid string".to_owned(),
        "boolean" if lenient_bool(&node.data).is_none() => "Input should be a valid boolean".to_owned(),
        "number" if lenient_number(&node.data).is_none() => "Input should be a valid number".to_owned(),
        "integer" => {
            let bound = |name| schema.get(name).and_then(Json::as_i64);
            match (lenient_integer(&node.data), bound("minimum"), bound("maximum")) {
                (None, ..) if text => {
                    "Input should be a valid integer, unable to parse string as an integer".to_owned()
                }
                (None, ..) => "Input should be a valid integer".to_owned(),
                (Some(value), Some(least), _) if value < least => {
                    format!("Input should be greater than or equal to {least}")
                }
                (Some(value), _, Some(most)) if value > most => {
                    format!("Input should be less than or equal to {most}")
                }
                (Some(_), ..) => return,
            }
        }
        _ => return,
    };
    check.report.error(Code::WrongType, &path.to_path(), problem);
}

/// The type a schema names, leaving out null.
fn type_name(schema: &Json) -> Option<&str> {
    match schema.get("type")? {
        Json::String(name) => Some(name),
        Json::Array(names) => names.iter().filter_map(Json::as_str).find(|name| *name != "null"),
        _ => None,
    }
}

fn allows_null(schema: &Json, node: &Node) -> bool {
    let listed = |kind: &Json| match kind {
        Json::Array(names) => names.iter().any(|name| name == "null"),
        _ => false,
    };
    matches!(node.data, Data::Null) && schema.get("type").is_some_and(listed)
}

/// The words of an enumeration, which is `enum`, or `oneOf` constants where the words are documented.
fn words(schema: &Json) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Json::as_array) {
        return Some(words.iter().filter_map(Json::as_str).collect());
    }
    let choices = schema.get("oneOf").and_then(Json::as_array)?;
    choices.iter().map(|choice| choice.get("const").and_then(Json::as_str)).collect()
}

/// `'a', 'b' or 'c'`.
fn alternatives(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Adds "did you mean" if one of the known words is close.
fn with_suggestion(problem: Diagnostic, written: &str, known: &[&str]) -> Diagnostic {
    // Comparing takes the product of the lengths, and nothing that long is a typing mistake.
    if written.len() > LONGEST_MISSPELT {
        return problem;
    }
    let lower = written.to_lowercase();
    let distance = |word: &str| {
        // `tools` for `tool`, `params` for `parameters`: prefixes are as close as a typing mistake.
        let prefix = word.starts_with(&lower) || lower.starts_with(word);
        if prefix && lower.len().min(word.len()) >= 3 { 1 } else { strsim::damerau_levenshtein(&lower, word) }
    };
    let closest = known.iter().map(|word| (distance(&word.to_lowercase()), *word)).min();
    match closest {
        Some((distance, word)) if distance <= 1 + written.len() / 4 => {
            problem.help(format!("did you mean `{word}`?"))
        }
        _ => problem,
    }
}
