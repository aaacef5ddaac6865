//! What has to be right in `transport` (spec `authentication.md` section 2.3).

use crate::diagnostic::{Code, Diagnostic};
use crate::schema::{Http, Transport, TrustProxy};
use crate::web::{Host, Network, Origin};
use crate::yaml::{DocPath, Report};

/// Reports what can't be right; `path` is that of `transport`.
pub(super) fn check(transport: &Transport, path: &DocPath, report: &mut Report<'_>) {
    let Some(http) = &transport.http else { return };
    let path = path.key("http");
    base_url(http, &path, report);
    let hosts = http.allowed_hosts.as_deref().unwrap_or_default();
    each(hosts, &path.key("allowed_hosts"), report, |text| {
        (text != "*" && Host::parse(text).is_none()).then_some((
            "this is no host",
            "write its name, and its port if only that one is meant: `mcp.example:8443`",
        ))
    });
    let origins = http.allowed_origins.as_deref().unwrap_or_default();
    each(origins, &path.key("allowed_origins"), report, |text| {
        (text != "*" && Origin::parse(text).is_none())
            .then_some(("this is no origin", "write scheme, host and port alone: `https://app.example`"))
    });
    if let TrustProxy::Addresses(addresses) = &http.trust_proxy {
        each(addresses, &path.key("trust_proxy"), report, |text| {
            Network::parse(text)
                .is_none()
                .then_some(("this is no address", "write an address or a network: `10.1.2.3`, `10.0.0.0/8`"))
        });
    }
    if http.max_connections == Some(0) {
        let problem = "Input should be greater than or equal to 1";
        report.error(Code::InvalidValue, &path.key("max_connections"), problem);
    }
}

fn base_url(http: &Http, path: &DocPath, report: &mut Report<'_>) {
    if http.base_url.as_deref().is_some_and(|url| Origin::of_url(url).is_none()) {
        let problem = "this is no URL under which a server can be reached";
        let help = "write scheme, host and, where there is one, port and path: `https://mcp.example`";
        let diagnostic = Diagnostic::error(Code::InvalidValue, problem).help(help);
        report.add(&path.key("base_url"), diagnostic);
    }
}

fn each(
    texts: &[String],
    path: &DocPath,
    report: &mut Report<'_>,
    problem: impl Fn(&str) -> Option<(&'static str, &'static str)>,
) {
    for (index, text) in texts.iter().enumerate() {
        if let Some((problem, help)) = problem(text) {
            let diagnostic = Diagnostic::error(Code::InvalidValue, problem).help(help);
            report.add(&path.index(index), diagnostic);
        }
    }
}
