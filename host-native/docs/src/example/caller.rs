//! Somebody of whom is known what an endpoint takes from its caller.

use mxcp_core::definition::Endpoint;
use serde_json::{Map, Value as Json, json};

use super::value;

/// What `--user-context` has to say; none if the endpoint takes nothing from its caller.
pub(super) fn of(endpoint: &Endpoint) -> Option<Json> {
    let mut known = Map::new();
    for parameter in endpoint.parameters.iter() {
        let Some(claim) = &parameter.claim else { continue };
        match claim.path() {
            // Who calls from the command line is always of the provider `cli`.
            "provider" => {}
            // The id goes by two names, and is given by this one.
            "id" => put(&mut known, "user_id", value(&parameter.ty)),
            "email" => put(&mut known, "email", json!("name@example.com")),
            // A name with dots that is an address is one name.
            path if path.contains('/') => put(&mut known, path, value(&parameter.ty)),
            path => reach(&mut known, path, value(&parameter.ty)),
        }
    }
    (!known.is_empty()).then_some(Json::Object(known))
}

/// Sets what dots lead to.
fn reach(known: &mut Map<String, Json>, path: &str, value: Json) {
    let Some((first, rest)) = path.split_once('.') else { return put(known, path, value) };
    if let Json::Object(inner) = known.entry(first).or_insert_with(|| json!({})) {
        return reach(inner, rest, value);
    }
    // Something else stands there; a key of the whole name is found first.
    put(known, path, value);
}

/// Two parameters may take the same.
fn put(known: &mut Map<String, Json>, name: &str, value: Json) {
    known.entry(name).or_insert(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing;

    fn of_parameters(parameters: &str) -> Option<String> {
        let tool = format!("tool: {{name: t, source: {{code: SELECT 1}}, parameters: [{parameters}]}}");
        let registry = testing::registry(&[("tools/t.yml", &tool)]);
        of(registry.endpoints().next().unwrap()).map(|known| known.to_string())
    }

    #[test]
    fn everything_that_is_taken_is_known() {
        let parameters = "{name: a, type: string, from: user.id}, {name: b, type: integer, from: user.team.size}, \
                          {name: c, type: string, from: user.team.name}, {name: d, type: string, from: user.provider}, \
                          {name: e, type: string, from: 'user.https://corp.example/tenant'}, {name: f, type: string, from: user.id}";
        assert_eq!(
            of_parameters(parameters).as_deref(),
            Some(r#"{"user_id":"…","team":{"size":1,"name":"…"},"https://corp.example/tenant":"…"}"#)
        );
    }

    #[test]
    fn nobody_has_to_be_known_where_nothing_is_taken() {
        assert_eq!(of_parameters("{name: a, type: string}"), None);
    }
}
