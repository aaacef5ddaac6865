//! A whole conversation as one text, for models that are told of tools in words.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use crate::offer::{Offer, Tool};

/// How a call is written.
const FORM: &str = r#"To call a tool, answer with nothing but JSON: {"tool": "<name>", "arguments": {"<parameter>": <value>}}
To call several, answer with an array of such objects. When you need no tool, answer in plain text."#;

/// A line of a conversation after its question.
#[derive(Debug)]
pub(crate) enum Line {
    /// What the model said.
    Assistant(String),
    /// What came of its calls, as JSON.
    Results(String),
}

/// The text that asks `question`, with all that was said since.
pub(crate) fn text(offer: &Offer, question: &str, lines: &[Line]) -> String {
    let mut text = String::new();
    if offer.tools.is_empty() {
        text.push_str("There are no tools. Answer in plain text.\n");
    } else {
        let names: Vec<_> = offer.tools.iter().map(|tool| tool.name.as_str()).collect();
        // A `String` takes everything, here and below.
        let _ = writeln!(text, "You can use these tools: {}\n\n# Tools", names.join(", "));
        offer.tools.iter().for_each(|tool| describe(tool, &mut text));
        let _ = writeln!(text, "\n{FORM}");
    }
    let _ = writeln!(text, "\n# Conversation\n\nuser: {question}");
    for line in lines {
        let _ = match line {
            Line::Assistant(said) => writeln!(text, "assistant: {said}"),
            Line::Results(results) => writeln!(text, "system: {results}"),
        };
    }
    if !lines.is_empty() {
        text.push_str("user: Use these results to answer my question, or call further tools.\n");
    }
    text
}

fn describe(tool: &Tool, out: &mut String) {
    let _ = writeln!(out, "\n## {}", tool.name);
    if !tool.description.is_empty() {
        let _ = writeln!(out, "{}", tool.description);
    }
    let properties = tool.input_schema.get("properties").and_then(Json::as_object);
    match properties.filter(|properties| !properties.is_empty()) {
        None => out.push_str("Parameters: none\n"),
        Some(properties) => {
            out.push_str("Parameters:\n");
            let required = tool.input_schema.get("required").and_then(Json::as_array);
            for (name, schema) in properties {
                let needed = required.is_some_and(|names| names.iter().any(|other| other == name));
                let needed = if needed { " (required)" } else { "" };
                let _ = writeln!(out, "- {name}{needed}: {}", value(schema));
            }
        }
    }
    if let Some(returns) = &tool.returns {
        let _ = writeln!(out, "Returns: {}", value(returns));
    }
    if !tool.tags.is_empty() {
        let _ = writeln!(out, "Tags: {}", tool.tags.join(", "));
    }
}

/// What a schema asks of a value, in a few words: its type, its bounds, and what it means.
fn value(schema: &Json) -> String {
    let Some(schema) = schema.as_object() else { return "any".to_owned() };
    let mut words = vec![kind(schema)];
    for (key, value) in schema {
        let said = match (key.as_str(), value) {
            ("default", Json::Null) => continue,
            ("default", value) => format!("default {value}"),
            ("enum", Json::Array(values)) => {
                format!("one of {}", values.iter().map(Json::to_string).collect::<Vec<_>>().join(", "))
            }
            ("const", value) => format!("always {value}"),
            ("format", Json::String(format)) => format!("format {format}"),
            ("minimum", value) => format!("at least {value}"),
            ("maximum", value) => format!("at most {value}"),
            ("exclusiveMinimum", value) => format!("more than {value}"),
            ("exclusiveMaximum", value) => format!("less than {value}"),
            ("multipleOf", value) => format!("a multiple of {value}"),
            ("minLength", value) => format!("at least {value} characters"),
            ("maxLength", value) => format!("at most {value} characters"),
            ("minItems", value) => format!("at least {value} items"),
            ("maxItems", value) => format!("at most {value} items"),
            ("pattern", Json::String(pattern)) => format!("matching {pattern}"),
            _ => continue,
        };
        words.push(said);
    }
    let description = schema.get("description").and_then(Json::as_str);
    let description = description.map(|text| format!(" - {text}")).unwrap_or_default();
    words.join(", ") + &description
}

fn kind(schema: &Map<String, Json>) -> String {
    let word = match schema.get("type") {
        Some(Json::String(kind)) => kind.clone(),
        Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(" or "),
        _ => match schema.get("anyOf").and_then(Json::as_array) {
            Some(choices) => choices.iter().map(value).collect::<Vec<_>>().join(" or "),
            None => "any".to_owned(),
        },
    };
    if let Some(items) = schema.get("items").filter(|_| word.contains("array")) {
        return format!("{word} of ({})", value(items));
    }
    let properties = schema.get("properties").and_then(Json::as_object);
    match properties.filter(|properties| word.contains("object") && !properties.is_empty()) {
        Some(properties) => {
            let members: Vec<_> =
                properties.iter().map(|(name, schema)| format!("{name}: {}", value(schema))).collect();
            format!("{word} {{ {} }}", members.join("; "))
        }
        None => word,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn offer() -> Offer {
        let tool = Tool {
            name: "item://{id}".to_owned(),
            offered_as: "item".to_owned(),
            description: "One item.".to_owned(),
            input_schema: json!({
                "type": "object",
                "properties": {
                    "id": { "type": "string", "maxLength": 5, "description": "which one" },
                    "n": { "type": ["integer", "null"], "default": 3, "minimum": 1, "enum": [1, 3] },
                },
                "required": ["id"],
            }),
            returns: Some(json!({ "type": "array", "items": {
                "type": "object", "properties": { "day": { "type": "string", "format": "date" } }
            } })),
            tags: vec!["stock".to_owned()],
        };
        let bare = Tool {
            name: "bare".to_owned(),
            input_schema: json!({ "type": "object" }),
            returns: None,
            description: String::new(),
            tags: Vec::new(),
            ..tool.clone()
        };
        Offer { tools: vec![tool, bare] }
    }

    #[test]
    fn tools_are_described_with_all_that_is_known_of_them() {
        let text = text(&offer(), "How many?", &[]);
        for part in [
            "You can use these tools: item://{id}, bare\n",
            "## item://{id}\nOne item.\nParameters:\n",
            "- id (required): string, at most 5 characters - which one\n",
            "- n: integer or null, default 3, at least 1, one of 1, 3\n",
            "Returns: array of (object { day: string, format date })\n",
            "Tags: stock\n",
            "## bare\nParameters: none\n",
            r#"{"tool": "<name>", "arguments":"#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(text.ends_with("user: How many?\n"), "{text}");
    }

    #[test]
    fn the_question_stays_in_the_conversation() {
        let lines = [Line::Assistant("call".to_owned()), Line::Results("[1]".to_owned())];
        let text = text(&offer(), "How many?", &lines);
        let said = text.split("# Conversation").nth(1).unwrap();
        assert!(said.starts_with("\n\nuser: How many?\nassistant: call\nsystem: [1]\nuser: "), "{said}");
    }
}
