//! Credentials, for what DuckDB reads elsewhere.

use std::collections::BTreeSet;

use mxcp_core::secret::{Secret, Secrets};
use serde_json::Value as Json;

use crate::ffi::Connection;

/// Makes the secrets known to the whole database, until it is closed.
///
/// Not every secret is meant for DuckDB, so one of a type that DuckDB doesn't know is passed over. One of a type that it
/// knows and refuses all the same is worth a warning, which shows no value.
pub(crate) fn create(connection: &Connection, secrets: &Secrets) {
    create_all(connection, secrets);
}

/// Goes from one set of secrets over to another. A secret that DuckDB refuses now is not left as it was before.
pub(crate) fn replace(connection: &Connection, old: &Secrets, new: &Secrets) {
    let created = create_all(connection, new);
    for secret in old.iter().filter(|secret| !created.contains(&secret.name.to_lowercase())) {
        let statement = format!("DROP TEMPORARY SECRET IF EXISTS {}", quoted(&secret.name, '"'));
        if let Err(message) = connection.run(&statement) {
            tracing::warn!(
                secret = secret.name,
                reason = reason(&message, secret),
                "DuckDB keeps the secret"
            );
        }
    }
}

/// Makes the secrets known, and gives the names of those that are, as DuckDB compares them. Of names that differ in their
/// capitals only, the first one counts.
fn create_all(connection: &Connection, secrets: &Secrets) -> BTreeSet<String> {
    let mut created = BTreeSet::new();
    for secret in secrets.iter().filter(|secret| !secret.parameters.is_empty()) {
        let Some(statement) = statement(secret) else {
            tracing::debug!(secret = secret.name, "the secret is not one for DuckDB");
            continue;
        };
        let name = secret.name.to_lowercase();
        if created.contains(&name) {
            tracing::warn!(secret = secret.name, "DuckDB has a secret of this name in other capitals");
            continue;
        }
        match connection.run(&statement) {
            Ok(()) => {
                tracing::debug!(secret = secret.name, "DuckDB knows the secret");
                created.insert(name);
            }
            Err(message) if is_unknown_type(&message) => {
                tracing::debug!(secret = secret.name, "the secret is not one for DuckDB");
            }
            Err(message) => {
                let reason = reason(&message, secret);
                tracing::warn!(secret = secret.name, reason, "DuckDB refuses the secret");
            }
        }
    }
    created
}

/// The statement that makes a secret; none if its type or a key is more than a word, which DuckDB's never are.
fn statement(secret: &Secret) -> Option<String> {
    let mut options = vec![format!("TYPE {}", word(&secret.kind)?)];
    for (key, value) in &secret.parameters {
        if let Some(value) = literal(value) {
            options.push(format!("{} {value}", word(key)?));
        }
    }
    Some(format!("CREATE OR REPLACE TEMPORARY SECRET {} ({})", quoted(&secret.name, '"'), options.join(", ")))
}

/// A word that can stand in SQL: between quotes, so that no keyword is one.
fn word(text: &str) -> Option<String> {
    let plain = text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    (plain && text.starts_with(|first: char| !first.is_ascii_digit())).then(|| quoted(text, '"'))
}

/// A value in SQL; none for null. Everything but lists and mappings is a text, as secrets of DuckDB are.
fn literal(value: &Json) -> Option<String> {
    Some(match value {
        Json::Null => return None,
        Json::Array(items) => {
            let items: Vec<_> = items.iter().filter_map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| {
                Some(format!("{}: {}", quoted(key, '\''), quoted(&plain(value)?, '\'')))
            };
            let entries: Vec<_> = entries.iter().filter_map(entry).collect();
            format!("MAP {{{}}}", entries.join(", "))
        }
        scalar => quoted(&plain(scalar)?, '\''),
    })
}

/// A value as text; none for null.
fn plain(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn quoted(text: &str, quote: char) -> String {
    let doubled = format!("{quote}{quote}");
    format!("{quote}{}{quote}", text.replace(quote, &doubled))
}

fn is_unknown_type(message: &str) -> bool {
    message.contains("Secret type '") && message.contains("not found")
}

/// DuckDB's message up to the first empty line (it goes on with the statement), unless it quotes a value.
fn reason(message: &str, secret: &Secret) -> String {
    let lines: Vec<_> = message.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let line = lines.join(" ");
    let lower = line.to_lowercase();
    let mut values = Vec::new();
    secret.parameters.values().for_each(|value| collect(value, &mut values));
    if values.iter().any(|value| lower.contains(value.as_str())) {
        "its message quotes a value and is not shown".to_owned()
    } else {
        line
    }
}

/// The lines of the texts in a value, in lower case.
fn collect(value: &Json, lines: &mut Vec<String>) {
    match value {
        Json::Array(items) => items.iter().for_each(|item| collect(item, lines)),
        Json::Object(entries) => entries.values().for_each(|value| collect(value, lines)),
        scalar => {
            let text = plain(scalar).unwrap_or_default().to_lowercase();
            for form in [text.replace('\'', "''"), text] {
                lines.extend(form.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn secret(name: &str, kind: &str, parameters: Json) -> Secret {
        let parameters = parameters.as_object().cloned().unwrap_or_else(Map::new);
        Secret { name: name.to_owned(), kind: kind.to_owned(), parameters }
    }

    #[test]
    fn values_keep_their_shape_and_their_quotes() {
        let parameters =
            json!({ "KEY": "it's", "scope": ["a", "b'"], "HEADERS": { "X'": "1" }, "N": 5, "NO": null });
        assert_eq!(
            statement(&secret("my \"api\"", "http", parameters)).as_deref(),
            Some(
                "CREATE OR REPLACE TEMPORARY SECRET \"my \"\"api\"\"\" (TYPE \"http\", \"KEY\" 'it''s', \"scope\" ['a', 'b'''], \
                 \"HEADERS\" MAP {'X''': '1'}, \"N\" '5')"
            )
        );
    }

    #[test]
    fn types_and_keys_that_are_more_than_a_word_are_not_for_duckdb() {
        for kind in ["", "http, KEY 'x'", "1st", "a-b"] {
            assert_eq!(statement(&secret("s", kind, json!({ "KEY": "x" }))), None, "{kind}");
        }
        assert_eq!(statement(&secret("s", "http", json!({ "a'b": "x" }))), None);
    }

    #[test]
    fn a_reason_quotes_no_value() {
        let secret =
            secret("s", "s3", json!({ "USE_SSL": "S3cr3t", "KEYS": ["it's"], "TEXT": "first\nsecond" }));
        for message in [
            "Conversion Error: Could not convert string 's3cr3t' to BOOL",
            "Error near 'it''s'",
            "Error near \"first",
        ] {
            assert_eq!(reason(message, &secret), "its message quotes a value and is not shown");
        }
        let known = "Invalid Input Error: Unknown parameter 'x' for secret type 's3'\n\nLINE 1: CREATE";
        assert_eq!(reason(known, &secret), "Invalid Input Error: Unknown parameter 'x' for secret type 's3'");
    }
}
