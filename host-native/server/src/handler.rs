//! The methods of MCP, each delegated to the module of its noun.

use std::future::{Future, ready};

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, DiscoverResult,
    GetPromptRequestParams, GetPromptResponse, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ServerConfig, Tool,
};
#[expect(
    deprecated,
    reason = "logging is deprecated since 2026-07-28 and part of every revision before"
)]
use rmcp::model::{SetLevelRequestMethod, SetLevelRequestParams};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;

use crate::server::Server;
use crate::{params, tools};

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        self.config().clone()
    }

    fn discover(
        &self,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<DiscoverResult, ErrorData>> + Send + '_ {
        let versions = self.supported_protocol_versions().into_owned();
        let mut result = DiscoverResult::from_server_info(versions, self.get_info());
        result.ttl_ms = tools::LIST_TTL_MS;
        result.cache_scope = CacheScope::Private;
        ready(Ok(result))
    }

    fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListToolsResult, ErrorData>> + Send + '_ {
        ready(tools::list(self, request, &context))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        tools::call(self, request, &context).await.map(CallToolResponse::from)
    }

    /// The transport asks for the schema, to compare `Mcp-Param-*` headers with the arguments.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.catalog().tool(name).cloned()
    }

    /// No resource is served, so every address is an unknown one.
    fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ReadResourceResponse, ErrorData>> + Send + '_ {
        let data = json!({ "uri": request.uri });
        ready(Err(ErrorData::resource_not_found(format!("Unknown resource: {}", request.uri), Some(data))))
    }

    /// No prompt is served, so every name is an unknown one.
    fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<GetPromptResponse, ErrorData>> + Send + '_ {
        ready(Err(ErrorData::invalid_params(format!("Unknown prompt: {}", request.name), None)))
    }

    /// Nothing is logged to clients, so every level is fine.
    #[expect(deprecated, reason = "logging is deprecated since 2026-07-28 and part of every revision before")]
    fn set_level(
        &self,
        _request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<(), ErrorData>> + Send + '_ {
        ready(if tools::is_modern(&context) {
            Err(ErrorData::method_not_found::<SetLevelRequestMethod>())
        } else {
            Ok(())
        })
    }

    /// What is no request of any known shape: an unknown method, or a known one with malformed params.
    fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<CustomResult, ErrorData>> + Send + '_ {
        ready(Err(params::refusal(&request, tools::is_modern(&context))))
    }
}
