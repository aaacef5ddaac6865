//! Secrets as entries of `profiles.yml`.

use mxcp_core::secret::{Secret, Secrets};
use serde_json::{Map, Value as Json, json};

use super::variables;

/// The types of DuckDB's secrets, with the extension that each needs. dbt can't start with a secret of any other type.
const TYPES: [(&str, &str); 11] = [
    ("azure", "azure"),
    ("ducklake", "ducklake"),
    ("gcs", "httpfs"),
    ("http", "httpfs"),
    ("huggingface", "httpfs"),
    ("iceberg", "iceberg"),
    ("motherduck", "motherduck"),
    ("mysql", "mysql"),
    ("postgres", "postgres"),
    ("r2", "httpfs"),
    ("s3", "httpfs"),
];

/// How values of secrets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// As the variables that `mxcp dbt` sets.
    Variables,
    /// As they are.
    Values,
    /// As if they were there, for people to look at.
    Masked,
}

/// A secret as dbt gives it to DuckDB, and the extension that it needs.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) entry: Json,
    pub(super) extension: &'static str,
}

/// The secrets that are for DuckDB. Others are for Python, and dbt has them as variables.
pub(super) fn entries(secrets: &Secrets, shown: Shown) -> Vec<Entry> {
    secrets
        .iter()
        .filter(|secret| !secret.parameters.is_empty())
        .filter_map(|secret| entry(secret, shown))
        .collect()
}

fn entry(secret: &Secret, shown: Shown) -> Option<Entry> {
    let kind = secret.kind.to_lowercase();
    let (_, extension) = TYPES.into_iter().find(|(known, _)| *known == kind)?;
    let mut entry = Map::new();
    entry.insert("name".to_owned(), identifier(&secret.name).into());
    entry.insert("type".to_owned(), kind.into());
    for (key, value) in &secret.parameters {
        let plain = key.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        // dbt writes keys into SQL as they are, and takes some for its own.
        if !plain || ["name", "type", "persistent", "secret_type"].contains(&key.to_lowercase().as_str()) {
            continue;
        }
        let part = |inner: Option<&str>, value: &Json| -> Option<Json> {
            let parts: Vec<&str> = [secret.name.as_str(), key].into_iter().chain(inner).collect();
            written(&parts, value, shown).map(Json::from)
        };
        let value = match value {
            Json::Object(entries) => {
                let entries =
                    entries.iter().filter_map(|(name, value)| Some((name.clone(), part(Some(name), value)?)));
                Json::Object(entries.collect())
            }
            Json::Array(items) => {
                let items = items.iter().enumerate();
                json!(
                    items
                        .filter_map(|(index, item)| part(Some(&index.to_string()), item))
                        .collect::<Vec<_>>()
                )
            }
            other => match part(None, other) {
                Some(value) => value,
                None => continue,
            },
        };
        // The only spelling that dbt knows these by.
        let known =
            ["scope", "provider", "extra_http_headers"].iter().find(|known| key.eq_ignore_ascii_case(known));
        entry.insert(known.map_or_else(|| key.clone(), |known| (*known).to_owned()), value);
    }
    Some(Entry { entry: Json::Object(entry), extension })
}

/// A name as dbt puts it into SQL: between quotes unless it is a word.
fn identifier(name: &str) -> String {
    let word = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
        && name.starts_with(|first: char| first.is_ascii_alphabetic());
    if word { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A value for dbt, which takes texts for templates, and what comes of a template for a number if it looks like one.
fn written(parts: &[&str], value: &Json, shown: Shown) -> Option<String> {
    let text = variables::text(value)?;
    Some(match shown {
        Shown::Variables => format!("{{{{ env_var('{}') | as_text }}}}", variables::name(parts)),
        Shown::Masked => "****".to_owned(),
        Shown::Values if is_plain(&text) => text,
        Shown::Values => format!("{{{{ {} | as_text }}}}", literal(&text)),
    })
}

/// Whether a text is neither a template nor something else than a text.
fn is_plain(text: &str) -> bool {
    let ordinary = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(ordinary)
        && !["True", "False", "None"].contains(&text)
}

/// A text within a template.
fn literal(text: &str) -> String {
    let mut literal = String::from("'");
    for character in text.chars() {
        match character {
            '\'' | '\\' => literal.extend(['\\', character]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            // Not even within a text may dbt see the beginning of a template.
            '{' | '}' | '%' | '#' => literal.push_str(&format!("\\x{:02x}", u32::from(character))),
            other => literal.push(other),
        }
    }
    literal + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str, kind: &str, parameters: Json) -> Secret {
        let parameters = parameters.as_object().cloned().unwrap();
        Secret { name: name.to_owned(), kind: kind.to_owned(), parameters }
    }

    fn shown(secret: Secret, shown: Shown) -> Vec<Json> {
        entries(&[secret].into_iter().collect(), shown).into_iter().map(|entry| entry.entry).collect()
    }

    #[test]
    fn values_are_the_variables_that_dbt_is_given() {
        let parameters = json!({ "BEARER_TOKEN": "x", "EXTRA_HTTP_HEADERS": { "X-Api": "y" }, "SCOPE": ["https://a"], "n": null });
        let expected = json!({
            "name": "\"my-api\"", "type": "http",
            "BEARER_TOKEN": "{{ env_var('MXCP_SECRET_MY_API_BEARER_TOKEN') | as_text }}",
            "extra_http_headers": { "X-Api": "{{ env_var('MXCP_SECRET_MY_API_EXTRA_HTTP_HEADERS_X_API') | as_text }}" },
            "scope": ["{{ env_var('MXCP_SECRET_MY_API_SCOPE_0') | as_text }}"],
        });
        assert_eq!(shown(secret("my-api", "HTTP", parameters), Shown::Variables), [expected]);
    }

    #[test]
    fn values_that_are_embedded_are_no_templates_and_no_numbers() {
        for (value, written) in [
            ("abc", "abc"),
            ("1e5", "{{ '1e5' | as_text }}"),
            ("True", "{{ 'True' | as_text }}"),
            ("a'b\\c", "{{ 'a\\'b\\\\c' | as_text }}"),
            ("{{ x }}", "{{ '\\x7b\\x7b x \\x7d\\x7d' | as_text }}"),
            ("", "{{ '' | as_text }}"),
        ] {
            let entry = &shown(secret("s", "s3", json!({ "secret": value })), Shown::Values)[0];
            assert_eq!(entry["secret"], written);
            assert_eq!(
                shown(secret("s", "s3", json!({ "secret": value })), Shown::Masked)[0]["secret"],
                "****"
            );
        }
    }

    #[test]
    fn what_is_not_for_duckdb_and_what_would_break_its_sql_is_left_out() {
        assert!(shown(secret("s", "custom", json!({ "a": "b" })), Shown::Variables).is_empty());
        assert!(shown(secret("s", "http", json!({})), Shown::Variables).is_empty());
        let entry = &shown(secret("s", "http", json!({ "a b": "x", "type": "y" })), Shown::Values)[0];
        assert_eq!(*entry, json!({ "name": "s", "type": "http" }));
    }
}
