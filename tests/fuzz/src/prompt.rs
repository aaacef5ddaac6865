//! Prompts: whatever a template says, it is refused with a place, or renders or fails within its budget.

use std::sync::LazyLock;

use mxcp_core::definition::Kind;
use mxcp_core::registry::Plan;
use mxcp_core::value::{Object, Value};
use serde_json::{Value as Json, json};

use crate::project;

/// Longest text that a message may have, in bytes.
const LONGEST: usize = 4 << 20;

/// The arguments that the seeds are written for.
static ARGUMENTS: LazyLock<Json> = LazyLock::new(|| {
    let mut table: Json = serde_json::from_str(include_str!("../../../core/src/prompt/jinja2.json"))
        .expect("the table of templates is JSON");
    table["arguments"].take()
});

/// Uses text as the only message of a prompt; if it is a template, renders it.
pub fn render_anything(bytes: &[u8]) {
    let Ok(template) = std::str::from_utf8(bytes) else { return };
    let parameters: Vec<Json> = ARGUMENTS.as_object().into_iter().flatten().map(parameter).collect();
    let prompt = json!({"name": "p", "parameters": parameters, "messages": [{"prompt": template}]});
    let loaded = project::load(Kind::Prompt, json!({ "prompt": prompt }).to_string().as_bytes());
    project::check_findings(&loaded);
    if loaded.registry.get(Kind::Prompt, "p").is_none() {
        assert!(loaded.files.iter().all(|file| file.first_error().is_some()), "refused without a reason");
        return;
    }
    let prepared = project::prepare(&loaded.registry, Kind::Prompt, "p", arguments(), None);
    let prepared = prepared.expect("the arguments are of the declared types");
    let Plan::Prompt(prompt) = prepared.plan() else { panic!("a prompt is planned as something else") };
    // That it fails is its own affair; that it ends is ours.
    let Ok(Value::Array(messages)) = prompt.render() else { return };
    for message in &messages {
        let text = message.as_object().and_then(|message| message.get("prompt")?.as_str());
        assert!(text.is_some_and(|text| text.len() <= LONGEST));
    }
}

/// A parameter that takes an argument.
fn parameter((name, argument): (&String, &Json)) -> Json {
    let ty = match argument {
        Json::Null => return json!({"name": name, "type": "string", "default": null}),
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    json!({"name": name, "type": ty})
}

fn arguments() -> Object {
    match Value::from_json(ARGUMENTS.clone()) {
        Value::Object(arguments) => arguments,
        _ => Object::default(),
    }
}
