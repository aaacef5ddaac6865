//! What depends on who calls beside conditions: approvals, and parameters that come from the caller.

use mxcp_core::definition::Kind;
use mxcp_core::value::Value;
use serde_json::{Value as Json, json};

use super::access::{self, token};
use super::{Edge, KEY, NOW, body, bundle, definition, message, post, with};
use crate::front::Front;
use crate::host::FetchError;

/// The edge with a tool of its own.
fn with_tool(mut edge: Edge, name: &str, rest: &str) -> Edge {
    let mut project = bundle();
    let text = format!("tool: {{name: {name}, source: {{code: SELECT 1}}, {rest}}}");
    project.definitions.push(definition(Kind::Tool, name, &text));
    edge.front = Front::new(project).unwrap();
    edge
}

#[test]
fn what_a_person_must_approve_is_denied_and_not_forwarded() {
    let rule = "policies: {input: [{condition: 'true', action: ask, reason: 'Sure?'}]}";
    let mut edge = with_tool(Edge::anonymous(), "asking", rule);
    let given = edge.ask("tools/call", json!({"name": "asking"}));
    assert_eq!(
        given["result"]["content"][0]["text"],
        "Error executing tool asking: Policy enforcement failed: Sure? (not approved: nobody can be asked here)"
    );
    assert!(edge.host.fetched.is_empty());
}

#[test]
fn what_comes_from_the_caller_is_filled_in_here_and_not_sent_as_an_argument() {
    let settings = [("MXCP_EDGE_ORIGIN", "https://origin.example/mcp"), ("MXCP_EDGE_KEY", KEY)];
    let taken = "parameters: [{name: who, type: string, from: user.id}, {name: role, type: string, enum: [admin], from: user.role}]";
    let mut edge = with_tool(access::edge(&settings), "mine", taken);
    edge.host.outside = Box::new(|_| Err(FetchError::Unreachable));
    let mut call = |role: &str, arguments: Json| {
        let text = message("tools/call", json!({"name": "mine", "arguments": arguments}));
        let token = format!("Bearer {}", token("k1", role, NOW + 60));
        let answer = body(&edge.send(&with(post(&text), "Authorization", &token)));
        let sent =
            edge.host.fetched.pop().map(|fetch| Value::parse_json(&String::from_utf8_lossy(&fetch.body)));
        (answer["result"]["content"][0]["text"].as_str().unwrap().to_owned(), sent)
    };
    let (said, sent) = call("admin", json!({}));
    assert!(said.contains("origin server: "), "{said}");
    assert_eq!(sent.unwrap().unwrap().to_json()["params"]["arguments"], json!({}));
    let (said, sent) = call("admin", json!({"who": "u1"}));
    assert!(said.contains("can't be given") && sent.is_none(), "{said}");
    let (said, sent) = call("guest", json!({}));
    assert!(said.contains("which does not fit") && sent.is_none(), "{said}");
}
