//! The collector that telemetry goes to.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use mxcp_core::web::Origin;

use super::check::Check;
use super::subject::Subject;
use crate::project::Project;

const NAME: &str = "telemetry";

/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// How it is.
pub(super) fn checks(subject: &Subject<'_>, project: &Project) -> Vec<Check> {
    vec![if subject.user_file { collector(subject, project) } else { Subject::not_known(NAME) }]
}

fn collector(subject: &Subject<'_>, project: &Project) -> Check {
    let overrides = project.telemetry();
    let written = project.user.profile.telemetry.as_ref();
    if !overrides.enabled.unwrap_or_else(|| written.is_some_and(|written| written.enabled)) {
        return Check::skipped(NAME, "it is not enabled");
    }
    let endpoint = overrides.endpoint.as_deref().or(written.and_then(|written| written.endpoint.as_deref()));
    let Some(endpoint) = endpoint.filter(|endpoint| !endpoint.is_empty()) else {
        return Check::warning(NAME, "it is enabled and goes nowhere").help(
            "telemetry: {endpoint: http://localhost:4318} in the user file, or OTEL_EXPORTER_OTLP_ENDPOINT",
        );
    };
    // The whole of it is not shown: it can have a password in it.
    let Some(origin) = origin(endpoint) else {
        return Check::problem(NAME, "the endpoint is no URL of a server").help(
            "telemetry: {endpoint: http://localhost:4318} in the user file, or OTEL_EXPORTER_OTLP_ENDPOINT",
        );
    };
    // What comes from a reference is not shown at all.
    let hidden = overrides.endpoint.is_none() && project.user.is_followed("telemetry.endpoint");
    let shown = if hidden { "the collector".to_owned() } else { origin.to_string() };
    if !subject.network {
        return Check::skipped(
            NAME,
            format!("whether {shown} answers would have to be asked over the network"),
        )
        .help("to ask: mxcp doctor --network");
    }
    match connect(&origin) {
        Ok(()) => Check::ok(NAME, format!("{shown} takes connections")),
        Err(error) => Check::problem(NAME, format!("{shown} can't be reached: {error}"))
            .help("start the collector, or correct `telemetry.endpoint` in the user file"),
    }
}

/// Where a URL leads, without the user and password in it.
fn origin(endpoint: &str) -> Option<Origin> {
    let (scheme, rest) = endpoint.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Origin::parse(&format!("{scheme}://{host}"))
}

fn connect(origin: &Origin) -> std::io::Result<()> {
    let mut problem = std::io::Error::from(std::io::ErrorKind::NotFound);
    for address in (origin.host().name(), origin.port()).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Ok(()),
            Err(error) => problem = error,
        }
    }
    Err(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_telemetry_goes_is_told_without_passwords() {
        let shown = |url: &str| origin(url).map(|origin| origin.to_string());
        assert_eq!(shown("https://ann:secret@c.example/v1?k=x").as_deref(), Some("https://c.example"));
        assert_eq!(shown("http://localhost:4318").as_deref(), Some("http://localhost:4318"));
        assert_eq!(shown("nonsense"), None);
    }
}
