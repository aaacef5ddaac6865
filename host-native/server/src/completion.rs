//! `completion/complete`: values for an argument, from what its definition says.

use mxcp_mcp::completion;
use rmcp::model::{CompleteRequestParams, CompleteResult};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use crate::context;
use crate::server::Server;
use crate::tools::is_modern;

/// Values for an argument of a prompt or of a resource's URI template.
///
/// # Errors
/// There is no such prompt or resource.
pub(crate) fn complete(
    server: &Server,
    request: &CompleteRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CompleteResult, ErrorData> {
    let modern = is_modern(context);
    let caller = context::of_request(server.request_ids(), &context.extensions);
    let mut result = completion::complete(&server.pipeline().registry(), request, &caller, modern)?;
    if modern {
        result.meta = Some(server.identity());
    }
    Ok(result)
}
