//! The methods of MCP, each delegated to the module of its noun.

use std::future::{Future, ready};

#[expect(
    deprecated,
    reason = "logging is deprecated since 2026-07-28 and part of every revision before"
)]
use rmcp::model::SetLevelRequestParams;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, DiscoverResult,
    GetPromptRequestParams, GetPromptResponse, InitializeRequestParams, InitializeResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ServerConfig,
    SubscribeRequestMethod, SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestMethod,
    UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;

use crate::server::Server;
use crate::session::Reach;
use crate::{logging, params, subscriptions, tools};

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        self.config().clone()
    }

    /// The handshake before 2026-07-28. From here on the client hears of changes, as far as anything can be sent to it.
    fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<InitializeResult, ErrorData>> + Send + '_ {
        context.peer.set_peer_info(request.clone());
        let mut result = self.negotiate_initialize(&request);
        if let Ok(result) = &mut result
            && self.session().reach() == Reach::WithAnswers
        {
            subscriptions::take_back_promises(&mut result.capabilities);
        }
        subscriptions::watch(self, context.peer, context.ct);
        ready(result)
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

    #[expect(deprecated, reason = "logging is deprecated since 2026-07-28 and part of every revision before")]
    fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<(), ErrorData>> + Send + '_ {
        ready(logging::set_level(self.session(), &request, &context))
    }

    fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<(), ErrorData>> + Send + '_ {
        ready(match self.session().reach() {
            Reach::Anytime => subscriptions::subscribe(self, request.uri),
            Reach::WithAnswers => Err(ErrorData::method_not_found::<SubscribeRequestMethod>()),
        })
    }

    fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<(), ErrorData>> + Send + '_ {
        ready(match self.session().reach() {
            Reach::Anytime => {
                self.session().unsubscribe(&request.uri);
                Ok(())
            }
            Reach::WithAnswers => Err(ErrorData::method_not_found::<UnsubscribeRequestMethod>()),
        })
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(subscriptions::accepted(self, requested))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        subscriptions::listen(self, &context).await
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
