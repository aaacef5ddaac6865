//! What depends on who calls beside conditions: approvals, and parameters that come from the caller.

use mxcp_core::call::Mappings;
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
fn claims_give_at_the_edge_what_they_give_at_the_native_server() {
    let mappings = json!({
        "capabilities": {"role": {"clerk": ["write"]}}, "roles": {"role": {"boss": "admin", "clerk": "staff"}},
        "permissions": {"sub": {"u1": ["pay"]}},
    });
    let mappings: Mappings = serde_json::from_value(mappings).unwrap();
    let built_in =
        bundle::Settings { mappings, provider: Some("corp".into()), ..bundle::Settings::default() };
    let rules = [
        "!('write' in user.capabilities)",
        "user.role != 'staff'",
        "!('pay' in user.permissions)",
        "user.provider != 'corp'",
    ];
    let said = |built_in: &bundle::Settings, role: &str| {
        let list: Vec<_> = rules
            .iter()
            .enumerate()
            .map(|(index, rule)| format!("{{condition: \"{rule}\", action: deny, reason: r{index}}}"))
            .collect();
        let policies = format!("policies: {{input: [{}]}}", list.join(", "));
        let mut edge = with_tool(access::built_with(built_in, &[]), "mapped", &policies);
        let request = post(&message("tools/call", json!({"name": "mapped", "arguments": {}})));
        let token = format!("Bearer {}", token("k1", role, NOW + 60));
        let answer = body(&edge.send(&with(request, "Authorization", &token)));
        answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    };
    assert!(said(&bundle::Settings::default(), "clerk").contains("r0"));
    assert!(said(&built_in, "guest").contains("r0"));
    // All rules let pass, so that the call goes on to the origin.
    assert!(said(&built_in, "clerk").contains("there is none"), "{}", said(&built_in, "clerk"));
}

#[test]
fn a_token_without_the_scopes_of_the_project_is_refused() {
    let required_scopes = vec!["use".to_owned()];
    let built_in = bundle::Settings { required_scopes, ..bundle::Settings::default() };
    let mut edge = access::built_with(&built_in, &[]);
    let request = post(&message("tools/list", json!({})));
    let token = format!("Bearer {}", token("k1", "admin", NOW + 60));
    assert_eq!(edge.send(&with(request, "Authorization", &token)).status, 403);
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
