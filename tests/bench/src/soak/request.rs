//! Requests, written out.

use std::net::SocketAddr;

use serde_json::{Value, json};

/// The revision without sessions, and the last one with them.
const MODERN: &str = "2026-07-28";
pub(super) const OLD: &str = "2025-11-25";

/// A request of JSON-RPC, by somebody.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The method.
    pub(super) method: &'static str,
    /// Its parameters.
    pub(super) params: Value,
    /// The token of whoever sends it.
    pub(super) token: String,
    /// The session that it is part of; without one it is of the revision that has none.
    pub(super) session: Option<String>,
    /// Its id; a notification has none.
    pub(super) id: Option<u64>,
}

impl Request {
    /// A request that stands alone.
    pub(super) fn alone(method: &'static str, params: Value, token: &str) -> Self {
        Self { method, params, token: token.to_owned(), session: None, id: Some(1) }
    }

    /// A call that stands alone.
    pub(super) fn call(tool: &str, arguments: &Value, token: &str) -> Self {
        Self::alone("tools/call", json!({ "name": tool, "arguments": arguments }), token)
    }

    /// All of it, with its head.
    pub(super) fn bytes(&self, address: SocketAddr) -> Vec<u8> {
        let mut params = self.params.clone();
        let mut headers = format!("Authorization: Bearer {}\r\n", self.token);
        if let Some(session) = &self.session {
            headers.push_str(&format!("Mcp-Session-Id: {session}\r\nMcp-Protocol-Version: {OLD}\r\n"));
        } else if self.method != "initialize" {
            stand_alone(&mut params);
            headers.push_str(&format!("Mcp-Protocol-Version: {MODERN}\r\nMcp-Method: {}\r\n", self.method));
            let named_by = match self.method {
                "resources/read" => "uri",
                "tasks/get" | "tasks/cancel" => "taskId",
                _ => "name",
            };
            if let Some(name) = params.get(named_by).and_then(Value::as_str) {
                headers.push_str(&format!("Mcp-Name: {name}\r\n"));
            }
        }
        let mut body = json!({ "jsonrpc": "2.0", "method": self.method, "params": params });
        if let (Value::Object(body), Some(id)) = (&mut body, self.id) {
            body.insert("id".to_owned(), id.into());
        }
        post(address, &headers, &body.to_string())
    }
}

/// A body that is posted with these headers.
pub(super) fn post(address: SocketAddr, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Has parameters say what each request without a session says of itself.
fn stand_alone(params: &mut Value) {
    let own = params
        .as_object_mut()
        .and_then(|params| params.entry("_meta").or_insert_with(|| json!({})).as_object_mut());
    let Some(meta) = own else { return };
    meta.insert("io.modelcontextprotocol/protocolVersion".to_owned(), MODERN.into());
    meta.entry("io.modelcontextprotocol/clientCapabilities").or_insert_with(|| json!({}));
}
