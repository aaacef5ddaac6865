//! The tests of an endpoint, as examples of what it does.

use mxcp_core::definition::Endpoint;
use mxcp_core::schema::{ExpectedText, TestCase};
use serde::Serialize;
use serde_json::Value as Json;

use crate::json::{Token, tokens};
use crate::prose::Prose;
use crate::secret;

/// One test.
#[derive(Debug, Serialize)]
pub(crate) struct Test {
    name: String,
    description: Vec<Prose>,
    arguments: Option<Vec<Token>>,
    caller: Option<Vec<Token>>,
    expectations: Vec<Expectation>,
}

/// One thing a test expects: a sentence, and the JSON it is about.
#[derive(Debug, Serialize)]
struct Expectation {
    sentence: Prose,
    value: Option<Vec<Token>>,
}

impl Test {
    /// The tests of an endpoint in their order.
    pub(crate) fn all(endpoint: &Endpoint) -> Vec<Self> {
        endpoint.tests.iter().map(|test| Self::of(endpoint, test)).collect()
    }

    fn of(endpoint: &Endpoint, test: &TestCase) -> Self {
        let arguments = secret::arguments(endpoint, test);
        Self {
            name: test.name.clone(),
            description: test.description.as_deref().map(Prose::paragraphs).unwrap_or_default(),
            arguments: (!arguments.is_empty()).then(|| tokens(&Json::Object(arguments))),
            caller: test.user_context.as_ref().map(|caller| tokens(&Json::Object(caller.clone()))),
            expectations: expectations(endpoint, test),
        }
    }
}

fn expectations(endpoint: &Endpoint, test: &TestCase) -> Vec<Expectation> {
    let returns = endpoint.returns.as_ref();
    let shown = |value: &Json| Some(tokens(&secret::expected(value, returns)));
    let sentence = |text: &str| Prose::default().text(text);
    let mut list = Vec::new();
    let mut add = |sentence, value| list.push(Expectation { sentence, value });
    if let Some(value) = &test.result {
        add(sentence("Gives exactly"), shown(value));
    }
    if let Some(value) = &test.result_contains {
        add(sentence("The result contains"), shown(value));
    }
    if let Some(value) = &test.result_contains_item {
        add(sentence("One of the items has"), shown(value));
    }
    if let Some(values) = &test.result_contains_all {
        add(sentence("The items include"), shown(&Json::Array(values.clone())));
    }
    if let Some(fields) = &test.result_not_contains {
        add(sentence("The result does not have ").codes(fields.iter().cloned(), "or"), None);
    }
    if let Some(length) = test.result_length {
        let items = if length == 1 { "item" } else { "items" };
        add(sentence(&format!("The result has {length} {items}")), None);
    }
    let mut refusal = |expected: &Option<ExpectedText>, what: &str, said: &str| {
        if let Some(expected) = expected.as_ref().filter(|expected| expected.is_expected()) {
            let sentence = sentence(what);
            add(
                match expected.text() {
                    "" => sentence,
                    text => sentence.text(format!("; {said} contains ")).code(text),
                },
                None,
            );
        }
    };
    refusal(&test.denied, "A policy denies the call", "the reason");
    refusal(&test.error, "The call fails", "the error");
    if let Some(text) = &test.result_contains_text {
        let hidden = returns.is_some_and(mxcp_core::types::Type::has_sensitive);
        let about = sentence("The text of the result contains ");
        add(if hidden { about.text("what is expected") } else { about.code(text.clone()) }, None);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing;

    #[test]
    fn calls_that_must_fail_have_words() {
        let said = |expectation: &str| {
            let tool = format!(
                "tool: {{name: t, source: {{code: SELECT 1}}, tests: [{{name: a, arguments: [], {expectation}}}]}}"
            );
            let registry = testing::registry(&[("tools/t.yml", &tool)]);
            let tests = Test::all(registry.endpoints().next().unwrap());
            let sentences = tests[0].expectations.iter().map(|expectation| expectation.sentence.plain());
            sentences.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said("denied: sign in"), "A policy denies the call; the reason contains `sign in`");
        assert_eq!(said("denied: true"), "A policy denies the call");
        assert_eq!(said("error: too long"), "The call fails; the error contains `too long`");
        assert_eq!(said("error: false"), "");
    }
}
