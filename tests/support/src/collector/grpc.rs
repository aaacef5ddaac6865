//! The collector's gRPC: unary calls over HTTP/2.

use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, HeaderValue, Request, Response};
use h2::RecvStream;
use h2::server::SendResponse;
use tokio::net::{TcpListener, TcpStream};

use super::{Received, lock};

pub(super) const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
pub(super) const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// Length of what precedes a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

pub(super) async fn serve(listener: TcpListener, received: Arc<Mutex<Received>>) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(connection(stream, Arc::clone(&received)));
    }
}

async fn connection(stream: TcpStream, received: Arc<Mutex<Received>>) -> anyhow::Result<()> {
    let mut connection = h2::server::handshake(stream).await?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        tokio::spawn(answer(request, respond, Arc::clone(&received)));
    }
    Ok(())
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<axum::body::Bytes>,
    received: Arc<Mutex<Received>>,
) -> anyhow::Result<()> {
    let (head, mut body) = request.into_parts();
    let mut message = Vec::new();
    while let Some(part) = body.data().await {
        let part = part?;
        body.flow_control().release_capacity(part.len())?;
        message.extend_from_slice(&part);
    }
    let hangs = {
        let mut received = lock(&received);
        received.note(&head.headers);
        received.hangs
    };
    if hangs {
        std::future::pending::<()>().await;
    }
    let read = message.get(PREFIX..).is_some_and(|message| lock(&received).take(head.uri.path(), message));
    let mut response = Response::new(());
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    let mut stream = respond.send_response(response, false)?;
    // An empty message.
    stream.send_data(vec![0; PREFIX].into(), false)?;
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(if read { "0" } else { "3" }));
    stream.send_trailers(trailers)?;
    Ok(())
}
