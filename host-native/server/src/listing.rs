//! What each caller is shown of the lists.

use mxcp_mcp::catalog::{LIST_TTL_MS, Listed};
use rmcp::model::{CacheScope, MetaObject, PaginatedRequestParams};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use crate::context;
use crate::server::Server;
use crate::tools::is_modern;

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Part<T> {
    pub(crate) items: Vec<T>,
    /// Where the rest begins, if there is more.
    pub(crate) next: Option<String>,
}

/// The page of a list that a request asks for, without what its caller may not know of.
///
/// # Errors
/// The cursor is none of this caller's.
pub(crate) fn part<T: Listed>(
    server: &Server,
    request: Option<PaginatedRequestParams>,
    context: &RequestContext<RoleServer>,
) -> Result<Part<T>, ErrorData> {
    let catalog = server.catalog();
    let cursor = request.and_then(|request| request.cursor);
    let caller = || context::of_request(server.request_ids(), &context.extensions);
    let page = catalog
        .listed()
        .page::<T>(cursor.as_deref(), caller)
        .ok_or_else(|| ErrorData::invalid_params("Invalid params: unknown `cursor`", None))?;
    Ok(Part { items: page.items.into_iter().cloned().collect(), next: page.next })
}

/// What a list says about itself since 2026-07-28: for how long and for whom it is good, and whose it is.
pub(crate) fn notes(
    server: &Server,
    context: &RequestContext<RoleServer>,
) -> (Option<u64>, Option<CacheScope>, Option<MetaObject>) {
    if is_modern(context) { modern_notes(server) } else { (None, None, None) }
}

/// The same for a request that is known to be of such a revision.
pub(crate) fn modern_notes(server: &Server) -> (Option<u64>, Option<CacheScope>, Option<MetaObject>) {
    // What is listed depends on who asks.
    (Some(LIST_TTL_MS), Some(CacheScope::Private), Some(server.identity()))
}
