//! Calls that run at the origin.

use std::collections::BTreeMap;

use mxcp_core::call::{Call, CallContext, Caller, Headers, OutputValidation, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::registry::{Output, Registry, Rows, Success};
use mxcp_core::value::{ExactNumber, Object, Value};
use mxcp_mcp::{exact, wire};
use mxcp_token::{Assertion, AssertionKey, CallDigest};
use serde_json::{Value as Json, json};

use super::access::{self, token};
use super::{Edge, KEY, NOW, Outside, bundle, message, post, with};
use crate::host::{FetchError, Fetched};

fn answer(message: &Json) -> Fetched {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Fetched { status: 200, headers, body: message.to_string().into_bytes() }
}

/// What a native server gives for a call whose engine gives `output`.
fn native(registry: &Registry, kind: Kind, name: &str, output: Output) -> (Success, bool) {
    let context = CallContext {
        request_id: "r".into(),
        now: chrono::DateTime::from_timestamp(NOW, 0).unwrap(),
        caller: Caller::Http,
        principal: None,
        headers: Headers::none(),
        session_id: None,
        trace: None,
    };
    let arguments = if kind == Kind::Resource {
        [("day", Value::string("x"))].into_iter().collect()
    } else {
        Object::new()
    };
    let call = Call {
        kind,
        name: name.into(),
        arguments,
        unknown_arguments: UnknownArguments::Drop,
        output_validation: OutputValidation::Check,
    };
    let reply = registry.prepare(call, context).unwrap_or_else(|_| panic!("refused")).finish(Ok(output));
    let binary = reply.is_binary();
    (reply.into_result().unwrap(), binary)
}

/// An origin whose engine gives `output` for everything.
fn origin(kind: Kind, name: &'static str, output: Output) -> Outside {
    let registry = bundle().load().registry;
    Box::new(move |_| {
        let (success, binary) = native(&registry, kind, name, output.clone());
        let meta = exact::encode(&success, binary);
        Ok(answer(
            &json!({"jsonrpc": "2.0", "id": 1, "result": {"resultType": "complete", "content": [], "_meta": meta}}),
        ))
    })
}

fn rows(rows: &[&[(&str, Value)]]) -> Output {
    let object = |row: &&[(&str, Value)]| row.iter().map(|(key, value)| (*key, value.clone())).collect();
    Output::Rows(Rows { columns: Vec::new(), rows: rows.iter().map(object).collect() })
}

/// What the edge gives for a tool is what a native server gives for it.
#[track_caller]
fn same(name: &'static str, output: Output) {
    let registry = bundle().load().registry;
    let (success, _) = native(&registry, Kind::Tool, name, output.clone());
    let expected =
        serde_json::to_value(wire::success(&success, registry.get(Kind::Tool, name).unwrap().delivery.text))
            .unwrap();
    let mut edge = Edge::anonymous();
    edge.host.outside = origin(Kind::Tool, name, output);
    let given = &edge.ask("tools/call", json!({ "name": name }))["result"];
    for key in ["content", "structuredContent", "isError"] {
        assert_eq!(
            given.get(key).map(Json::to_string),
            expected.get(key).map(Json::to_string),
            "{key}: {given}"
        );
    }
}

#[test]
fn what_the_origin_gives_is_given_as_a_native_server_gives_it() {
    let day = Value::Date(chrono::NaiveDate::from_ymd_opt(2026, 1, 2).unwrap());
    let price = Value::Number(ExactNumber::from_decimal(12_345_678_901_234_567_890_123, 2));
    let nested = Value::from_json(json!([[1, [null]], [], {"result": [1]}]));
    let full = [
        ("id", Value::Int(7)),
        ("day", day),
        ("price", price.clone()),
        ("note", Value::Null),
        ("nested", nested.clone()),
    ];
    for name in ["rows", "untyped"] {
        let without_null: Vec<_> = full.iter().filter(|(_, value)| !value.is_null()).cloned().collect();
        same(name, rows(&[&without_null, &without_null]));
        same(name, rows(&[&without_null]));
        same(name, rows(&[]));
    }
    same("untyped", rows(&[&full]));
    same("table", rows(&[&full, &full]));
    for value in
        [json!(7), json!(7.0), json!("7"), json!(null), json!([null, "a", [[1]]]), json!({"result": [1]})]
    {
        same("untyped", Output::Value(Value::from_json(value)));
    }
    same("number", Output::Value(price));
    same("object", Output::Value(Value::from_json(json!({"result": [1]}))));
    same("object", Output::Value(Value::from_json(json!({"b": {"z": null}, "a": 1.50}))));
    same(
        "untyped",
        Output::Content(Value::from_json(
            json!([{"type": "image", "data": "AP8=", "mimeType": "image/png"}]),
        )),
    );
    same("picture", Output::Value(Value::from_json(json!({"text": "see", "image": "AP8="}))));
}

#[test]
fn what_a_policy_removed_at_the_origin_stays_removed_and_is_not_missed_here() {
    same("salaries", rows(&[&[("name", Value::string("Ada")), ("salary", Value::Int(5))]]));
    // An origin that forgets its policy does not get what is sensitive past this edge.
    let mut edge = Edge::anonymous();
    edge.host.outside = Box::new(|_| {
        let exact = json!({"form": "value", "value": {"name": "Ada", "salary": 5}});
        Ok(answer(&json!({"jsonrpc": "2.0", "id": 1, "result": {"_meta": {exact::VALUE: exact}}})))
    });
    let given = edge.ask("tools/call", json!({"name": "salaries"}));
    assert_eq!(given["result"]["structuredContent"], json!({"name": "Ada"}));
}

#[test]
fn a_value_that_is_not_what_the_definition_promises_is_refused() {
    let mut edge = Edge::anonymous();
    edge.host.outside = Box::new(|_| {
        let exact = json!({"form": "value", "value": "many"});
        Ok(answer(&json!({"jsonrpc": "2.0", "id": 1, "result": {"_meta": {exact::VALUE: exact}}})))
    });
    let given = edge.ask("tools/call", json!({"name": "number"}));
    let text = given["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("Error executing tool number: Output validation failed"), "{text}");
}

#[test]
fn resources_are_read_at_the_origin_texts_and_bytes() {
    let read = |output: Output| {
        let mut edge = Edge::anonymous();
        edge.host.outside = origin(Kind::Resource, "days://{day}", output);
        let answer = edge.ask("resources/read", json!({"uri": "days://x"}));
        let sent: Json = serde_json::from_slice(&edge.host.fetched[0].body).unwrap();
        assert_eq!((&sent["method"], &sent["params"]["uri"]), (&json!("resources/read"), &json!("days://x")));
        answer["result"]["contents"][0].clone()
    };
    let bytes = read(Output::Value(Value::Bytes(vec![0, 255])));
    assert_eq!(bytes, json!({"uri": "days://x", "mimeType": "application/octet-stream", "blob": "AP8="}));
    assert_eq!(read(Output::Value(Value::string("AP8=")))["text"], "AP8=");
    assert_eq!(read(rows(&[&[("a", Value::Int(1))]]))["text"], "[\n  {\n    \"a\": 1\n  }\n]");
}

#[test]
fn the_origin_is_told_who_calls_what_and_never_the_callers_token() {
    let upstream = token("k1", "admin", NOW + 60);
    let mut edge =
        access::edge(&[("MXCP_EDGE_ORIGIN", "https://origin.example/mcp"), ("MXCP_EDGE_KEY", KEY)]);
    edge.host.outside = origin(Kind::Tool, "untyped", rows(&[]));
    let arguments = json!({"name": "rows", "arguments": {"day": "today"}});
    let mut request =
        with(post(&message("tools/call", arguments)), "Authorization", &format!("Bearer {upstream}"));
    request = with(with(request, "Cookie", "a=b"), "X-Tenant", "north");
    assert_eq!(edge.send(&request).status, 200);
    let fetch = &edge.host.fetched[0];
    let headers: BTreeMap<&str, &str> =
        fetch.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(headers["x-tenant"], "north");
    assert_eq!((headers["mcp-method"], headers["mcp-name"]), ("tools/call", "rows"));
    assert!(!headers.contains_key("cookie") && !headers.contains_key("host"));
    let everything = format!("{:?} {}", fetch.headers, String::from_utf8_lossy(&fetch.body));
    assert!(!everything.contains(&upstream));
    let body: Json = serde_json::from_slice(&fetch.body).unwrap();
    let key = AssertionKey::new(KEY.as_bytes()).unwrap();
    let assertion = headers["authorization"].strip_prefix("Bearer ").unwrap();
    let call = CallDigest::of_request(&body).unwrap();
    let asserted = Assertion::verify(&key, assertion, "mxcp-origin", NOW, &call).unwrap();
    let user = asserted.user.unwrap();
    assert_eq!((&user["user_id"], &user["raw_profile"]["role"]), (&json!("u1"), &json!("admin")));
    let other = json!({"method": "tools/call", "params": {"name": "rows", "arguments": {"day": "other"}}});
    let other = CallDigest::of_request(&other).unwrap();
    assert!(Assertion::verify(&key, assertion, "mxcp-origin", NOW, &other).is_err());
}

#[test]
fn a_component_that_may_reach_more_than_the_built_in_one_runs_at_the_origin() {
    let mut edge = Edge::anonymous();
    edge.host.outside = Box::new(|_| {
        let exact = json!({"form": "value", "value": 9});
        Ok(answer(&json!({"jsonrpc": "2.0", "id": 1, "result": {"_meta": {exact::VALUE: exact}}})))
    });
    let given = edge.ask("tools/call", json!({"name": "reaching", "arguments": {"max_items": 1}}));
    assert_eq!(given["result"]["content"][0]["text"], "9");
    assert!(edge.host.invoked.is_empty());
}

#[test]
fn failures_of_the_origin_are_failures_of_the_call() {
    let told = |outside: Outside| {
        let mut edge = Edge::anonymous();
        edge.host.outside = outside;
        let answer = edge.ask("tools/call", json!({"name": "untyped"}));
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    };
    let with_status = |status, body: &str| {
        let body = body.as_bytes().to_vec();
        told(Box::new(move |_| Ok(Fetched { status, headers: Vec::new(), body: body.clone() })))
    };
    let result = |result: Json| told(Box::new(move |_| Ok(answer(&json!({"id": 1, "result": result})))));
    let prefix = "Error executing tool untyped: ";
    assert_eq!(
        told(Box::new(|_| Err(FetchError::Unreachable))),
        format!("{prefix}origin server: it can't be reached")
    );
    assert_eq!(
        told(Box::new(|_| Err(FetchError::TimedOut))),
        format!("{prefix}origin server: it did not answer in time")
    );
    assert_eq!(with_status(401, "{}"), format!("{prefix}origin server: it does not take this edge's word"));
    assert_eq!(with_status(302, ""), format!("{prefix}origin server: it answers somewhere else"));
    assert_eq!(with_status(200, "<html>"), format!("{prefix}origin server: its answer is no message"));
    let error = json!({"isError": true, "content": [{"type": "text", "text": format!("{prefix}Failed to execute SQL: no")}]});
    assert_eq!(result(error), format!("{prefix}Failed to execute SQL: no"));
    let refused =
        |_: &_| Ok(answer(&json!({"id": 1, "error": {"code": -32602, "message": "Unknown tool: untyped"}})));
    assert_eq!(told(Box::new(refused)), format!("{prefix}Unknown tool: untyped"));
    assert!(result(json!({"content": []})).contains("no exact value"));
    assert!(result(json!(null)).contains("no exact value"));
}

#[test]
fn without_an_origin_what_it_would_run_says_so() {
    let mut edge = Edge::new(&[("MXCP_EDGE_ANONYMOUS", "true")]);
    let answer = edge.ask("tools/call", json!({"name": "untyped"}));
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("there is none"), "{text}");
    assert!(edge.host.fetched.is_empty());
}

#[test]
fn an_answer_may_come_as_a_stream() {
    let mut edge = Edge::anonymous();
    edge.host.outside = Box::new(|_| {
        let exact = json!({"form": "value", "value": 9});
        let result = json!({"jsonrpc": "2.0", "id": 1, "result": {"_meta": {exact::VALUE: exact}}});
        let body =
            format!("data: {{\"method\":\"notifications/progress\"}}\n\nevent: message\ndata: {result}\n\n");
        let headers = vec![("Content-Type".to_owned(), "text/event-stream".to_owned())];
        Ok(Fetched { status: 200, headers, body: body.into_bytes() })
    });
    assert_eq!(edge.ask("tools/call", json!({"name": "untyped"}))["result"]["content"][0]["text"], "9");
}
