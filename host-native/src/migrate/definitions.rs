//! Definitions of tools and resources.

use std::collections::BTreeMap;

use mxcp_core::definition::Kind;

use super::found::Found;
use super::place::At;
use super::rule::{Rule, rules};
use super::subject::{EndpointText, Subject};
use super::texts;

rules! { Otherwise:
    LANGUAGE = "language-inferred",
        "without `language` on the endpoint a `.py` file ran as SQL and failed; `source.language` was ignored",
        "the language comes from `source.language`, else from the file's extension",
        "nothing, or write `language`";
    PYTHON_FROM_ROOT = "python-from-root",
        "`run` found a Python file that begins with `/` in the project, `validate` and `serve` looked in the root of the machine and refused it",
        "found in the project everywhere",
        "nothing";
    STATEMENTS = "sql-statements",
        "`validate` and each start of `serve` really executed every statement after the first, and refused what can't be prepared",
        "every statement is checked and none executed; calls run all of them",
        "don't count on a start to fill tables";
    STATIC_RESOURCE = "resource-static",
        "a resource without placeholders was listed as a template and could not be read",
        "it is in `resources/list` and can be read",
        "nothing; think of who may read it";
    MIME_TYPE = "resource-mime-type",
        "`text/plain` where no `mime_type` is written",
        "`application/json` where the text is JSON",
        "write `mime_type` if clients count on one";
    RESOURCE_NAME = "resource-name",
        "a resource without `name` was listed under a generated name",
        "its URI is its name",
        "write `name` if clients count on one";
    PARAMETER_NAME = "parameter-name",
        "a tool with a parameter named `ctx`, named like a Python keyword, or with a name that begins with `_` was not served, without a word",
        "it is served",
        "think of who may call it";
    SAME_NAME = "same-name",
        "endpoints of different kinds could not share a name; all of them were refused",
        "names are unique within their kind",
        "nothing";
    UNTYPED = "untyped-result",
        "without `return`, lists were texts such as `[1 2]`, dates had a blank, decimals became floats",
        "the same JSON with and without `return`: lists, ISO dates, exact decimals",
        "adapt clients and tests that matched the old texts";
}

pub(super) const RULES: &[&Rule] = &[
    &LANGUAGE,
    &PYTHON_FROM_ROOT,
    &STATEMENTS,
    &STATIC_RESOURCE,
    &MIME_TYPE,
    &RESOURCE_NAME,
    &PARAMETER_NAME,
    &SAME_NAME,
    &UNTYPED,
];

/// Names of parameters that Python functions can't have.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Statements that DuckDB can't prepare.
const NOT_PREPARED: [&str; 12] = [
    "CREATE",
    "DROP",
    "ALTER",
    "SET",
    "RESET",
    "PRAGMA",
    "ATTACH",
    "DETACH",
    "INSTALL",
    "LOAD",
    "BEGIN",
    "CHECKPOINT",
];

pub(super) fn find(subject: &Subject, found: &mut Found) {
    let mut names: BTreeMap<&str, Vec<(Kind, At<'_>)>> = BTreeMap::new();
    for (endpoint, definition) in subject.each() {
        let name = if endpoint.kind == Kind::Resource { "uri" } else { "name" };
        if let Some(at) = definition.get(name)
            && let Some(text) = at.text()
        {
            names.entry(text).or_default().push((endpoint.kind, at));
        }
        if endpoint.kind == Kind::Prompt {
            continue;
        }
        source(&definition, found);
        statements(endpoint, &definition, found);
        if definition.get("return").is_none()
            && let Some(at) = definition.get(name)
        {
            found.at(&UNTYPED, &at.span(), at.path());
        }
        match endpoint.kind {
            Kind::Resource => resource(&definition, found),
            _ => parameters(&definition, found),
        }
    }
    for users in names.into_values() {
        let kinds: std::collections::BTreeSet<Kind> = users.iter().map(|(kind, _)| *kind).collect();
        if kinds.len() > 1 {
            for (_, at) in users {
                found.at(&SAME_NAME, &at.span(), at.path());
            }
        }
    }
}

fn source(definition: &At<'_>, found: &mut Found) {
    let Some(source) = definition.get("source") else { return };
    let language = definition.text_of("language");
    let file = source.get("file");
    let written = file.as_ref().and_then(At::text).unwrap_or_default();
    let is_python = written.ends_with(".py");
    if language.is_none() {
        match source.get("language") {
            Some(at) if at.text() == Some("python") => found.at(&LANGUAGE, &at.span(), at.path()),
            _ if is_python => {
                if let Some(at) = &file {
                    found.at(&LANGUAGE, &at.span(), at.path());
                }
            }
            _ => {}
        }
    }
    if let Some(at) = file.filter(|_| is_python && written.starts_with('/')) {
        found.at(&PYTHON_FROM_ROOT, &at.span(), at.path());
    }
}

fn statements(endpoint: &EndpointText, definition: &At<'_>, found: &mut Found) {
    let is_sql = definition.text_of("language").is_none_or(|language| language == "sql");
    let Some(sql) = endpoint.sql.as_deref().filter(|_| is_sql) else { return };
    let Some(source) = definition.get("source") else { return };
    let statements = texts::statements(sql);
    let unprepared = statements.first().is_some_and(|first| NOT_PREPARED.contains(&first.as_str()));
    if statements.len() > 1 || unprepared {
        found.at(&STATEMENTS, &source.key_span(), source.path());
    }
}

fn resource(definition: &At<'_>, found: &mut Found) {
    let Some(uri) = definition.get("uri") else { return };
    if uri.text().is_some_and(|text| !text.contains('{')) {
        found.at(&STATIC_RESOURCE, &uri.span(), uri.path());
    }
    if definition.get("mime_type").is_none() {
        found.at(&MIME_TYPE, &uri.span(), uri.path());
    }
    if definition.get("name").is_none() {
        found.at(&RESOURCE_NAME, &uri.span(), uri.path());
    }
}

fn parameters(definition: &At<'_>, found: &mut Found) {
    for parameter in definition.list("parameters") {
        let Some(at) = parameter.get("name") else { continue };
        let Some(name) = at.text() else { continue };
        if name == "ctx" || name.starts_with('_') || KEYWORDS.contains(&name) {
            found.at(&PARAMETER_NAME, &at.span(), at.path());
        }
    }
}
