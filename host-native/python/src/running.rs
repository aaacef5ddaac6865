//! Calls that run in workers, so that what they ask is done for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use mxcp_core::value::{Object, Value};
use mxcp_runtime::CallScope;
use mxcp_runtime::ports::{SqlEngine, SqlSession};

use crate::worker::Worker;

/// A call that runs in a worker.
#[derive(Debug)]
pub(crate) struct RunningCall {
    /// Who calls. Its token ends with the call, and with it what runs for it.
    pub(crate) scope: Arc<CallScope>,
    session: OnceLock<Arc<dyn SqlSession>>,
    directory: Arc<Directory>,
}

/// Which call runs where, by scope.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    workers: Mutex<HashMap<usize, Weak<Worker>>>,
}

impl RunningCall {
    /// A call within a scope, which is written into the directory.
    pub(crate) fn new(scope: &CallScope, worker: &Arc<Worker>, directory: &Arc<Directory>) -> Arc<Self> {
        let scope = Arc::new(CallScope { cancel: scope.cancel.child_token(), ..scope.clone() });
        directory.lock().insert(key(&scope), Arc::downgrade(worker));
        Arc::new(Self { scope, session: OnceLock::new(), directory: Arc::clone(directory) })
    }

    /// Its session, made when it is first asked for.
    pub(crate) fn session(&self, sql: &Arc<dyn SqlEngine>) -> Arc<dyn SqlSession> {
        Arc::clone(self.session.get_or_init(|| sql.session(Arc::clone(&self.scope))))
    }

    /// Takes back what is done for it.
    pub(crate) fn end(&self) {
        self.scope.cancel.cancel();
        if let Some(session) = self.session.get() {
            session.interrupt();
        }
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        self.directory.lock().remove(&key(&self.scope));
    }
}

impl Directory {
    /// The worker that the call of a scope runs in.
    pub(crate) fn worker(&self, scope: &Arc<CallScope>) -> Option<Arc<Worker>> {
        self.lock().get(&key(scope))?.upgrade()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<usize, Weak<Worker>>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A scope is itself only: the address of one that is held says which it is.
fn key(scope: &Arc<CallScope>) -> usize {
    Arc::as_ptr(scope).addr()
}

/// What a function may know of its call.
pub(crate) fn facts(scope: &CallScope) -> Value {
    let text = |text: &str| Value::string(text);
    let optional = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::string);
    let user = scope.principal.as_deref().map_or(Value::Null, |principal| {
        let capabilities = principal.capabilities.iter().map(Value::string).collect();
        let token = principal.external_token.as_ref().map(|token| token.reveal().to_owned());
        Value::Object(Object::from_iter([
            ("provider", text(&principal.provider)),
            ("user_id", text(&principal.user_id)),
            ("username", text(&principal.username)),
            ("email", optional(&principal.email)),
            ("name", optional(&principal.name)),
            ("avatar_url", principal.profile.get("avatar_url").cloned().unwrap_or(Value::Null)),
            ("raw_profile", Value::Object(principal.profile.clone())),
            ("external_token", optional(&token)),
            ("capabilities", Value::Array(capabilities)),
        ]))
    });
    let headers =
        scope.headers.to_json().map_or(Value::Null, |headers| Value::Object(Object::from_json(headers)));
    let telemetry = scope.telemetry.as_deref().map_or(Value::Null, |telemetry| {
        let trace = telemetry.trace();
        Value::Object(Object::from_iter([
            ("trace_id", optional(&trace.as_ref().map(|trace| trace.trace_id.clone()))),
            ("span_id", optional(&trace.map(|trace| trace.parent_id))),
        ]))
    });
    Value::Object(Object::from_iter([
        ("request_id", text(&scope.request_id)),
        ("transport", text(scope.transport)),
        ("session_id", optional(&scope.session_id)),
        ("user", user),
        ("headers", headers),
        ("telemetry", telemetry),
    ]))
}
