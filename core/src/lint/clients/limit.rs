//! The kinds of limits that providers have.

use serde_json::Value as Json;

use super::form::Form;
use super::size::Size;
use super::tree::{Node, Tree};
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
    /// The keywords that a schema may have.
    KnownKeywords(&'static [&'static str]),
    /// Keywords that a schema must not have.
    RefusedKeywords(&'static [&'static str]),
    /// A schema names one type, beside null.
    OneType,
    /// A schema's type is no list, so null is told in another way.
    NoNull,
    /// A schema has no examples.
    NoExamples,
    /// `enum` is for texts only.
    TextChoices,
    /// The formats that a text may have.
    Formats(&'static [&'static str]),
    /// An array says what its items are.
    ItemsRequired,
    /// Most of what all schemas of a tool have together.
    Size(Size),
}

impl What {
    /// Says where a tool is beyond the limit of the provider called `who`.
    pub(super) fn check(&self, who: &str, subject: &Subject<'_>, tree: &Tree<'_>, remarks: &mut Remarks) {
        match self {
            What::ToolName(form) => tool_name(form, who, subject, remarks),
            What::ToolNameLength(longest) => tool_name_length(*longest, who, subject, remarks),
            What::ParameterName(form) => parameter_names(form, who, tree, remarks),
            What::DescriptionRequired => description(who, subject, remarks),
            What::KnownKeywords(known) => keywords(|it| !known.contains(&it), who, tree, remarks),
            What::RefusedKeywords(refused) => keywords(|it| refused.contains(&it), who, tree, remarks),
            What::OneType => one_type(who, tree, remarks),
            What::NoNull => no_null(who, subject, tree, remarks),
            What::NoExamples => no_examples(who, subject, tree, remarks),
            What::TextChoices => text_choices(who, tree, remarks),
            What::Formats(known) => formats(known, who, tree, remarks),
            What::ItemsRequired => items(who, tree, remarks),
            What::Size(size) => excess(size, who, subject, tree, remarks),
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

fn keywords(is_refused: impl Fn(&str) -> bool, who: &str, tree: &Tree<'_>, remarks: &mut Remarks) {
    for node in &tree.nodes {
        for keyword in node.schema.keys().filter(|keyword| is_refused(keyword)) {
            let message = format!("{who} does not know `{keyword}` in the schema of a parameter");
            let suggestion =
                format!("Say in `description` what `{keyword}` means, or do without `{keyword}`");
            remarks.add(node.place.key(keyword), message, suggestion);
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
        let values = if count == 1 { "value" } else { "values" };
        let message = format!("{who} has no type for {count} {values} that may be null");
        let suggestion = "Use a client that translates, or keep null out by an `enum` or a constraint such as \
                          `minLength` or `minimum` in `parameters`";
        remarks.add(subject.place.key("parameters"), message, suggestion);
    }
}

/// One remark for the whole tool: examples are good advice for everyone else.
fn no_examples(who: &str, subject: &Subject<'_>, tree: &Tree<'_>, remarks: &mut Remarks) {
    let count = tree.nodes.iter().filter(|node| node.schema.contains_key("examples")).count();
    if count > 0 {
        let values = if count == 1 { "value" } else { "values" };
        let message = format!("{who} does not know the `examples` of {count} {values}");
        let suggestion = "Use a client that translates, or tell of the examples in `description` as well";
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
    let unsaid = |node: &&Node<'_>| node.kinds().contains(&"array") && !node.schema.contains_key("items");
    for node in tree.nodes.iter().filter(unsaid) {
        let message = format!("{who} refuses an array that doesn't say what its items are");
        remarks.add(node.place.key("items"), message, "Add `items`");
    }
}

fn excess(size: &Size, who: &str, subject: &Subject<'_>, tree: &Tree<'_>, remarks: &mut Remarks) {
    let excess = size.excess(tree);
    if !excess.is_empty() {
        let message = format!("{who} refuses tools of this size in strict mode: {}", excess.join(", "));
        remarks.add(subject.place.key("parameters"), message, "Divide `parameters` among several tools");
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
