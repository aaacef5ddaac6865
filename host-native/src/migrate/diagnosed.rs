//! What the loader finds: each finding of `validate` as the difference that it shows.

use mxcp_core::diagnostic::{Code, Diagnostic};

use super::found::{Found, is_error};
use super::rule::{Rule, rules};
use super::subject::Subject;
use crate::project::SITE_FILE;

rules! { Refused:
    REFUSED_TOO = "refused-there-too",
        "refused by MXCP 0.12 as well, often with another text",
        "refused, with place and help",
        "correct it; `docs/diagnostics.md` explains the code";
    CHECKED_MORE = "checked-more",
        "mostly loaded; the mistake showed when the endpoint was used, or never",
        "refused before anything is served",
        "correct it; `docs/diagnostics.md` explains the code";
    REPEATED_KEY = "yaml-repeated-key",
        "of a repeated key the last value counted, without a word",
        "a repeated key is an error",
        "remove the one that was not meant; the last one was in force";
    POLICY_SYNTAX = "policy-syntax",
        "a condition that can't be parsed was logged at each call and never matched: its rule was not in force",
        "the endpoint is refused",
        "correct the condition, and expect the rule to work for the first time";
    POLICY_TYPE = "policy-type",
        "a condition that names unknown things never matched, and texts, numbers and lists counted as true unless empty",
        "a condition that can't be right, or is no boolean, is refused",
        "correct the name, or compare: `note != ''` rather than `note`";
    POLICY_WITHOUT_EFFECT = "policy-without-effect",
        "an input rule that is not `deny`, and a filter or mask without `fields`, did nothing",
        "a rule that can have no effect is refused",
        "move the rule to `output`, name its `fields`, or remove it";
    PLACEHOLDER = "resource-placeholder",
        "a placeholder of `uri` without a parameter passed `validate`, and the resource was not served",
        "it is refused",
        "declare the parameter, or take the placeholder out";
    INLINE_PYTHON = "python-inline",
        "`mxcp run` executed Python under `source.code`; `validate` and `serve` refused it",
        "refused everywhere",
        "move the code to a function in a file below `python/`, named like the tool";
    PROMPT_ROLE = "prompt-role",
        "any text was accepted as `role`",
        "`user`, `assistant` and `system` only",
        "use one of them";
    PROMPT_TYPE = "prompt-type",
        "any text was accepted as `type` of a message, and had no effect",
        "`text`, `resource` and `image` only",
        "use `text`, or leave it out";
}

rules! { Otherwise:
    DEFAULT = "type-default",
        "a default that its own type refuses was found when it was used",
        "said by `validate`; a call that uses it fails as before",
        "correct the default";
    TEST_ARGUMENT = "test-argument",
        "arguments of tests were bent to the declared type: `5.9` became 5, a mapping its Python text",
        "refused as over MCP, and said by `validate`",
        "give arguments of the declared type";
}

rules! { Same:
    WARNED = "warned",
        "not mentioned",
        "works as before, with a warning",
        "read the warning; `mxcp validate --strict` fails on it";
}

pub(super) const RULES: &[&Rule] = &[
    &REFUSED_TOO,
    &CHECKED_MORE,
    &REPEATED_KEY,
    &POLICY_SYNTAX,
    &POLICY_TYPE,
    &POLICY_WITHOUT_EFFECT,
    &PLACEHOLDER,
    &INLINE_PYTHON,
    &PROMPT_ROLE,
    &PROMPT_TYPE,
    &DEFAULT,
    &TEST_ARGUMENT,
    &WARNED,
];

pub(super) fn find(subject: &Subject, found: &mut Found) {
    for finding in &subject.project.warnings {
        found.diagnostic(rule_of(finding), SITE_FILE, finding);
    }
    for finding in &subject.definitions.warnings {
        found.diagnostic(rule_of(finding), SITE_FILE, finding);
    }
    for report in subject.definitions.reports_where(|_| true) {
        for finding in &report.findings {
            found.diagnostic(rule_of(finding), &report.path, finding);
        }
    }
    for finding in &subject.suite_warnings {
        found.diagnostic(rule_of(finding), SITE_FILE, finding);
    }
    for suite in &subject.suites {
        for finding in &suite.findings {
            found.diagnostic(rule_of(finding), &suite.path, finding);
        }
    }
}

/// The difference that a finding shows.
pub(super) fn rule_of(finding: &Diagnostic) -> &'static Rule {
    match finding.code {
        Code::InvalidDefault if !is_error(finding) => &DEFAULT,
        Code::TestArgument if !is_error(finding) => &TEST_ARGUMENT,
        _ if !is_error(finding) => &WARNED,
        Code::DuplicateKey => &REPEATED_KEY,
        Code::PolicySyntax => &POLICY_SYNTAX,
        Code::PolicyType => &POLICY_TYPE,
        Code::PolicyWithoutEffect => &POLICY_WITHOUT_EFFECT,
        Code::UriTemplate if finding.message.contains("missing={") => &PLACEHOLDER,
        Code::InvalidValue
            if finding.path.ends_with("source.code") && finding.message.starts_with("Python endpoints") =>
        {
            &INLINE_PYTHON
        }
        Code::InvalidValue if is_of_message(finding, ".role") => &PROMPT_ROLE,
        Code::InvalidValue if is_of_message(finding, ".type") => &PROMPT_TYPE,
        // These words are those of the reference implementation.
        Code::InvalidValue if !finding.message.starts_with("Input should be") => &CHECKED_MORE,
        Code::UriTemplate if !finding.message.contains("are not used") => &CHECKED_MORE,
        Code::UnreadableFile
        | Code::YamlSyntax
        | Code::SeveralDocuments
        | Code::EmptyFile
        | Code::UnknownKey
        | Code::MissingKey
        | Code::WrongType
        | Code::InvalidValue
        | Code::EndpointCount
        | Code::DuplicateEndpoint
        | Code::MissingSource
        | Code::ParameterMismatch
        | Code::UriTemplate
        | Code::PromptTemplate
        | Code::SqlSyntax => &REFUSED_TOO,
        _ => &CHECKED_MORE,
    }
}

/// Whether a finding is about a key of a message of a prompt.
fn is_of_message(finding: &Diagnostic, key: &str) -> bool {
    finding.path.starts_with("prompt.messages.") && finding.path.ends_with(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_to_be_changed_and_warnings_have_not() {
        let error = Diagnostic::error(Code::UnknownKey, "");
        assert_eq!(rule_of(&error).code, "refused-there-too");
        assert_eq!(rule_of(&Diagnostic::error(Code::CallerClaim, "")).code, "checked-more");
        assert_eq!(rule_of(&Diagnostic::warning(Code::UnknownKey, "")).code, "warned");
        let source = |message: &str| Diagnostic::error(Code::InvalidValue, message).at("tool.source.code");
        let inline = source("Python endpoints must specify source.file");
        assert_eq!(rule_of(&inline).code, "python-inline");
        assert_eq!(rule_of(&source("No SQL query found")).code, "checked-more");
    }
}
