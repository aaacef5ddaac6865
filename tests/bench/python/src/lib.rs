//! The floor of a Python tool: a bare rmcp server that calls a function through pyo3, on the thread that reads the
//! request, and knows neither types nor policies.
//!
//! `python3 -c "import floor_pyo3, values; floor_pyo3.serve(PORT, values.add)"` serves `/mcp`, without sessions and with
//! plain JSON answers.

use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt;
use pyo3::prelude::*;
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

/// A server with the one tool `add`.
#[derive(Clone, Debug)]
struct Bare {
    tool: Tool,
    function: Arc<Py<PyAny>>,
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
        let number = |name| {
            let given = request.arguments.as_ref().and_then(|given| given.get(name)).and_then(Value::as_i64);
            given.ok_or_else(|| ErrorData::invalid_params("both numbers must be integers", None))
        };
        let (a, b) = (number("a")?, number("b")?);
        let sum: i64 = Python::attach(|python| self.function.bind(python).call1((a, b))?.extract())
            .map_err(|error: PyErr| ErrorData::internal_error(error.to_string(), None))?;
        Ok(CallToolResult::structured(json!({"result": sum})).into())
    }
}

async fn listen(port: u16, function: Arc<Py<PyAny>>) -> std::io::Result<()> {
    let schema = json!({
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    });
    let schema: JsonObject = schema.as_object().cloned().unwrap_or_default();
    let bare = Bare { tool: Tool::new("add", "The sum of two numbers", Arc::new(schema)), function };
    let config =
        StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service = StreamableHttpService::new(
        move || Ok(bare.clone()),
        Arc::new(LocalSessionManager::default()),
        config,
    );
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, Router::new().route_service("/mcp", service)).await
}

/// The extension module.
#[pymodule]
mod floor_pyo3 {
    use super::{Arc, Py, PyAny, PyResult, Python, listen, pyfunction};

    /// Serves a function of two numbers, for ever.
    #[pyfunction]
    fn serve(python: Python<'_>, port: u16, function: Py<PyAny>) -> PyResult<()> {
        let runtime = tokio::runtime::Runtime::new()?;
        Ok(python.detach(|| runtime.block_on(listen(port, Arc::new(function))))?)
    }
}
