//! Prompts.

use std::sync::{Arc, OnceLock};

use super::{Lowering, Outcome, body};
use crate::definition::{Endpoint, Implementation, Kind};
use crate::delivery::Delivery;
use crate::diagnostic::Code;
use crate::limits::Limits;
use crate::prompt::PromptTemplates;
use crate::registry::scope::Response;
use crate::schema::Prompt;
use crate::yaml::{DocPath, Report};

pub(super) fn lower(lowering: &Lowering<'_>, prompt: &Prompt, report: &mut Report<'_>) -> Option<Outcome> {
    let path = DocPath::root().key(Kind::Prompt.as_str());
    if prompt.messages.is_empty() {
        report.error(Code::MissingKey, &path.key("messages"), "No messages found in prompt definition");
    }
    for (index, message) in prompt.messages.iter().enumerate() {
        // MCP knows two speakers; `system` is sent as the user's (spec mcp-surface section 7).
        let role = message.role.as_deref().unwrap_or("user");
        if !["user", "assistant", "system"].contains(&role) {
            let problem = "Input should be 'user', 'assistant' or 'system'";
            report.error(Code::InvalidValue, &path.key("messages").index(index).key("role"), problem);
        }
        let kind = message.kind.as_deref().unwrap_or("text");
        if !["text", "resource", "image"].contains(&kind) {
            let problem = "Input should be 'text', 'resource' or 'image'";
            report.error(Code::InvalidValue, &path.key("messages").index(index).key("type"), problem);
        }
    }
    let written = (prompt.parameters.as_deref(), prompt.returns.as_ref(), prompt.policies.as_ref());
    let body = body::lower(lowering, &path, written, Response::Messages, report);
    // The templates of a disabled prompt are not looked at: they may be half done.
    let templates = (prompt.enabled != Some(false))
        .then(|| PromptTemplates::compile(&prompt.messages, &body.parameters, &path.key("messages"), report));
    let limits = Limits::lower(prompt.limits.as_ref(), &path.key("limits"), report);
    let Some(templates) = templates else { return Some(Outcome::Disabled) };
    Some(Outcome::Endpoint(Box::new(Endpoint {
        kind: Kind::Prompt,
        name: prompt.name.clone(),
        title: None,
        description: prompt.description.clone(),
        mime_type: None,
        tags: prompt.tags.clone().unwrap_or_default(),
        annotations: None,
        parameters: body.parameters,
        returns: body.returns,
        implementation: Implementation::Prompt(Arc::new(templates)),
        policies: body.policies,
        limits,
        time: None,
        delivery: Delivery::default(),
        tests: prompt.tests.clone().unwrap_or_default(),
        file: Arc::clone(report.document().file()),
        digest: OnceLock::new(),
    })))
}
