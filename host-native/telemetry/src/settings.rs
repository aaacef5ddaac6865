//! What the user file and the environment ask for, put together.

use std::collections::BTreeMap;
use std::time::Duration;

use mxcp_core::call::Secret;
use mxcp_core::schema::{self, OtlpProtocol};
use serde_json::Value as Json;

use crate::error::Error;

/// Whose telemetry it is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Name of the project.
    pub project: String,
    /// Name of the active profile.
    pub profile: String,
    /// Version of the program.
    pub version: String,
    /// Through which door calls come: `stdio`, `sse`, `streamable-http`.
    pub transport: &'static str,
    /// Whether the database is open for reading only.
    pub readonly: bool,
}

/// What the environment says, each in place of what the user file says.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Whether anything is collected: `MXCP_TELEMETRY_ENABLED`.
    pub enabled: Option<bool>,
    /// URL of the collector: `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub endpoint: Option<String>,
    /// Form of OTLP: `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub protocol: Option<String>,
    /// Headers, `name=value,name=value`: `OTEL_EXPORTER_OTLP_HEADERS`.
    pub headers: Option<Secret>,
    /// Name of the service: `OTEL_SERVICE_NAME`.
    pub service_name: Option<String>,
    /// Attributes, `name=value,name=value`: `OTEL_RESOURCE_ATTRIBUTES`.
    pub resource_attributes: Option<String>,
    /// Whether spans are printed: `MXCP_TELEMETRY_TRACING_CONSOLE`.
    pub console: Option<bool>,
    /// Seconds between two exports of metrics: `MXCP_TELEMETRY_METRICS_INTERVAL`.
    pub interval: Option<String>,
}

/// What is collected and where it goes. `Debug` shows no header.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) traces: Option<Traces>,
    pub(crate) metrics: Option<Metrics>,
    /// It can have a password in it.
    pub(crate) endpoint: Option<Secret>,
    pub(crate) protocol: OtlpProtocol,
    pub(crate) headers: BTreeMap<String, Secret>,
    pub(crate) service_name: String,
    pub(crate) service_version: String,
    pub(crate) environment: String,
    pub(crate) resource_attributes: BTreeMap<String, Json>,
    pub(crate) project: String,
    pub(crate) profile: String,
    pub(crate) version: String,
    pub(crate) transport: &'static str,
    pub(crate) readonly: bool,
}

/// How calls are traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traces {
    /// Whether spans are printed.
    pub(crate) console: bool,
    /// Whether the texts of errors are part of them.
    pub(crate) exceptions: bool,
}

/// How calls are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Metrics {
    /// Time between two exports.
    pub(crate) interval: Duration,
    /// Whether they are sent.
    pub(crate) sent: bool,
    /// Whether Prometheus reads them.
    pub(crate) read: bool,
}

impl Settings {
    /// What is to be collected; none if nothing is. With `prometheus`, metrics are collected for somebody who reads them, whatever is
    /// said otherwise.
    ///
    /// # Errors
    /// There is no such protocol.
    pub fn resolve(
        written: Option<&schema::Telemetry>,
        overrides: &Overrides,
        identity: Identity,
        prometheus: bool,
    ) -> Result<Option<Self>, Error> {
        let written = written.cloned().unwrap_or_default();
        let enabled = overrides.enabled.unwrap_or(written.enabled);
        if !enabled && !prometheus {
            return Ok(None);
        }
        let tracing = written.tracing.unwrap_or_default();
        let traces = (enabled && tracing.enabled).then(|| Traces {
            console: overrides.console.unwrap_or(tracing.console_export),
            exceptions: tracing.record_exceptions,
        });
        let metrics = written.metrics.unwrap_or_default();
        let sent = enabled && metrics.enabled;
        let interval = Duration::from_secs(interval(overrides, metrics.export_interval));
        let metrics = (sent || prometheus).then_some(Metrics { interval, sent, read: prometheus });
        let Identity { project, profile, version, transport, readonly } = identity;
        let headers = match &overrides.headers {
            Some(text) => pairs(text.reveal()).map(|(name, value)| (name, Secret::new(value))).collect(),
            None => {
                let headers = written.headers.unwrap_or_default().into_iter();
                headers.map(|(name, value)| (name, Secret::new(value.expose().clone()))).collect()
            }
        };
        let resource_attributes = match &overrides.resource_attributes {
            Some(text) => pairs(text).map(|(name, value)| (name, value.into())).collect(),
            None => written.resource_attributes.unwrap_or_default(),
        };
        Ok(Some(Self {
            traces,
            metrics,
            endpoint: overrides
                .endpoint
                .clone()
                .or(written.endpoint)
                .filter(|url| !url.is_empty())
                .map(Secret::new),
            protocol: protocol(overrides, written.protocol)?,
            headers,
            service_name: overrides
                .service_name
                .clone()
                .or(written.service_name)
                .unwrap_or_else(|| "mxcp".to_owned()),
            service_version: written.service_version.unwrap_or_else(|| version.clone()),
            environment: written.environment.unwrap_or_else(|| profile.clone()),
            resource_attributes,
            project,
            profile,
            version,
            transport,
            readonly,
        }))
    }

    /// Whether spans are made.
    #[must_use]
    pub fn traces(&self) -> bool {
        self.traces.is_some()
    }

    /// Whether anything is collected that goes nowhere.
    #[must_use]
    pub fn is_aimless(&self) -> bool {
        let printed = self.traces.is_some_and(|traces| traces.console);
        let read = self.metrics.is_some_and(|metrics| metrics.read);
        self.endpoint.is_none() && !printed && !read
    }
}

fn protocol(overrides: &Overrides, written: Option<OtlpProtocol>) -> Result<OtlpProtocol, Error> {
    match overrides.protocol.as_deref() {
        None => Ok(written.unwrap_or_default()),
        Some("http/protobuf") => Ok(OtlpProtocol::HttpProtobuf),
        Some("grpc") => Ok(OtlpProtocol::Grpc),
        Some(other) => Err(Error::Protocol(other.to_owned())),
    }
}

/// Seconds between two exports.
fn interval(overrides: &Overrides, written: u32) -> u64 {
    let Some(text) = &overrides.interval else { return written.into() };
    match text.trim().parse() {
        Ok(seconds @ 1..) => seconds,
        _ => {
            tracing::warn!(
                "MXCP_TELEMETRY_METRICS_INTERVAL is no number of seconds, and has no effect: {text:?}"
            );
            written.into()
        }
    }
}

/// The names and values of `name=value,name=value`; parts without a name or `=` are dropped.
fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split(',').filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            project: "shop".into(),
            profile: "dev".into(),
            version: "1".into(),
            transport: "stdio",
            readonly: false,
        }
    }

    fn settings(written: &str, overrides: &Overrides) -> Option<Settings> {
        let written: schema::Telemetry = serde_json::from_str(written).unwrap();
        Settings::resolve(Some(&written), overrides, identity(), false).unwrap()
    }

    #[test]
    fn a_section_that_is_there_is_enabled_as_one_that_is_not() {
        let all = r#"{"enabled": true, "tracing": {"console_export": true}, "metrics": {}}"#;
        let settings = settings(all, &Overrides::default()).unwrap();
        assert_eq!(settings.traces, Some(Traces { console: true, exceptions: false }));
        assert_eq!(settings.metrics.map(|metrics| metrics.interval.as_secs()), Some(60));
        assert_eq!((settings.service_name.as_str(), settings.environment.as_str()), ("mxcp", "dev"));
    }

    #[test]
    fn the_environment_beats_the_file_and_disables_nothing() {
        let overrides = Overrides {
            enabled: Some(true),
            endpoint: Some("http://c".into()),
            headers: Some(Secret::new(" a = b c ,x,=,d=e=f")),
            resource_attributes: Some("team=a".into()),
            console: Some(true),
            interval: Some("5".into()),
            ..Overrides::default()
        };
        let settings = settings(r#"{"endpoint": "http://f", "headers": {"q": "r"}}"#, &overrides).unwrap();
        assert_eq!(settings.endpoint.as_ref().map(Secret::reveal), Some("http://c"));
        let headers: Vec<_> =
            settings.headers.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
        assert_eq!(headers, [("a", "b c"), ("d", "e=f")]);
        assert_eq!(settings.resource_attributes, BTreeMap::from([("team".into(), "a".into())]));
        assert!(settings.traces.is_some_and(|traces| traces.console));
        assert_eq!(settings.metrics.map(|metrics| metrics.interval.as_secs()), Some(5));
        assert!(!format!("{settings:?}").contains("b c"));
    }

    #[test]
    fn an_interval_that_is_no_number_is_ignored() {
        for interval in ["soon", "0", "-1", "1.5"] {
            let overrides = Overrides { interval: Some(interval.into()), ..Overrides::default() };
            let settings = settings(r#"{"enabled": true}"#, &overrides).unwrap();
            assert_eq!(settings.metrics.map(|metrics| metrics.interval.as_secs()), Some(60), "{interval}");
        }
    }

    #[test]
    fn an_endpoint_alone_enables_nothing() {
        let overrides = Overrides { endpoint: Some("http://c".into()), ..Overrides::default() };
        assert!(settings("{}", &overrides).is_none());
        let off = Overrides { enabled: Some(false), ..overrides };
        assert!(settings(r#"{"enabled": true}"#, &off).is_none());
    }

    #[test]
    fn prometheus_has_metrics_where_nothing_is_sent() {
        let settings = Settings::resolve(None, &Overrides::default(), identity(), true).unwrap().unwrap();
        assert_eq!(settings.traces, None);
        assert_eq!(settings.metrics.map(|metrics| metrics.sent), Some(false));
        assert!(!settings.is_aimless());
    }
}
