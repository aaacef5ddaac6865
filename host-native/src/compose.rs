//! What the program is made of: the one file that names the adapters.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use mxcp_core::registry::Registry;
use mxcp_core::schema::SqlTools;
use mxcp_runtime::ports::{NoAudit, SqlEngine};
use mxcp_runtime::{Limits, Pipeline};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::project::Project;

/// A runtime for one piece of work.
pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// A runtime for a server, on all processors.
pub(crate) fn server_runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}

/// Opens the database of the active profile.
///
/// # Errors
/// It can't be opened, or its extensions can't be loaded.
pub(crate) async fn open_engine(project: &Project, readonly: bool) -> Result<Arc<dyn SqlEngine>, Failure> {
    let database = project.database(readonly)?;
    for plugin in &project.site.plugins {
        tracing::warn!(
            plugin = plugin.name,
            "plug-ins are not available: there are no SQL functions of this one"
        );
    }
    // Relative paths in SQL, as in `FROM 'data/orders.parquet'`, start at the project root wherever the command
    // was started.
    std::env::set_current_dir(&project.root)?;
    let engine = mxcp_duckdb::Engine::new(mxcp_duckdb::Options {
        readonly: database.readonly,
        extensions: project.site.extensions.clone(),
        extension_folder: project.site.extensions_folder().map(|folder| project.path(folder)),
        secrets: project.user.secrets(),
        ..mxcp_duckdb::Options::new(database.path)
    });
    // The words by which users of the reference implementation look for what is wrong.
    engine.open().await.context("Failed to create RuntimeEnvironment")?;
    Ok(Arc::new(engine))
}

/// The way of every call through a project.
pub(crate) fn pipeline(registry: Registry, engine: Arc<dyn SqlEngine>) -> Pipeline {
    Pipeline::new(registry, engine, Arc::new(NoAudit), Limits::default())
}

/// Where HTTP listens and how.
#[derive(Clone, Debug)]
pub(crate) struct HttpSettings {
    /// Which of the two transports over HTTP it is.
    pub(crate) protocol: HttpProtocol,
    /// Host name or address.
    pub(crate) host: String,
    /// Port; 0 for any free one.
    pub(crate) port: u16,
    /// Whether requests stand alone, without sessions.
    pub(crate) stateless: bool,
    /// Names that clients call the server by, beside the host.
    pub(crate) public_hosts: Vec<String>,
    /// What the documentation under `/docs` says, if there is one.
    pub(crate) docs: Option<mxcp_docs::Options>,
}

/// The transports over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpProtocol {
    /// The one of today.
    Streamable,
    /// The one of 2024-11-05, with a stream of events beside the requests.
    Sse,
}

/// Serves MCP over HTTP until `shutdown`; `ready` is called when clients can connect.
///
/// # Errors
/// The address can't be listened on.
pub(crate) async fn serve_http(
    pipeline: Arc<Pipeline>,
    sql_tools: Option<&SqlTools>,
    settings: &HttpSettings,
    shutdown: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let mut options = mxcp_server::HttpOptions::new(settings.host.clone(), settings.port);
    options.stateless = settings.stateless;
    options.allowed_hosts.clone_from(&settings.public_hosts);
    options.docs.clone_from(&settings.docs);
    let server = mxcp_server::Server::new(pipeline, sql_tools);
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
pub(crate) async fn serve_stdio(
    pipeline: Arc<Pipeline>,
    sql_tools: Option<&SqlTools>,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    let server = mxcp_server::Server::new(pipeline, sql_tools);
    Ok(mxcp_server::serve_stdio(server, shutdown).await?)
}
