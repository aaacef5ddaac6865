//! What conditions know as `user` (spec `policies.md` section 3.3).

use std::sync::Arc;

use super::cel::is_credential;
use crate::call::Principal;
use crate::types::REDACTED;
use crate::value::{Object, Value};

/// One fact about the caller.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fact<'a> {
    /// Unknown.
    Null,
    /// A text.
    Text(&'a str),
    /// A list of texts.
    Texts(&'a [String]),
    /// Whatever the identity provider says.
    Value(&'a Value),
}

/// The keys that mean the same for every identity provider, so that no profile can redefine them.
pub(super) const KEYS: [&str; 9] =
    ["user_id", "id", "username", "email", "provider", "name", "role", "permissions", "capabilities"];

/// What is known of the caller, by key.
pub(super) fn facts(principal: Option<&Principal>) -> Vec<(&str, Fact<'_>)> {
    let Some(principal) = principal else {
        return anonymous();
    };
    let profile = |key: &str| principal.profile.get(key).map(Fact::Value);
    let mut facts = vec![
        ("user_id", Fact::Text(&principal.user_id)),
        ("id", Fact::Text(&principal.user_id)),
        ("username", Fact::Text(&principal.username)),
        ("email", principal.email.as_deref().map_or(Fact::Null, Fact::Text)),
        ("provider", Fact::Text(&principal.provider)),
        ("name", principal.name.as_deref().map_or(Fact::Null, Fact::Text)),
        ("role", profile("role").unwrap_or(Fact::Text("user"))),
        ("permissions", profile("permissions").unwrap_or(Fact::Texts(&[]))),
        ("capabilities", Fact::Texts(&principal.capabilities)),
    ];
    let own = principal.profile.iter().filter(|(key, _)| !KEYS.contains(&&***key));
    facts.extend(own.map(|(key, value)| (&**key, Fact::Value(value))));
    facts
}

/// What is known of the caller under a name, or a path of names; none if nothing is, or null. A fact of this very name wins; else
/// dots lead into objects.
pub(crate) fn known(principal: Option<&Principal>, path: &str) -> Option<Value> {
    let facts = facts(principal);
    let fact = |name: &str| facts.iter().find(|(key, _)| *key == name).map(|(_, fact)| *fact);
    let value = match fact(path) {
        Some(fact) => fact.value(),
        None => {
            let (first, rest) = path.split_once('.')?;
            let Fact::Value(value) = fact(first)? else { return None };
            rest.split('.').try_fold(value, |value, key| value.as_object()?.get(key))?.clone()
        }
    };
    (!value.is_null()).then_some(value)
}

impl Fact<'_> {
    fn value(self) -> Value {
        match self {
            Fact::Null => Value::Null,
            Fact::Text(text) => Value::string(text),
            Fact::Texts(texts) => Value::Array(texts.iter().map(Value::string).collect()),
            Fact::Value(value) => value.clone(),
        }
    }
}

/// What is known of the caller, for authors to read: without what opens doors.
pub(super) fn shown(principal: Option<&Principal>) -> Object {
    let entry = |(key, fact): (&str, Fact<'_>)| {
        (
            key.to_owned(),
            if is_credential(key) { Value::string(REDACTED) } else { without_credentials(&fact.value()) },
        )
    };
    facts(principal).into_iter().map(entry).collect()
}

fn without_credentials(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(without_credentials).collect()),
        Value::Object(object) => {
            let entry = |(key, value): (&Arc<str>, &Value)| {
                let hidden = is_credential(key);
                (Arc::clone(key), if hidden { Value::string(REDACTED) } else { without_credentials(value) })
            };
            Value::Object(object.iter().map(entry).collect())
        }
        other => other.clone(),
    }
}

/// Nobody: authentication is off, or a command line without a user context.
fn anonymous() -> Vec<(&'static str, Fact<'static>)> {
    vec![
        ("user_id", Fact::Null),
        ("id", Fact::Null),
        ("username", Fact::Null),
        ("email", Fact::Null),
        ("provider", Fact::Null),
        ("role", Fact::Text("anonymous")),
        ("permissions", Fact::Texts(&[])),
        ("capabilities", Fact::Texts(&[])),
    ]
}
