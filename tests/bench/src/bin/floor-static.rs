//! The floor of a list: an HTTP handler that gives the bytes of one file, read once.
//!
//! `floor-static PORT FILE` answers `POST /file` with the file as JSON.

use std::error::Error;

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing::post;
use axum::serve::ListenerExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let usage = "usage: floor-static PORT FILE";
    let port: u16 = words.next().ok_or(usage)?.parse()?;
    let file = Bytes::from(std::fs::read(words.next().ok_or(usage)?)?);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let answer = move |_request: Bytes| async move { ([(header::CONTENT_TYPE, "application/json")], file) };
    axum::serve(listener, Router::new().route("/file", post(answer))).await?;
    Ok(())
}
