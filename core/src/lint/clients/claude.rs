//! Claude, by the API of Anthropic.

use super::form::Form;
use super::limit::{Limit, What};
use crate::diagnostic::Severity;

pub(super) const LIMITS: &[Limit] = &[
    // The text of the refusal: https://github.com/home-assistant/core/issues/147760
    Limit {
        code: "client-claude-tool-name",
        severity: Severity::Error,
        what: What::ToolName(Form { begins_with_letter: false, others: "_-", longest: 128 }),
    },
    // "How to implement tool use": names match `^[a-zA-Z0-9_-]{1,64}$`. The API takes longer ones by now, yet
    // clients put the name of the server before that of the tool.
    // https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use
    Limit {
        code: "client-claude-tool-name-length",
        severity: Severity::Warning,
        what: What::ToolNameLength(64),
    },
    // "Managed agents: Self-hosted sandboxes", on the schemas of MCP servers:
    // https://platform.claude.com/docs/en/managed-agents/self-hosted-sandboxes
    Limit {
        code: "client-claude-parameter-name",
        severity: Severity::Error,
        what: What::ParameterName(Form { begins_with_letter: false, others: "_.-", longest: 64 }),
    },
    // The same page: references are refused there, while the Messages API takes them.
    Limit {
        code: "client-claude-keyword",
        severity: Severity::Warning,
        what: What::RefusedKeywords(&["$ref", "$dynamicRef"]),
    },
];
