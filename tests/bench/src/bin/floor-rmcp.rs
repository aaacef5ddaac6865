//! The floor of a trivial tool: a bare rmcp server that answers without any engine.
//!
//! `floor-rmcp PORT` serves `/mcp`, without sessions and with plain JSON answers.

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt;
use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, JsonObject, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};

/// A server with the one tool `answer`.
#[derive(Clone, Debug)]
struct Bare {
    tool: Tool,
}

impl Bare {
    fn new() -> Self {
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
        let schema: JsonObject = schema.as_object().cloned().unwrap_or_default();
        Self { tool: Tool::new("answer", "The number after the one given", Arc::new(schema)) }
    }
}

impl ServerHandler for Bare {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    fn get_tool(&self, _name: &str) -> Option<Tool> {
        Some(self.tool.clone())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![self.tool.clone()]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let number = request.arguments.as_ref().and_then(|given| given.get("n")).and_then(Value::as_i64);
        let number = number.ok_or_else(|| ErrorData::invalid_params("`n` is no integer", None))?;
        Ok(CallToolResult::structured(json!({"result": number + 1})).into())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("usage: floor-rmcp PORT")?.parse()?;
    let config =
        StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service =
        StreamableHttpService::new(|| Ok(Bare::new()), Arc::new(LocalSessionManager::default()), config);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, Router::new().route_service("/mcp", service)).await?;
    Ok(())
}
