//! Secrets as variables of dbt's environment.

use std::collections::BTreeMap;

use mxcp_core::secret::{Secret, Secrets};
use serde_json::Value as Json;

/// The name of the variable that holds a part of a secret, as any shell can read it.
pub(super) fn name(parts: &[&str]) -> String {
    let plain = |character: char| {
        if character.is_ascii_uppercase() || character.is_ascii_digit() { character } else { '_' }
    };
    raw(parts).chars().map(plain).collect()
}

/// The same, with the characters that a shell can't read.
fn raw(parts: &[&str]) -> String {
    let mut name = "MXCP_SECRET".to_owned();
    for part in parts {
        name.push('_');
        name.push_str(&part.to_uppercase());
    }
    name
}

/// A value as text; none for null, and for a text that no variable can hold.
pub(super) fn text(value: &Json) -> Option<String> {
    let text = match value {
        Json::Null => return None,
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    (!text.contains('\0')).then_some(text)
}

/// The variables for all secrets, by name. Where two parts would have one name, the first one has it.
pub(crate) fn variables(secrets: &Secrets) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for secret in secrets.iter() {
        for (parts, value) in parts(secret) {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            put(&parts, value, &mut variables);
        }
    }
    variables
}

/// The parts of a secret that have a variable: each parameter, and each entry of one that is a mapping or a list.
fn parts(secret: &Secret) -> Vec<(Vec<String>, &Json)> {
    let mut parts = Vec::new();
    for (key, value) in &secret.parameters {
        let path = |inner: Option<String>| {
            [secret.name.clone(), key.clone()].into_iter().chain(inner).collect::<Vec<_>>()
        };
        match value {
            Json::Object(entries) => {
                parts.extend(entries.iter().map(|(name, value)| (path(Some(name.clone())), value)));
            }
            Json::Array(items) => {
                parts.push((path(None), value));
                parts.extend(
                    items.iter().enumerate().map(|(index, item)| (path(Some(index.to_string())), item)),
                );
            }
            _ => parts.push((path(None), value)),
        }
    }
    parts
}

fn put(parts: &[&str], value: &Json, variables: &mut BTreeMap<String, String>) {
    let Some(text) = text(value) else { return };
    let (name, raw) = (name(parts), raw(parts));
    // The system has no variables of such names.
    if raw != name && !raw.contains(['=', '\0']) {
        variables.entry(raw).or_insert_with(|| text.clone());
    }
    if let Some(taken) = variables.get(&name) {
        if *taken != text {
            tracing::warn!(
                variable = name,
                "two parts of secrets have this variable, and the first one counts"
            );
        }
        return;
    }
    variables.insert(name, text);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret(name: &str, parameters: Json) -> Secret {
        Secret {
            name: name.to_owned(),
            kind: "http".to_owned(),
            parameters: parameters.as_object().cloned().unwrap(),
        }
    }

    fn lines(secrets: Vec<Secret>) -> Vec<String> {
        let variables = variables(&secrets.into_iter().collect());
        variables.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn parameters_and_entries_of_mappings_have_variables() {
        let parameters =
            json!({ "EXTRA_HTTP_HEADERS": { "X_Tenant": "t1" }, "port": 5, "ssl": true, "no": null });
        assert_eq!(
            lines(vec![secret("hd", parameters)]),
            [
                "MXCP_SECRET_HD_EXTRA_HTTP_HEADERS_X_TENANT=t1",
                "MXCP_SECRET_HD_PORT=5",
                "MXCP_SECRET_HD_SSL=true"
            ]
        );
    }

    #[test]
    fn names_are_fit_for_a_shell_and_there_as_written_too() {
        let parameters = json!({ "h": { "X-Api.Key": "v", "a=b": "w" } });
        assert_eq!(
            lines(vec![secret("my-api", parameters)]),
            [
                "MXCP_SECRET_MY-API_H_X-API.KEY=v",
                "MXCP_SECRET_MY_API_H_A_B=w",
                "MXCP_SECRET_MY_API_H_X_API_KEY=v"
            ]
        );
    }

    #[test]
    fn items_of_lists_have_variables_beside_the_list() {
        assert_eq!(
            lines(vec![secret("a", json!({ "scope": ["s3://x", "s3://y"] }))]),
            [
                "MXCP_SECRET_A_SCOPE=[\"s3://x\",\"s3://y\"]",
                "MXCP_SECRET_A_SCOPE_0=s3://x",
                "MXCP_SECRET_A_SCOPE_1=s3://y"
            ]
        );
    }

    #[test]
    fn the_first_of_two_parts_counts_and_what_no_variable_holds_is_left_out() {
        let secrets =
            vec![secret("a_b", json!({ "c": "one" })), secret("a", json!({ "b-c": "two", "z": "x\u{0}y" }))];
        assert_eq!(lines(secrets), ["MXCP_SECRET_A_B-C=two", "MXCP_SECRET_A_B_C=one"]);
    }
}
