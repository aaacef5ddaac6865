//! OpenAI.
//!
//! In strict mode a schema must have more still (every property required, none beyond them), which clients that
//! ask for it see to; what they can't see to is here.

use super::form::Form;
use super::limit::{Limit, What};
use super::size::Size;
use crate::diagnostic::Severity;

pub(super) const LIMITS: &[Limit] = &[
    // "API Reference: Chat Completions, tools.function.name":
    // https://platform.openai.com/docs/api-reference/chat/create
    Limit {
        code: "client-openai-tool-name",
        severity: Severity::Error,
        what: What::ToolName(Form { begins_with_letter: false, others: "_-", longest: 64 }),
    },
    // The text of the refusal: https://github.com/PrefectHQ/fastmcp/issues/2464
    Limit { code: "client-openai-items", severity: Severity::Error, what: What::ItemsRequired },
    // "Structured Outputs: Supported schemas", some type-specific keywords are not yet supported:
    // https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
    Limit {
        code: "client-openai-keyword",
        severity: Severity::Warning,
        what: What::RefusedKeywords(&[
            "allOf",
            "not",
            "dependentRequired",
            "dependentSchemas",
            "if",
            "then",
            "else",
        ]),
    },
    // The same page: objects have limitations on nesting depth and size, limitations on enum size.
    Limit {
        code: "client-openai-size",
        severity: Severity::Warning,
        what: What::Size(Size { depth: 10, properties: 5000, choices: 1000 }),
    },
];
