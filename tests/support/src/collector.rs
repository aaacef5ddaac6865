//! An OpenTelemetry collector on this machine: it reads all that it is sent, and can be made to hang.

mod faulty;
mod grpc;
mod read;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

pub use self::faulty::{Fault, Faulty};
pub use self::read::{Point, Span};

/// A collector. It listens as long as the process lives.
#[derive(Clone, Debug)]
pub struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

/// What a collector was sent.
#[derive(Clone, Debug, Default)]
struct Received {
    spans: Vec<Span>,
    points: Vec<Point>,
    headers: Vec<(String, String)>,
    /// All bodies, one after the other.
    bytes: Vec<u8>,
    hangs: bool,
}

impl Collector {
    /// Starts a collector for requests of HTTP.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start() -> anyhow::Result<Self> {
        Self::listen(|listener, received| async move {
            let router = Router::new().fallback(take).with_state(received);
            axum::serve(listener, router).await?;
            Ok(())
        })
    }

    /// Starts a collector for gRPC.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start_grpc() -> anyhow::Result<Self> {
        Self::listen(grpc::serve)
    }

    fn listen<F: Future<Output = anyhow::Result<()>>>(
        serve: impl FnOnce(TcpListener, Arc<Mutex<Received>>) -> F + Send + 'static,
    ) -> anyhow::Result<Self> {
        let received = Arc::<Mutex<Received>>::default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_current_thread().enable_all().build().context("a runtime")?;
        let kept = Arc::clone(&received);
        thread::spawn(move || {
            runtime.block_on(async move { serve(TcpListener::from_std(listener)?, kept).await })
        });
        Ok(Self { address, received })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on nothing is answered.
    pub fn hang(&self) {
        self.received().hangs = true;
    }

    /// Every span that it was sent.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.received().spans.clone()
    }

    /// Every point of a metric that it was sent, in order.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        self.received().points.clone()
    }

    /// The last value of a metric at the point that has these attributes, among others.
    #[must_use]
    pub fn value(&self, name: &str, attributes: &[(&str, &str)]) -> Option<f64> {
        let received = self.received();
        let fits = |point: &&Point| point.name == name && point.has(attributes);
        received.points.iter().rev().find(fits).map(|point| point.value)
    }

    /// The values of a header, in order.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<String> {
        let received = self.received();
        let values = received.headers.iter().filter(|(key, _)| key == name);
        values.map(|(_, value)| value.clone()).collect()
    }

    /// Whether a text is anywhere in what it was sent.
    #[must_use]
    pub fn was_told(&self, text: &str) -> bool {
        let received = self.received();
        received.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }

    fn received(&self) -> MutexGuard<'_, Received> {
        lock(&self.received)
    }
}

impl Received {
    /// Takes one body. False if it can't be read.
    fn take(&mut self, path: &str, body: &[u8]) -> bool {
        self.bytes.extend_from_slice(body);
        match path {
            "/v1/traces" | grpc::TRACES => read::spans(body).map(|spans| self.spans.extend(spans)),
            "/v1/metrics" | grpc::METRICS => read::points(body).map(|points| self.points.extend(points)),
            _ => None,
        }
        .is_some()
    }

    fn note(&mut self, headers: &HeaderMap) {
        let texts = headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        self.headers.extend(texts);
    }
}

fn lock(received: &Mutex<Received>) -> MutexGuard<'_, Received> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(
    State(received): State<Arc<Mutex<Received>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let hangs = {
        let mut received = lock(&received);
        received.note(&headers);
        received.hangs
    };
    if hangs {
        return std::future::pending().await;
    }
    if lock(&received).take(uri.path(), &body) { StatusCode::OK } else { StatusCode::BAD_REQUEST }
}
