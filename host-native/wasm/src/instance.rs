//! An instance of a component.

use std::fmt;
use std::sync::Arc;

use mxcp_core::wit::{Function, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::ComponentError;
use wasmtime::Store;
use wasmtime::component::{self, ComponentExportIndex, InstancePre, Val};

use crate::limits::Limits;
use crate::state::{HANDLES, State};
use crate::{failure, values};

/// Most bytes that a component hands over at once, however large its result may be.
const MOST_HANDED_OVER: usize = 512 << 20;

/// Ticks of the clock after which other calls get their turn.
const TURN: u64 = 1;

/// An instance, with its memory.
pub(crate) struct Instance {
    store: Store<State>,
    instance: component::Instance,
    /// How many calls it has answered.
    pub(crate) calls: u32,
}

/// What is called, and with which limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) export: &'a ComponentExportIndex,
    pub(crate) function: &'a Function,
    pub(crate) limits: &'a Limits,
}

impl Instance {
    /// A fresh instance that answers for `scope`. What it does to start counts as part of that call.
    ///
    /// # Errors
    /// It traps at its start, or needs more memory than it may have.
    pub(crate) async fn start(
        pre: &InstancePre<State>,
        mut state: State,
        limits: &Limits,
        scope: &Arc<CallScope>,
        queries: bool,
    ) -> Result<Self, ComponentError> {
        state.host.begin(scope, queries);
        let mut store = Store::new(pre.engine(), state);
        store.limiter(|state| &mut state.memory);
        store.epoch_deadline_async_yield_and_update(TURN);
        // A byte of a list is a whole value on its way.
        store.set_hostcall_fuel(limits.output.saturating_mul(size_of::<Val>()).min(MOST_HANDED_OVER));
        store.set_max_component_handles(HANDLES);
        prime(&mut store, limits)?;
        match pre.instantiate_async(&mut store).await {
            Ok(instance) => Ok(Self { store, instance, calls: 0 }),
            Err(error) => Err(failed(&error, limits, &store, scope)),
        }
    }

    /// Another call begins.
    pub(crate) fn begin(
        &mut self,
        limits: &Limits,
        scope: &Arc<CallScope>,
        queries: bool,
    ) -> Result<(), ComponentError> {
        let state = self.store.data_mut();
        state.host.begin(scope, queries);
        state.memory.begin();
        prime(&mut self.store, limits)
    }

    /// Calls a function. After an error, the instance is of no use any more.
    ///
    /// # Errors
    /// It traps, gives too much, or gives what is not of its type.
    pub(crate) async fn call(
        &mut self,
        target: Target<'_>,
        arguments: &[Value],
        scope: &CallScope,
    ) -> Result<Option<Value>, ComponentError> {
        let Target { export, function, limits } = target;
        let misfit = |problem: &str| ComponentError::Internal(problem.into());
        let types = function.parameters.iter().map(|parameter| &parameter.ty);
        let lowered = arguments.iter().zip(types).map(|(value, ty)| values::lower(value, ty));
        let lowered: Vec<Val> = lowered.collect::<Result<_, _>>().map_err(misfit)?;
        let Some(called) = self.instance.get_func(&mut self.store, export) else {
            return Err(misfit("the export is no function"));
        };
        let mut results = vec![Val::Bool(false); usize::from(function.result.is_some())];
        self.calls += 1;
        if let Err(error) = called.call_async(&mut self.store, &lowered, &mut results).await {
            return Err(failed(&error, limits, &self.store, scope));
        }
        let (Some(value), Some(ty)) = (results.pop(), &function.result) else { return Ok(None) };
        let value = values::lift(value, ty).map_err(misfit)?;
        if values::size(&value) > limits.output {
            return Err(ComponentError::Failed(failure::too_large(limits)));
        }
        Ok(Some(value))
    }

    /// The call is over.
    pub(crate) fn end(&mut self) {
        self.store.data_mut().host.end();
    }
}

/// Gives a call its turn, and its fuel.
fn prime(store: &mut Store<State>, limits: &Limits) -> Result<(), ComponentError> {
    store.set_epoch_deadline(TURN);
    match limits.fuel {
        Some(fuel) => store.set_fuel(fuel).map_err(|error| ComponentError::Internal(error.into())),
        None => Ok(()),
    }
}

/// The failure for the caller; the log has all of it.
fn failed(
    error: &wasmtime::Error,
    limits: &Limits,
    store: &Store<State>,
    scope: &CallScope,
) -> ComponentError {
    let request_id = &*scope.request_id;
    tracing::warn!(request_id, error = ?error.root_cause().to_string(), "a component failed");
    // Where it was then, for those who wrote it.
    tracing::debug!(request_id, trace = ?error.to_string());
    failure::of_call(error, limits, store.data().memory.was_refused())
}

impl fmt::Debug for Instance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Instance").field("calls", &self.calls).finish_non_exhaustive()
    }
}
