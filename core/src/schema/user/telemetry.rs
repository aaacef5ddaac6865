//! Traces and metrics.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Hidden;

/// Traces and metrics of `serve`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// Whether anything is collected.
    pub enabled: bool,
    /// URL of an OpenTelemetry collector.
    pub endpoint: Option<String>,
    /// How the collector is spoken to; `http/protobuf` if absent.
    pub protocol: Option<OtlpProtocol>,
    /// Headers of requests to the collector.
    pub headers: Option<BTreeMap<String, Hidden<String>>>,
    /// Name of the service; `mxcp` if absent.
    pub service_name: Option<String>,
    /// Version of the service; that of mxcp if absent.
    pub service_version: Option<String>,
    /// Name of the environment; that of the profile if absent.
    pub environment: Option<String>,
    /// Further attributes of everything that is sent.
    pub resource_attributes: Option<BTreeMap<String, serde_json::Value>>,
    /// Traces.
    pub tracing: Option<Tracing>,
    /// Metrics.
    pub metrics: Option<Metrics>,
}

/// The forms of OTLP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum OtlpProtocol {
    /// Requests of HTTP with messages in the form of Protocol Buffers.
    #[default]
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
    /// gRPC.
    #[serde(rename = "grpc")]
    Grpc,
}

/// Traces.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tracing {
    /// Whether traces are collected, if anything is.
    pub enabled: bool,
    /// Whether they are printed on standard error, too.
    pub console_export: bool,
    /// Whether the texts of errors are part of them. Texts can quote data.
    pub record_exceptions: bool,
}

impl Default for Tracing {
    fn default() -> Self {
        Self { enabled: true, console_export: false, record_exceptions: false }
    }
}

/// Metrics.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Whether metrics are collected, if anything is.
    pub enabled: bool,
    /// Seconds between two exports.
    #[schemars(range(min = 1))]
    pub export_interval: u32,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { enabled: true, export_interval: 60 }
    }
}
