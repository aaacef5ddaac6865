//! The telemetry that a project asks for.

use std::sync::Arc;

use anyhow::Context as _;
use mxcp_core::schema::AuthProvider;
use mxcp_server::{Authenticator, Counted};
use mxcp_telemetry::{Collector, Identity, Settings};

use crate::failure::Failure;
use crate::project::Project;

/// Starts to collect what the user file and the environment ask for; none if they ask for nothing. `prometheus` says that somebody
/// reads metrics. Has to be called on the runtime that serves.
///
/// # Errors
/// It can't be collected as it is asked for.
pub(crate) fn start(
    project: &Project,
    transport: &'static str,
    readonly: bool,
    prometheus: bool,
) -> Result<Option<Collector>, Failure> {
    let identity = Identity {
        project: project.site.project.clone(),
        profile: project.profile.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        transport,
        readonly: project.database(readonly)?.readonly,
    };
    for (variable, text) in project.unclear_telemetry() {
        tracing::warn!("{variable} is neither `true` nor `false`, and has no effect: {text:?}");
    }
    let (written, overrides) = (project.user.profile.telemetry.as_ref(), project.telemetry());
    let settings = Settings::resolve(written, overrides, identity, prometheus).context("telemetry")?;
    let Some(settings) = settings else { return Ok(None) };
    if settings.is_aimless() {
        tracing::warn!("telemetry is enabled and goes nowhere: `telemetry.endpoint` is missing");
    }
    Ok(Some(Collector::start(&settings).context("telemetry")?))
}

/// The same authenticator, with somebody who counts what it decides.
pub(crate) fn counting(
    authenticator: Option<Arc<dyn Authenticator>>,
    collector: Option<&Collector>,
    project: &Project,
) -> Option<Arc<dyn Authenticator>> {
    match (authenticator, collector) {
        (Some(authenticator), Some(collector)) => {
            let auth = project.user.profile.auth.as_ref().map(|auth| auth.provider);
            let provider = auth.filter(|provider| *provider != AuthProvider::None);
            // Without a provider it is an edge host in front that vouches for callers.
            let provider = provider.map_or("edge", AuthProvider::as_str);
            Some(Arc::new(Counted::new(authenticator, Arc::new(collector.clone()), provider)))
        }
        (authenticator, _) => authenticator,
    }
}
