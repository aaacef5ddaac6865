//! Taking a call back while it runs.
#![expect(
    unsafe_code,
    reason = "raising an exception in another thread is a function of the C interface only"
)]

use std::ffi::c_long;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyType;
use pyo3::{ffi, intern};

use crate::call::CallState;
use crate::contract;
use crate::pools::Pools;

/// A call from the moment it is asked for until it has ended.
#[derive(Debug)]
pub(crate) struct Control {
    call: Arc<CallState>,
    pools: Arc<Pools>,
    /// Whether a thread of the pool runs it, and not one of the database.
    pooled: bool,
    phase: Mutex<Phase>,
}

#[derive(Debug)]
enum Phase {
    /// It has not begun.
    Waiting,
    /// A thread runs it.
    Running {
        /// The thread as Python numbers threads.
        thread: i64,
        /// Whether it is to stop; a thread of the pool counts no longer then.
        lost: bool,
        /// Whether an exception was raised in the thread.
        raised: bool,
    },
    /// The loop runs it; calling this takes it back.
    Awaited(Py<PyAny>),
    /// It was taken back before it began, or it has ended.
    Ended,
}

impl Control {
    /// Of a call that has not begun.
    pub(crate) fn new(call: Arc<CallState>, pools: Arc<Pools>) -> Arc<Self> {
        Arc::new(Self { call, pools, pooled: true, phase: Mutex::new(Phase::Waiting) })
    }

    /// Of what the database calls, in a thread of its own.
    pub(crate) fn of_database(call: Arc<CallState>, pools: Arc<Pools>) -> Arc<Self> {
        Arc::new(Self { call, pools, pooled: false, phase: Mutex::new(Phase::Waiting) })
    }

    /// What the call may do.
    pub(crate) fn call(&self) -> &Arc<CallState> {
        &self.call
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current thread begins to run it; false if it was taken back before.
    pub(crate) fn begin(&self, py: Python<'_>) -> bool {
        let Ok(thread) = thread_ident(py) else { return false };
        let mut phase = self.phase();
        if !matches!(*phase, Phase::Waiting) {
            return false;
        }
        *phase = Phase::Running { thread, lost: false, raised: false };
        self.call.runs_on(thread);
        true
    }

    /// The loop runs it from here on; `cancel` takes it back.
    pub(crate) fn hand_over(&self, py: Python<'_>, cancel: Py<PyAny>) {
        self.leave(py);
        let mut phase = self.phase();
        // It may have ended, or been taken back, already.
        if matches!(*phase, Phase::Waiting) {
            *phase = Phase::Awaited(cancel);
            return;
        }
        drop(phase);
        if self.call.is_cancelled() {
            stop_task(py, &cancel);
        }
    }

    /// The current thread no longer runs it: nothing is raised here from now on. What was raised and not heard is forgotten.
    fn leave(&self, py: Python<'_>) {
        let mut phase = self.phase();
        let Phase::Running { thread, lost, raised } = *phase else { return };
        *phase = if lost { Phase::Ended } else { Phase::Waiting };
        if raised {
            set_exception(py, thread, None);
        }
        if lost && self.pooled {
            self.pools.calls.find();
        }
    }

    /// It has ended: it can't be taken back any more, and can't do anything.
    pub(crate) fn end(&self, py: Python<'_>) {
        self.leave(py);
        *self.phase() = Phase::Ended;
        let session = self.call.end();
        if session.is_some() {
            // What it left behind is rolled back, which may take its time.
            py.detach(|| drop(session));
        }
    }

    /// Takes it back. Does not wait for anything, the interpreter least of all.
    pub(crate) fn cancel(self: &Arc<Self>) {
        self.call.cancel();
        let mut phase = self.phase();
        let asks_python = match &mut *phase {
            Phase::Ended => return,
            Phase::Waiting => {
                *phase = Phase::Ended;
                false
            }
            Phase::Running { lost, .. } => {
                if !std::mem::replace(lost, true) && self.pooled {
                    self.pools.calls.lose();
                }
                true
            }
            Phase::Awaited(_) => true,
        };
        drop(phase);
        self.call.interrupt();
        if asks_python {
            let control = Arc::clone(self);
            if let Err(error) = self.pools.aside.submit(Box::new(move |py| control.interrupt(py))) {
                tracing::error!(%error, "a call can't be taken back");
            }
        }
    }

    /// Tells the code of the call to stop.
    fn interrupt(&self, py: Python<'_>) {
        let class = contract::exception(py, intern!(py, "CallCancelled"));
        let task = {
            let mut phase = self.phase();
            match &mut *phase {
                Phase::Running { thread, raised, lost: true } => {
                    // Raising it once more would hit the code that ends on account of the first.
                    if let (Ok(class), false) = (class, self.call.is_told()) {
                        // The thread runs this very call: it says otherwise in `leave`, with the interpreter held.
                        *raised = set_exception(py, *thread, Some(&class));
                    }
                    None
                }
                Phase::Awaited(cancel) => Some(cancel.clone_ref(py)),
                _ => None,
            }
        };
        if let Some(cancel) = task {
            stop_task(py, &cancel);
        }
    }
}

fn stop_task(py: Python<'_>, cancel: &Py<PyAny>) {
    if let Err(error) = cancel.call0(py) {
        tracing::error!(%error, "a task can't be cancelled");
    }
}

/// The code of a call that was taken back is about to be told so in the current thread, by an exception. If this is the thread
/// that runs the call, it is not told again from outside.
pub(crate) fn tell(py: Python<'_>, call: &CallState) {
    if let Ok(thread) = thread_ident(py)
        && call.tell(thread)
    {
        set_exception(py, thread, None);
    }
}

/// The current thread as Python numbers threads.
fn thread_ident(py: Python<'_>) -> PyResult<i64> {
    let ident: u64 = py.import(intern!(py, "_thread"))?.call_method0(intern!(py, "get_ident"))?.extract()?;
    Ok(ident.cast_signed())
}

/// Has an exception of a class raised in a thread as soon as that runs Python, or takes back one that waits there. Gives
/// whether there is such a thread.
fn set_exception(_held: Python<'_>, thread: i64, class: Option<&Bound<'_, PyType>>) -> bool {
    let class = class.map_or(std::ptr::null_mut(), |class| class.as_ptr());
    // SAFETY: the interpreter is held, and `class` is a class or null, which is what takes an exception back.
    unsafe { ffi::PyThreadState_SetAsyncExc(thread as c_long, class) != 0 }
}

/// Takes a call back when it is dropped, which does nothing once the call has ended.
#[derive(Debug)]
pub(crate) struct CancelOnDrop(pub(crate) Arc<Control>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
