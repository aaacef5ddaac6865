//! Where spans and metrics go.

mod console;
mod watched;
mod web;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mxcp_core::schema::OtlpProtocol;
use opentelemetry_http::HttpClient;
use opentelemetry_otlp::tonic_types::metadata::MetadataMap;
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{
    MetricExporter, SpanExporter, WithExportConfig as _, WithHttpConfig as _, WithTonicConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SpanExporter as ExportsSpans, SpanProcessor as _,
};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Uri};

use self::console::Console;
pub(crate) use self::watched::Watched;
use self::web::Web;
use crate::error::Error;
use crate::settings::Settings;

/// Longest time for one request to the collector.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Most spans that wait to be sent; further ones are dropped rather than anybody kept waiting.
const WAITING: usize = 16_384;

/// Spans sent at once.
const BATCH: usize = 1024;

/// Longest time until a span is sent.
const DELAY: Duration = Duration::from_secs(2);

/// The collector that everything goes to.
#[derive(Debug)]
pub(crate) struct Target {
    endpoint: String,
    protocol: OtlpProtocol,
    headers: HeaderMap,
}

impl Target {
    /// The collector that is asked for, if one is.
    ///
    /// # Errors
    /// Its URL is none, or a header can't be sent.
    pub(crate) fn of(settings: &Settings) -> Result<Option<Self>, Error> {
        let Some(endpoint) = &settings.endpoint else { return Ok(None) };
        let endpoint = endpoint.reveal().to_owned();
        let uri: Uri = endpoint.parse().map_err(|_| Error::Endpoint)?;
        let schemes = ["http", "https"];
        if uri.host().is_none() || !uri.scheme_str().is_some_and(|scheme| schemes.contains(&scheme)) {
            return Err(Error::Endpoint);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &settings.headers {
            let wrong = |why| Error::Header { name: name.clone(), why };
            let key: HeaderName = name.parse().map_err(|_| wrong("it has no name that a header can have"))?;
            let mut value =
                HeaderValue::from_str(value.reveal()).map_err(|_| wrong("its value has other characters"))?;
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        Ok(Some(Self { endpoint, protocol: settings.protocol, headers }))
    }

    /// What sends spans.
    pub(crate) fn spans(&self) -> Result<Watched<SpanExporter>, Error> {
        let exporter = match self.protocol {
            OtlpProtocol::HttpProtobuf => SpanExporter::builder()
                .with_http()
                .with_shared_http_client(self.web())
                .with_headers(HashMap::new())
                .with_endpoint(self.signal("/v1/traces"))
                .with_timeout(TIMEOUT)
                .build(),
            OtlpProtocol::Grpc => {
                let mut builder = SpanExporter::builder()
                    .with_tonic()
                    .with_metadata(MetadataMap::from_headers(self.headers.clone()))
                    .with_endpoint(self.endpoint.clone())
                    .with_timeout(TIMEOUT);
                if let Some(tls) = self.tls() {
                    builder = builder.with_tls_config(tls);
                }
                builder.build()
            }
        };
        Ok(Watched::new(exporter.map_err(Error::Exporter)?, "spans"))
    }

    /// What sends metrics.
    pub(crate) fn metrics(&self) -> Result<Watched<MetricExporter>, Error> {
        let exporter = match self.protocol {
            OtlpProtocol::HttpProtobuf => MetricExporter::builder()
                .with_http()
                .with_shared_http_client(self.web())
                .with_headers(HashMap::new())
                .with_endpoint(self.signal("/v1/metrics"))
                .with_timeout(TIMEOUT)
                .build(),
            OtlpProtocol::Grpc => {
                let mut builder = MetricExporter::builder()
                    .with_tonic()
                    .with_metadata(MetadataMap::from_headers(self.headers.clone()))
                    .with_endpoint(self.endpoint.clone())
                    .with_timeout(TIMEOUT);
                if let Some(tls) = self.tls() {
                    builder = builder.with_tls_config(tls);
                }
                builder.build()
            }
        };
        Ok(Watched::new(exporter.map_err(Error::Exporter)?, "metrics"))
    }

    /// How gRPC is encrypted, if it is. HTTP knows by itself.
    fn tls(&self) -> Option<ClientTlsConfig> {
        self.endpoint.starts_with("https://").then(|| ClientTlsConfig::new().with_enabled_roots())
    }

    fn web(&self) -> Arc<dyn HttpClient> {
        Arc::new(Web::new(TIMEOUT, self.headers.clone()))
    }

    /// The URL for one kind of things. The one that is configured may be that of either already.
    fn signal(&self, path: &str) -> String {
        let base = self.endpoint.trim_end_matches('/');
        let base = ["/v1/traces", "/v1/metrics"].iter().find_map(|known| base.strip_suffix(known));
        let base = base.unwrap_or(self.endpoint.trim_end_matches('/'));
        format!("{base}{path}")
    }
}

/// A queue of spans and the thread that sends them.
pub(crate) fn queue(exporter: impl ExportsSpans + 'static, resource: &Resource) -> BatchSpanProcessor {
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(WAITING)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(DELAY)
        .build();
    let mut queue = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
    queue.set_resource(resource);
    queue
}

/// A queue of spans that are printed.
pub(crate) fn printed(resource: &Resource) -> BatchSpanProcessor {
    queue(Console, resource)
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex, MutexGuard};
    use std::time::SystemTime;

    use opentelemetry::InstrumentationScope;
    use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

    use super::*;

    fn target(endpoint: &str) -> Target {
        let (endpoint, protocol) = (endpoint.to_owned(), OtlpProtocol::HttpProtobuf);
        Target { endpoint, protocol, headers: HeaderMap::new() }
    }

    /// A collector that takes nothing before it is let.
    #[derive(Clone, Debug, Default)]
    struct Held(Arc<(Mutex<State>, Condvar)>);

    #[derive(Debug, Default)]
    struct State {
        asked: bool,
        let_go: bool,
        taken: usize,
    }

    impl Held {
        fn state(&self) -> MutexGuard<'_, State> {
            self.0.0.lock().unwrap()
        }

        fn change(&self, change: impl FnOnce(&mut State)) {
            change(&mut self.state());
            self.0.1.notify_all();
        }

        fn wait_until(&self, ready: impl Fn(&State) -> bool) {
            let state = self.0.1.wait_while(self.state(), |state| !ready(state));
            drop(state.unwrap());
        }
    }

    impl ExportsSpans for Held {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.change(|state| state.asked = true);
            self.wait_until(|state| state.let_go);
            self.change(|state| state.taken += batch.len());
            Ok(())
        }
    }

    fn span() -> SpanData {
        SpanData {
            span_context: SpanContext::new(
                TraceId::from_bytes([1; 16]),
                SpanId::from_bytes([1; 8]),
                TraceFlags::SAMPLED,
                false,
                TraceState::default(),
            ),
            parent_span_is_remote: false,
            parent_span_id: SpanId::INVALID,
            span_kind: SpanKind::Internal,
            name: "a".into(),
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

    #[test]
    fn spans_beyond_what_may_wait_are_dropped_and_nobody_waits() {
        let held = Held::default();
        let queue = queue(held.clone(), &Resource::builder_empty().build());
        (0..BATCH).for_each(|_| queue.on_end(span()));
        held.wait_until(|state| state.asked);
        // Nothing is taken as long as this goes on, so that whoever waited here would wait for ever.
        (0..3 * WAITING).for_each(|_| queue.on_end(span()));
        held.change(|state| state.let_go = true);
        queue.shutdown().unwrap();
        let taken = held.state().taken;
        assert!((WAITING..=WAITING + BATCH).contains(&taken), "{taken}");
    }

    #[test]
    fn paths_are_added_unless_they_are_there() {
        for endpoint in
            ["http://c:4318", "http://c:4318/", "http://c:4318/v1/traces", "http://c:4318/v1/metrics"]
        {
            assert_eq!(target(endpoint).signal("/v1/traces"), "http://c:4318/v1/traces");
            assert_eq!(target(endpoint).signal("/v1/metrics"), "http://c:4318/v1/metrics");
        }
        assert_eq!(target("https://c/otel").signal("/v1/traces"), "https://c/otel/v1/traces");
    }
}
