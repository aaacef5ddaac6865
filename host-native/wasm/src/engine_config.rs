//! How code of components is compiled and run.

use wasmtime::component::Component;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, ModuleVersionStrategy, PoolingAllocationConfig,
    WasmBacktraceDetails,
};

use crate::Error;

/// Bytes of stack that a component may use; a recursion without end traps after them.
const STACK: usize = 1 << 20;

/// Bytes of stack of a call, on which host functions run as well.
const CALL_STACK: usize = STACK + (1 << 20);

/// Most elements of a table: an interpreter that was compiled to WebAssembly has tens of thousands of functions.
const TABLE_ELEMENTS: usize = 100_000;

/// Most bytes of the host's own bookkeeping for one instance, which grows with the number of functions and globals.
const BOOKKEEPING: usize = 8 << 20;

/// Bytes of an instance's memory that stay with its place in the pool when it ends, put back to what they were at its
/// beginning. That costs a copy of the pages that were written; to give them to the system and to be given others costs more.
const KEPT_MEMORY: usize = 2 << 20;

/// The same of its tables.
const KEPT_TABLE: usize = 512 << 10;

/// Memories, and tables, that the pool has beside two for each instance: a component that was composed of many has as many
/// of each.
const COMPOSED: u32 = 128;

/// How code of components is compiled and run. Code of one configuration does not run in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EngineConfig {
    /// Whether instructions are counted, which costs a part of the speed.
    pub fuel: bool,
    /// How many instances can be alive at a time. Their address space is reserved once, so that an instance begins
    /// and ends without asking the operating system for any.
    pub instances: u32,
}

impl Default for EngineConfig {
    fn default() -> Self {
        // As many as calls may be in flight.
        Self { fuel: false, instances: 1024 }
    }
}

impl EngineConfig {
    /// An engine. Where address space can't be reserved, in a container that limits it for example, instances are made one
    /// by one.
    ///
    /// # Errors
    /// The processor or the system can't run compiled WebAssembly.
    pub fn engine(self) -> Result<Engine, Error> {
        let mut config = self.config();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(self.pool()));
        match Engine::new(&config) {
            Ok(engine) => return Ok(engine),
            Err(error) => tracing::debug!(?error, "no pool for instances of components"),
        }
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Engine::new(&config).map_err(Error::Engine)
    }

    /// How many instances of a component the pool has room for, at least one of those that can be made at all.
    #[must_use]
    pub fn room_for(self, component: &Component) -> u32 {
        let Some(needs) = component.resources_required() else { return self.instances };
        let most = |each: u32| self.parts().checked_div(each).unwrap_or(self.instances);
        most(needs.num_memories).min(most(needs.num_tables)).clamp(1, self.instances.max(1))
    }

    /// Memories of all instances together, and their tables.
    fn parts(self) -> u32 {
        self.instances.saturating_mul(2).saturating_add(COMPOSED)
    }

    fn config(self) -> Config {
        let mut config = Config::new();
        config
            .wasm_component_model(true)
            .epoch_interruption(true)
            .consume_fuel(self.fuel)
            .memory_init_cow(true)
            .max_wasm_stack(STACK)
            .async_stack_size(CALL_STACK)
            // Debuggers and profilers of native code would need it; it is work for each component that is loaded.
            .native_unwind_info(false)
            // The environment variable that asks for more must not change what a server does.
            .wasm_backtrace_details(WasmBacktraceDetails::Disable);
        // Releases with the same version in their number have the same format of code.
        let _same_version = config.module_version(ModuleVersionStrategy::WasmtimeVersion);
        config
    }

    fn pool(self) -> PoolingAllocationConfig {
        let mut pool = PoolingAllocationConfig::new();
        // Modules take no place in the pool, and a component may be composed of any number.
        pool.total_component_instances(self.instances)
            .total_core_instances(u32::MAX)
            .total_memories(self.parts())
            .total_tables(self.parts())
            .total_stacks(self.instances)
            .max_component_instance_size(BOOKKEEPING)
            .max_core_instance_size(BOOKKEEPING)
            .max_tables_per_module(4)
            .max_memories_per_module(4)
            .table_elements(TABLE_ELEMENTS);
        // Only where the system tells which pages were written: all of them would have to be put back otherwise.
        if PoolingAllocationConfig::is_pagemap_scan_available() {
            pool.pagemap_scan(Enabled::Auto)
                .linear_memory_keep_resident(KEPT_MEMORY)
                .table_keep_resident(KEPT_TABLE);
        }
        pool
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    use super::*;

    fn compatibility(config: EngineConfig) -> u64 {
        let mut hasher = DefaultHasher::new();
        config.engine().unwrap().precompile_compatibility_hash().hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn code_that_counts_instructions_is_other_code() {
        let counting = EngineConfig { fuel: true, ..EngineConfig::default() };
        assert_ne!(compatibility(counting), compatibility(EngineConfig::default()));
        assert_eq!(compatibility(EngineConfig::default()), compatibility(EngineConfig::default()));
    }

    #[test]
    fn a_component_with_many_memories_has_fewer_places() {
        let config = EngineConfig { instances: 100, ..EngineConfig::default() };
        let engine = config.engine().unwrap();
        let component = |memories: usize| {
            // A component of one core module, which has a section of memories only, and one instance of that.
            let count = u8::try_from(memories).unwrap();
            let section: Vec<u8> = std::iter::once(count).chain([0, 1].repeat(memories)).collect();
            let module = [b"\0asm\x01\0\0\0\x05", &[count * 2 + 1][..], &section].concat();
            let size = u8::try_from(module.len()).unwrap();
            let bytes = [b"\0asm\x0d\0\x01\0\x01", &[size][..], &module, b"\x02\x04\x01\0\0\0"].concat();
            Component::new(&engine, bytes).unwrap()
        };
        assert_eq!(config.room_for(&component(0)), 100);
        assert_eq!(config.room_for(&component(3)), 100);
        assert_eq!(config.room_for(&component(4)), 328 / 4);
    }

    #[test]
    fn without_address_space_there_is_an_engine_nevertheless() {
        // More than any processor addresses.
        let boundless = EngineConfig { instances: u32::MAX / 8, ..EngineConfig::default() };
        assert!(boundless.engine().is_ok());
    }
}
