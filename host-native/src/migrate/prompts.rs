//! Prompts and their messages.

use mxcp_core::definition::Kind;

use super::found::Found;
use super::place::At;
use super::rule::{Rule, rules};
use super::subject::Subject;
use super::texts;

rules! { Otherwise:
    SERVED = "prompt-served",
        "`prompts/get` failed for every prompt; only `mxcp run` and `mxcp test` could render one",
        "prompts are served",
        "try it with a client; think of who may ask for it";
    SYSTEM = "prompt-system",
        "`role: system` was kept",
        "MCP knows users and assistants only: the message is sent as one of the user",
        "write `user` if you mean it";
    RESOURCE = "prompt-resource",
        "`type: resource` was text",
        "the rendered text is the URI of a resource, which is embedded if it is the project's own, else linked",
        "use `type: text` for text";
    DEFINED = "prompt-defined",
        "a variable that is only tested with `is defined`, or given to `default`, had to be a parameter",
        "it need not be",
        "nothing";
}

pub(super) const RULES: &[&Rule] = &[&SERVED, &SYSTEM, &RESOURCE, &DEFINED];

pub(super) fn find(subject: &Subject, found: &mut Found) {
    for (_, definition) in subject.each().filter(|(endpoint, _)| endpoint.kind == Kind::Prompt) {
        if let Some(name) = definition.get("name") {
            found.at(&SERVED, &name.span(), name.path());
        }
        let parameters: Vec<&str> =
            definition.list("parameters").iter().filter_map(|parameter| parameter.text_of("name")).collect();
        for message in definition.list("messages") {
            if let Some(role) = message.get("role").filter(|role| role.text() == Some("system")) {
                found.at(&SYSTEM, &role.span(), role.path());
            }
            if let Some(kind) = message.get("type").filter(|kind| kind.text() == Some("resource")) {
                found.at(&RESOURCE, &kind.span(), kind.path());
            }
            if let Some(prompt) = message.get("prompt") {
                tested(&prompt, &parameters, found);
            }
        }
    }
}

/// Variables before `is defined` and `| default` that are no parameters.
fn tested(prompt: &At<'_>, parameters: &[&str], found: &mut Found) {
    let text = prompt.text().unwrap_or_default();
    for word in ["is defined", "is not defined", "| default", "|default"] {
        for at in texts::words(text, word) {
            let before = text.get(..at).unwrap_or_default().trim_end();
            let start = before.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
            let name = before.get(start..).unwrap_or_default();
            let is_member = before.get(..start).is_some_and(|before| before.ends_with('.'));
            if !name.is_empty() && !is_member && !parameters.contains(&name) {
                found.at(&DEFINED, &prompt.span_within(start..start + name.len()), prompt.path());
            }
        }
    }
}
