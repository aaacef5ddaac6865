//! Who called, where a record has only an id.

use std::collections::BTreeMap;
use std::sync::Arc;

use mxcp_core::call::Principal;
use mxcp_core::value::{Object, Value};

use crate::arguments;
use crate::commands::policy;
use crate::failure::Failure;

/// What is known of the callers.
#[derive(Debug, Default)]
pub(super) struct Callers {
    by_id: BTreeMap<String, Arc<Principal>>,
    /// What everybody else is, but for the id.
    others: Option<Object>,
}

impl Callers {
    /// What `--users` and `--user-context` say.
    ///
    /// # Errors
    /// One is no object, or a context in it can't be a caller.
    pub(super) fn read(users: Option<&str>, others: Option<&str>) -> Result<Self, Failure> {
        let mut by_id = BTreeMap::new();
        if let Some(path) = users {
            let Value::Object(users) = arguments::json(&format!("@{path}"), "users")? else {
                return Err(Failure::Usage("Users must be a JSON object of user contexts by id".to_owned()));
            };
            for (id, context) in users {
                let principal = with_id(&id, context)?;
                by_id.insert(id.to_string(), principal);
            }
        }
        let others = match others.map(|text| arguments::json(text, "user context")).transpose()? {
            None => None,
            Some(Value::Object(context)) => {
                policy::caller(Value::Object(context.clone()))?;
                Some(context)
            }
            Some(_) => return Err(Failure::Usage("User context must be a JSON object".to_owned())),
        };
        Ok(Self { by_id, others })
    }

    /// The caller with an id; none if nothing is known beside it.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Principal>> {
        if let Some(known) = self.by_id.get(id) {
            return Some(Arc::clone(known));
        }
        // That it can be a caller was found out before.
        with_id(id, Value::Object(self.others.clone()?)).ok()
    }
}

/// A caller with the id of the record, unless the context has another.
fn with_id(id: &str, mut context: Value) -> Result<Arc<Principal>, Failure> {
    if let Value::Object(context) = &mut context
        && !context.contains_key("user_id")
    {
        context.insert("user_id", Value::string(id));
    }
    policy::caller(context).map(Arc::new)
}
