//! Rules of policies.

use super::found::Found;
use super::place::At;
use super::rule::{Rule, rules};
use super::subject::Subject;
use super::texts;

rules! { Otherwise:
    SENSITIVE = "policy-sensitive-fields",
        "`filter_sensitive_fields` did nothing",
        "it removes what is marked `sensitive`",
        "see that callers still get what they need";
    USER_KEY = "policy-user-key",
        "`user` had `user_id username email provider name role permissions capabilities`; a condition with another key was logged and never matched",
        "every key of the caller's profile can be read; for callers who lack it, the condition counts as holding",
        "test the rule with and without the key; write `has(user.key)` where it may be absent";
    USER_NAME = "policy-user-name",
        "a condition that reads `user.name` never matched for callers whom nobody knows, who have no such key",
        "it counts as holding for them",
        "write `has(user.name)`, or ask for `user.role == 'anonymous'` first";
    ABSENT = "policy-absent-field",
        "a condition that reads a field which the result lacks never matched: nothing was denied, filtered or masked",
        "it counts as holding",
        "declare the field as `required`, or write `has(response.field)`";
    FUNCTION = "policy-function",
        "functions such as `now()`, `getDays()` and `split()` did not exist, and the condition never matched",
        "they exist; the rule works for the first time",
        "test the rule";
    NUMBERS = "policy-number",
        "an integer could not be compared with a number that has a fraction; the condition never matched",
        "integers and numbers are compared by value",
        "test the rule";
    NEGATIVE_INDEX = "policy-negative-index",
        "`list[-1]` was the last item",
        "an error, so the condition counts as holding",
        "write `list[size(list) - 1]`";
    TRUE_TEXT = "policy-text-of-boolean",
        "`string(true)` was `True`",
        "`true`",
        "compare with the small word";
    SCHEMA = "policy-result-schema",
        "over MCP a call failed when a rule filtered a required field, or masked one that is no text",
        "the result is sent; the published schema allows for it",
        "nothing, unless the rule served to make calls fail";
    LISTED = "policy-listing",
        "everybody saw every endpoint in lists",
        "callers don't see what input rules would surely deny them",
        "nothing; `hide: true` keeps it from being called by name as well";
}

pub(super) const RULES: &[&Rule] = &[
    &SENSITIVE,
    &USER_KEY,
    &USER_NAME,
    &ABSENT,
    &FUNCTION,
    &NUMBERS,
    &NEGATIVE_INDEX,
    &TRUE_TEXT,
    &SCHEMA,
    &LISTED,
];

/// What the reference implementation knows of callers.
const USER_KEYS: [&str; 8] =
    ["user_id", "username", "email", "provider", "name", "role", "permissions", "capabilities"];

/// Functions that it does not know.
const NEW_FUNCTIONS: [&str; 9] =
    ["now", "getDays", "lowerAscii", "upperAscii", "split", "replace", "substring", "trim", "join"];

pub(super) fn find(subject: &Subject, found: &mut Found) {
    for (_, definition) in subject.each() {
        let Some(policies) = definition.get("policies") else { continue };
        let result = definition.get("return");
        let input = policies.list("input");
        for rule in &input {
            condition(rule, found);
        }
        if let Some(rule) = input.iter().find(|rule| rule.text_of("action") == Some("deny")) {
            found.at(&LISTED, &rule.span(), rule.path());
        }
        for rule in policies.list("output") {
            condition(&rule, found);
            if let Some(result) = &result {
                absent(&rule, result, found);
                schema(&rule, result, found);
            }
            if let Some(action) = rule.get("action").filter(|it| it.text() == Some("filter_sensitive_fields"))
            {
                found.at(&SENSITIVE, &action.span(), action.path());
            }
        }
    }
}

/// What shows in a condition alone.
fn condition(rule: &At<'_>, found: &mut Found) {
    let Some(condition) = rule.get("condition") else { return };
    let text = condition.text().unwrap_or_default();
    let plain = texts::without_quotations(text);
    let mut at = |rule: &'static Rule, start: usize, length: usize| {
        found.at(rule, &condition.span_within(start..start + length), condition.path());
    };
    for (start, name) in texts::members(&plain, "user") {
        if !USER_KEYS.contains(&name) {
            at(&USER_KEY, start, "user.".len() + name.len());
        }
        if name == "name" && !plain.contains("has(user.name)") {
            at(&USER_NAME, start, "user.name".len());
        }
    }
    for function in NEW_FUNCTIONS {
        for start in texts::words(&plain, function) {
            let rest = plain.get(start + function.len()..).unwrap_or_default();
            if rest.trim_start().starts_with('(') {
                at(&FUNCTION, start, function.len());
            }
        }
    }
    for (start, length) in fractions(&plain) {
        at(&NUMBERS, start, length);
    }
    for (start, _) in plain.match_indices('[') {
        let index = plain.get(start + 1..).unwrap_or_default().trim_start();
        // An item of a literal list follows an operator, an index follows a name or a bracket.
        let before = plain.get(..start).unwrap_or_default().chars().next_back();
        let is_index =
            before.is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | ']' | ')'));
        if is_index
            && index.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            at(&NEGATIVE_INDEX, start, 1);
        }
    }
    if texts::words(&plain, "string").next().is_some() {
        for word in ["'True'", "'False'", "\"True\"", "\"False\""] {
            for (start, _) in text.match_indices(word) {
                at(&TRUE_TEXT, start, word.len());
            }
        }
    }
}

/// Literals with a fraction beside a comparison: where each begins, and how long it is.
fn fractions(plain: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for operator in ["==", "!=", "<=", ">=", "<", ">"] {
        for (at, _) in plain.match_indices(operator) {
            let after = plain.get(at + operator.len()..).unwrap_or_default();
            let blanks = after.len() - after.trim_start().len();
            let word = after.trim_start();
            let end = word.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(word.len());
            let number = word.get(..end).unwrap_or_default();
            if number.contains('.') && number.parse::<f64>().is_ok() {
                found.push((at + operator.len() + blanks, end));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Fields of the result that a condition reads and that may be missing.
fn absent(rule: &At<'_>, result: &At<'_>, found: &mut Found) {
    if result.text_of("type") != Some("object") {
        return;
    }
    let Some(condition) = rule.get("condition") else { return };
    let plain = texts::without_quotations(condition.text().unwrap_or_default());
    let required = result.list("required");
    let required: Vec<&str> = required.iter().filter_map(At::text).collect();
    for (start, name) in texts::members(&plain, "response") {
        let guarded = plain.contains(&format!("has(response.{name}"));
        if !required.contains(&name) && !guarded {
            let within = start..start + "response.".len() + name.len();
            found.at(&ABSENT, &condition.span_within(within), condition.path());
        }
    }
}

/// Fields that the published schema would not have let go.
fn schema(rule: &At<'_>, result: &At<'_>, found: &mut Found) {
    let row =
        if result.text_of("type") == Some("array") { result.get("items") } else { Some(result.clone()) };
    let Some(row) = row else { return };
    let required = row.list("required");
    for field in rule.list("fields") {
        let Some(name) = field.text() else { continue };
        let is_text = row
            .get("properties")
            .and_then(|properties| properties.get(name))
            .is_none_or(|property| property.text_of("type") == Some("string"));
        let clashes = match rule.text_of("action") {
            Some("filter_fields") => required.iter().any(|required| required.text() == Some(name)),
            Some("mask_fields") => !is_text,
            _ => false,
        };
        if clashes {
            found.at(&SCHEMA, &field.span(), field.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_a_fraction_are_found_beside_comparisons() {
        assert_eq!(fractions("n > 2.5 && m <= 10 || x==1.0"), [(4, 3), (25, 3)]);
        assert!(fractions("a.b > c.d && n + 2.5 == x").is_empty());
    }
}
