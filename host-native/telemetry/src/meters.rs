//! What is counted (spec `telemetry.md` section 3, and the conventions for MCP).

mod custom;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use mxcp_runtime::ports::Measurement;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider as _, UpDownCounter};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{
    InstrumentKind, ManualReader, PeriodicReader, Pipeline, SdkMeterProvider, Temporality,
};

use self::custom::Custom;
use crate::error::Error;
use crate::export::Target;
use crate::prometheus;
use crate::settings::{Metrics, Settings};

/// Bounds of the buckets of durations, in seconds, as the conventions for MCP have them.
const SECONDS: [f64; 14] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// Everything that is counted.
pub(crate) struct Meters {
    provider: SdkMeterProvider,
    /// None unless somebody reads.
    reader: Option<Reader>,
    custom: Custom,
    pub(crate) requests: Counter<u64>,
    pub(crate) errors: Counter<u64>,
    pub(crate) concurrent: UpDownCounter<i64>,
    pub(crate) duration: Histogram<f64>,
    pub(crate) executions: Counter<u64>,
    pub(crate) executing: UpDownCounter<i64>,
    pub(crate) queries: Counter<u64>,
    pub(crate) querying: UpDownCounter<i64>,
    pub(crate) functions: Counter<u64>,
    pub(crate) calling: UpDownCounter<i64>,
    pub(crate) evaluations: Counter<u64>,
    pub(crate) denials: Counter<u64>,
    pub(crate) attempts: Counter<u64>,
    pub(crate) lookups: Counter<u64>,
    pub(crate) reloads: Counter<u64>,
}

impl fmt::Debug for Meters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Meters").finish_non_exhaustive()
    }
}

impl Meters {
    /// What the operator asks for.
    ///
    /// # Errors
    /// The collector can't be spoken to as it is asked for.
    pub(crate) fn new(
        settings: &Settings,
        metrics: Metrics,
        target: Option<&Target>,
        resource: &Resource,
    ) -> Result<Self, Error> {
        let mut provider = SdkMeterProvider::builder().with_resource(resource.clone());
        if let Some(target) = target.filter(|_| metrics.sent) {
            let sender = PeriodicReader::builder(target.metrics()?).with_interval(metrics.interval).build();
            provider = provider.with_reader(sender);
        }
        let reader = metrics.read.then(Reader::default);
        if let Some(reader) = &reader {
            provider = provider.with_reader(reader.clone());
        }
        let provider = provider.build();
        let scope = InstrumentationScope::builder("mxcp").with_version(settings.version.clone()).build();
        let meter = provider.meter_with_scope(scope);
        let counter = |name, about| counter(&meter, name, about);
        let gauge =
            |name, about| meter.i64_up_down_counter(name).with_unit("1").with_description(about).build();
        let up = counter("mxcp.up", "Starts of the server");
        let meters = Self {
            reader,
            requests: counter("mxcp.endpoint.requests_total", "Calls of endpoints"),
            errors: counter("mxcp.endpoint.errors_total", "Calls of endpoints that failed"),
            concurrent: gauge("mxcp.endpoint.concurrent_executions", "Calls of endpoints at the moment"),
            duration: meter
                .f64_histogram("mcp.server.operation.duration")
                .with_unit("s")
                .with_description("Time from a request to its answer")
                .with_boundaries(SECONDS.to_vec())
                .build(),
            executions: counter("mxcp.execution.total", "Runs of implementations"),
            executing: gauge("mxcp.execution.concurrent", "Runs of implementations at the moment"),
            queries: counter("mxcp.duckdb.queries_total", "Queries of endpoints"),
            querying: gauge("mxcp.duckdb.concurrent_executions", "Queries of endpoints at the moment"),
            functions: counter("mxcp.python.executions_total", "Calls of Python functions"),
            calling: gauge("mxcp.python.concurrent_executions", "Calls of Python functions at the moment"),
            evaluations: counter("mxcp.policy.evaluations_total", "Decisions of policies"),
            denials: counter("mxcp.policy.denials_total", "Denials by policies"),
            lookups: counter("mxcp.cache.lookups_total", "Calls that looked for the result of another one"),
            attempts: counter("mxcp.auth.attempts_total", "Attempts to authenticate"),
            reloads: counter("mxcp.reloads_total", "Reloads of the project"),
            custom: Custom::new(provider.meter("mxcp.sdk.telemetry")),
            provider,
        };
        up.add(
            1,
            &[
                KeyValue::new("version", settings.version.clone()),
                KeyValue::new("profile", settings.profile.clone()),
                KeyValue::new("project", settings.project.clone()),
                KeyValue::new("transport", settings.transport),
            ],
        );
        Ok(meters)
    }

    /// Adds what code measured.
    pub(crate) fn measure(&self, measurement: Measurement) {
        self.custom.measure(measurement);
    }

    /// Everything, as Prometheus reads it.
    pub(crate) fn text(&self) -> String {
        let mut metrics = ResourceMetrics::default();
        match &self.reader {
            Some(reader) if reader.collect(&mut metrics).is_ok() => prometheus::text(&metrics),
            _ => String::new(),
        }
    }

    /// Sends what was counted, for at most so long, and stops.
    pub(crate) fn shut_down(&self, limit: Duration) {
        // What is lost by then is said by what sends it.
        let _ = self.provider.shutdown_with_timeout(limit);
    }
}

fn counter(meter: &Meter, name: &'static str, about: &'static str) -> Counter<u64> {
    meter.u64_counter(name).with_unit("1").with_description(about).build()
}

/// Reads what was counted when somebody asks.
#[derive(Clone, Debug, Default)]
struct Reader(Arc<ManualReader>);

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, limit: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(limit)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}
