//! A function of a component, compiled and linked.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mxcp_core::definition::ComponentSource;
use mxcp_core::wit::Value;
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::ComponentError;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre};

use crate::Error;
use crate::instance::{Instance, Target};
use crate::limits::Limits;
use crate::machine::Machine;
use crate::permissions::Grants;
use crate::services::Services;
use crate::state::State;

/// Calls after which an instance is used no more, so that what it fails to give back is given back.
const MOST_CALLS: u32 = 1000;

/// Most instances that wait for their next call.
const MOST_IDLE: usize = 16;

/// A function that can be called at once.
pub(crate) struct Ready {
    /// As the definition names it.
    pub(crate) source: Arc<ComponentSource>,
    /// What it may use for a call.
    pub(crate) limits: Limits,
    machine: Arc<Machine>,
    pre: InstancePre<State>,
    export: ComponentExportIndex,
    grants: Arc<Grants>,
    services: Arc<Services>,
    idle: Mutex<Vec<Instance>>,
}

impl Ready {
    /// Links a component and finds the function in it.
    ///
    /// # Errors
    /// It imports what no host has, a permission can't be granted, or there is no such function.
    pub(crate) fn new(
        source: Arc<ComponentSource>,
        machine: &Arc<Machine>,
        component: &Component,
        root: &Path,
        services: &Arc<Services>,
    ) -> Result<Self, Error> {
        let pre = machine.link(component)?;
        let export = find(component, &source.export).ok_or_else(|| Error::Export(source.export.clone()))?;
        let grants = Grants::new(&source.permissions, root).map_err(Error::Permission)?;
        Ok(Self {
            limits: Limits::new(&source.limits),
            machine: Arc::clone(machine),
            pre,
            export,
            grants: Arc::new(grants),
            services: Arc::clone(services),
            idle: Mutex::default(),
            source,
        })
    }

    /// The code, which other functions of the same component share.
    pub(crate) fn component(&self) -> &Component {
        self.pre.component()
    }

    /// Calls the function in an instance of its own, within `limit`.
    ///
    /// # Errors
    /// The component fails, takes too long, or the call is taken back.
    pub(crate) async fn call(
        &self,
        arguments: &[Value],
        scope: &Arc<CallScope>,
        limit: Duration,
    ) -> Result<Option<Value>, ComponentError> {
        within(scope, limit, async {
            let _ticking = self.machine.ticker.run();
            let mut instance = self.instance(scope, true).await?;
            let result = instance.call(self.target(), arguments, scope).await?;
            self.give_back(instance);
            Ok(result)
        })
        .await
    }

    /// Calls the function for one row after the other in one instance. Rows without arguments have no result.
    ///
    /// # Errors
    /// As [`Ready::call`].
    pub(crate) async fn call_rows(
        &self,
        rows: Vec<Option<Vec<Value>>>,
        scope: &Arc<CallScope>,
    ) -> Result<Vec<Option<Value>>, ComponentError> {
        within(scope, self.limits.time, async {
            let _ticking = self.machine.ticker.run();
            let mut instance = self.instance(scope, false).await?;
            let mut results = Vec::with_capacity(rows.len());
            for row in rows {
                results.push(match row {
                    Some(arguments) => instance.call(self.target(), &arguments, scope).await?,
                    None => None,
                });
            }
            self.give_back(instance);
            Ok(results)
        })
        .await
    }

    fn target(&self) -> Target<'_> {
        Target { export: &self.export, function: &self.source.function, limits: &self.limits }
    }

    async fn instance(&self, scope: &Arc<CallScope>, queries: bool) -> Result<Instance, ComponentError> {
        let waiting = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(mut instance) = waiting {
            instance.begin(&self.limits, scope, queries)?;
            return Ok(instance);
        }
        let state = State::new(&self.source.file, &self.grants, &self.limits, &self.services)
            .map_err(ComponentError::Failed)?;
        Instance::start(&self.pre, state, &self.limits, scope, queries).await
    }

    /// Keeps an instance that answered, if it is to answer again.
    fn give_back(&self, mut instance: Instance) {
        instance.end();
        if !self.limits.reuse || instance.calls >= MOST_CALLS {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push(instance);
        }
    }
}

/// Does something unless the call is taken back or takes too long. Dropping the work stops the component wherever it is.
async fn within<T>(
    scope: &CallScope,
    limit: Duration,
    work: impl Future<Output = Result<T, ComponentError>>,
) -> Result<T, ComponentError> {
    if scope.cancel.is_cancelled() {
        return Err(ComponentError::Cancelled);
    }
    tokio::select! {
        biased;
        outcome = work => outcome,
        () = scope.cancel.cancelled() => Err(ComponentError::Cancelled),
        () = tokio::time::sleep(limit) => Err(ComponentError::TimedOut(limit)),
    }
}

/// The function of a path: `acme:text/analysis@1.0.0.sentiment`, or `sentiment`.
fn find(component: &Component, path: &str) -> Option<ComponentExportIndex> {
    match path.rsplit_once('.') {
        None => component.get_export_index(None, path),
        Some((interface, name)) => {
            let interface = component.get_export_index(None, interface)?;
            component.get_export_index(Some(&interface), name)
        }
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ready").field("source", &self.source).finish_non_exhaustive()
    }
}
