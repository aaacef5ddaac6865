//! What every host must answer, whoever asks.

use mxcp_test_support::provider::{Provider, now};
use serde_json::{Value as Json, json};

use super::caller::{Answer, Caller};

/// Callers' roles, in the order in which the table has their answers.
const ROLES: [&str; 3] = ["admin", "staff", "guest"];

/// What comes of a request.
#[derive(Clone)]
enum Expected {
    /// These values.
    Gives(Json),
    /// A tool that fails and says something with this in it.
    Fails(&'static str),
    /// An error of the protocol with this in its message.
    Error(i64, &'static str),
}

use Expected::{Error, Fails, Gives};

/// One request and what comes of it for each role.
struct Asked {
    method: &'static str,
    params: Json,
    expected: [Expected; 3],
}

fn all(method: &'static str, params: Json, expected: Expected) -> Asked {
    Asked { method, params, expected: [expected.clone(), expected.clone(), expected] }
}

fn tool(name: &str, arguments: Json, expected: Expected) -> Asked {
    all("tools/call", json!({ "name": name, "arguments": arguments }), expected)
}

fn tool_by_role(name: &str, arguments: Json, expected: [Expected; 3]) -> Asked {
    Asked { expected, ..tool(name, arguments, Gives(Json::Null)) }
}

fn resource(uri: &str, expected: Expected) -> Asked {
    all("resources/read", json!({ "uri": uri }), expected)
}

fn prompt(arguments: Json, expected: Expected) -> Asked {
    all("prompts/get", json!({ "name": "greet", "arguments": arguments }), expected)
}

/// Components, at the edge.
fn components() -> Vec<Asked> {
    let both = |admin: Json, others: Json| [Gives(admin), Gives(others.clone()), Gives(others)];
    let denied = |admin: Json, says| [Gives(admin), Fails(says), Fails(says)];
    vec![
        tool("add", json!({ "a": 2, "b": 3 }), Gives(json!([5]))),
        tool("add", json!({ "a": 2 }), Gives(json!([3]))),
        tool("add", json!({ "a": 2, "unknown": true }), Gives(json!([3]))),
        tool_by_role(
            "add",
            json!({ "a": 9_007_199_254_740_993_i64, "b": 0 }),
            denied(json!([9_007_199_254_740_993_i64]), "Small numbers only"),
        ),
        tool_by_role("add", json!({ "a": 12 }), denied(json!([13]), "Unlucky")),
        tool("add", json!({ "a": "two" }), Fails("a")),
        tool("add", json!({ "a": 1.5 }), Fails("a")),
        tool("add", json!({ "a": null }), Fails("a")),
        tool("add", json!({ "b": 1 }), Fails("a")),
        tool_by_role(
            "counted",
            json!({ "a": 2 }),
            [Gives(json!([3])), Gives(json!([3])), Fails("No capability")],
        ),
        tool_by_role(
            "counted",
            json!({ "a": 20 }),
            [Gives(json!([21])), Fails("No permission"), Fails("No capability")],
        ),
        tool("divide", json!({ "a": 7, "b": 2 }), Gives(json!([3]))),
        tool("divide", json!({ "a": 7, "b": 0 }), Fails("7 can't be divided by 0")),
        tool_by_role(
            "count_words",
            json!({ "text": "a grüß 🐘🐘" }),
            both(json!([{ "words": 3, "longest": "🐘🐘" }]), json!([{ "words": 3, "longest": "****" }])),
        ),
        tool(
            "points",
            json!({ "value": [{ "x": 1 }, { "x": -2_147_483_648_i64, "label_text": "b" }] }),
            Gives(json!([{ "x": 1, "label_text": null }, { "x": -2_147_483_648_i64, "label_text": "b" }])),
        ),
        tool("points", json!({ "value": [{ "x": 2_147_483_648_i64 }] }), Fails("x")),
        tool("points", json!({ "value": [] }), Gives(json!([]))),
        tool("bytes", json!({ "value": "AAEC/w==" }), Gives(json!(["AAEC/w=="]))),
        tool("remember", json!({}), Gives(json!([1]))),
        tool("remember", json!({}), Gives(json!([1]))),
        tool("read_file", json!({ "path": "/etc/hostname" }), Fails("os error")),
        all("tools/call", json!({ "name": "nowhere", "arguments": {} }), Error(-32602, "nowhere")),
    ]
}

/// SQL, and a component that asks the database: at the origin.
fn forwarded() -> Vec<Asked> {
    // As text, because numbers keep the digits that the database gave them.
    let whole: Json = serde_json::from_str(
        r#"[
            {
                "id": 9007199254740993, "placed_at": "2026-01-02T03:04:05.678000", "day": "2026-01-02", "total": 39.70,
                "open": true, "note": "grüße 🐘", "email": "a@example.org", "card": "4111"
            },
            {
                "id": 1, "placed_at": "2025-01-01T00:00:00", "day": "2025-01-01", "total": 1000000.00,
                "open": true, "note": "x", "email": "c@example.org", "card": "4333"
            }
        ]"#,
    )
    .unwrap();
    let lines = |id: u32| -> Json {
        let text = format!(r#"[[{{"id": {id}, "price": 2.50, "day": "2026-01-02T00:00:00"}}]]"#);
        serde_json::from_str(&text).unwrap()
    };
    let mut part = whole.clone();
    for order in part.as_array_mut().unwrap() {
        order.as_object_mut().unwrap().retain(|key, _| key != "note" && key != "card");
        order["email"] = json!("****");
    }
    let guests = || Fails("Guests see no orders");
    vec![
        tool_by_role("orders", json!({ "status": "open" }), [Gives(whole), Gives(part), guests()]),
        tool_by_role("orders", json!({ "limit": 0 }), [Fails("limit"), Fails("limit"), Fails("limit")]),
        tool("orders", json!({ "status": "lost" }), Fails("status")),
        tool("orders", json!({ "limit": "two" }), Fails("limit")),
        tool_by_role(
            "who",
            json!({}),
            ROLES.map(|role| Gives(json!([{ "name": role, "email": format!("{role}@example.org") }]))),
        ),
        tool_by_role(
            "counted_there",
            json!({ "a": 20 }),
            [Gives(json!([21])), Fails("No permission"), Fails("No capability")],
        ),
        tool("broken", json!({ "text": "luck" }), Fails("no luck")),
        tool("dishonest", json!({}), Fails("dishonest")),
        tool_by_role(
            "vault",
            json!({ "number": 21 }),
            [Gives(json!([42])), Error(-32602, "vault"), Error(-32602, "vault")],
        ),
        tool_by_role(
            "vault",
            json!({ "number": "x" }),
            [Fails("number"), Error(-32602, "vault"), Error(-32602, "vault")],
        ),
        tool("sum_of_query", json!({ "up_to": 4 }), Gives(json!([10]))),
        resource("note://today", Gives(json!(["nothing new"]))),
        resource("order://5/lines", Gives(lines(5))),
        Asked {
            expected: [Gives(lines(17)), Error(-32603, "Not this one"), Error(-32603, "Not this one")],
            ..resource("order://17/lines", Gives(Json::Null))
        },
        resource("order://0/lines", Error(-32602, "Value must be >= 1")),
        resource("words://one%20two", Gives(json!([{ "words": 2, "longest": "two" }]))),
    ]
}

/// Prompts, completions and lists.
fn others() -> Vec<Asked> {
    let reference = json!({ "type": "ref/prompt", "name": "greet" });
    let complete =
        |name: &str, value: &str| json!({ "ref": reference, "argument": { "name": name, "value": value } });
    let tools = |hidden: &[&str]| {
        let mut names = vec![
            "add",
            "broken",
            "bytes",
            "count_words",
            "counted",
            "counted_there",
            "dishonest",
            "divide",
            "orders",
            "points",
            "read_file",
            "remember",
            "sum_of_query",
            "vault",
            "who",
        ];
        names.retain(|name| !hidden.contains(name));
        Gives(json!(names))
    };
    vec![
        prompt(json!({ "who": "Ada" }), Gives(json!(["Greet Ada, warm.", "Hello ADA!"]))),
        Asked {
            expected: [
                Gives(json!(["Greet Ada, cold.", "Hello ADA!"])),
                Gives(json!(["Greet Ada, cold.", "Hello ADA!"])),
                Error(-32603, "Be nice"),
            ],
            ..prompt(json!({ "who": "Ada", "tone": "cold" }), Gives(Json::Null))
        },
        prompt(json!({}), Error(-32602, "who")),
        prompt(json!({ "who": "Ada", "tone": "hot" }), Error(-32602, "tone")),
        all("prompts/get", json!({ "name": "nowhere" }), Error(-32602, "nowhere")),
        all("completion/complete", complete("who", "A"), Gives(json!(["Ada", "Alan", "Grace"]))),
        all("completion/complete", complete("tone", "c"), Gives(json!(["cold"]))),
        Asked {
            // Whoever may never call a tool does not see it.
            expected: [
                tools(&[]),
                tools(&["vault"]),
                tools(&["counted", "counted_there", "orders", "vault"]),
            ],
            ..all("tools/list", json!({}), Gives(Json::Null))
        },
        all("resources/list", json!({}), Gives(json!(["note://today"]))),
        all("resources/templates/list", json!({}), Gives(json!(["order://{id}/lines", "words://{text}"]))),
        all("prompts/list", json!({}), Gives(json!(["greet"]))),
        all("no/such/method", json!({}), Error(-32601, "no/such/method")),
    ]
}

/// Asks everything in both eras for every role, and gives what was answered, for comparison. What a host is called in
/// its greeting, and what news it promises, is its own. What was not answered as it should be is added to `problems`.
pub(super) fn accept(
    host: &str,
    url: &str,
    provider: &Provider,
    problems: &mut Vec<String>,
) -> Vec<(String, Answer)> {
    let mut transcript = Vec::new();
    for modern in [false, true] {
        for (index, role) in ROLES.iter().enumerate() {
            let claims =
                json!({ "role": role, "email": format!("{role}@example.org"), "preferred_username": role });
            let token = provider.token(&format!("id-{role}"), &claims).unwrap();
            let mut caller = Caller::new(url, Some(&token), modern);
            let mut greeting = caller.begin();
            assert_eq!(greeting.status, 200, "{host}: {greeting:?}");
            for offered in ["tools", "resources", "prompts", "completions"] {
                assert!(greeting.body["result"]["capabilities"][offered].is_object(), "{host}: {greeting:?}");
            }
            greeting.body["result"]["capabilities"] = Json::Null;
            transcript.push((format!("{role} {modern} greeting"), greeting));
            for asked in components().into_iter().chain(forwarded()).chain(others()) {
                let label = format!("{role}, modern {modern}: {} {}", asked.method, asked.params);
                let answer = caller.ask(asked.method, asked.params);
                let outcome = answer.outcome();
                let fine = match &asked.expected[index] {
                    Gives(values) => outcome["gives"] == *values,
                    Fails(says) => outcome["fails"].as_str().is_some_and(|said| said.contains(says)),
                    Error(code, says) => {
                        let message = outcome["error"][1].as_str();
                        outcome["error"][0] == *code && message.is_some_and(|said| said.contains(says))
                    }
                };
                if !fine {
                    problems.push(format!("{host}, {label}: {} {outcome}", answer.status));
                }
                transcript.push((label, answer));
            }
        }
    }
    transcript
}

/// Whoever proves nothing gets nothing, with the first key of the provider retired and the second in use. Gives what was
/// answered, without the challenge, which names the host.
pub(super) fn refuse(host: &str, url: &str, provider: &Provider) -> Vec<(u16, Json)> {
    let good = provider.token("u1", &json!({})).unwrap();
    let tokens = [
        None,
        Some("opaque".to_owned()),
        Some(provider.token("u1", &json!({ "exp": now().unwrap() - 120 })).unwrap()),
        Some(provider.token("u1", &json!({ "aud": "other" })).unwrap()),
        Some(provider.token("u1", &json!({ "iss": "https://other.example" })).unwrap()),
        Some(provider.forged("u1", "key-1").unwrap()),
        Some(provider.forged("u1", "key-2").unwrap()),
        Some(provider.forged("u1", "made-up").unwrap()),
        good.get(..good.len() - 4).map(|start| format!("{start}AAAA")),
    ];
    let mut answers = Vec::new();
    for modern in [false, true] {
        for token in &tokens {
            let mut caller = Caller::new(url, token.as_deref(), modern);
            let answer = caller.ask("tools/call", json!({ "name": "add", "arguments": { "a": 1 } }));
            assert_eq!(answer.status, 401, "{host} {token:?}: {answer:?}");
            let challenge = answer.challenge.unwrap_or_default();
            assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{host}: {challenge}");
            assert!(!answer.body.to_string().contains("result"), "{host}: {}", answer.body);
            answers.push((answer.status, answer.body));
        }
    }
    answers
}

/// Whoever has a good token gets an answer.
pub(super) fn let_in(host: &str, url: &str, provider: &Provider) {
    let token = provider.token("u1", &json!({})).unwrap();
    let mut caller = Caller::new(url, Some(&token), true);
    let answer = caller.ask("tools/call", json!({ "name": "add", "arguments": { "a": 1 } }));
    assert_eq!(answer.outcome(), json!({ "gives": [2] }), "{host}: {answer:?}");
}

/// Without the origin, what runs there fails and says why; the rest goes on.
pub(super) fn go_on_alone(host: &str, url: &str, provider: &Provider, says: &str) {
    let token = provider.token("id-admin", &json!({ "role": "admin" })).unwrap();
    for modern in [false, true] {
        let mut caller = Caller::new(url, Some(&token), modern);
        caller.begin();
        let mut call = |name: &str, arguments: Json| {
            caller.ask("tools/call", json!({ "name": name, "arguments": arguments })).outcome()
        };
        let said = call("vault", json!({}));
        let said = said["fails"].as_str().unwrap_or_else(|| panic!("{host}: {said}"));
        assert!(said.contains("origin server: ") && said.contains(says), "{host}: {said}");
        assert_eq!(call("add", json!({ "a": 1 })), json!({ "gives": [2] }), "{host}");
        let answer = caller.ask("resources/read", json!({ "uri": "note://today" })).outcome();
        assert!(answer["error"][1].as_str().is_some_and(|said| said.contains("origin server")), "{answer}");
        let answer = caller.ask("prompts/get", json!({ "name": "greet", "arguments": { "who": "Ada" } }));
        assert_eq!(answer.outcome()["gives"][1], "Hello ADA!", "{host}");
    }
}
