//! To whom a result belongs that is kept.

use std::sync::Arc;

use mxcp_core::call::Principal;
use mxcp_core::definition::Endpoint;
use mxcp_core::lock::Digest;
use mxcp_core::registry::Prepared;
use mxcp_core::value::Value;
use serde_json::{Map, Value as Json, json};

/// What identity providers say of a login rather than of the user: it differs from token to token.
const OF_THE_LOGIN: &[&str] =
    &["at_hash", "auth_time", "c_hash", "exp", "iat", "jti", "nbf", "nonce", "session_state", "sid"];

/// To whom a result belongs: who called what, by which definition, with which arguments.
///
/// The caller is everything that policies know of them, so that one who has another role by now has nothing of what they could see
/// before. The definition has the policies in it: when they change, nothing is had any more of what they let out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    tool: String,
    definition: String,
    caller: String,
    arguments: Option<String>,
}

impl Owner {
    /// The owner of what a call gives.
    #[must_use]
    pub fn of_call(prepared: &Prepared) -> Self {
        let arguments = Json::Object(prepared.arguments().to_json());
        let caller = prepared.context().principal.as_ref();
        Self { arguments: Some(digest(arguments)), ..Self::of_reader(prepared.endpoint(), caller) }
    }

    /// Who reads what a tool gave, whatever they called it with.
    #[must_use]
    pub fn of_reader(endpoint: &Endpoint, caller: Option<&Arc<Principal>>) -> Self {
        let caller = caller.map_or(Json::Null, |caller| Value::Object(caller.to_user()).to_json());
        Self {
            tool: endpoint.name.clone(),
            definition: endpoint.digest().to_owned(),
            caller: digest(without_login(caller)),
            arguments: None,
        }
    }

    /// The same owner of whatever the tool gave.
    #[must_use]
    pub fn with_any_arguments(&self) -> Self {
        Self { arguments: None, ..self.clone() }
    }

    /// Everything that tells them from others, for whoever seals it.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { tool, definition, caller, arguments } = self;
        json!([tool, definition, caller, arguments]).to_string()
    }
}

fn without_login(mut caller: Json) -> Json {
    if let Some(Json::Object(profile)) = caller.get_mut("raw_profile") {
        profile.retain(|claim, _| !OF_THE_LOGIN.contains(&claim.as_str()));
    }
    caller
}

fn digest(json: Json) -> String {
    Digest::of(sorted(json).to_string().as_bytes()).to_string()
}

/// The same JSON with the keys of its objects in order.
fn sorted(json: Json) -> Json {
    match json {
        Json::Array(items) => items.into_iter().map(sorted).collect(),
        Json::Object(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            Json::Object(Map::from_iter(entries))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_makes_no_difference_and_that_of_items_does() {
        assert_eq!(
            digest(json!({"a": {"x": 1, "y": 2}, "b": 3})),
            digest(json!({"b": 3, "a": {"y": 2, "x": 1}}))
        );
        assert_ne!(digest(json!([1, 2])), digest(json!([2, 1])));
    }

    #[test]
    fn a_new_token_is_the_same_caller_and_a_new_role_another() {
        let caller = |profile: Json| digest(without_login(json!({"user_id": "u", "raw_profile": profile})));
        assert_eq!(
            caller(json!({"role": "a", "iat": 1, "exp": 2})),
            caller(json!({"role": "a", "iat": 3, "exp": 4}))
        );
        assert_ne!(caller(json!({"role": "a"})), caller(json!({"role": "b"})));
    }
}
