//! `completion/complete`: values for an argument, from what its definition says.

use mxcp_core::call::CallContext;
use mxcp_core::definition::{Endpoint, Kind};
use mxcp_core::registry::Registry;
use mxcp_core::types::{self, Type};
use mxcp_core::value::Value;
use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};

use crate::wire;

/// Values for an argument of a prompt or of a resource's URI template. `modern` says whether the request is of 2026-07-28
/// or later.
///
/// # Errors
/// There is no such prompt or resource, as far as this caller may know.
pub fn complete(
    registry: &Registry,
    request: &CompleteRequestParams,
    caller: &CallContext,
    modern: bool,
) -> Result<CompleteResult, ErrorData> {
    // Whoever is not shown an endpoint is told nothing of its parameters.
    let known = |kind, name| registry.get(kind, name).filter(|_| registry.is_visible(kind, name, caller));
    let endpoint = match &request.r#ref {
        Reference::Prompt(prompt) => {
            known(Kind::Prompt, &prompt.name).ok_or_else(|| wire::unknown_prompt(&prompt.name))?
        }
        Reference::Resource(resource) => known(Kind::Resource, &resource.uri)
            .ok_or_else(|| wire::unknown_resource(&resource.uri, modern))?,
        _ => return Err(ErrorData::invalid_params("Invalid params: unknown type of `ref`", None)),
    };
    let found = matching(suggestions(endpoint, &request.argument.name), &request.argument.value);
    let total = u32::try_from(found.len()).ok();
    let has_more = found.len() > CompletionInfo::MAX_VALUES;
    let values = found.into_iter().take(CompletionInfo::MAX_VALUES).collect();
    let completion = CompletionInfo::with_pagination(values, total, has_more)
        .map_err(|problem| ErrorData::internal_error(problem, None))?;
    Ok(CompleteResult::new(completion))
}

/// What a parameter may be: its `enum`, else its `examples`, else the two booleans. Nothing of what is sensitive, and nothing
/// of what nobody gives.
fn suggestions(endpoint: &Endpoint, parameter: &str) -> Vec<String> {
    endpoint
        .parameters
        .get(parameter)
        .filter(|parameter| parameter.is_given())
        .map(|parameter| of_type(&parameter.ty))
        .unwrap_or_default()
}

fn of_type(ty: &Type) -> Vec<String> {
    if ty.has_sensitive() {
        return Vec::new();
    }
    let written = match ty.choices() {
        Some(choices) => choices,
        None if ty.examples().is_empty() && matches!(ty.kind(), types::Kind::Boolean) => {
            return vec!["true".to_owned(), "false".to_owned()];
        }
        None => ty.examples(),
    };
    let mut values: Vec<String> = Vec::new();
    for value in written.iter().filter(|value| !value.is_null()) {
        let value = Value::from_json(value.clone());
        let text = value.text_form().unwrap_or_else(|| value.to_json_text());
        if !values.contains(&text) {
            values.push(text);
        }
    }
    values
}

/// Those that begin with what was typed, then those that contain it, whatever the case.
fn matching(values: Vec<String>, typed: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    let (mut starting, others): (Vec<_>, Vec<_>) =
        values.into_iter().partition(|value| value.to_lowercase().starts_with(&typed));
    starting.extend(others.into_iter().filter(|value| value.to_lowercase().contains(&typed)));
    starting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_the_text_comes_before_what_contains_it() {
        let values = ["north-east", "East", "west", "south"].map(str::to_owned).to_vec();
        assert_eq!(matching(values.clone(), "ea"), ["East", "north-east"]);
        assert_eq!(matching(values.clone(), ""), values);
        assert_eq!(matching(values, "x"), [""; 0]);
    }
}
