//! What is said when clients can connect.

use std::io;
use std::net::SocketAddr;

use mxcp_core::definition::Kind;
use mxcp_core::registry::Registry;
use mxcp_core::schema::Scheme;
use mxcp_core::web::Host;

use crate::compose::{HttpProtocol, HttpSettings};
use crate::project::Project;
use crate::ui::Ui;

/// The banner of a server, but for its port.
#[derive(Debug)]
pub(super) struct Banner {
    lines: Vec<(&'static str, String)>,
    scheme: Scheme,
    host: String,
    path: &'static str,
    docs: bool,
}

impl Banner {
    pub(super) fn new(
        project: &Project,
        http: &HttpSettings,
        registry: &Registry,
        sql_tools: bool,
        skipped: usize,
    ) -> Self {
        let count = |kind| registry.endpoints().filter(|endpoint| endpoint.kind == kind).count();
        let endpoints = format!(
            "{} tools, {} resources, {} prompts",
            count(Kind::Tool),
            count(Kind::Resource),
            count(Kind::Prompt)
        );
        let (transport, path) = match http.protocol {
            HttpProtocol::Streamable => ("streamable-http", "/mcp"),
            HttpProtocol::Sse => ("sse", "/sse"),
        };
        let mut lines = vec![
            ("Project", project.site.project.clone()),
            ("Profile", project.profile.clone()),
            ("Transport", transport.to_owned()),
            ("HTTP Mode", if http.http.stateless { "Stateless" } else { "Stateful" }.to_owned()),
            ("SQL Tools", if sql_tools { "Enabled" } else { "Disabled" }.to_owned()),
            ("Endpoints", endpoints),
        ];
        if skipped > 0 {
            lines.push(("Skipped", format!("{skipped} endpoints with errors")));
        }
        let scheme = if http.tls.is_some() { Scheme::Https } else { Scheme::Http };
        Self { lines, scheme, host: http.http.host.clone(), path, docs: http.docs.is_some() }
    }

    /// Prints it; `address` is where the server listens, `monitor` where it answers health checks.
    pub(super) fn show(
        &self,
        address: SocketAddr,
        monitor: Option<SocketAddr>,
        ui: &mut Ui,
    ) -> io::Result<()> {
        ui.heading(format_args!("mxcp {}", env!("CARGO_PKG_VERSION")))?;
        for (name, value) in &self.lines {
            ui.line(format_args!("  {:<11}{value}", format!("{name}:")))?;
        }
        if self.docs {
            ui.line(format_args!("  Docs:      {}", self.url(address.port(), "/docs/")))?;
        }
        if let Some(monitor) = monitor {
            ui.line(format_args!("  Metrics:   http://{monitor}/metrics"))?;
        }
        ui.line(format_args!("Listening on {}", self.url(address.port(), self.path)))?;
        ui.flush()
    }

    fn url(&self, port: u16, path: &str) -> String {
        format!("{}://{}{path}", self.scheme.as_str(), Host::listening(&self.host, Some(port)))
    }
}
