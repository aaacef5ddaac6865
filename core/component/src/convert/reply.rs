//! A finished call.

use mxcp_core::call;
use mxcp_core::registry;
use mxcp_core::types;

use crate::bindings::mxcp::core::types as wit;

pub(crate) fn reply(reply: &registry::Reply) -> wit::Reply {
    let outcome = match reply.result() {
        Ok(success) => Ok(wit::Success {
            value: success.value.to_json_text(),
            typed: success.typed,
            content: success.blocks().map(|blocks| blocks.into_iter().map(block).collect()),
            binary: reply.is_binary(),
        }),
        Err(error) => Err(call_error(error)),
    };
    // A record holds texts and JSON values, so serialising can't fail.
    wit::Reply { outcome, audit: serde_json::to_string(&reply.audit()).unwrap_or_default() }
}

fn block(block: types::Block<'_>) -> wit::Block {
    use types::{Block, ResourceBody};
    let media =
        |data: &str, mime_type: &str| wit::Media { data: data.to_owned(), mime_type: mime_type.to_owned() };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    match block {
        Block::Plain(value) => wit::Block::Plain(value.to_json_text()),
        Block::Image { data, mime_type } => wit::Block::Image(media(data, mime_type)),
        Block::Audio { data, mime_type } => wit::Block::Audio(media(data, mime_type)),
        Block::Resource { uri, mime_type, body } => wit::Block::Embedded(wit::EmbeddedResource {
            uri: uri.to_owned(),
            mime_type: owned(mime_type),
            body: match body {
                ResourceBody::Text(text) => wit::ResourceBody::Text(text.to_owned()),
                ResourceBody::Blob(blob) => wit::ResourceBody::Blob(blob.to_owned()),
            },
        }),
        Block::ResourceLink { uri, name, title, description, mime_type, size } => {
            wit::Block::Link(wit::ResourceLink {
                uri: uri.to_owned(),
                name: name.to_owned(),
                title: owned(title),
                description: owned(description),
                mime_type: owned(mime_type),
                size,
            })
        }
    }
}

fn call_error(error: &call::CallError) -> wit::CallError {
    use call::CallError;
    let message = error.to_string();
    match error {
        CallError::UnknownEndpoint { .. } => wit::CallError::UnknownEndpoint(message),
        CallError::InvalidArguments(errors) => wit::CallError::InvalidArguments(argument_errors(errors)),
        CallError::InputDenied { .. } => wit::CallError::InputDenied(message),
        CallError::OutputDenied { .. } => wit::CallError::OutputDenied(message),
        CallError::Execution(_) => wit::CallError::Execution(message),
        CallError::Shape(_) => wit::CallError::Shape(message),
        CallError::InvalidOutput(_) => wit::CallError::InvalidOutput(message),
        CallError::TimedOut { .. } => wit::CallError::TimedOut(message),
        CallError::Cancelled => wit::CallError::Cancelled(message),
        CallError::AwaitsInput => wit::CallError::AwaitsInput(message),
        CallError::Overloaded | CallError::LimitExceeded { .. } => wit::CallError::Overloaded(message),
        _ => wit::CallError::Internal(message),
    }
}

pub(crate) fn argument_errors(errors: &[call::ArgumentError]) -> Vec<wit::ArgumentError> {
    let error = |error: &call::ArgumentError| wit::ArgumentError {
        pointer: error.pointer.clone(),
        message: error.message.clone(),
    };
    errors.iter().map(error).collect()
}
