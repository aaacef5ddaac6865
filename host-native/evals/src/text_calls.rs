//! Calls in the text of an answer, where a model was told of tools in words.

use mxcp_core::value::{Object, Value};
use serde_json::Value as Json;

/// A call in a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TextCall {
    /// The tool's name.
    pub(crate) tool: String,
    /// The arguments; none if they are no object.
    pub(crate) arguments: Option<Object>,
}

/// The calls in a text, in order: the whole text is one or a list of them, or they stand somewhere in it, in a fence or not.
/// Of those that merely stand somewhere only tools that are `known` count.
pub(crate) fn find(text: &str, known: impl Fn(&str) -> bool) -> Vec<TextCall> {
    match serde_json::from_str(text.trim()) {
        Ok(Json::Array(items)) => items.iter().filter_map(call).collect(),
        Ok(whole) => call(&whole).into_iter().collect(),
        Err(_) => fragments(text).into_iter().filter(|call| known(&call.tool)).collect(),
    }
}

/// The calls that stand somewhere in a text.
fn fragments(text: &str) -> Vec<TextCall> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (_, from) = rest.split_at(at);
        // Nothing that follows can be a call.
        if !from.contains("\"tool\"") {
            break;
        }
        let mut values = serde_json::Deserializer::from_str(from).into_iter::<Json>();
        let object = values.next().and_then(Result::ok);
        let end = match object.as_ref().and_then(call) {
            Some(call) => {
                found.push(call);
                values.byte_offset()
            }
            // A call may stand in what is none.
            None => 1,
        };
        rest = from.get(end..).unwrap_or_default();
    }
    found
}

fn call(json: &Json) -> Option<TextCall> {
    let tool = json.get("tool")?.as_str()?.to_owned();
    let arguments = match json.get("arguments") {
        None | Some(Json::Null) => Some(Object::new()),
        Some(written) => match Value::from_json(written.clone()) {
            Value::Object(arguments) => Some(arguments),
            _ => None,
        },
    };
    Some(TextCall { tool, arguments })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let calls = find(text, |tool| tool != "unknown");
        let shown = |call: TextCall| {
            let arguments = call.arguments.map_or("none".to_owned(), |it| Value::Object(it).to_json_text());
            format!("{} {arguments}", call.tool)
        };
        calls.into_iter().map(shown).collect()
    }

    #[test]
    fn a_whole_answer_may_be_a_call_or_several() {
        assert_eq!(
            found(" {\"tool\": \"a\", \"arguments\": {\"n\": {\"m\": 1}}}\n"),
            ["a {\"n\":{\"m\":1}}"]
        );
        assert_eq!(
            found(r#"[{"tool": "a"}, 5, {"arguments": {}}, {"tool": "unknown"}]"#),
            ["a {}", "unknown {}"]
        );
        assert_eq!(found(r#"{"tool": "a", "arguments": [1]}"#), ["a none"]);
        assert_eq!(found(r#"{"answer": {"tool": "a"}}"#), Vec::<String>::new());
        assert_eq!(found(r#"{"tool": 5}"#), Vec::<String>::new());
    }

    #[test]
    fn calls_are_found_in_fences_and_between_words() {
        let fenced = "I will look.\n```json\n{\"tool\": \"a\", \"arguments\": {\"q\": \"}{\"}}\n```\nand {\"tool\": \"b\"}.";
        assert_eq!(found(fenced), ["a {\"q\":\"}{\"}", "b {}"]);
        let list = "```json\n[\n  {\"tool\": \"a\"},\n  {\"tool\": \"a\", \"arguments\": {\"n\": 1}}\n]\n```";
        assert_eq!(found(list), ["a {}", "a {\"n\":1}"]);
        assert_eq!(found("see {\"calls\": [{\"tool\": \"a\"}]}"), ["a {}"]);
        assert_eq!(found("a brace { and then {\"tool\": \"a\"}"), ["a {}"]);
    }

    #[test]
    fn what_only_looks_like_a_call_is_text() {
        for text in [
            "",
            "no call",
            "use {\"tool\": \"unknown\"}",
            "{\"tool\": \"a\"",
            "set {x} and \"tool\"",
            "{'tool': 'a'}",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
        // A call within a text that is an argument belongs to the argument.
        assert_eq!(
            found(r#"so: {"tool": "a", "arguments": {"q": "{\"tool\": \"b\"}"}}"#),
            [r#"a {"q":"{\"tool\": \"b\"}"}"#]
        );
    }
}
