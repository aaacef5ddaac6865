//! An instance for each request.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::Options;
use super::outgoing::Reach;

/// How long an instance computes before others get their turn.
const TICK: Duration = Duration::from_millis(10);

/// What clients read where there is no answer; an error of JSON-RPC, because they look for one.
const FAILED: &str = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"internal error"}}"#;

/// The same where the time is over.
const LATE: &str =
    r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"the request took too long"}}"#;

/// Makes instances.
pub(super) struct Instances {
    component: ProxyPre<State>,
    variables: Vec<(String, String)>,
    reach: Reach,
    timeout: Duration,
    memory: usize,
    /// A place in the pool for each: requests wait for one, where they would otherwise find none.
    places: Arc<Semaphore>,
}

/// What belongs to an instance.
struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    limits: StoreLimits,
    reach: Reach,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.reach }
    }
}

/// Lets those who compute notice that others wait, until it is aborted.
pub(super) fn clock(engine: &Engine) -> JoinHandle<()> {
    let engine = engine.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            ticks.tick().await;
            engine.increment_epoch();
        }
    })
}

impl Instances {
    pub(super) fn new(
        engine: &Engine,
        component: &Component,
        options: &Options,
        reach: Reach,
        places: u32,
    ) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        Ok(Instances {
            component: ProxyPre::new(linker.instantiate_pre(component)?)?,
            variables: options.variables.clone(),
            reach,
            timeout: options.timeout,
            memory: options.memory,
            places: Arc::new(Semaphore::new(places.try_into().unwrap_or(Semaphore::MAX_PERMITS))),
        })
    }

    fn store(&self) -> Store<State> {
        let wasi = WasiCtx::builder().envs(&self.variables).inherit_stderr().build();
        let limits = StoreLimitsBuilder::new().memory_size(self.memory).build();
        let state = State {
            wasi,
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            limits,
            reach: self.reach.clone(),
        };
        let mut store = Store::new(self.component.engine(), state);
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }

    /// Answers a request, whatever comes of it.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<HyperOutgoingBody> {
        match self.handle(request).await {
            Ok(response) => response,
            Err(Failure::Late) => {
                tracing::warn!("a request took too long and was stopped");
                failed(StatusCode::GATEWAY_TIMEOUT, LATE)
            }
            Err(Failure::Trap(error)) => {
                tracing::error!("{error:#}");
                failed(StatusCode::INTERNAL_SERVER_ERROR, FAILED)
            }
        }
    }

    async fn handle(&self, request: Request<Incoming>) -> Result<Response<HyperOutgoingBody>, Failure> {
        // Never closed, so there always comes one.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let mut store = self.store();
        let (sender, receiver) = oneshot::channel();
        let request = request.map(|body| body.map_err(wasmtime_wasi_http::Error::from).boxed_unsync());
        let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
        let out = store.data_mut().http().new_response_outparam(sender)?;
        let (component, timeout) = (self.component.clone(), self.timeout);
        // On its own: the body may still be written when the answer has begun.
        let running = tokio::spawn(async move {
            let run = async {
                let proxy = component.instantiate_async(&mut store).await?;
                proxy.wasi_http_incoming_handler().call_handle(&mut store, request, out).await
            };
            let ended = tokio::time::timeout(timeout, run).await;
            drop((store, place));
            ended
        });
        match receiver.await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(code)) => Err(Failure::Trap(wasmtime::Error::msg(format!("it answered with {code:?}")))),
            Err(_) => Err(match running.await {
                Ok(Ok(Ok(()))) => Failure::Trap(wasmtime::Error::msg("it gave no answer")),
                Ok(Ok(Err(error))) => Failure::Trap(error),
                Ok(Err(_)) => Failure::Late,
                Err(error) => Failure::Trap(wasmtime::Error::msg(error.to_string())),
            }),
        }
    }
}

/// Why there is no answer.
enum Failure {
    Trap(wasmtime::Error),
    Late,
}

impl From<wasmtime::Error> for Failure {
    fn from(error: wasmtime::Error) -> Self {
        Failure::Trap(error)
    }
}

fn failed(status: StatusCode, text: &'static str) -> Response<HyperOutgoingBody> {
    let body = Full::new(Bytes::from_static(text.as_bytes())).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    response
}
