//! The kinds of limits that providers have.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::tree::Tree;
use crate::diagnostic::Severity;
use crate::lint::subject::is_missing;
use crate::lint::{Remarks, Subject};

/// One row of a provider's table.
#[derive(Debug)]
pub(super) struct Limit {
    /// Stable code of its findings.
    pub(super) code: &'static str,
    /// How much they matter.
    pub(super) severity: Severity,
    /// What is limited.
    pub(super) what: What,
}

/// What is limited.
#[derive(Debug)]
pub(super) enum What {
    /// The name of the tool.
    ToolName(Form),
    /// Most characters of the tool's name.
    ToolNameLength(usize),
    /// The names of the parameters.
    ParameterName(Form),
    /// The description must not be empty.
    DescriptionRequired,
    /// The schema of all arguments must be of type `object`, without these keywords.
    Root(&'static [&'static str]),
    /// The keywords that a schema may have.
    KnownKeywords(&'static [&'static str]),
    /// Keywords that a schema must not have.
    RefusedKeywords(&'static [&'static str]),
    /// A schema names one type, beside null.
    OneType,
    /// A schema's type is no list, so null is told in another way.
    NoNull,
    /// `enum` is for texts only.
    TextChoices,
    /// The formats that a text may have.
    Formats(&'static [&'static str]),
    /// An array says what its items are.
    ItemsRequired,
    /// Most of what all schemas of a tool have together.
    Size(Size),
}

/// What a name looks like.
#[derive(Debug)]
pub(super) struct Form {
    /// Whether it begins with a letter or `_`.
    pub(super) begins_with_letter: bool,
    /// What it may have beside ASCII letters and digits.
    pub(super) others: &'static str,
    /// Most characters.
    pub(super) longest: usize,
}

/// How much the schemas of a tool may have together.
#[derive(Debug)]
pub(super) struct Size {
    /// Objects inside of each other.
    pub(super) depth: usize,
    /// Properties of all objects.
    pub(super) properties: usize,
    /// Values of all `enum`s.
    pub(super) choices: usize,
}

impl Form {
    fn allows(&self, name: &str) -> bool {
        let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let fits = |char: char| char.is_ascii_alphanumeric() || self.others.contains(char);
        (begins || !self.begins_with_letter && !name.is_empty())
            && name.chars().all(fits)
            && name.chars().count() <= self.longest
    }

    fn words(&self) -> String {
        let others: Vec<String> = self.others.chars().map(|char| format!("`{char}`")).collect();
        let begins = if self.begins_with_letter { ", the first a letter or `_`" } else { "" };
        format!("1 to {} ASCII letters, digits, {}{begins}", self.longest, others.join(", "))
    }
}

impl What {
    /// Says where a tool is beyond the limit of the provider called `who`.
    pub(super) fn check(&self, who: &str, subject: &Subject<'_>, tree: &Tree<'_>, remarks: &mut Remarks) {
        match self {
            What::ToolName(form) => tool_name(form, who, subject, remarks),
            What::ToolNameLength(longest) => tool_name_length(*longest, who, subject, remarks),
            What::ParameterName(form) => parameter_names(form, who, tree, remarks),
            What::DescriptionRequired => description(who, subject, remarks),
            What::Root(refused) => root(refused, who, subject, tree, remarks),
            What::KnownKeywords(_) | What::RefusedKeywords(_) => self.keywords(who, tree, remarks),
            What::OneType => one_type(who, tree, remarks),
            What::NoNull => no_null(who, subject, tree, remarks),
            What::TextChoices => text_choices(who, tree, remarks),
            What::Formats(known) => formats(known, who, tree, remarks),
            What::ItemsRequired => items(who, tree, remarks),
            What::Size(size) => size.check(who, subject, tree, remarks),
        }
    }

    fn keywords(&self, who: &str, tree: &Tree<'_>, remarks: &mut Remarks) {
        for node in &tree.nodes {
            for keyword in node.schema.keys() {
                let refused = match self {
                    What::KnownKeywords(known) => !known.contains(&keyword.as_str()),
                    What::RefusedKeywords(refused) => refused.contains(&keyword.as_str()),
                    _ => false,
                };
                if refused {
                    let message = format!("{who} does not know `{keyword}` in the schema of a parameter");
                    let suggestion =
                        format!("Say in `description` what `{keyword}` means, or do without `{keyword}`");
                    remarks.add(node.place.key(keyword), message, suggestion);
                }
            }
        }
    }
}

fn tool_name(form: &Form, who: &str, subject: &Subject<'_>, remarks: &mut Remarks) {
    let name = &subject.endpoint.name;
    if !form.allows(name) {
        let message = format!("{who} does not take tools by the name '{name}'");
        remarks.add(subject.place.key("name"), message, format!("Give a `name` of {}", form.words()));
    }
}

fn tool_name_length(longest: usize, who: &str, subject: &Subject<'_>, remarks: &mut Remarks) {
    let count = subject.endpoint.name.chars().count();
    if count > longest {
        let message = format!("{who} documents names of at most {longest} characters, not {count}");
        remarks.add(subject.place.key("name"), message, "Shorten `name`");
    }
}

fn parameter_names(form: &Form, who: &str, tree: &Tree<'_>, remarks: &mut Remarks) {
    for (name, node) in tree.parameters().filter(|(name, _)| !form.allows(name)) {
        let message = format!("{who} does not take parameters by the name '{name}'");
        remarks.add(node.place.key("name"), message, format!("Give a `name` of {}", form.words()));
    }
}

fn description(who: &str, subject: &Subject<'_>, remarks: &mut Remarks) {
    if is_missing(subject.endpoint.description.as_deref()) {
        let message = format!("{who} refuses an empty description");
        remarks.add(subject.place.key("description"), message, "Add `description`");
    }
}

fn root(refused: &[&str], who: &str, subject: &Subject<'_>, tree: &Tree<'_>, remarks: &mut Remarks) {
    let place = || subject.place.key("parameters");
    let kind = tree.root.and_then(|root| root.get("type")).and_then(Json::as_str);
    if kind != Some("object") {
        let message = format!("{who} takes arguments only if their schema is of type `object`");
        remarks.add(place(), message, "Describe the arguments by `parameters`, one for each");
    }
    for keyword in tree.root.into_iter().flat_map(|root| root.keys()) {
        if refused.contains(&keyword.as_str()) {
            let message = format!("{who} refuses `{keyword}` in the schema of all arguments");
            remarks.add(place(), message, format!("Move `{keyword}` into the schema of a parameter"));
        }
    }
}

fn one_type(who: &str, tree: &Tree<'_>, remarks: &mut Remarks) {
    for node in &tree.nodes {
        let kinds = node.kinds();
        if kinds.len() > 1 {
            let message = format!("{who} takes one type for a value, not {}", kinds.join(" or "));
            remarks.add(node.place.key("type"), message, "Choose a `type` or `format` that means one kind");
        }
    }
}

/// One remark for the whole tool: a parameter may be null unless something forbids it.
fn no_null(who: &str, subject: &Subject<'_>, tree: &Tree<'_>, remarks: &mut Remarks) {
    let count = tree.nodes.iter().filter(|node| node.is_nullable()).count();
    if count > 0 {
        let values = if count == 1 { "1 value that".to_owned() } else { format!("{count} values that") };
        let message = format!("{who} has another way than a type to tell of {values} may be null");
        let suggestion = "Use a client that translates, or keep null out by an `enum` or a constraint such as \
                          `minLength` or `minimum`";
        remarks.add(subject.place.key("parameters"), message, suggestion);
    }
}

fn text_choices(who: &str, tree: &Tree<'_>, remarks: &mut Remarks) {
    for node in tree.nodes.iter().filter(|node| node.schema.contains_key("enum")) {
        if node.kinds() != ["string"] {
            let message = format!("{who} takes `enum` for values of type string only");
            let suggestion = "Make it a `string`, or give the `enum` way to `minimum` and `maximum` or a sentence \
                              in `description`";
            remarks.add(node.place.key("enum"), message, suggestion);
        }
    }
}

fn formats(known: &[&str], who: &str, tree: &Tree<'_>, remarks: &mut Remarks) {
    for node in tree.nodes.iter().filter(|node| node.kinds().contains(&"string")) {
        let Some(format) = node.schema.get("format").and_then(Json::as_str) else { continue };
        if !known.contains(&format) {
            let message = format!("{who} does not know the format `{format}`");
            let suggestion =
                "Say in `description` what the text looks like; `format` then is for other clients";
            remarks.add(node.place.key("format"), message, suggestion);
        }
    }
}

fn items(who: &str, tree: &Tree<'_>, remarks: &mut Remarks) {
    let unsaid =
        |node: &&super::tree::Node<'_>| node.kinds().contains(&"array") && !node.schema.contains_key("items");
    for node in tree.nodes.iter().filter(unsaid) {
        let message = format!("{who} refuses an array that doesn't say what its items are");
        remarks.add(node.place.key("items"), message, "Add `items`");
    }
}

impl Size {
    fn check(&self, who: &str, subject: &Subject<'_>, tree: &Tree<'_>, remarks: &mut Remarks) {
        let choices = |json: &Json| json.as_array().map_or(0, Vec::len);
        let all_choices = tree.nodes.iter().filter_map(|node| node.schema.get("enum")).map(choices).sum();
        let depth = tree.nodes.iter().map(|node| node.depth).max().unwrap_or(0);
        let properties = tree.nodes.iter().filter(|node| node.name.is_some()).count();
        let measures: [(usize, usize, &str); 3] = [
            (depth, self.depth, "levels of objects"),
            (properties, self.properties, "properties"),
            (all_choices, self.choices, "values of `enum`"),
        ];
        let beyond: BTreeSet<String> = measures
            .into_iter()
            .filter(|(count, most, _)| count > most)
            .map(|(count, most, what)| format!("{count} {what} where {most} are the most"))
            .collect();
        if !beyond.is_empty() {
            let beyond = beyond.into_iter().collect::<Vec<_>>().join(", ");
            let message = format!("{who} refuses tools of this size in strict mode: {beyond}");
            remarks.add(subject.place.key("parameters"), message, "Divide `parameters` among several tools");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::definition::Kind;
    use crate::lint::Client;
    use crate::load::{self, Content, DefinitionFile};

    /// What a client says about a tool whose parameter `p` has a schema: `code place` of each remark.
    fn check(client: Client, schema: &Json) -> Vec<String> {
        let definition = "tool: {name: a, description: d, source: {code: SELECT $p}, \
            parameters: [{name: p, type: string, minLength: 1}]}";
        let content = Content::Bytes(definition.as_bytes().to_vec());
        let file = DefinitionFile { path: "tools/a.yml".to_owned(), kind: Kind::Tool, content };
        let loaded = load::parse(vec![file]).load(&BTreeMap::new());
        let subject = Subject::new(loaded.registry.endpoints().next().unwrap());
        let schema = json!({"type": "object", "properties": {"p": schema}});
        let tree = Tree::of(&schema, &subject);
        let mut found = Vec::new();
        for limit in client.limits() {
            let mut remarks = Remarks::default();
            limit.what.check("It", &subject, &tree, &mut remarks);
            found.extend(remarks.into_iter().map(|remark| format!("{} {}", limit.code, remark.place)));
        }
        found
    }

    #[test]
    fn names_are_counted_in_characters_and_their_form_is_told() {
        let form = Form { begins_with_letter: true, others: "_.", longest: 3 };
        assert!(form.allows("_a1") && form.allows("a.b"));
        assert!(!form.allows("") && !form.allows("1a") && !form.allows("abcd") && !form.allows("é"));
        assert_eq!(form.words(), "1 to 3 ASCII letters, digits, `_`, `.`, the first a letter or `_`");
        assert!(Form { begins_with_letter: false, ..form }.allows("1a"));
    }

    #[test]
    fn schemas_are_looked_at_wherever_they_stand() {
        let schema = json!({"anyOf": [
            {"type": "array", "items": {"type": "object", "properties": {"x": {"const": 1}}}},
            {"type": "string", "$ref": "#/$defs/y"},
        ]});
        let place = "tool.parameters[0].anyOf";
        let expected = [
            format!("client-gemini-keyword {place}[0].items.properties.x.const"),
            format!("client-gemini-keyword {place}[1].$ref"),
        ];
        assert_eq!(check(Client::Gemini, &schema), expected);
        assert_eq!(check(Client::Claude, &schema), [format!("client-claude-keyword {place}[1].$ref")]);
    }

    #[test]
    fn arrays_need_items_for_openai() {
        let items = |schema: Json| check(Client::OpenAi, &schema);
        assert_eq!(items(json!({"type": "array"})), ["client-openai-items tool.parameters[0].items"]);
        assert_eq!(items(json!({"type": "array", "items": {}})), Vec::<String>::new());
        let not = json!({"not": {"type": ["array", "null"]}});
        let expected = [
            "client-openai-items tool.parameters[0].not.items",
            "client-openai-keyword tool.parameters[0].not",
        ];
        assert_eq!(items(not), expected);
    }

    #[test]
    fn types_beside_null_are_told_from_null() {
        let gemini = |schema: Json| check(Client::Gemini, &schema);
        assert_eq!(gemini(json!({"type": ["string", "null"]})), ["client-gemini-null tool.parameters"]);
        assert_eq!(
            gemini(json!({"type": ["string", "integer"]})),
            ["client-gemini-type tool.parameters[0].type"]
        );
        assert_eq!(gemini(json!({"type": "string"})), Vec::<String>::new());
        assert_eq!(
            gemini(json!({"type": "integer", "enum": [1]})),
            ["client-gemini-enum tool.parameters[0].enum"]
        );
    }

    #[test]
    fn sizes_are_counted_over_all_schemas() {
        let choices: Vec<usize> = (0..1001).collect();
        assert_eq!(check(Client::OpenAi, &json!({"enum": choices})), ["client-openai-size tool.parameters"]);
        let nested = (0..9).fold(json!({"type": "string"}), |inner, _| json!({"properties": {"x": inner}}));
        assert_eq!(check(Client::OpenAi, &nested), Vec::<String>::new(), "ten levels are allowed");
        let deeper = json!({"properties": {"x": nested}});
        assert_eq!(check(Client::OpenAi, &deeper), ["client-openai-size tool.parameters"]);
    }
}
