//! The core as a component, in wasmtime, as a host in another language would run it: optimised, and one instance for
//! all calls.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::Value as Json;
use wasmtime::component::{Component, Linker, ResourceAny};
use wasmtime::{Engine, Store};

use super::decision;

#[allow(missing_debug_implementations, unreachable_pub, reason = "generated code")]
mod bindings {
    wasmtime::component::bindgen!({ path: "../../wit/core", world: "core" });
}

use bindings::Core;
use bindings::exports::mxcp::core::registry::Step;
use bindings::mxcp::core::types;

/// An instance with the project loaded.
pub(super) struct CoreComponent {
    store: Store<()>,
    core: Core,
    project: ResourceAny,
}

impl CoreComponent {
    pub(super) fn new(file: &Path) -> Result<Self> {
        let engine = Engine::default();
        let component = Component::from_file(&engine, file)?;
        let mut linker = Linker::<()>::new(&engine);
        linker.allow_shadowing(true);
        linker.define_unknown_imports_as_traps(&component)?;
        for (name, _) in component.component_type().imports(&engine) {
            if name.starts_with("wasi:random/insecure-seed@") {
                let mut seed = linker.instance(name)?;
                seed.func_wrap("insecure-seed", |_, ()| Ok(((0_u64, 0_u64),)))?;
            }
        }
        let mut store = Store::new(&engine, ());
        let core = Core::instantiate(&mut store, &component, &linker)?;
        let registry = core.mxcp_core_registry();
        let file = types::DefinitionFile {
            path: decision::FILE.to_owned(),
            kind: types::Kind::Tool,
            content: types::Content::Bytes(decision::DEFINITION.as_bytes().to_vec()),
        };
        let parsed = registry.parsed().call_constructor(&mut store, &[file])?;
        let project = registry.parsed().call_load(&mut store, parsed, &[])?.registry;
        Ok(Self { store, core, project })
    }

    /// One decision, from what a host has to what it sends.
    pub(super) fn decide(&mut self) -> Result<Json> {
        let registry = self.core.mxcp_core_registry();
        let call = types::Call {
            kind: types::Kind::Tool,
            name: decision::TOOL.to_owned(),
            arguments: decision::arguments().to_string(),
            unknown_arguments: types::UnknownArguments::Drop,
            check_output: true,
        };
        let context = types::Context {
            request_id: "bench".to_owned(),
            now: decision::NOW,
            caller: types::Caller::Http,
            principal: Some(("bench".to_owned(), decision::user().to_string())),
            session_id: None,
        };
        let step = registry.project().call_prepare(&mut self.store, self.project, &call, &context)?;
        let Ok(Step::Run(prepared)) = step else { bail!("the call is refused") };
        let _plan = registry.prepared().call_plan(&mut self.store, prepared)?;
        let rows = types::Rows {
            columns: decision::COLUMNS.map(str::to_owned).into(),
            rows: decision::rows().to_string(),
        };
        let output = types::Output::Rows(rows);
        let reply = registry.prepared().call_finish(&mut self.store, prepared, Ok(&output))?;
        match reply.map(|reply| reply.outcome) {
            Ok(Ok(success)) => Ok(serde_json::from_str(&success.value)?),
            _ => bail!("the call fails"),
        }
    }
}
