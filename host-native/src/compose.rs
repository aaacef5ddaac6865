//! What the program is made of: the one place that names the adapters.

mod audit;
mod engines;
mod inspection;
mod results;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use mxcp_auth::store::Shared;
use mxcp_core::call::Secret;
use mxcp_core::schema::{Http, Scheme, SqlTools};
use mxcp_core::web::{Host, Origin};
use mxcp_runtime::ports::Limiter;
use mxcp_runtime::{Pipeline, ProcessLimiter, ResultCache};
use mxcp_server::{Server, Tls};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

pub(crate) use audit::{RecordFile, audit_key, audit_log, audit_reader, close_audit_log, export_records};
pub(crate) use engines::{Engines, Opening, Ran, make_database};
pub(crate) use inspection::{
    Interpreter, Library, MissingExtension, compile_components, interpreter, library, stored_audit_key,
    try_database, try_extension,
};
pub(crate) use results::keeping_results;

use crate::auth::Access;
use crate::failure::Failure;
use crate::project::Project;

/// Bytes of stack of threads: the database plans by recursion, on whatever thread asks it.
pub(crate) const STACK: usize = 8 * 1024 * 1024;

/// Does one piece of work. What it left running on threads of its own is not waited for.
///
/// # Errors
/// There is no runtime to be had, or the work fails.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread().enable_all().thread_stack_size(STACK).build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}

/// A runtime for a server, on all processors.
pub(crate) fn server_runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build()
}

/// Where HTTP listens and how.
#[derive(Debug)]
pub(crate) struct HttpSettings {
    /// Which of the two transports over HTTP it is.
    pub(crate) protocol: HttpProtocol,
    /// Where it listens, and who may reach it by which name.
    pub(crate) http: Http,
    /// Certificate and key; none if connections are not encrypted here.
    pub(crate) tls: Option<Tls>,
    /// Who decides who calls, and what this server shares with others.
    pub(crate) access: Access,
    /// What the documentation under `/docs` says, if there is one.
    pub(crate) docs: Option<mxcp_docs::Options>,
}

impl HttpSettings {
    /// The URL by which clients reach the server, as far as it is known before it listens.
    pub(crate) fn base(&self) -> String {
        if let Some(url) = &self.http.base_url {
            return url.clone();
        }
        let own = if self.tls.is_some() { Scheme::Https } else { Scheme::Http };
        let host = Host::listening(&self.http.host, Some(self.http.port));
        Origin::new(self.http.scheme.unwrap_or(own), host).to_string()
    }
}

/// The transports over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpProtocol {
    /// The one of today.
    Streamable,
    /// The one of 2024-11-05, with a stream of events beside the requests.
    Sse,
}

/// What answers MCP for a project. Servers that share a `state_key` continue each other's calls; those that are `shared` have one
/// anyway, and know of each other's approvals.
///
/// # Errors
/// The key is too short.
pub(crate) fn server(
    pipeline: Arc<Pipeline>,
    sql_tools: Option<&SqlTools>,
    state_key: Option<&Secret>,
    shared: Option<&Shared>,
) -> Result<Server, Failure> {
    let server = Server::new(pipeline, sql_tools);
    let given = state_key.map(|key| key.reveal().as_bytes());
    let server = match (given, shared) {
        (None, None) => return Ok(server),
        (Some(key), None) => server.with_state_key(key),
        (given, Some(shared)) => server.sharing(given.unwrap_or(shared.state_key()), shared.single_use()),
    };
    Ok(server.context("MXCP_STATE_KEY")?)
}

/// What counts calls: of all servers that are `shared`, or of this one.
pub(crate) fn limiter(shared: Option<&Shared>) -> Arc<dyn Limiter> {
    match shared {
        Some(shared) => shared.limiter(),
        None => Arc::new(ProcessLimiter::new()),
    }
}

/// Room for results that answer further calls, as a project has it. `login` says that callers have to say who they are.
pub(crate) fn cache(project: &Project, login: bool) -> ResultCache {
    let cache = ResultCache::new(project.site.cache_bytes);
    if login { cache.behind_login() } else { cache }
}

/// Serves MCP over HTTP until `shutdown`; `ready` is called when clients can connect.
///
/// # Errors
/// The address can't be listened on.
pub(crate) async fn serve_http(
    server: Server,
    settings: &HttpSettings,
    shutdown: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let http = &settings.http;
    let mut options = mxcp_server::HttpOptions::new(http.host.clone(), http.port);
    options.stateless = http.stateless;
    options.base_url.clone_from(&http.base_url);
    options.scheme = http.scheme;
    options.trust_proxy.clone_from(&http.trust_proxy);
    options.allowed_hosts = http.allowed_hosts.clone().unwrap_or_default();
    options.allowed_origins = http.allowed_origins.clone().unwrap_or_default();
    if let Some(most) = http.max_connections {
        options.max_connections = most as usize;
    }
    options.tls.clone_from(&settings.tls);
    options.docs.clone_from(&settings.docs);
    options.authenticator.clone_from(&settings.access.authenticator);
    match settings.protocol {
        HttpProtocol::Streamable => mxcp_server::serve_http(options, server, shutdown, ready).await?,
        HttpProtocol::Sse => mxcp_server::serve_sse(options, server, shutdown, ready).await?,
    }
    Ok(())
}

/// Serves MCP over standard input and output until the input ends, or `shutdown`.
///
/// # Errors
/// Standard output can't be written to.
pub(crate) async fn serve_stdio(server: Server, shutdown: CancellationToken) -> Result<(), Failure> {
    Ok(mxcp_server::serve_stdio(server, shutdown).await?)
}
