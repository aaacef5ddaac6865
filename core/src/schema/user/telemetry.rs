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
    /// URL of an OpenTelemetry collector that speaks OTLP over HTTP.
    pub endpoint: Option<String>,
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

/// Traces.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tracing {
    /// Whether traces are collected, if anything is.
    pub enabled: bool,
    /// Whether they are printed, too.
    pub console_export: bool,
}

impl Default for Tracing {
    fn default() -> Self {
        Self { enabled: true, console_export: false }
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
