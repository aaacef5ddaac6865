//! The functions that tell who asks (spec `duckdb.md` section 5).

use std::sync::Arc;

use mxcp_core::call::{Headers, Principal};
use mxcp_core::definition::SqlText;
use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::SqlRequest;

use crate::support::{Database, argument, json, only, request, sql};

fn user(context: &str) -> Option<Arc<Principal>> {
    Some(Arc::new(Principal::from_context(json(context), "cli").unwrap()))
}

fn headers(entries: &[(&str, &str)]) -> Headers {
    Headers::new(entries.iter().map(|(name, value)| {
        let value = match value.parse::<i64>() {
            Ok(number) => serde_json::Value::from(number),
            Err(_) => serde_json::Value::from(*value),
        };
        ((*name).to_owned(), value)
    }))
}

/// A request of a user whose name is also the value of the header `x-name`.
fn of(name: &str, source: &Arc<SqlText>, arguments: Object) -> SqlRequest {
    let user = user(&format!(r#"{{"username": "{name}"}}"#));
    by(user, headers(&[("x-name", name)]), request(source, arguments))
}

/// The request as someone else's.
fn by(principal: Option<Arc<Principal>>, headers: Headers, mut request: SqlRequest) -> SqlRequest {
    request.scope = Arc::new(CallScope { principal, headers, ..CallScope::clone(&request.scope) });
    request
}

#[tokio::test]
async fn the_functions_answer_for_the_caller() {
    let database = Database::new();
    let source = "SELECT get_username() AS u, get_user_email() AS e, get_user_provider() AS p,
        get_user_external_token() AS t, get_request_header('AUTHORIZATION') AS h, get_request_header('n') AS n,
        get_request_header('nope') AS x, get_request_header(NULL) AS y, get_request_headers_json() AS j";
    let all = request(&sql(source), Object::new());
    let ann = user(r#"{"username": "ann", "email": "ann@x.org", "external_token": "t0k"}"#);
    let all = by(ann, headers(&[("Authorization", "Bearer 1"), ("n", "5")]), all);
    let rows = database.run(all).await.unwrap().rows;
    let expected = r#"{"u":"ann","e":"ann@x.org","p":"cli","t":"t0k","h":"Bearer 1","n":"5","x":null,"y":null,"j":"{\"Authorization\":\"Bearer 1\",\"n\":5}"}"#;
    assert_eq!(Value::Object(rows[0].clone()).to_json_text(), expected);

    let empty = request(&sql(source), Object::new());
    let empty = by(user(r#"{"username": "", "email": ""}"#), Headers::none(), empty);
    let nobody = request(&sql(source), Object::new());
    for (request, provider) in [(empty, "\"cli\""), (nobody, "null")] {
        let rows = database.run(request).await.unwrap().rows;
        let expected = format!(
            r#"{{"u":null,"e":null,"p":{provider},"t":null,"h":null,"n":null,"x":null,"y":null,"j":null}}"#
        );
        assert_eq!(Value::Object(rows[0].clone()).to_json_text(), expected);
    }
}

/// One connection and one text, so that statements kept from the call before would be used.
#[tokio::test]
async fn a_statement_kept_from_before_answers_for_its_new_caller() {
    let database = Database::with(|options| options.connections = 1);
    database.rows("CREATE TABLE n AS SELECT 'x-name' AS name, 1 AS i").await;
    database.rows("CREATE VIEW mine AS SELECT repeat('x', length(get_username())::INTEGER) AS v").await;
    database.rows("CREATE MACRO me() AS get_username()").await;
    database.rows("CREATE TABLE owned (i INTEGER, owner VARCHAR DEFAULT get_username())").await;
    for (text, arguments) in [
        ("SELECT get_username()", Object::new()),
        ("SELECT get_username() || '' FROM n WHERE i = $i", argument("i", Value::Int(1))),
        ("SELECT get_request_header('x-name')", Object::new()),
        ("SELECT get_request_header(name) FROM n", Object::new()),
        ("SELECT get_request_header($h)", argument("h", Value::string("X-Name"))),
        ("SELECT json_extract_string(get_request_headers_json(), '$.x-name')", Object::new()),
        ("SELECT me()", Object::new()),
        ("SELECT (SELECT get_username())", Object::new()),
        ("SELECT max(u) FROM (SELECT get_username() AS u FROM range(10))", Object::new()),
        ("INSERT INTO owned (i) VALUES (1) RETURNING owner", Object::new()),
        (
            "SELECT coalesce(u, 'none') FROM n LEFT JOIN (SELECT 1 AS i, get_username() AS u) USING (i)",
            Object::new(),
        ),
    ] {
        let source = sql(text);
        for name in ["ann", "bob", "bob", "charles", "ann"] {
            let rows = database.run(of(name, &source, arguments.clone())).await.unwrap().rows;
            assert_eq!(only(rows), Value::string(name), "{text}");
        }
        // The insert aside, whose caller is somebody.
        let rows = database.run(request(&source, arguments)).await.unwrap().rows;
        assert!(matches!(only(rows), Value::Null) || text.contains("coalesce"), "{text}");
    }
}

/// Arguments of table functions are computed when the statement is bound.
#[tokio::test]
async fn what_is_computed_while_binding_is_not_kept_for_another_caller() {
    let database = Database::with(|options| options.connections = 1);
    for text in [
        "SELECT count(*) FROM range(length(get_username()))",
        "SELECT count(*) FROM range(length(get_request_header('x-name')))",
        "SELECT count(*) FROM range(10) LIMIT length(get_username()) - 2 OFFSET 0",
    ] {
        let source = sql(text);
        for name in ["ann", "charles", "bo1"] {
            let rows = database.run(of(name, &source, Object::new())).await.unwrap().rows;
            let expected = if text.contains("LIMIT") { 10 } else { i64::try_from(name.len()).unwrap() };
            assert_eq!(only(rows), Value::Int(expected), "{text}");
        }
    }
}

/// DuckDB computes a function of a column on all of its threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn millions_of_rows_on_several_threads_have_the_right_caller() {
    let database = Database::with(|options| options.threads = Some(4));
    let source = sql(
        "SELECT count(*) FILTER (get_request_header(h) IS DISTINCT FROM get_username()) AS wrong, count(*) AS n
        FROM (SELECT CASE WHEN i % 2 = 0 THEN 'x-name' ELSE 'X-NAME' END AS h FROM range(2000000) t(i))",
    );
    let expected = r#"{"wrong":0,"n":2000000}"#;
    let (ann, bob) = tokio::join!(
        database.run(of("ann", &source, Object::new())),
        database.run(of("bob", &source, Object::new()))
    );
    for rows in [ann, bob] {
        assert_eq!(Value::Object(rows.unwrap().rows.remove(0)).to_json_text(), expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_beside_each_other_are_never_mixed_up() {
    let database = Arc::new(Database::new());
    let source = sql(
        "SELECT get_username() AS u, get_request_header(h) AS n FROM (SELECT 'x-name' AS h FROM range(3000))",
    );
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let (database, source) = (Arc::clone(&database), Arc::clone(&source));
            tokio::spawn(async move {
                let name = format!("user{number}");
                let rows = database.run(of(&name, &source, Object::new())).await.unwrap().rows;
                let all = rows.iter().flat_map(Object::iter).all(|(_, value)| value.as_str() == Some(&name));
                assert!(all && rows.len() == 3_000);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
