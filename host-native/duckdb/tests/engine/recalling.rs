//! Results that answer further calls: whose they are, where SQL can ask who calls.
//!
//! Each run takes the next number of a sequence, so that a result tells which run it is of.

use std::collections::BTreeMap;
use std::sync::Arc;

use mxcp_core::call::{Call, CallContext, Caller, Headers, OutputValidation, Principal, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::load::{self, Content, DefinitionFile};
use mxcp_core::registry::Registry;
use mxcp_core::value::Value;
use mxcp_duckdb::Engine;
use mxcp_runtime::ports::{NoAudit, SqlEngine};
use mxcp_runtime::{CallScope, Limits, Link, Pipeline, ResultCache};

use crate::support::{Database, json};

fn registry(tools: &[(&str, &str)]) -> Registry {
    let file = |(name, text): &(&str, &str)| DefinitionFile {
        path: format!("tools/{name}.yml"),
        kind: Kind::Tool,
        content: Content::Bytes(format!("tool:\n  name: {name}\n{text}").into_bytes()),
    };
    let loaded = load::parse(tools.iter().map(file).collect()).load(&BTreeMap::new());
    assert_eq!(loaded.registry.endpoints().count(), tools.len(), "{:?}", loaded.files);
    loaded.registry
}

struct Setting {
    pipeline: Pipeline,
    engine: Arc<Engine>,
    _database: Database,
}

/// Tools over a database with a few orders.
async fn setting(tools: &[(&str, &str)]) -> Setting {
    let database = Database::new();
    database
        .rows(
            "CREATE SEQUENCE runs; CREATE TABLE orders AS FROM (VALUES (1, 'north'), (2, 'south'), (3, 'north')) AS o(id, region);
             CREATE VIEW mine AS SELECT get_username() AS who; CREATE MACRO me() AS get_user_email(); SELECT 1",
        )
        .await;
    let path = database.path();
    database.engine.close().await;
    let engine = Arc::new(Engine::new(mxcp_duckdb::Options::new(path)));
    let sql: Arc<dyn SqlEngine> = Arc::<Engine>::clone(&engine);
    let pipeline = Pipeline::new(registry(tools), sql, Arc::new(NoAudit), Limits::default());
    Setting { pipeline: pipeline.with_cache(ResultCache::new(1 << 20)), engine, _database: database }
}

fn user(name: &str, role: &str, region: &str) -> Option<Arc<Principal>> {
    let user = format!(
        r#"{{"user_id": "{name}", "username": "{name}", "email": "{name}@x.org", "role": "{role}", "region": "{region}"}}"#
    );
    Some(Arc::new(Principal::from_context(json(&user), "cli").unwrap()))
}

impl Setting {
    async fn call(&self, tool: &str, principal: Option<Arc<Principal>>, arguments: &str) -> String {
        self.call_with(tool, principal, arguments, Headers::none()).await
    }

    async fn call_with(
        &self,
        tool: &str,
        principal: Option<Arc<Principal>>,
        arguments: &str,
        headers: Headers,
    ) -> String {
        let Value::Object(arguments) = json(arguments) else { panic!("no object") };
        let call = Call {
            kind: Kind::Tool,
            name: tool.to_owned(),
            arguments,
            unknown_arguments: UnknownArguments::Refuse,
            output_validation: OutputValidation::Check,
        };
        let context = CallContext {
            request_id: "r".to_owned(),
            now: "2026-01-15T10:30:45Z".parse().unwrap(),
            caller: Caller::Http,
            principal,
            headers,
            session_id: None,
            trace: None,
        };
        match self.pipeline.call(call, context, Link::default()).await.into_result() {
            Ok(success) => success.value.to_json_text(),
            Err(error) => error.to_string(),
        }
    }
}

/// A tool whose key has the role of the caller and nothing else of him.
fn by_role(code: &str) -> String {
    format!("  cache: {{ttl: 1h, key: [args, user.role]}}\n  source: {{code: \"{code}\"}}\n")
}

#[tokio::test]
async fn two_users_of_one_role_share_what_is_nobodys() {
    let setting = setting(&[("t", &by_role("SELECT nextval('runs') AS run"))]).await;
    let (ada, bob) = (user("ada", "clerk", "north"), user("bob", "clerk", "south"));
    assert_eq!(setting.call("t", ada.clone(), "{}").await, r#"[{"run":1}]"#);
    assert_eq!(setting.call("t", bob, "{}").await, r#"[{"run":1}]"#);
    assert_eq!(setting.call("t", user("eve", "chief", "north"), "{}").await, r#"[{"run":2}]"#);
    assert_eq!(setting.call("t", None, "{}").await, r#"[{"run":3}]"#);
    assert_eq!(setting.call("t", ada, "{}").await, r#"[{"run":1}]"#);
}

#[tokio::test]
async fn two_users_of_one_role_never_see_each_other_where_sql_asks_who_calls() {
    for asking in [
        "get_username()",
        "get_user_email()",
        "(SELECT who FROM mine)",
        "me()",
        "CASE WHEN id > 2 THEN get_username() END",
        "(SELECT max(get_user_email()) FROM range(5000))",
    ] {
        let code = format!("SELECT nextval('runs') AS run, {asking} AS who FROM orders WHERE id = 3");
        let setting = setting(&[("t", &by_role(&code))]).await;
        for round in 0..3 {
            for (number, name) in ["ada", "bob", "cy"].into_iter().enumerate() {
                let said = setting.call("t", user(name, "clerk", "north"), "{}").await;
                assert!(
                    said.starts_with(&format!(r#"[{{"run":{},"#, number + 1)),
                    "{asking} {round}: {said}"
                );
                assert!(said.contains(name), "{asking} {round} {name}: {said}");
            }
            let nobody = setting.call("t", None, "{}").await;
            assert!(nobody.contains(r#""who":null"#), "{asking} {round}: {nobody}");
        }
    }
}

#[tokio::test]
async fn who_calls_may_matter_for_some_arguments_only() {
    let code = "SELECT nextval('runs') AS run, CASE WHEN $own THEN get_username() ELSE 'all' END AS who";
    let parameters = "  parameters: [{name: own, type: boolean}]\n";
    let setting = setting(&[("t", &(parameters.to_owned() + &by_role(code)))]).await;
    for _ in 0..2 {
        for own in ["false", "true", "false"] {
            for name in ["ada", "bob"] {
                let arguments = format!(r#"{{"own": {own}}}"#);
                let said = setting.call("t", user(name, "clerk", "north"), &arguments).await;
                let expected = if own == "true" { name } else { "all" };
                assert!(said.contains(&format!(r#""who":"{expected}""#)), "{said}");
            }
        }
    }
}

#[tokio::test]
async fn headers_and_tokens_tell_callers_apart() {
    let code = "SELECT nextval('runs') AS run, get_request_header('x-tenant') AS tenant";
    let token = "SELECT nextval('runs') AS run, get_user_external_token() AS token";
    let setting = setting(&[("t", &by_role(code)), ("secret", &by_role(token))]).await;
    let of = |tenant: &str| Headers::new([("X-Tenant".to_owned(), tenant.into())]);
    for _ in 0..2 {
        for (run, tenant) in [(1, "north"), (2, "south")] {
            let said = setting.call_with("t", user("ada", "clerk", "x"), "{}", of(tenant)).await;
            assert_eq!(said, format!(r#"[{{"run":{run},"tenant":"{tenant}"}}]"#));
        }
    }
    for token in ["one", "two"] {
        let mut ada = Principal::clone(&user("ada", "clerk", "x").unwrap());
        ada.external_token = Some(mxcp_core::call::Secret::new(token));
        let said = setting.call("secret", Some(Arc::new(ada)), "{}").await;
        assert!(said.contains(token), "{said}");
    }
}

const ROWS: &str = "
  cache: {ttl: 1h, key: [args, user.role]}
  source: {code: \"SELECT id, region, nextval('runs') AS run FROM orders ORDER BY id\"}
  policies:
    output: [{condition: \"true\", action: filter_rows, where: \"row.region == user.region\"}]
";

#[tokio::test]
async fn rows_that_the_database_leaves_out_for_one_user_are_not_missing_for_another() {
    let setting = setting(&[("t", ROWS)]).await;
    for _ in 0..2 {
        let north = setting.call("t", user("ada", "clerk", "north"), "{}").await;
        assert!(
            north.contains("north") && north.contains(r#""id":3"#) && !north.contains("south"),
            "{north}"
        );
        let same = setting.call("t", user("cy", "clerk", "north"), "{}").await;
        assert_eq!(same, north, "the same rows may be seen by both");
        let south = setting.call("t", user("bob", "clerk", "south"), "{}").await;
        assert!(south.contains("south") && !south.contains("north"), "{south}");
        assert_eq!(setting.call("t", user("eve", "clerk", "west"), "{}").await, "[]");
        assert_eq!(setting.call("t", None, "{}").await, "[]");
    }
}

const MASKED: &str = "
  cache: {ttl: 1h, key: [args]}
  source: {code: \"SELECT nextval('runs') AS run, 'DE1234' AS iban\"}
  policies:
    input: [{condition: \"user.role == 'guest'\", action: deny, reason: Not you}]
    output: [{condition: \"user.role != 'chief'\", action: mask_fields, fields: [iban]}]
";

#[tokio::test]
async fn one_result_is_masked_for_one_user_shown_to_another_and_denied_to_a_third() {
    let setting = setting(&[("t", MASKED)]).await;
    for _ in 0..2 {
        assert_eq!(
            setting.call("t", user("eve", "chief", "x"), "{}").await,
            r#"[{"run":1,"iban":"DE1234"}]"#
        );
        let masked = setting.call("t", user("ada", "clerk", "x"), "{}").await;
        assert!(masked.contains(r#""run":1"#) && !masked.contains("DE1234"), "{masked}");
        let denied = setting.call("t", user("guest", "guest", "x"), "{}").await;
        assert_eq!(denied, "Policy enforcement failed: Not you");
    }
}

#[tokio::test]
async fn parameters_that_come_from_the_caller_tell_callers_apart() {
    let text = "
  cache: {ttl: 1h, key: [args]}
  parameters: [{name: owner, type: string, from: user.email}]
  source: {code: \"SELECT nextval('runs') AS run, $owner AS owner\"}
";
    let setting = setting(&[("t", text)]).await;
    for _ in 0..2 {
        for (run, name) in [(1, "ada"), (2, "bob")] {
            let said = setting.call("t", user(name, "clerk", "x"), "{}").await;
            assert_eq!(said, format!(r#"[{{"run":{run},"owner":"{name}@x.org"}}]"#));
        }
    }
}

#[tokio::test]
async fn functions_of_the_project_may_look_at_the_caller() {
    #[derive(Debug)]
    struct Whoami;
    impl mxcp_runtime::ports::SqlFunction for Whoami {
        fn name(&self) -> &str {
            "whoami"
        }
        fn parameters(&self) -> &[mxcp_runtime::ports::SqlType] {
            &[]
        }
        fn returns(&self) -> &mxcp_runtime::ports::SqlType {
            &mxcp_runtime::ports::SqlType::Varchar
        }
        fn evaluate(
            &self,
            _arguments: &[mxcp_runtime::ports::Column<'_>],
            rows: usize,
            scope: &Arc<CallScope>,
        ) -> Result<mxcp_runtime::ports::Results, String> {
            let name = scope.principal.as_ref().map(|user| user.username.clone());
            Ok(mxcp_runtime::ports::Results::Texts(vec![name; rows]))
        }
    }
    let setting = setting(&[("t", &by_role("SELECT whoami() AS who"))]).await;
    setting.engine.define(vec![Arc::new(Whoami)]).await.unwrap();
    for _ in 0..2 {
        for name in ["ada", "bob"] {
            let said = setting.call("t", user(name, "clerk", "x"), "{}").await;
            assert_eq!(said, format!(r#"[{{"who":"{name}"}}]"#));
        }
    }
}

#[tokio::test]
async fn what_this_server_writes_is_seen_at_once() {
    let count = by_role("SELECT count(*) AS orders, nextval('runs') AS run FROM orders");
    let add = "  source: {code: \"INSERT INTO orders VALUES (9, 'west')\"}\n";
    let setting = setting(&[("count", &count), ("add", add)]).await;
    for (orders, run) in [(3, 1), (4, 2), (5, 3)] {
        for _ in 0..2 {
            let said = setting.call("count", None, "{}").await;
            assert_eq!(said, format!(r#"[{{"orders":{orders},"run":{run}}}]"#));
        }
        assert_eq!(setting.call("add", None, "{}").await, r#"[{"Count":1}]"#);
    }
}

#[tokio::test]
async fn values_of_other_kinds_are_other_arguments() {
    let text = "
  cache: {ttl: 1h, key: [args]}
  parameters: [{name: n, type: number}]
  source: {code: \"SELECT nextval('runs') AS run, typeof($n) AS kind\"}
";
    let setting = setting(&[("t", text)]).await;
    let mut seen = Vec::new();
    for n in ["1", "2", "1", "1.5"] {
        seen.push(setting.call("t", None, &format!(r#"{{"n": {n}}}"#)).await);
    }
    assert_eq!(seen[0], seen[2]);
    assert!(seen[0] != seen[1] && seen[3] != seen[0], "{seen:?}");
}
