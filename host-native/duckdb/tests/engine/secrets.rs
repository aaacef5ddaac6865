//! Credentials of the profile (spec `duckdb.md` section 4).

use mxcp_core::secret::{Secret, Secrets};
use mxcp_core::value::{Object, Value};
use serde_json::{Value as Json, json};

use crate::support::Database;

fn secrets(written: Json) -> Secrets {
    let text = |value: &Json, key: &str| value[key].as_str().unwrap().to_owned();
    let secret = |written: &Json| Secret {
        name: text(written, "name"),
        kind: text(written, "type"),
        parameters: written["parameters"].as_object().cloned().unwrap_or_default(),
    };
    written.as_array().unwrap().iter().map(secret).collect()
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

const HIDDEN: &str = "s3cr3t";

#[tokio::test]
async fn secrets_that_duckdb_knows_are_there_on_every_connection() {
    for readonly in [false, true] {
        let database = Database::with(|options| {
            options.readonly = readonly;
            options.secrets = secrets(json!([
                { "name": "it's \"mine\"", "type": "http", "parameters": {
                    "BEARER_TOKEN": "s3cr3t'; DROP TABLE x; --",
                    "EXTRA_HTTP_HEADERS": { "X-Key": "it's" },
                    "scope": ["https://a.example", "https://b.example"],
                } },
                { "name": "refused", "type": "http", "parameters": { "NO_SUCH_KEY": HIDDEN } },
                { "name": "for python", "type": "custom", "parameters": { "key": HIDDEN } },
                { "name": "empty", "type": "http" },
            ]));
        });
        let names = "SELECT string_agg(name) || count(*) FROM duckdb_secrets()";
        assert_eq!(database.value(names).await, text("it's \"mine\"1"));
        // A connection that changed a setting is thrown away: the next statement runs on another one.
        database.rows("SET threads = 1").await;
        assert_eq!(database.value(names).await, text("it's \"mine\"1"));
        let scope = "SELECT array_to_string(scope, ' ') FROM duckdb_secrets()";
        assert_eq!(database.value(scope).await, text("https://a.example https://b.example"));
        assert_eq!(database.value("SELECT persistent FROM duckdb_secrets()").await, Value::Bool(false));
    }
}

#[tokio::test]
async fn queries_can_not_see_what_is_in_a_secret() {
    let database = Database::with(|options| {
        options.secrets =
            secrets(json!([{ "name": "a", "type": "http", "parameters": { "BEARER_TOKEN": HIDDEN } }]));
    });
    let shown = database.value("SELECT secret_string FROM duckdb_secrets()").await;
    assert!(!format!("{shown:?}").contains(HIDDEN), "{shown:?}");
    for source in ["FROM duckdb_secrets(redact=false)", "SET allow_unredacted_secrets = true"] {
        let message = database.refusal(source, Object::new()).await;
        assert!(!message.contains(HIDDEN), "{message}");
    }
}
