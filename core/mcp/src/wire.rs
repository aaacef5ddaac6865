//! Core types as MCP types: the only place where the two meet.

mod part;
mod prompt;
mod resource;
mod text;

use std::sync::Arc;
use std::time::Duration;

use mxcp_core::call::{ArgumentError, CallError};
use mxcp_core::registry::{Success, ToolDescription};
use mxcp_core::schema::{Annotations, TextFormat};
use mxcp_core::types::{Block, ResourceBody};
use mxcp_core::value::Value;
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, CallToolResult, ContentBlock, Implementation, JsonObject, MetaObject, Resource,
    ResourceContents, Tool, ToolAnnotations,
};
use serde_json::json;

pub use prompt::{Message, media, messages, prompt, render_failure, unknown_prompt};
pub use resource::{contents, read_failure, resource, template, unknown_resource};

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// The seconds after which a call that exceeded a limit may be made again.
const RETRY_AFTER: &str = "io.mxcp/retryAfter";

/// For how many milliseconds the result of a tool may be used again, and by whom: as `ttlMs` and `cacheScope` of results that MCP has
/// them for.
const TTL: &str = "io.mxcp/ttlMs";
const SCOPE: &str = "io.mxcp/cacheScope";

/// What structured content calls a result that is no object.
const RESULT: &str = "result";

/// Most items of a list that are worth having in memory as MCP's types, which take many times the room of their JSON.
const LONG: usize = 1_000;

/// A tool as `tools/list` shows it; schemas are passed on word for word.
pub fn tool(description: &ToolDescription) -> Tool {
    let mut tool = Tool::new(
        description.name.clone(),
        description.description.clone(),
        schema(&description.input_schema),
    );
    tool.output_schema = description.output_schema.as_ref().map(schema);
    tool.annotations = description.annotations.as_ref().map(annotations);
    tool
}

fn schema(schema: &serde_json::Value) -> Arc<JsonObject> {
    Arc::new(
        schema
            .as_object()
            .cloned()
            .unwrap_or_else(|| JsonObject::from_iter([("type".into(), "object".into())])),
    )
}

fn annotations(annotations: &Annotations) -> ToolAnnotations {
    ToolAnnotations::from_raw(
        annotations.title.clone(),
        annotations.read_only_hint,
        annotations.destructive_hint,
        annotations.idempotent_hint,
        annotations.open_world_hint,
    )
}

/// The `_meta` that names the server.
pub fn identity(implementation: &Implementation) -> MetaObject {
    let named = json!({
        "name": implementation.name,
        "title": implementation.title,
        "version": implementation.version,
    });
    MetaObject(JsonObject::from_iter([(SERVER_INFO.to_owned(), named)]))
}

/// What a successful call looks like (spec `mcp-surface.md` section 5): a block per element for lists, none for
/// null, structured content only for endpoints that declare what they return. Images, sound and resources are blocks
/// of their own kind, and nothing is sent twice. In a text form other than JSON, a list or an object is one block. Where not all
/// rows are shown, what is said of the others follows.
pub fn success(success: &Success, format: TextFormat) -> CallToolResult {
    let mut result = shown(success, format);
    if let Some(part) = &success.part {
        part::tell(part, &mut result);
    }
    result
}

/// Whether a result is so long a list that it is better written item by item.
pub fn is_long(success: &Success, format: TextFormat) -> bool {
    let long = matches!(&success.value, Value::Array(items) if items.len() > LONG);
    long && format == TextFormat::Json && success.part.is_none() && success.content.is_none()
}

/// What [`success`] gives for a list, without its items.
pub fn around_items(success: &Success) -> CallToolResult {
    let mut result = CallToolResult::success(Vec::new());
    result.structured_content = success.typed.then(|| json!({ RESULT: [] }));
    result
}

/// The content blocks of an item of a list.
pub fn blocks_of_item(item: &Value) -> Vec<ContentBlock> {
    let mut blocks = Vec::new();
    push_blocks(item, &mut blocks);
    blocks
}

fn shown(success: &Success, format: TextFormat) -> CallToolResult {
    if let Some(blocks) = success.blocks() {
        let mut content = Vec::new();
        blocks.into_iter().for_each(|block| push_block(block, &mut content));
        return CallToolResult::success(content);
    }
    let mut content = Vec::new();
    match text::of(&success.value, format) {
        Some(text) => content.push(ContentBlock::text(text)),
        None => push_blocks(&success.value, &mut content),
    }
    let mut result = CallToolResult::success(content);
    result.structured_content = success.typed.then(|| structured(&success.value));
    result
}

fn push_blocks(value: &Value, blocks: &mut Vec<ContentBlock>) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| push_blocks(item, blocks)),
        Value::String(text) => blocks.push(ContentBlock::text(text.clone())),
        // Keys are texts and floats are finite, so serialising can't fail.
        Value::Object(object) => {
            blocks.push(ContentBlock::text(serde_json::to_string_pretty(object).unwrap_or_default()));
        }
        other => {
            let text = other.text_form().unwrap_or_else(|| other.to_json_text());
            blocks.push(ContentBlock::text(text));
        }
    }
}

fn push_block(block: Block<'_>, blocks: &mut Vec<ContentBlock>) {
    blocks.push(match block {
        Block::Plain(value) => return push_blocks(value, blocks),
        Block::Image { data, mime_type } => ContentBlock::image(data, mime_type),
        Block::Audio { data, mime_type } => ContentBlock::audio(data, mime_type),
        Block::Resource { uri, mime_type, body } => {
            let (uri, mime_type) = (uri.to_owned(), mime_type.map(str::to_owned));
            ContentBlock::resource(match body {
                ResourceBody::Text(text) => ResourceContents::TextResourceContents {
                    uri,
                    mime_type,
                    text: text.to_owned(),
                    meta: None,
                },
                ResourceBody::Blob(blob) => ResourceContents::BlobResourceContents {
                    uri,
                    mime_type,
                    blob: blob.to_owned(),
                    meta: None,
                },
            })
        }
        Block::ResourceLink { uri, name, title, description, mime_type, size } => {
            let mut link = Resource::new(uri, name);
            link.title = title.map(str::to_owned);
            link.description = description.map(str::to_owned);
            link.mime_type = mime_type.map(str::to_owned);
            link.size = size;
            ContentBlock::resource_link(link)
        }
    });
}

fn structured(value: &Value) -> serde_json::Value {
    match value.to_json() {
        object @ serde_json::Value::Object(_) => object,
        other => json!({ RESULT: other }),
    }
}

/// What a failed call looks like: a result the model can read, and a protocol error only if there is no such tool.
///
/// # Errors
/// The tool does not exist.
pub fn failure(tool: &str, error: &CallError) -> Result<CallToolResult, ErrorData> {
    let message = match error {
        CallError::UnknownEndpoint { name, .. } => {
            return Err(ErrorData::invalid_params(format!("Unknown tool: {name}"), None));
        }
        CallError::InvalidArguments(errors) => argument_lines(errors),
        CallError::TooLarge(error) => part::refusal(error),
        other => other.to_string(),
    };
    let text = ContentBlock::text(format!("Error executing tool {tool}: {message}"));
    let mut result = CallToolResult::error(vec![text]);
    result.meta = retry_after(error).map(MetaObject);
    if let CallError::TooLarge(error) = error {
        part::tell_refused(error, &mut result);
    }
    Ok(result)
}

/// Says in the `_meta` of a result for how long it may be used again, and by whom.
pub fn lasts(result: &mut CallToolResult, left: Duration, scope: CacheScope) {
    let meta = result.meta.get_or_insert_default();
    meta.0.insert(TTL.to_owned(), json!(milliseconds(left)));
    meta.0.insert(SCOPE.to_owned(), json!(scope));
}

/// A time as MCP counts it.
pub fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// When a call that failed may be made again at the earliest, for programs: as `_meta` of a result, as `data` of an error.
fn retry_after(error: &CallError) -> Option<JsonObject> {
    let CallError::LimitExceeded { retry_after_seconds, .. } = error else { return None };
    Some(JsonObject::from_iter([(RETRY_AFTER.to_owned(), json!(retry_after_seconds))]))
}

fn argument_lines(errors: &[ArgumentError]) -> String {
    errors.iter().map(argument).collect::<Vec<_>>().join("\n")
}

fn argument(error: &ArgumentError) -> String {
    if error.pointer.is_empty() {
        error.message.clone()
    } else {
        format!("{}: {}", error.pointer, error.message)
    }
}

#[cfg(test)]
mod tests;
