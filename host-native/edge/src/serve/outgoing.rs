//! Where a component may send requests to.

use std::collections::BTreeSet;
use std::sync::Arc;

use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody, WasiHttpHooks};

use super::Options;
use crate::description::Description;

/// Variables whose values are URLs that the component asks.
const URLS: [&str; 2] = ["MXCP_EDGE_ORIGIN", "MXCP_EDGE_JWKS_URL"];

/// The hosts that a component may send requests to: `host:port`.
#[derive(Clone, Debug)]
pub(super) struct Reach(Arc<BTreeSet<String>>);

impl Reach {
    pub(super) fn new(options: &Options, description: &Description) -> Self {
        let variables = options.variables.iter();
        let told = variables.filter(|(name, _)| URLS.contains(&name.as_str())).map(|(_, value)| value);
        let built = description.origin.iter().chain(&description.jwks_url);
        let urls = told.chain(built).filter_map(|url| of_url(url));
        let hosts = options
            .hosts
            .iter()
            .flat_map(|host| if has_port(host) { vec![host.to_ascii_lowercase()] } else { both(host) });
        Reach(Arc::new(urls.chain(hosts).collect()))
    }

    fn allows(&self, uri: &hyper::Uri) -> bool {
        of_uri(uri).is_some_and(|host| self.0.contains(&host))
    }
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

fn both(host: &str) -> Vec<String> {
    [80, 443].map(|port| format!("{}:{port}", host.to_ascii_lowercase())).into()
}

fn of_url(url: &str) -> Option<String> {
    of_uri(&url.parse().ok()?)
}

fn of_uri(uri: &hyper::Uri) -> Option<String> {
    let usual = if uri.scheme_str()? == "https" { 443 } else { 80 };
    let port = uri.port_u16().unwrap_or(usual);
    Some(format!("{}:{port}", uri.host()?.to_ascii_lowercase()))
}

type Sent = Result<(hyper::Response<WasiBody>, Box<dyn Future<Output = Result<()>> + Send>)>;

impl WasiHttpHooks for Reach {
    fn send_request(
        &mut self,
        request: hyper::Request<WasiBody>,
        options: Option<RequestOptions>,
        _body: Box<dyn Future<Output = Result<()>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let allowed = self.allows(request.uri());
        Box::new(async move {
            if !allowed {
                tracing::warn!(
                    host = request.uri().host(),
                    "a request to a host that is not allowed was denied"
                );
                return Err(Error::HttpRequestDenied);
            }
            let (response, connection) = wasmtime_wasi_http::default_send_request(request, options).await?;
            let connection: Box<dyn Future<Output = Result<()>> + Send> = Box::new(connection);
            Ok((response.map(http_body_util::BodyExt::boxed_unsync), connection))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(hosts: &[&str], variables: &[(&str, &str)]) -> Reach {
        let options = Options {
            file: "a.wasm".into(),
            host: String::new(),
            port: 0,
            variables: variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            concurrency: 1,
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            timeout: std::time::Duration::ZERO,
            memory: 0,
        };
        let origin = Some("https://built.example/mcp".to_owned());
        Reach::new(&options, &Description { origin, ..Description::default() })
    }

    #[test]
    fn only_the_hosts_of_the_deployment_are_reached() {
        let reach = reach(
            &["API.example", "b.example:8443"],
            &[("MXCP_EDGE_ORIGIN", "http://[::1]:9/mcp"), ("X", "http://x/")],
        );
        let allows = |uri: &str| reach.allows(&uri.parse().unwrap());
        assert!(allows("https://built.example/other"));
        assert!(allows("http://[::1]:9/mcp"));
        assert!(allows("http://api.example/") && allows("https://api.example/"));
        assert!(allows("https://b.example:8443/"));
        assert!(!allows("http://built.example/mcp"), "another port");
        assert!(!allows("https://b.example/"));
        assert!(!allows("http://x/"));
        assert!(!allows("http://[::1]:10/mcp"));
    }
}
