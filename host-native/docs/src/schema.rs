//! The JSON Schemas of an endpoint, as they are served, without values of what is sensitive.

use mxcp_core::definition::Endpoint;
use mxcp_core::types::{Kind, OutputEffects, Type};
use serde_json::Value as Json;

/// Keywords that hold values.
const VALUES: &[&str] = &["default", "enum", "examples"];

/// Keywords of a whole JSON Schema that hold none.
const SHAPE: &[&str] = &["$schema", "type", "title", "description"];

/// The schema of the arguments.
pub(crate) fn input(endpoint: &Endpoint) -> Json {
    let mut schema = endpoint.parameters.input_schema();
    for parameter in endpoint.parameters.iter() {
        if let Some(property) = schema.pointer_mut("/properties").and_then(|it| it.get_mut(&*parameter.name))
        {
            conceal(property, &parameter.ty, false);
        }
    }
    schema
}

/// The schema of the result, if it is declared.
pub(crate) fn output(endpoint: &Endpoint) -> Option<Json> {
    let returns = endpoint.returns.as_ref()?;
    let effects = endpoint.policies.effects();
    let effects = OutputEffects {
        filtered: effects.filtered,
        masked: effects.masked,
        filters_sensitive: effects.filters_sensitive,
    };
    let mut schema = returns.output_schema(&effects);
    let described =
        if returns.is_wrapped() { schema.pointer_mut("/properties/result") } else { Some(&mut schema) };
    if let Some(described) = described {
        conceal(described, returns, false);
    }
    Some(schema)
}

/// Takes out the values of a type with sensitive parts, as they show these parts; `whole` if everything is sensitive.
fn conceal(schema: &mut Json, ty: &Type, whole: bool) {
    if !whole && !ty.has_sensitive() {
        return;
    }
    // What a rule may mask is the first of two possibilities.
    if let Some(first) = schema.pointer_mut("/anyOf/0") {
        return conceal(first, ty, whole);
    }
    let Some(keywords) = schema.as_object_mut() else { return };
    if matches!(ty.kind(), Kind::Schema(_)) {
        // A schema may show values in any of its keywords.
        keywords.retain(|keyword, _| SHAPE.contains(&keyword.as_str()));
        return;
    }
    VALUES.iter().for_each(|keyword| drop(keywords.remove(*keyword)));
    let whole = whole || ty.is_sensitive();
    if let Some((items, ty)) = keywords.get_mut("items").zip(ty.items()) {
        conceal(items, ty, whole);
    }
    for property in ty.properties() {
        let described = keywords.get_mut("properties").and_then(|it| it.get_mut(property.name()));
        if let Some(described) = described {
            conceal(described, property.ty(), whole);
        }
    }
}
