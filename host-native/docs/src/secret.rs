//! Keeping what is `sensitive` out of the site: it may stand in tests, defaults and examples.

use mxcp_core::definition::Endpoint;
use mxcp_core::schema::TestCase;
use mxcp_core::types::{Kind, Type, redact_sensitive};
use mxcp_core::value::{Object, Value};
use serde_json::{Map, Value as Json};

/// The arguments of a test, without sensitive ones.
pub(crate) fn arguments(endpoint: &Endpoint, test: &TestCase) -> Map<String, Json> {
    let arguments = test.arguments.iter().map(|argument| (argument.key.clone(), argument.value.clone()));
    endpoint.parameters.redact(&Object::from_json(arguments.collect())).to_json()
}

/// What a test expects of a result, or of an item of it, without what is sensitive.
pub(crate) fn expected(value: &Json, returns: Option<&Type>) -> Json {
    let Some(returns) = returns.filter(|returns| returns.has_sensitive()) else {
        return value.clone();
    };
    // An expectation of a list may be about one of its items.
    let ty = match (returns.kind(), value) {
        (Kind::Array(array), Json::Array(_)) if array.items().is_some() => returns,
        (Kind::Array(array), _) => array.items().filter(|_| !returns.is_sensitive()).unwrap_or(returns),
        _ => returns,
    };
    redact_sensitive(&Value::from_json(value.clone()), ty).to_json()
}
