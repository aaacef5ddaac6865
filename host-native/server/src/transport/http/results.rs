//! Complete results as files to fetch, behind what every request to an endpoint passes.

use std::fs::File;
use std::io::{self, Read as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use futures_core::Stream;
use mxcp_runtime::Read;
use mxcp_runtime::ports::Party;
use rmcp::model::Extensions;
use tokio::sync::mpsc;

use super::entrance::{Entrance, too_many};
use super::public_url::PublicUrl;
use super::{HttpOptions, security};
use crate::authentication::Owner;
use crate::context::{self, ClientAddress};
use crate::server::Server;

/// What paths of complete results begin with.
const PATH: &str = "/results/";

/// What a browser may do that opens such a file in place of saving it.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// Chunks that wait for a client that reads slowly.
const WAITING: usize = 4;

#[derive(Debug)]
struct Files {
    entrance: Entrance,
    server: Server,
}

/// The route, if there are results to fetch.
pub(in crate::transport) fn router(options: &HttpOptions, public: &PublicUrl, server: &Server) -> Router {
    if server.pipeline().results().is_none() {
        return Router::new();
    }
    let files = Files { entrance: Entrance::new(options, public, server), server: server.clone() };
    Router::new().route("/results/{token}/{file}", any(serve)).with_state(Arc::new(files))
}

async fn serve(State(files): State<Arc<Files>>, request: Request) -> Response {
    let mut response =
        files.entrance.pass(request, |request, owner| fetch(&files.server, request, owner)).await;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    security::protect(&mut response, POLICY);
    response
}

async fn fetch(server: &Server, request: Request, owner: Owner) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")], "Method Not Allowed")
            .into_response();
    }
    let party = match (owner, request.extensions().get()) {
        (Some((provider, id)), _) => Party::User { provider, id },
        (None, Some(ClientAddress(address))) => Party::at(*address),
        (None, None) => Party::Local,
    };
    // Files are made when they are asked for, so they count as calls do.
    let _place = match server.pipeline().enter(&party).await {
        Ok(place) => place,
        Err(exceeded) => return too_many(&exceeded),
    };
    let (parts, _body) = request.into_parts();
    let path = parts.uri.path().strip_prefix(PATH).unwrap_or_default().to_owned();
    let mut extensions = Extensions::new();
    extensions.insert(parts);
    let facts = context::of_request(server.request_ids(), &extensions);
    match server.pipeline().read_result(&path, &facts).await {
        None => (StatusCode::NOT_FOUND, "Not Found").into_response(),
        Some(Err(_logged)) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response(),
        Some(Ok(read)) => file(read),
    }
}

fn file(read: Read) -> Response {
    let Read { exported, name, mime_type } = read;
    let kind = if mime_type.starts_with("text/") {
        format!("{mime_type}; charset=utf-8")
    } else {
        mime_type.to_owned()
    };
    let fits = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    let name: String = name.chars().map(|it| if fits(&it) { it } else { '_' }).collect();
    let mut response = Body::from_stream(Chunks::of(exported.file)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, exported.bytes.into());
    let told = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    for (header, value) in told {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(header, value);
        }
    }
    let own = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(own, HeaderValue::from_static("same-origin"));
    response
}

/// The bytes of a file, read on a thread where that keeps nobody waiting.
struct Chunks(mpsc::Receiver<io::Result<Bytes>>);

impl Chunks {
    fn of(mut file: File) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::task::spawn_blocking(move || {
            loop {
                let mut chunk = Vec::with_capacity(CHUNK);
                let read = (&mut file).take(CHUNK as u64).read_to_end(&mut chunk);
                let chunk = match read {
                    Ok(0) => return,
                    Ok(_) => Ok(Bytes::from(chunk)),
                    Err(error) => Err(error),
                };
                let ends = chunk.is_err();
                // A client that left reads no further.
                if sender.blocking_send(chunk).is_err() || ends {
                    return;
                }
            }
        });
        Self(receiver)
    }
}

impl Stream for Chunks {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
