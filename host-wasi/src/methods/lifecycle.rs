//! What clients are told of the server: `initialize` before 2026-07-28, `server/discover` since.

use mxcp_mcp::catalog::LIST_TTL_MS;
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, DiscoverResult, InitializeRequestParams, InitializeResult, ProtocolVersion,
    ServerCapabilities, ServerConfig, ServerResult,
};

use super::finished;
use crate::front::Turn;

/// What an edge can do: it promises no news, since nothing of a client stays with it.
fn capabilities() -> ServerCapabilities {
    ServerCapabilities::builder()
        .enable_tools()
        .enable_resources()
        .enable_prompts()
        .enable_completions()
        .build()
}

pub(super) fn initialize(
    turn: &Turn<'_>,
    request: InitializeRequestParams,
) -> Result<ServerResult, ErrorData> {
    let known = ProtocolVersion::KNOWN_VERSIONS.contains(&request.protocol_version);
    let mut result = InitializeResult::new(capabilities());
    result.protocol_version = if known && request.protocol_version < ProtocolVersion::V_2026_07_28 {
        request.protocol_version
    } else {
        ProtocolVersion::V_2025_11_25
    };
    result.server_info = turn.front.implementation().clone();
    Ok(finished(turn, result, |result| &mut result.meta))
}

pub(super) fn discover(turn: &Turn<'_>) -> Result<ServerResult, ErrorData> {
    let config = ServerConfig::new(capabilities()).with_server_info(turn.front.implementation().clone());
    let mut result = DiscoverResult::from_server_info(ProtocolVersion::KNOWN_VERSIONS.to_vec(), config);
    result.ttl_ms = LIST_TTL_MS;
    result.cache_scope = CacheScope::Private;
    // It names the server by itself.
    Ok(result.into())
}
