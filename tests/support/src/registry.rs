//! A small OCI registry on this machine, which can be told to misbehave.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The header that names what is in the body.
const DIGEST: &str = "docker-content-digest";

/// What is wrong with a registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The bytes of blobs are others than asked for.
    WrongBlobs,
    /// Blobs end later than their manifest says.
    LongBlobs,
    /// Blobs are elsewhere, and that is said.
    MovedBlobs,
    /// Manifests are others than asked for.
    WrongManifests,
}

/// A registry. It ends when dropped.
#[derive(Debug)]
pub struct Registry {
    address: SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What a registry keeps.
#[derive(Debug, Default)]
pub struct Shelf {
    /// Blobs by digest.
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// Media types and texts of manifests, by name and tag or digest.
    pub manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    /// What is wrong with it.
    pub fault: Fault,
    /// What has to stand in `authorization`; anything if empty.
    pub authorization: String,
    /// Methods and paths of the requests that it has seen.
    pub requests: Vec<String>,
    uploads: BTreeMap<String, Vec<u8>>,
}

impl Registry {
    /// Starts an empty one.
    ///
    /// # Errors
    /// It does not start.
    pub fn start() -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let served = Router::new().fallback(answer).with_state(Arc::clone(&shelf));
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::select! {
                    _ = axum::serve(listener, served) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { address, shelf, stop: Some(stop), thread: Some(thread) })
    }

    /// Host and port.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// What it keeps, to look at or to change.
    pub fn shelf(&self) -> MutexGuard<'_, Shelf> {
        lock(&self.shelf)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shelf {
    /// Keeps a blob, and gives its digest.
    pub fn put_blob(&mut self, bytes: impl Into<Vec<u8>>) -> String {
        let bytes = bytes.into();
        let digest = digest(&bytes);
        self.blobs.insert(digest.clone(), bytes);
        digest
    }

    /// Keeps a manifest, and gives its digest.
    pub fn put_manifest(
        &mut self,
        name: &str,
        tag: &str,
        media_type: &str,
        bytes: impl Into<Vec<u8>>,
    ) -> String {
        let bytes = bytes.into();
        let digest = digest(&bytes);
        for reference in [tag, &digest] {
            let key = (name.to_owned(), reference.to_owned());
            self.manifests.insert(key, (media_type.to_owned(), bytes.clone()));
        }
        digest
    }
}

/// A digest as registries write it.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

fn lock(shelf: &Mutex<Shelf>) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(shelf): State<Arc<Mutex<Shelf>>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 256 << 20).await else { return plain(StatusCode::BAD_REQUEST) };
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let mut shelf = lock(&shelf);
    shelf.requests.push(format!("{} {path}", parts.method));
    let told =
        parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !shelf.authorization.is_empty() && told != shelf.authorization {
        return reply(StatusCode::UNAUTHORIZED, &[("www-authenticate", "Basic realm=\"shelf\"")], Vec::new());
    }
    let Some(path) = path.strip_prefix("/v2/") else { return plain(StatusCode::NOT_FOUND) };
    if path.is_empty() {
        plain(StatusCode::OK)
    } else if let Some((name, upload)) = path.split_once("/blobs/uploads/") {
        shelf.upload(&parts.method, name, upload, &query, &parts.headers, &body)
    } else if let Some((name, digest)) = path.split_once("/blobs/") {
        shelf.blob(name, digest)
    } else if let Some((name, reference)) = path.split_once("/manifests/") {
        shelf.manifest(&parts.method, name, reference, &parts.headers, &body)
    } else {
        plain(StatusCode::NOT_FOUND)
    }
}

impl Shelf {
    fn upload(
        &mut self,
        method: &Method,
        name: &str,
        upload: &str,
        query: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Response<Body> {
        if *method == Method::POST {
            let upload = format!("u{}", self.uploads.len());
            self.uploads.insert(upload.clone(), Vec::new());
            return reply(
                StatusCode::ACCEPTED,
                &[("location", &format!("/v2/{name}/blobs/uploads/{upload}"))],
                vec![],
            );
        }
        let Some(bytes) = self.uploads.get_mut(upload) else { return plain(StatusCode::NOT_FOUND) };
        let range = headers.get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
        let start = range.and_then(|range| range.split('-').next()).unwrap_or_default();
        if !start.is_empty() && start != bytes.len().to_string() {
            return plain(StatusCode::RANGE_NOT_SATISFIABLE);
        }
        bytes.extend_from_slice(body);
        if *method == Method::PATCH {
            let location = format!("/v2/{name}/blobs/uploads/{upload}");
            let range = format!("0-{}", bytes.len().saturating_sub(1));
            return reply(StatusCode::ACCEPTED, &[("location", &location), ("range", &range)], vec![]);
        }
        let expected = query.split('&').find_map(|pair| pair.strip_prefix("digest=")).unwrap_or_default();
        let bytes = bytes.clone();
        if expected.replace("%3A", ":") != digest(&bytes) {
            return plain(StatusCode::BAD_REQUEST);
        }
        let digest = self.put_blob(bytes);
        reply(StatusCode::CREATED, &[("location", &format!("/v2/{name}/blobs/{digest}"))], vec![])
    }

    fn blob(&self, name: &str, digest: &str) -> Response<Body> {
        let (moved, digest) = match digest.strip_prefix("moved-") {
            Some(digest) => (true, digest),
            None => (false, digest),
        };
        let Some(bytes) = self.blobs.get(digest) else { return plain(StatusCode::NOT_FOUND) };
        let mut bytes = bytes.clone();
        match self.fault {
            Fault::MovedBlobs if !moved => {
                let location = format!("/v2/{name}/blobs/moved-{digest}");
                return reply(StatusCode::TEMPORARY_REDIRECT, &[("location", &location)], vec![]);
            }
            Fault::WrongBlobs => bytes.iter_mut().rev().take(1).for_each(|byte| *byte ^= 1),
            Fault::LongBlobs => bytes.push(0),
            Fault::None | Fault::MovedBlobs | Fault::WrongManifests => {}
        }
        reply(StatusCode::OK, &[], bytes)
    }

    fn manifest(
        &mut self,
        method: &Method,
        name: &str,
        reference: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Response<Body> {
        if *method == Method::PUT {
            let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let digest = self.put_manifest(name, reference, media_type.unwrap_or_default(), body);
            let location = format!("/v2/{name}/manifests/{digest}");
            return reply(StatusCode::CREATED, &[("location", &location), (DIGEST, &digest)], vec![]);
        }
        let Some((media_type, bytes)) = self.manifests.get(&(name.to_owned(), reference.to_owned())) else {
            return plain(StatusCode::NOT_FOUND);
        };
        let mut bytes = bytes.clone();
        if self.fault == Fault::WrongManifests {
            bytes.push(b' ');
        }
        let digest = digest(&bytes);
        reply(StatusCode::OK, &[("content-type", media_type), (DIGEST, &digest)], bytes)
    }
}

fn plain(status: StatusCode) -> Response<Body> {
    reply(status, &[], Vec::new())
}

fn reply(status: StatusCode, headers: &[(&str, &str)], body: Vec<u8>) -> Response<Body> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body)).unwrap_or_default()
}
