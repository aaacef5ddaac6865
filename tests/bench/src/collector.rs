//! A collector of telemetry that takes everything and keeps nothing.

use std::net::TcpListener as Listener;
use std::thread;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// Starts one, which listens as long as the process lives: its URL.
pub(crate) fn start() -> Result<String> {
    let listener = Listener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}", listener.local_addr()?);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        runtime.block_on(async move {
            let router = Router::new().fallback(|_body: Bytes| async {});
            axum::serve(TcpListener::from_std(listener)?, router).await
        })
    });
    Ok(url)
}
