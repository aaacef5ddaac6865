//! The origin: the native server that runs what the edge can't, on the edge's word for who calls.
//!
//! A call is sent as one self-contained request of MCP 2026-07-28, `tools/call` or `resources/read`, with the arguments as
//! the caller sent them. The assertion in its `Authorization` header names the user and is good for this call only. The
//! caller's own token stays here. The answer is asked for as an exact value ([`mxcp_mcp::exact`]), from which the core
//! finishes the call once more: validated, and with the output policy applied again. Applied twice it does what it does
//! once, but that a rule whose condition reads what another rule removed can't be decided any more, and denies.

use mxcp_core::call::Principal;
use mxcp_core::registry::{ExecutionError, Output};
use mxcp_mcp::exact;
use mxcp_token::{Assertion, CallDigest, CallKind};
use rmcp::model::ProtocolVersion;
use serde_json::{Map, Value as Json, json};

use crate::execution::Forwarded;
use crate::front::Turn;
use crate::host::{Fetch, Fetched};
use crate::limits::{ORIGIN_BYTES, ORIGIN_TIMEOUT};
use crate::revision;
use crate::settings::Origin;

/// Headers of the caller that are not the origin's business, or that this edge says itself.
const OWN: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What a call is for the origin.
struct Request<'a> {
    kind: CallKind,
    name: &'a str,
    arguments: Option<&'a Map<String, Json>>,
}

/// Makes a call at the origin.
///
/// # Errors
/// It failed there, or nobody knows whether it was made.
pub(crate) fn call(
    turn: &mut Turn<'_>,
    forwarded: &Forwarded<'_>,
    principal: Option<&Principal>,
) -> Result<Output, ExecutionError> {
    let request = match *forwarded {
        Forwarded::Tool { name, arguments } => {
            Request { kind: CallKind::Tool, name, arguments: Some(arguments) }
        }
        Forwarded::Resource { uri } => Request { kind: CallKind::Resource, name: uri, arguments: None },
        Forwarded::Never => return Err(ExecutionError::Internal),
    };
    let Some(origin) = &turn.settings.origin else {
        return Err(failed("it runs at the origin server, and there is none"));
    };
    let assertion = assertion(turn, origin, &request, principal)?;
    let fetch = Fetch {
        method: "POST",
        url: origin.url.clone(),
        headers: headers(turn, &request, &assertion),
        body: body(turn, &request).to_string().into_bytes(),
        timeout: ORIGIN_TIMEOUT,
        most: ORIGIN_BYTES,
    };
    match turn.host.fetch(&fetch) {
        Ok(answer) => output(turn, &answer, &request),
        Err(error) => {
            turn.host.log(&format!("origin server: {error}"));
            Err(failed(&format!("origin server: {error}")))
        }
    }
}

fn failed(problem: &str) -> ExecutionError {
    ExecutionError::Failed(problem.to_owned())
}

/// The edge's word that this user makes this call.
fn assertion(
    turn: &mut Turn<'_>,
    origin: &Origin,
    request: &Request<'_>,
    principal: Option<&Principal>,
) -> Result<String, ExecutionError> {
    let none = Map::new();
    let user = principal.map(|principal| principal.to_user().to_json());
    let id: String = turn.host.random().iter().map(|byte| format!("{byte:02x}")).collect();
    let assertion = Assertion {
        user: user.as_ref(),
        audience: &origin.audience,
        call: CallDigest::of(request.kind, request.name, request.arguments.unwrap_or(&none)),
        issued_at: turn.host.now().timestamp(),
        id: &id,
    };
    assertion.sign(&origin.key).map_err(|error| {
        turn.host.log(&format!("can't vouch for the caller: {error}"));
        ExecutionError::Internal
    })
}

fn headers(turn: &Turn<'_>, request: &Request<'_>, assertion: &str) -> Vec<(String, String)> {
    let schema = turn.front.catalog().tool(request.name).filter(|_| request.kind == CallKind::Tool);
    let schema = schema.map(|tool| &*tool.input_schema);
    let mut headers = revision::headers(request.kind.method(), request.name, request.arguments, schema);
    headers.extend([
        ("authorization".to_owned(), format!("Bearer {assertion}")),
        ("content-type".to_owned(), "application/json".to_owned()),
        ("accept".to_owned(), "application/json, text/event-stream".to_owned()),
    ]);
    // Policies and queries may read headers of the caller's own.
    for (name, value) in &turn.request.headers {
        let name = name.to_ascii_lowercase();
        let passed =
            !OWN.contains(&name.as_str()) && !name.starts_with("mcp-") && !name.starts_with("x-forwarded-");
        if let (true, Ok(value)) = (passed, std::str::from_utf8(value)) {
            headers.push((name, value.to_owned()));
        }
    }
    headers
}

fn body(turn: &Turn<'_>, request: &Request<'_>) -> Json {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": ProtocolVersion::V_2026_07_28.as_str(),
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "mxcp-edge", "version": turn.front.bundle().version },
        exact::ASK: true,
    });
    let params = match request.kind {
        CallKind::Resource => json!({ "uri": request.name, "_meta": meta }),
        _ => json!({ "name": request.name, "arguments": request.arguments, "_meta": meta }),
    };
    json!({ "jsonrpc": "2.0", "id": 1, "method": request.kind.method(), "params": params })
}

/// What the origin answered.
fn output(turn: &mut Turn<'_>, answer: &Fetched, request: &Request<'_>) -> Result<Output, ExecutionError> {
    let mut strange = |what: &str| {
        turn.host.log(&format!("origin server: {what}, status {}", answer.status));
        failed(&format!("origin server: {what}"))
    };
    if matches!(answer.status, 401 | 403) {
        return Err(strange("it does not take this edge's word"));
    }
    if answer.status >= 300 && answer.status < 400 {
        return Err(strange("it answers somewhere else"));
    }
    let Some(mut message) = message(answer) else { return Err(strange("its answer is no message")) };
    if let Some(error) = message.get("error") {
        let text = error.get("message").and_then(Json::as_str).unwrap_or("it failed");
        return Err(failed(bare(text, request)));
    }
    let Some(result) = message.get_mut("result") else { return Err(strange("its answer has no result")) };
    if result.get("isError") == Some(&Json::Bool(true)) {
        let text = result.pointer("/content/0/text").and_then(Json::as_str).unwrap_or("it failed");
        return Err(failed(bare(text, request)));
    }
    exact::decode(result)
        .map_err(|exact::Inexact| strange("its answer has no exact value; is it of this version?"))
}

/// The message in an answer: the body, or the last event of a stream.
fn message(answer: &Fetched) -> Option<Json> {
    let kind = answer.header("content-type").unwrap_or_default();
    if !kind.starts_with("text/event-stream") {
        return serde_json::from_slice(&answer.body).ok();
    }
    let text = std::str::from_utf8(&answer.body).ok()?;
    let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
    events
        .filter_map(|data| serde_json::from_str::<Json>(data.trim()).ok())
        .find(|message| message.get("id").is_some())
}

/// A failure without what this edge's own answer says again.
fn bare<'a>(text: &'a str, request: &Request<'_>) -> &'a str {
    let name = request.name;
    let prefix = match request.kind {
        CallKind::Resource => format!("Error reading resource {name}: "),
        _ => format!("Error executing tool {name}: "),
    };
    text.strip_prefix(prefix.as_str()).unwrap_or(text)
}
