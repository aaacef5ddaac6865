//! A thin host for a built component, or any other that answers HTTP requests.
//!
//! Each request gets an instance of its own, from a pool, that begins with the memory it was built with and is gone with its
//! answer. It sees the variables it is given, and reaches the hosts that it was built for or is told of; there are no
//! files and no sockets. What is compiled is kept in the user's cache.

mod instance;
mod outgoing;
mod program;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use mxcp_wasm::EngineConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use wasmtime_wasi_http::io::TokioIo;

use crate::error::Error;
use instance::Instances;
use outgoing::Reach;
use program::Program;

/// How long a client may take to say what it wants.
const HEADERS: Duration = Duration::from_secs(15);

/// How long requests may take to end once the server was told to.
const GRACE: Duration = Duration::from_secs(10);

/// What is served, where and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The component's file.
    pub file: PathBuf,
    /// Host name or address to listen on.
    pub host: String,
    /// Port; 0 for any free one.
    pub port: u16,
    /// The environment of the component.
    pub variables: Vec<(String, String)>,
    /// Hosts beside those it was built for that it may send requests to: `api.example.com`, or with a port.
    pub hosts: Vec<String>,
    /// Most requests that are answered at a time; others wait.
    pub concurrency: u32,
    /// Longest time a request may take.
    pub timeout: Duration,
    /// Most bytes of memory of a request.
    pub memory: usize,
}

/// Serves until `shutdown`; `ready` is called when clients can connect.
///
/// # Errors
/// The file is no component that answers HTTP, or the address can't be listened on.
pub async fn serve(
    options: Options,
    shutdown: impl Future<Output = ()>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Error> {
    // A start waits for both, and the second has to do with neither file nor processor time.
    let path = options.file.clone();
    let config = EngineConfig { instances: options.concurrency, ..EngineConfig::default() };
    let (program, engine) = tokio::join!(
        blocking(move || Program::read(&path)),
        blocking(move || config.engine().map_err(|source| Error::defect("no engine", source))),
    );
    let (program, engine) = (program?, engine?);
    let reach = Reach::new(&options, &program.description);
    let compiling = engine.clone();
    let component = blocking(move || program.component(&compiling)).await?;
    let no_handler =
        |source: wasmtime::Error| Error::NoHandler { path: options.file.clone(), source: source.into() };
    let instances = Instances::new(&engine, &component, &options, reach, config.room_for(&component))
        .map_err(no_handler)?;
    let instances = Arc::new(instances);
    let address = format!("{}:{}", options.host, options.port);
    let listening = async {
        let listener = TcpListener::bind((options.host.as_str(), options.port)).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let (listener, bound) = listening.await.map_err(|source| Error::Listen { address, source })?;
    let clock = instance::clock(&engine);
    ready(bound);
    accept(listener, &instances, shutdown).await;
    clock.abort();
    Ok(())
}

/// Does what blocks on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::defect("a thread ended", error))?
}

async fn accept(listener: TcpListener, instances: &Arc<Instances>, shutdown: impl Future<Output = ()>) {
    let (end, ending) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, Arc::clone(instances), ending.clone()));
            }
            // Too many files are open, most likely: there may be fewer in a moment.
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    let _ = end.send(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, ended).await.is_err() {
        tracing::warn!("requests that did not end were cut off");
    }
}

async fn connection(stream: TcpStream, instances: Arc<Instances>, mut ending: watch::Receiver<bool>) {
    // An answer in several pieces would otherwise wait for the client to acknowledge the first.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let instances = Arc::clone(&instances);
        async move { Ok::<_, std::convert::Infallible>(instances.answer(request).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = pin!(serving);
    let told = async { drop(ending.wait_for(|ending| *ending).await) };
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = told => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}
