//! Lists, a page at a time, without what the caller may not know of.

use mxcp_mcp::catalog::{LIST_TTL_MS, Listed};
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ServerResult,
};

use super::finished;
use crate::front::Turn;

/// The items of a page, and where the rest begins.
type Part<T> = (Vec<T>, Option<String>);

fn part<T: Listed>(turn: &mut Turn<'_>, request: PaginatedRequestParams) -> Result<Part<T>, ErrorData> {
    let front = turn.front;
    let page = front
        .catalog()
        .page::<T>(request.cursor.as_deref(), || turn.context())
        .ok_or_else(|| ErrorData::invalid_params("Invalid params: unknown `cursor`", None))?;
    Ok((page.items.into_iter().cloned().collect(), page.next))
}

/// For how long and for whom a list is good: what is listed depends on who asks.
fn notes(turn: &Turn<'_>) -> (Option<u64>, Option<CacheScope>) {
    if turn.revision.modern { (Some(LIST_TTL_MS), Some(CacheScope::Private)) } else { (None, None) }
}

pub(super) fn tools(turn: &mut Turn<'_>, request: PaginatedRequestParams) -> Result<ServerResult, ErrorData> {
    let (items, next) = part(turn, request)?;
    let mut result = ListToolsResult::with_all_items(items);
    result.next_cursor = next;
    (result.ttl_ms, result.cache_scope) = notes(turn);
    Ok(finished(turn, result, |result| &mut result.meta))
}

pub(super) fn resources(
    turn: &mut Turn<'_>,
    request: PaginatedRequestParams,
) -> Result<ServerResult, ErrorData> {
    let (items, next) = part(turn, request)?;
    let mut result = ListResourcesResult::with_all_items(items);
    result.next_cursor = next;
    (result.ttl_ms, result.cache_scope) = notes(turn);
    Ok(finished(turn, result, |result| &mut result.meta))
}

pub(super) fn templates(
    turn: &mut Turn<'_>,
    request: PaginatedRequestParams,
) -> Result<ServerResult, ErrorData> {
    let (items, next) = part(turn, request)?;
    let mut result = ListResourceTemplatesResult::with_all_items(items);
    result.next_cursor = next;
    (result.ttl_ms, result.cache_scope) = notes(turn);
    Ok(finished(turn, result, |result| &mut result.meta))
}

pub(super) fn prompts(
    turn: &mut Turn<'_>,
    request: PaginatedRequestParams,
) -> Result<ServerResult, ErrorData> {
    let (items, next) = part(turn, request)?;
    let mut result = ListPromptsResult::with_all_items(items);
    result.next_cursor = next;
    (result.ttl_ms, result.cache_scope) = notes(turn);
    Ok(finished(turn, result, |result| &mut result.meta))
}
