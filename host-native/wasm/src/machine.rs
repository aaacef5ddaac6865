//! wasmtime, as far as all components share it.

use std::fmt;

use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::host::{Tool, wit};
use crate::state::State;
use crate::ticker::Ticker;
use crate::{EngineConfig, Error};

/// An engine with everything that components may import.
pub(crate) struct Machine {
    pub(crate) engine: Engine,
    pub(crate) ticker: Ticker,
    linker: Linker<State>,
}

impl Machine {
    /// One that counts instructions, or one that doesn't.
    ///
    /// # Errors
    /// WebAssembly can't be run here.
    pub(crate) fn new(fuel: bool) -> Result<Self, Error> {
        // Certificates are checked with this, unless the program chose something else.
        let _chosen_before = rustls::crypto::ring::default_provider().install_default();
        let engine = EngineConfig { fuel, ..EngineConfig::default() }.engine()?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(Error::Engine)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).map_err(Error::Engine)?;
        wit::add_to_linker::<State, Tool>(&mut linker, |state| &mut state.host).map_err(Error::Engine)?;
        let ticker = Ticker::start(&engine)?;
        Ok(Self { engine, ticker, linker })
    }

    /// A component that is linked with the host.
    ///
    /// # Errors
    /// It imports what no host has.
    pub(crate) fn link(&self, component: &Component) -> Result<InstancePre<State>, Error> {
        self.linker.instantiate_pre(component).map_err(|error| {
            let ty = component.component_type();
            let unknown: Vec<String> = ty
                .imports(&self.engine)
                .map(|(name, _)| name.to_owned())
                .filter(|name| !is_known(name))
                .collect();
            Error::Imports { unknown, source: error }
        })
    }
}

/// Whether the host has an interface of this package, in whatever version.
fn is_known(import: &str) -> bool {
    [
        "wasi:cli/",
        "wasi:clocks/",
        "wasi:filesystem/",
        "wasi:http/",
        "wasi:io/",
        "wasi:random/",
        "wasi:sockets/",
    ]
    .iter()
    .any(|known| import.starts_with(known) && import.contains("@0.2."))
        || import.starts_with("mxcp:tool/host@0.1.")
}

impl fmt::Debug for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Machine").field("ticker", &self.ticker).finish_non_exhaustive()
    }
}
