//! Amazon Bedrock, by its Converse API.

use super::form::Form;
use super::limit::{Limit, What};
use crate::diagnostic::Severity;

pub(super) const LIMITS: &[Limit] = &[
    // "Amazon Bedrock API Reference: ToolSpecification":
    // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html
    Limit {
        code: "client-bedrock-tool-name",
        severity: Severity::Error,
        what: What::ToolName(Form { begins_with_letter: false, others: "_-", longest: 64 }),
    },
    // The same page: a description is optional, but has one character at least.
    Limit { code: "client-bedrock-description", severity: Severity::Error, what: What::DescriptionRequired },
    // The models of Anthropic have their rule here too:
    // https://platform.claude.com/docs/en/managed-agents/self-hosted-sandboxes
    Limit {
        code: "client-bedrock-parameter-name",
        severity: Severity::Warning,
        what: What::ParameterName(Form { begins_with_letter: false, others: "_.-", longest: 64 }),
    },
];
