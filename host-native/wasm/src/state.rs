//! What an instance has on the side of the host.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::host::HostCall;
use crate::limits::{Limits, Memory};
use crate::permissions::{Grants, HttpGate};
use crate::services::Services;
use crate::speech::{Channel, Speech};
use crate::stdio::Stdio;

/// Most things of the host that an instance may hold at a time: streams, requests, open files.
pub(crate) const HANDLES: usize = 4096;

/// Most bytes of the headers of one request or response.
const HEADER_BYTES: usize = 32 << 10;

/// The host's side of an instance.
pub(crate) struct State {
    /// The call that it answers.
    pub(crate) host: HostCall,
    /// Counts its memory.
    pub(crate) memory: Memory,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    gate: HttpGate,
}

impl State {
    /// For an instance of the component in `file`.
    ///
    /// # Errors
    /// A folder that it was granted is gone.
    pub(crate) fn new(
        file: &str,
        grants: &Arc<Grants>,
        limits: &Limits,
        services: &Arc<Services>,
    ) -> Result<Self, String> {
        let speech = Speech::of(file);
        let mut wasi = WasiCtx::builder();
        wasi.stdout(Stdio { speech: speech.clone(), channel: Channel::Output });
        wasi.stderr(Stdio { speech: speech.clone(), channel: Channel::Error });
        grants.apply(&mut wasi)?;
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADER_BYTES);
        Ok(Self {
            host: HostCall::new(Arc::clone(services), Arc::clone(grants), speech),
            memory: Memory::new(limits.memory),
            table,
            wasi: wasi.build(),
            http,
            gate: grants.http(),
        })
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.gate }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("State").field("host", &self.host).finish_non_exhaustive()
    }
}
