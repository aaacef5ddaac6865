//! The span of a request, and the metric of it: OpenTelemetry's conventions for MCP servers.

use mxcp_core::call::{CallError, Caller};
use mxcp_core::definition::Kind;
use opentelemetry::KeyValue;

use crate::call::{End, Facts};

/// The code of JSON-RPC by which a tool that does not exist is answered.
const NO_TOOL: &str = "-32602";

impl Facts {
    /// The method of MCP that asks for it.
    fn method(&self) -> &'static str {
        match self.kind {
            Kind::Tool => "tools/call",
            Kind::Resource => "resources/read",
            Kind::Prompt => "prompts/get",
        }
    }

    /// The door that it came through.
    pub(crate) fn door(&self) -> &'static str {
        match self.caller {
            Caller::Cli => "cli",
            Caller::Stdio => "stdio",
            Caller::Http => "http",
            Caller::Test => "test",
        }
    }
}

/// The name of the span. Whatever is no name of the project's is left out: anybody can make such names up. So are URIs, in which there
/// are arguments.
pub(super) fn name(facts: &Facts, end: &End<'_>) -> String {
    match facts.kind {
        Kind::Tool | Kind::Prompt if end.is_known() => format!("{} {}", facts.method(), facts.name),
        _ => facts.method().to_owned(),
    }
}

/// What is said of it in both the span and the metric.
pub(crate) fn attributes(facts: &Facts, end: &End<'_>) -> Vec<KeyValue> {
    let mut attributes = vec![KeyValue::new("mcp.method.name", facts.method())];
    match facts.kind {
        Kind::Tool => {
            attributes.push(KeyValue::new("gen_ai.operation.name", "execute_tool"));
            if end.is_known() {
                attributes.push(KeyValue::new("gen_ai.tool.name", facts.name.clone()));
            }
        }
        Kind::Prompt if end.is_known() => {
            attributes.push(KeyValue::new("gen_ai.prompt.name", facts.name.clone()));
        }
        Kind::Prompt | Kind::Resource => {}
    }
    match facts.caller {
        Caller::Http => {
            attributes.push(KeyValue::new("network.transport", "tcp"));
            attributes.push(KeyValue::new("network.protocol.name", "http"));
        }
        Caller::Stdio => attributes.push(KeyValue::new("network.transport", "pipe")),
        Caller::Cli | Caller::Test => {}
    }
    attributes.extend(error_type(facts, end).map(|error| KeyValue::new("error.type", error)));
    attributes
}

/// What is said of it in the span.
pub(super) fn span_attributes(facts: &Facts, end: &End<'_>) -> Vec<KeyValue> {
    let mut attributes = attributes(facts, end);
    if let Some(session) = &facts.session {
        attributes.push(KeyValue::new("mcp.session.id", session.clone()));
    }
    attributes
}

/// How the client is told of an error: that of a tool is a result like any other.
fn error_type(facts: &Facts, end: &End<'_>) -> Option<&'static str> {
    let class = end.class()?;
    Some(match (facts.kind, end.error) {
        (Kind::Tool, Some(CallError::UnknownEndpoint { .. })) => NO_TOOL,
        (Kind::Tool, Some(_)) => "tool_error",
        _ => class,
    })
}
