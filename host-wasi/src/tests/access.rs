//! Tokens.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use mxcp_core::bundle;
use serde_json::{Value as Json, json};

use super::{Edge, NOW, body, message, post, with};
use crate::host::Fetched;
use crate::http::Request;

/// The key pair of RFC 8037, appendix A.
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const PRIVATE: &[u8] = &[
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44,
    0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];

/// What stands before an Ed25519 key in PKCS#8.
const PKCS8: &[u8] = &[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

pub(super) fn keys(id: &str) -> String {
    json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": PUBLIC, "kid": id}]}).to_string()
}

pub(super) fn token(id: &str, role: &str, expires: i64) -> String {
    let claims = json!({
        "iss": "https://id.example", "aud": "https://edge.example/mcp", "sub": "u1", "exp": expires, "role": role,
    });
    let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::EdDSA) };
    let key = EncodingKey::from_ed_der(&[PKCS8, PRIVATE].concat());
    jsonwebtoken::encode(&header, &claims, &key).unwrap()
}

const ISSUER: (&str, &str) = ("MXCP_EDGE_ISSUER", "https://id.example");
const RESOURCE: (&str, &str) = ("MXCP_EDGE_RESOURCE", "https://edge.example/mcp");
const KEYS_URL: (&str, &str) = ("MXCP_EDGE_JWKS_URL", "https://id.example/keys");

/// An edge that knows the issuer's keys.
pub(super) fn edge(further: &[(&str, &str)]) -> Edge {
    built_with(&bundle::Settings::default(), further)
}

/// The same, of a project that says something of its users.
pub(super) fn built_with(built_in: &bundle::Settings, further: &[(&str, &str)]) -> Edge {
    let keys = keys("k1");
    let mut variables = vec![ISSUER, RESOURCE, ("MXCP_EDGE_JWKS", keys.as_str())];
    variables.extend_from_slice(further);
    Edge::built_with(built_in, &variables)
}

fn list(token: Option<&str>) -> Request {
    let request = post(&message("tools/list", json!({})));
    match token {
        Some(token) => with(request, "Authorization", &format!("Bearer {token}")),
        None => request,
    }
}

fn tools(answer: &Json) -> Vec<&str> {
    answer["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[test]
fn without_a_good_token_nothing_is_answered() {
    let mut edge = edge(&[]);
    let good = token("k1", "admin", NOW + 60);
    let forged = format!("{}A", good.get(..good.len() - 1).unwrap());
    let expired = token("k1", "admin", NOW);
    for token in [None, Some(""), Some("x"), Some(forged.as_str()), Some(expired.as_str())] {
        let response = edge.send(&list(token));
        assert_eq!(response.status, 401, "{token:?}");
        assert_eq!(
            body(&response),
            json!({"error": "invalid_token", "error_description": "Authentication required"})
        );
        assert_eq!(
            response.header("www-authenticate"),
            Some(
                "Bearer error=\"invalid_token\", error_description=\"Authentication required\", \
                 resource_metadata=\"https://edge.example/.well-known/oauth-protected-resource/mcp\""
            )
        );
    }
    let mut twice = list(Some(&good));
    twice.headers.push(("authorization".into(), b"Bearer x".to_vec()));
    assert_eq!(edge.send(&twice).status, 401);
    // Before the body is looked at.
    assert_eq!(edge.send(&post("{")).status, 401);
    assert!(edge.host.fetched.is_empty());
}

#[test]
fn a_token_says_who_calls_and_what_is_listed() {
    let mut edge = edge(&[]);
    let admin = body(&edge.send(&list(Some(&token("k1", "admin", NOW + 60)))));
    let clerk = body(&edge.send(&list(Some(&token("k1", "clerk", NOW + 60)))));
    assert!(tools(&admin).contains(&"admins"), "{admin}");
    assert!(!tools(&clerk).contains(&"admins"), "{clerk}");
}

#[test]
fn the_resource_says_who_issues_tokens_for_it() {
    let mut edge = edge(&[]);
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        let request = Request { method: "GET".into(), path: path.into(), ..Request::default() };
        let response = edge.send(&request);
        assert_eq!(
            body(&response),
            json!({"resource": "https://edge.example/mcp", "authorization_servers": ["https://id.example"],
                "bearer_methods_supported": ["header"]})
        );
        assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    }
}

fn publishing(document: String) -> super::Outside {
    Box::new(move |fetch| {
        assert_eq!(fetch.url, "https://id.example/keys");
        Ok(Fetched { status: 200, headers: Vec::new(), body: document.clone().into_bytes() })
    })
}

#[test]
fn keys_are_fetched_once_and_again_for_an_unknown_one_but_not_for_every_caller() {
    let mut edge = Edge::new(&[ISSUER, RESOURCE, KEYS_URL]);
    edge.host.outside = publishing(keys("k1"));
    let status = |edge: &mut Edge, id: &str| edge.send(&list(Some(&token(id, "a", NOW + 1000)))).status;
    assert_eq!((status(&mut edge, "k1"), status(&mut edge, "k1")), (200, 200));
    assert_eq!(edge.host.fetched.len(), 1);
    // Within the pause nobody is asked again.
    assert_eq!(status(&mut edge, "k2"), 401);
    assert_eq!(edge.host.fetched.len(), 1);
    edge.host.outside = publishing(keys("k2"));
    edge.host.now += 60;
    assert_eq!((status(&mut edge, "k2"), status(&mut edge, "k3"), status(&mut edge, "k3")), (200, 401, 401));
    assert_eq!(edge.host.fetched.len(), 2);
}

#[test]
fn without_keys_nobody_is_let_in() {
    let mut edge = Edge::new(&[ISSUER, RESOURCE, KEYS_URL]);
    let good = list(Some(&token("k1", "a", NOW + 1000)));
    assert_eq!(edge.send(&good).status, 503);
    edge.host.outside = publishing("[]".into());
    edge.host.now += 60;
    assert_eq!(edge.send(&good).status, 503);
    assert!(edge.host.lines.iter().all(|line| !line.contains("Bearer")), "{:?}", edge.host.lines);
}
