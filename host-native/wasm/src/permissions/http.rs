//! The way out for HTTP requests of a component.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Limited};
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, Response, Uri};
use tokio::sync::Semaphore;
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody, WasiHttpHooks, default_send_request};

use super::hosts::{Hosts, Reach, is_near};

/// Most requests of an instance that are under way at a time; more wait.
const UNDER_WAY: usize = 16;

/// Most bytes of a response's body.
const RESPONSE_BYTES: usize = 32 << 20;

/// Lets requests to listed hosts through. Nothing follows redirects: a component that does asks again.
#[derive(Debug)]
pub(crate) struct HttpGate {
    hosts: Arc<Hosts>,
    permits: Arc<Semaphore>,
}

type Sent = (Response<WasiBody>, Box<dyn Future<Output = Result<()>> + Send>);

impl HttpGate {
    pub(super) fn new(hosts: Arc<Hosts>) -> Self {
        Self { hosts, permits: Arc::new(Semaphore::new(UNDER_WAY)) }
    }
}

impl WasiHttpHooks for HttpGate {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _written: Box<dyn Future<Output = Result<()>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent>> + Send> {
        let (hosts, permits) = (Arc::clone(&self.hosts), Arc::clone(&self.permits));
        Box::new(async move {
            let Ok(_permit) = permits.acquire_owned().await else { return Err(Error::HttpRequestDenied) };
            let request = admit(request, &hosts).await?;
            let (response, io) = default_send_request(request, options).await?;
            Ok((response.map(bounded), Box::new(io) as _))
        })
    }
}

/// The request, if it may be sent.
async fn admit(mut request: Request<WasiBody>, hosts: &Hosts) -> Result<Request<WasiBody>> {
    let uri = request.uri();
    let secure = uri.scheme() == Some(&Scheme::HTTPS);
    let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
    let usual = if secure { 443 } else { 80 };
    let port = authority.port_u16().unwrap_or(usual);
    let Some(reach) = hosts.reach(authority.host(), port, usual) else {
        tracing::warn!(host = authority.host(), port, "a component asks for a host that it was not granted");
        return Err(Error::HttpRequestDenied);
    };
    if reach == Reach::Anywhere {
        return Ok(request);
    }
    let failed = || Error::DnsError { rcode: None, info_code: None };
    let name = authority.host().to_owned();
    let found = tokio::net::lookup_host((name.as_str(), port)).await.map_err(|_| failed())?;
    let addresses: Vec<SocketAddr> = found.collect();
    if addresses.iter().any(|address| is_near(address.ip())) {
        tracing::warn!(
            host = name,
            port,
            "a host that a component was granted has an address of this machine"
        );
        return Err(Error::DestinationIpProhibited);
    }
    let address = addresses.first().ok_or_else(failed)?;
    // The name could mean another address by the time of the connection. That matters without TLS only: with it, who
    // answers there can't show the name's certificate.
    if !secure {
        *request.uri_mut() = at(request.uri(), address)?;
    }
    Ok(request)
}

/// The URI with an address for the host; the header `Host` keeps the name.
fn at(uri: &Uri, address: &SocketAddr) -> Result<Uri> {
    let mut parts = uri.clone().into_parts();
    let authority: Authority = address.to_string().parse().map_err(|_| Error::HttpRequestUriInvalid)?;
    parts.authority = Some(authority);
    Uri::from_parts(parts).map_err(|_| Error::HttpRequestUriInvalid)
}

fn bounded<B>(body: B) -> WasiBody
where
    B: hyper::body::Body<Data = hyper::body::Bytes, Error = Error> + Send + 'static,
{
    let too_large = || Error::HttpResponseBodySize(Some(RESPONSE_BYTES as u64));
    Limited::new(body, RESPONSE_BYTES)
        .map_err(move |error| error.downcast::<Error>().map_or_else(|_| too_large(), |error| *error))
        .boxed_unsync()
}
