//! Which message begins a session.

use mxcp_mcp::params;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, GetMeta as _, ProtocolVersion, ServerJsonRpcMessage};

/// Whether a message begins a session: the handshake, or a request that describes itself. Others are answered before
/// there is one, and what needs no answer must not be heard then: it would be the end of the connection.
pub(super) fn begins_session(message: &ClientJsonRpcMessage) -> bool {
    let ClientJsonRpcMessage::Request(message) = message else { return false };
    let meta = match &message.request {
        ClientRequest::InitializeRequest(_) => return true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => return false,
        request => request.get_meta(),
    };
    let version = meta.protocol_version();
    meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
        && version.is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
}

/// The answer to a handshake that lacks something; none to anything else. To rmcp it is no handshake at all but a request
/// that came too early.
pub(super) fn refusal(message: &ClientJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
    let ClientJsonRpcMessage::Request(message) = message else { return None };
    let ClientRequest::CustomRequest(request) = &message.request else { return None };
    (request.method == "initialize")
        .then(|| ServerJsonRpcMessage::error(params::refusal(request, false), Some(message.id.clone())))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn begins(message: Value) -> bool {
        begins_session(&serde_json::from_value(message).unwrap())
    }

    fn request(method: &str, version: Option<&str>) -> Value {
        let meta = version.map(|version| {
            json!({
                "io.modelcontextprotocol/protocolVersion": version,
                "io.modelcontextprotocol/clientCapabilities": {},
            })
        });
        let params = meta.map_or(json!({}), |meta| json!({ "_meta": meta }));
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    }

    #[test]
    fn the_handshake_or_a_request_that_describes_itself_begins_a_session() {
        let client = json!({"name": "c", "version": "1"});
        let params = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        assert!(begins(json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})));
        assert!(begins(request("tools/list", Some("2026-07-28"))));
    }

    #[test]
    fn a_handshake_that_lacks_something_is_told_what() {
        let refused = |params: Value| {
            let message = json!({"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": params});
            refusal(&serde_json::from_value(message).unwrap()).map(|answer| json!(answer))
        };
        let answer = refused(json!({"protocolVersion": "2025-06-18", "capabilities": {}})).unwrap();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!("a"), &json!(-32602)));
        assert_eq!(answer["error"]["message"], "Invalid params: `clientInfo` is missing");
        let client = json!({"name": "c", "version": "1"});
        let whole = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        assert_eq!(refused(whole), None);
        let other = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {}});
        assert!(refusal(&serde_json::from_value(other).unwrap()).is_none());
    }

    #[test]
    fn what_is_answered_before_a_session_begins_none() {
        assert!(!begins(request("tools/list", None)));
        assert!(!begins(request("tools/list", Some("1999-01-01"))));
        assert!(!begins(request("server/discover", Some("2026-07-28"))));
        assert!(!begins(request("ping", None)));
        assert!(!begins(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})));
        assert!(!begins(json!({"jsonrpc": "2.0", "id": 1, "result": {}})));
    }
}
