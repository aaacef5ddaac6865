//! The adapter behind the port.

use std::sync::Arc;
use std::time::Duration;

use mxcp_core::call::CallContext;
use mxcp_runtime::ports::{CallTelemetry, Subject, Telemetry};
use opentelemetry::KeyValue;

use crate::call::ObservedCall;
use crate::error::Error;
use crate::export::Target;
use crate::meters::Meters;
use crate::resource;
use crate::settings::Settings;
use crate::tracer::Tracer;

/// Longest time that the end of the program waits for a collector.
const END: Duration = Duration::from_secs(5);

/// Traces and counts calls. Clones are the same collector.
#[derive(Clone, Debug)]
pub struct Collector {
    shared: Arc<Shared>,
}

/// What calls share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) tracer: Option<Tracer>,
    pub(crate) meters: Option<Meters>,
    /// Whether the database is open for reading only.
    pub(crate) readonly: bool,
    profile: String,
}

impl Collector {
    /// Starts to collect. Has to be called within the runtime whose tasks carry what goes over gRPC.
    ///
    /// # Errors
    /// The collector can't be spoken to as it is asked for. That it can't be reached is no error.
    pub fn start(settings: &Settings) -> Result<Self, Error> {
        let target = Target::of(settings)?;
        let resource = resource::of(settings);
        let tracer = match settings.traces {
            Some(traces) => Some(Tracer::new(settings, traces, target.as_ref(), &resource)?),
            None => None,
        };
        let meters = match settings.metrics {
            Some(metrics) => Some(Meters::new(settings, metrics, target.as_ref(), &resource)?),
            None => None,
        };
        let (readonly, profile) = (settings.readonly, settings.profile.clone());
        Ok(Self { shared: Arc::new(Shared { tracer, meters, readonly, profile }) })
    }

    /// All metrics as text that Prometheus reads; empty unless they were asked for.
    #[must_use]
    pub fn prometheus_text(&self) -> String {
        self.shared.meters.as_ref().map(Meters::text).unwrap_or_default()
    }

    /// Sends what was not sent yet, and stops. A collector that does not answer is waited for for 5 s.
    pub async fn shut_down(&self) {
        let spans = Arc::clone(&self.shared);
        let metrics = Arc::clone(&self.shared);
        let spans = tokio::task::spawn_blocking(move || {
            if let Some(tracer) = &spans.tracer {
                tracer.shut_down(END);
            }
        });
        let metrics = tokio::task::spawn_blocking(move || {
            if let Some(meters) = &metrics.meters {
                meters.shut_down(END);
            }
        });
        let both = async move { (spans.await.is_ok(), metrics.await.is_ok()) };
        if !matches!(tokio::time::timeout(END, both).await, Ok((true, true))) {
            tracing::warn!("telemetry may be lost: the collector does not answer");
        }
    }
}

impl Telemetry for Collector {
    fn begin(&self, subject: Subject<'_>, context: &mut CallContext) -> Arc<dyn CallTelemetry> {
        Arc::new(ObservedCall::begin(Arc::clone(&self.shared), subject, context))
    }

    fn authenticated(&self, provider: &str, succeeded: bool) {
        if let Some(meters) = &self.shared.meters {
            let provider = KeyValue::new("provider", provider.to_owned());
            meters.attempts.add(1, &[provider, status(succeeded)]);
        }
    }

    fn reloaded(&self, succeeded: bool) {
        if let Some(meters) = &self.shared.meters {
            let profile = KeyValue::new("profile", self.shared.profile.clone());
            meters.reloads.add(1, &[status(succeeded), profile]);
        }
    }
}

/// How something ended, as metrics have it.
pub(crate) fn status(succeeded: bool) -> KeyValue {
    KeyValue::new("status", if succeeded { "success" } else { "error" })
}

#[cfg(test)]
mod tests;
