//! Calls of one request and one answer, each with all that its answer has to say.

use std::sync::atomic::Ordering;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::caller::{Caller, expect};
use super::request::Request;

/// How often each kind of call is made, in relation to the others.
const KINDS: &[(&str, u64)] = &[
    ("SQL: read", 18),
    ("SQL: write", 8),
    ("SQL: read back", 6),
    ("SQL: insert and delete", 2),
    ("SQL: 500 rows", 2),
    ("SQL: a changing definition", 6),
    ("Python", 8),
    ("Python: coroutine", 6),
    ("Python: in a transaction", 4),
    ("component", 8),
    ("component: the caller", 5),
    ("component in SQL", 4),
    ("resource", 5),
    ("prompt", 5),
    ("cached for all", 4),
    ("cached for the caller", 3),
    ("rows and fields filtered", 4),
    ("allowed or denied", 4),
    ("bad arguments", 2),
    ("unknown tool", 1),
    ("listing of tools", 1),
];

/// A call: what is sent, how it is recorded, and what comes back.
struct Call {
    request: Request,
    record: Option<&'static str>,
    expected: Vec<(&'static str, Value)>,
}

/// Makes a call of some kind.
pub(super) async fn make(caller: &mut Caller) -> Result<()> {
    let mut at = caller.dice.below(KINDS.iter().map(|(_, weight)| weight).sum());
    let mut kind = "";
    for (name, weight) in KINDS {
        kind = name;
        match at.checked_sub(*weight) {
            Some(rest) => at = rest,
            None => break,
        }
    }
    if kind == "SQL: a changing definition" {
        return changing(caller, kind).await;
    }
    let n = caller.dice.below(1_000_000);
    let call = call(kind, caller, n);
    let answer = caller.ask(&call.request).await?;
    if let Some(record) = call.record {
        caller.ground.tally.recorded(record);
    }
    for (pointer, expected) in &call.expected {
        expect(&answer, pointer, expected)?;
    }
    if kind == "SQL: write" {
        caller.written = Some(n);
    }
    if kind == "SQL: 500 rows" {
        let rows = answer.pointer("/result/structuredContent/result").and_then(Value::as_array);
        ensure!(rows.is_some_and(|rows| rows.len() == 500), "WRONG ANSWER: not 500 rows");
    }
    caller.ground.tally.answered(kind, caller.sent());
    Ok(())
}

fn call(kind: &str, caller: &Caller, n: u64) -> Call {
    let (person, token) = (&caller.person, caller.token.as_str());
    let who = json!(person.id);
    let tool = |record: &'static str, arguments: Value, expected: Vec<(&'static str, Value)>| Call {
        request: Request::call(record.trim_start_matches("tool:"), &arguments, token),
        record: Some(record),
        expected,
    };
    let structured = |value: Value| vec![("/result/structuredContent", value)];
    let whose = |n: u64| structured(json!({ "n": n, "who": who, "by_sql": who }));
    match kind {
        "SQL: write" => tool(
            "tool:write",
            json!({ "slot": person.number, "n": n }),
            structured(json!({ "n": n, "who": who })),
        ),
        "SQL: read back" => match caller.written {
            Some(written) => tool(
                "tool:slot",
                json!({ "slot": person.number }),
                structured(json!({ "n": written, "who": who })),
            ),
            None => {
                tool("tool:slot", json!({ "slot": person.number }), vec![("/result/isError", json!(false))])
            }
        },
        "SQL: insert and delete" => {
            tool("tool:churn", json!({ "slot": person.number }), structured(json!({ "put": 20, "left": 0 })))
        }
        "SQL: 500 rows" => tool(
            "tool:listing",
            json!({ "rows": 500 }),
            vec![
                ("/result/structuredContent/result/499/id", json!(499)),
                ("/result/structuredContent/result/499/who", who),
            ],
        ),
        "Python" => tool("tool:mine", json!({ "n": n }), whose(n)),
        "Python: coroutine" => tool("tool:mine_async", json!({ "n": n }), whose(n)),
        "Python: in a transaction" => tool("tool:in_a_transaction", json!({ "n": n }), whose(n)),
        "component" => tool(
            "tool:add",
            json!({ "a": n, "b": 1 }),
            vec![("/result/structuredContent/result", json!(n + 1))],
        ),
        "component: the caller" => {
            tool("tool:who", json!({}), vec![("/result/structuredContent/result", who)])
        }
        "component in SQL" => {
            // Half of 0 + … + (n - 1).
            let n = n % 500;
            let sum = (n * n.saturating_sub(1)) as f64 / 4.0;
            let expected = if n == 0 { Value::Null } else { json!(sum) };
            tool("tool:halved", json!({ "n": n }), vec![("/result/structuredContent/sum", expected)])
        }
        "resource" => Call {
            request: Request::alone("resources/read", json!({ "uri": format!("note://{n}") }), token),
            record: Some("resource:note://{n}"),
            expected: vec![(
                "/result/contents/0/text",
                json!(format!("{{\n  \"n\": {n},\n  \"who\": \"{}\"\n}}", person.id)),
            )],
        },
        "prompt" => {
            let params = json!({ "name": "letter", "arguments": { "to": format!("{} {n}", person.id) } });
            let text = json!(format!("Write to {} {n}", person.id));
            Call {
                request: Request::alone("prompts/get", params, token),
                record: Some("prompt:letter"),
                expected: vec![("/result/messages/0/content/text", text)],
            }
        }
        "cached for all" => {
            let n = n % 40;
            tool("tool:kept", json!({ "n": n }), structured(json!({ "n": n, "squared": n * n })))
        }
        "cached for the caller" => {
            let n = n % 5;
            tool("tool:kept_mine", json!({ "n": n }), structured(json!({ "n": n, "who": who })))
        }
        "rows and fields filtered" => {
            let ids = (0..10).filter(|id| (id % 2 == 0) == (person.region == "north"));
            let row = |id: i32| match person.is_admin() {
                true => json!({
                    "id": id, "region": person.region, "salary": format!("pay-{id}"), "pin": format!("pin-{id}"),
                }),
                false => json!({ "id": id, "region": person.region, "salary": "****" }),
            };
            let rows: Vec<Value> = ids.map(row).collect();
            tool("tool:staff", json!({}), vec![("/result/structuredContent/result", json!(rows))])
        }
        "allowed or denied" if person.is_admin() => {
            tool("tool:admins", json!({ "n": n }), structured(json!({ "n": n })))
        }
        "allowed or denied" => tool(
            "tool:admins",
            json!({ "n": n }),
            vec![
                ("/result/isError", json!(true)),
                (
                    "/result/content/0/text",
                    json!("Error executing tool admins: Policy enforcement failed: Not you"),
                ),
            ],
        ),
        "bad arguments" => tool("tool:read", json!({ "n": "many" }), vec![("/result/isError", json!(true))]),
        "unknown tool" => Call {
            request: Request::call("nothing", &json!({}), token),
            record: Some("tool:nothing"),
            expected: vec![("/error/code", json!(-32602))],
        },
        "listing of tools" => Call {
            request: Request::alone("tools/list", json!({}), token),
            record: None,
            expected: vec![("/result/tools/0/name", json!("add"))],
        },
        _ => tool("tool:read", json!({ "n": n }), structured(json!({ "doubled": 2 * n, "who": who }))),
    }
}

/// The round that a call is told is none before the one that was confirmed when it began, and none that nobody wrote yet.
async fn changing(caller: &mut Caller, kind: &str) -> Result<()> {
    let confirmed = caller.ground.confirmed.load(Ordering::SeqCst);
    let answer = caller.ask(&Request::call("changing", &json!({}), &caller.token.clone())).await?;
    let given = caller.ground.given.load(Ordering::SeqCst);
    caller.ground.tally.recorded("tool:changing");
    let round = answer.pointer("/result/structuredContent/result").and_then(Value::as_u64);
    let right = round.is_some_and(|round| (confirmed..=given).contains(&round));
    ensure!(right, "WRONG ANSWER: not from {confirmed} to {given}: {answer}");
    caller.ground.tally.answered(kind, caller.sent());
    Ok(())
}
