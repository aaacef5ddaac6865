//! Tests of endpoints.

use mxcp_core::yaml::Data;

use super::found::Found;
use super::place::At;
use super::rule::{Rule, rules};
use super::subject::Subject;

rules! { Otherwise:
    NULL_RESULT = "test-null",
        "`result: null` expected nothing in particular",
        "it expects null",
        "remove it if anything may come out";
    FALSY_RESULT = "test-falsy",
        "results such as 0, `false` and an empty text were compared as `[]`, so that a test that expected them failed",
        "compared as they are",
        "nothing; the test can pass now";
    EMPTY_RESULT = "test-empty",
        "`result: []` matched 0, `false`, an empty text and an empty object as well",
        "it matches an empty list, and null",
        "expect what really comes out";
    DATE_ARGUMENT = "test-date",
        "a date without quotation marks failed for `format: date`",
        "it is taken as ISO text",
        "nothing";
    CONTEXT = "test-context",
        "`capabilities` and `external_token` of `user_context` were ignored",
        "they count",
        "see that the test means what it says";
    NOT_CONTAINS = "test-not-contains",
        "`result_not_contains` failed for lists",
        "it looks at every object of the list",
        "nothing";
}

pub(super) const RULES: &[&Rule] =
    &[&NULL_RESULT, &FALSY_RESULT, &EMPTY_RESULT, &DATE_ARGUMENT, &CONTEXT, &NOT_CONTAINS];

pub(super) fn find(subject: &Subject, found: &mut Found) {
    for (_, definition) in subject.each() {
        let returned = definition.get("return").and_then(|ty| ty.text_of("type").map(str::to_owned));
        let gives_list = returned.as_deref().is_none_or(|ty| ty == "array");
        for test in definition.list("tests") {
            if let Some(result) = test.get("result") {
                expected(&result, gives_list, found);
            }
            for value in test.list("arguments").iter().filter_map(|argument| argument.get("value")) {
                if matches!(value.data(), Data::Timestamp(_)) {
                    found.at(&DATE_ARGUMENT, &value.span(), value.path());
                }
            }
            for key in ["capabilities", "external_token"] {
                if let Some(at) = test.get("user_context").and_then(|context| context.get(key)) {
                    found.at(&CONTEXT, &at.key_span(), at.path());
                }
            }
            if let Some(at) = test.get("result_not_contains").filter(|_| gives_list) {
                found.at(&NOT_CONTAINS, &at.key_span(), at.path());
            }
        }
    }
}

fn expected(result: &At<'_>, gives_list: bool, found: &mut Found) {
    let rule = match result.data() {
        Data::Null => &NULL_RESULT,
        Data::Bool(false) | Data::Int(0) => &FALSY_RESULT,
        Data::Float(number) if *number == 0.0 => &FALSY_RESULT,
        Data::String { text, .. } if text.is_empty() => &FALSY_RESULT,
        Data::Mapping(entries) if entries.is_empty() => &FALSY_RESULT,
        Data::Sequence(items) if items.is_empty() && !gives_list => &EMPTY_RESULT,
        _ => return,
    };
    found.at(rule, &result.key_span(), result.path());
}
