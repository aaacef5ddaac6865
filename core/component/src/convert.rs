//! Conversions between WIT and core, one function each.

use chrono::DateTime;
use mxcp_core::call::{self, Caller, OutputValidation, Principal, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::diagnostic::{Diagnostic, Label, Severity};
use mxcp_core::load;
use mxcp_core::registry;
use mxcp_core::types;
use mxcp_core::value::{Object, Value};

use crate::bindings::exports::mxcp::core::registry::Error;
use crate::bindings::mxcp::core::types as wit;

pub(crate) fn kind(kind: wit::Kind) -> Kind {
    match kind {
        wit::Kind::Tool => Kind::Tool,
        wit::Kind::Resource => Kind::Resource,
        wit::Kind::Prompt => Kind::Prompt,
    }
}

fn wit_kind(kind: Kind) -> wit::Kind {
    match kind {
        Kind::Tool => wit::Kind::Tool,
        Kind::Resource => wit::Kind::Resource,
        Kind::Prompt => wit::Kind::Prompt,
    }
}

pub(crate) fn content(content: wit::Content) -> load::Content {
    match content {
        wit::Content::Bytes(bytes) => load::Content::Bytes(bytes),
        wit::Content::Missing => load::Content::Missing,
        wit::Content::Unreadable(why) => load::Content::Unreadable(why),
        wit::Content::Component(description) => match serde_json::from_str(&description) {
            Ok(component) => load::Content::Component(component),
            Err(error) => load::Content::Unreadable(format!("its description is none: {error}")),
        },
    }
}

pub(crate) fn reference(reference: load::Reference) -> wit::Reference {
    wit::Reference { path: reference.path, is_component: reference.is_component }
}

pub(crate) fn definition_file(file: wit::DefinitionFile) -> load::DefinitionFile {
    load::DefinitionFile { path: file.path, kind: kind(file.kind), content: content(file.content) }
}

pub(crate) fn loaded_file(file: &load::LoadedFile) -> wit::LoadedFile {
    let state = match &file.state {
        load::FileState::Endpoint { name, .. } => wit::FileState::Endpoint(name.clone()),
        load::FileState::Broken => wit::FileState::Broken,
        load::FileState::Disabled => wit::FileState::Disabled,
        load::FileState::Foreign => wit::FileState::Foreign,
    };
    let diagnostics = file.findings.iter().map(diagnostic).collect();
    wit::LoadedFile { path: file.path.clone(), kind: wit_kind(file.folder), state, diagnostics }
}

fn diagnostic(diagnostic: &Diagnostic) -> wit::Diagnostic {
    wit::Diagnostic {
        code: diagnostic.code.as_str().to_owned(),
        severity: match diagnostic.severity {
            Severity::Info => wit::Severity::Info,
            Severity::Warning => wit::Severity::Warning,
            Severity::Error => wit::Severity::Error,
        },
        message: diagnostic.message.clone(),
        path: diagnostic.path.clone(),
        labels: diagnostic.labels.iter().map(label).collect(),
        help: diagnostic.help.clone(),
    }
}

fn label(label: &Label) -> wit::Label {
    let position = |position: mxcp_core::source::Position| wit::Position {
        line: u32::try_from(position.line).unwrap_or(u32::MAX),
        column: u32::try_from(position.column).unwrap_or(u32::MAX),
    };
    wit::Label {
        file: label.span.file().path().to_owned(),
        start: position(label.span.start()),
        end: position(label.span.end()),
        text: label.text.clone(),
    }
}

pub(crate) fn tool(tool: &registry::ToolDescription) -> wit::Tool {
    wit::Tool {
        name: tool.name.clone(),
        description: tool.description.clone(),
        input_schema: tool.input_schema.to_string(),
        output_schema: tool.output_schema.as_ref().map(ToString::to_string),
    }
}

fn json(what: &str, text: &str) -> Result<Value, Error> {
    Value::parse_json(text).map_err(|error| Error::InvalidJson(format!("{what}: {error}")))
}

fn object(what: &str, text: &str) -> Result<Object, Error> {
    match json(what, text)? {
        Value::Object(object) => Ok(object),
        _ => Err(Error::InvalidJson(format!("{what}: must be an object"))),
    }
}

pub(crate) fn call(call: wit::Call) -> Result<call::Call, Error> {
    Ok(call::Call {
        kind: kind(call.kind),
        name: call.name,
        arguments: object("arguments", &call.arguments)?,
        unknown_arguments: match call.unknown_arguments {
            wit::UnknownArguments::Refuse => UnknownArguments::Refuse,
            wit::UnknownArguments::Drop => UnknownArguments::Drop,
        },
        output_validation: if call.check_output { OutputValidation::Check } else { OutputValidation::Skip },
    })
}

pub(crate) fn context(context: wit::Context) -> Result<call::CallContext, Error> {
    let principal = context.principal.map(|(provider, profile)| {
        Principal::from_context(json("principal", &profile)?, &provider)
            .map_err(|error| Error::InvalidPrincipal(error.to_string()))
    });
    Ok(call::CallContext {
        request_id: context.request_id,
        now: DateTime::from_timestamp_micros(context.now).unwrap_or(DateTime::UNIX_EPOCH),
        caller: match context.caller {
            wit::Caller::Cli => Caller::Cli,
            wit::Caller::Stdio => Caller::Stdio,
            wit::Caller::Http => Caller::Http,
            wit::Caller::Test => Caller::Test,
        },
        principal: principal.transpose()?.map(Into::into),
        // Headers only matter to what runs, and the host runs it.
        headers: call::Headers::none(),
        session_id: context.session_id,
    })
}

pub(crate) fn plan(plan: &registry::Plan) -> wit::Plan {
    match plan {
        registry::Plan::Sql { source, arguments } => wit::Plan::Sql(wit::SqlPlan {
            text: source.text.clone(),
            arguments: Value::Object(Object::clone(arguments)).to_json_text(),
        }),
        registry::Plan::Prompt(prompt) => {
            wit::Plan::Done(prompt.render().map(|messages| messages.to_json_text()).map_err(failure))
        }
        registry::Plan::Python { source, arguments, typed } => wit::Plan::Python(wit::PythonPlan {
            file: source.file.clone(),
            function: source.function.clone(),
            arguments: Value::Object(Object::clone(arguments)).to_json_text(),
            typed: *typed,
        }),
        registry::Plan::Component { source, arguments } => wit::Plan::Component(wit::ComponentPlan {
            file: source.file.clone(),
            digest: source.digest.clone(),
            export: source.export.clone(),
            // Numbers that JSON has no word for don't get this far, so serialising can't fail.
            arguments: serde_json::to_string(&**arguments).unwrap_or_default(),
        }),
        _ => wit::Plan::Unsupported("this kind of implementation".to_owned()),
    }
}

fn failure(error: registry::ExecutionError) -> wit::ExecutionError {
    match error {
        registry::ExecutionError::Failed(message) => wit::ExecutionError::Failed(message),
        registry::ExecutionError::TimedOut { seconds } => wit::ExecutionError::TimedOut(seconds),
        registry::ExecutionError::Cancelled => wit::ExecutionError::Cancelled,
        registry::ExecutionError::AwaitsInput => wit::ExecutionError::AwaitsInput,
        registry::ExecutionError::Overloaded => wit::ExecutionError::Overloaded,
        registry::ExecutionError::Internal => wit::ExecutionError::Internal,
    }
}

pub(crate) fn output(output: wit::Output) -> Result<registry::Output, Error> {
    Ok(match output {
        wit::Output::Value(value) => registry::Output::Value(json("value", &value)?),
        wit::Output::Component(value) => registry::Output::Component(match value {
            None => None,
            Some(value) => Some(
                serde_json::from_str(&value)
                    .map_err(|error| Error::InvalidJson(format!("component: {error}")))?,
            ),
        }),
        wit::Output::Content(value) => registry::Output::Content(json("content", &value)?),
        wit::Output::Rows(rows) => {
            let Value::Array(items) = json("rows", &rows.rows)? else {
                return Err(Error::InvalidJson("rows: must be an array".to_owned()));
            };
            let row = |item| match item {
                Value::Object(row) => Ok(row),
                _ => Err(Error::InvalidJson("rows: every row must be an object".to_owned())),
            };
            registry::Output::Rows(registry::Rows {
                columns: rows.columns.into_iter().map(Into::into).collect(),
                rows: items.into_iter().map(row).collect::<Result<_, _>>()?,
            })
        }
    })
}

pub(crate) fn execution_error(error: wit::ExecutionError) -> registry::ExecutionError {
    match error {
        wit::ExecutionError::Failed(message) => registry::ExecutionError::Failed(message),
        wit::ExecutionError::TimedOut(seconds) => registry::ExecutionError::TimedOut { seconds },
        wit::ExecutionError::Cancelled => registry::ExecutionError::Cancelled,
        wit::ExecutionError::AwaitsInput => registry::ExecutionError::AwaitsInput,
        wit::ExecutionError::Overloaded => registry::ExecutionError::Overloaded,
        wit::ExecutionError::Internal => registry::ExecutionError::Internal,
    }
}

fn call_error(error: &call::CallError) -> wit::CallError {
    use call::CallError;
    let message = error.to_string();
    match error {
        CallError::UnknownEndpoint { .. } => wit::CallError::UnknownEndpoint(message),
        CallError::InvalidArguments(errors) => {
            let error = |error: &call::ArgumentError| wit::ArgumentError {
                pointer: error.pointer.clone(),
                message: error.message.clone(),
            };
            wit::CallError::InvalidArguments(errors.iter().map(error).collect())
        }
        CallError::InputDenied { .. } => wit::CallError::InputDenied(message),
        CallError::OutputDenied { .. } => wit::CallError::OutputDenied(message),
        CallError::Execution(_) => wit::CallError::Execution(message),
        CallError::Shape(_) => wit::CallError::Shape(message),
        CallError::InvalidOutput(_) => wit::CallError::InvalidOutput(message),
        CallError::TimedOut { .. } => wit::CallError::TimedOut(message),
        CallError::Cancelled => wit::CallError::Cancelled(message),
        CallError::AwaitsInput => wit::CallError::AwaitsInput(message),
        CallError::Overloaded => wit::CallError::Overloaded(message),
        _ => wit::CallError::Internal(message),
    }
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
