//! Taking a call back while it runs.
#![expect(
    unsafe_code,
    reason = "raising an exception in another thread is a function of the C interface only"
)]

use std::ffi::c_long;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::{ffi, intern};

use crate::call::CallState;
use crate::contract;
use crate::pools::Pools;

/// A call from the moment it is asked for until it has ended.
#[derive(Debug)]
pub(crate) struct Control {
    call: Arc<CallState>,
    pools: Arc<Pools>,
    phase: Mutex<Phase>,
}

#[derive(Debug)]
enum Phase {
    /// It has not begun.
    Waiting,
    /// A thread of the pool runs it.
    Running {
        /// The thread's name for Python.
        thread: c_long,
        /// Whether it is to stop, and its thread counts no longer.
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
        Arc::new(Self { call, pools, phase: Mutex::new(Phase::Waiting) })
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
            // SAFETY: the interpreter is held (`py`), which is all that the function asks for; null takes the exception
            // back that waits in the thread.
            unsafe { ffi::PyThreadState_SetAsyncExc(thread, std::ptr::null_mut()) };
        }
        let _held = py;
        if lost {
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
                if !*lost {
                    *lost = true;
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
                    if let Ok(class) = class {
                        // SAFETY: the interpreter is held (`py`), and `class` is an exception class. The thread runs this
                        // very call: it says otherwise in `leave`, with the interpreter held.
                        *raised = unsafe { ffi::PyThreadState_SetAsyncExc(*thread, class.as_ptr()) } != 0;
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

/// The current thread as Python numbers threads.
fn thread_ident(py: Python<'_>) -> PyResult<c_long> {
    let ident: u64 = py.import(intern!(py, "_thread"))?.call_method0(intern!(py, "get_ident"))?.extract()?;
    Ok(ident as c_long)
}

/// Takes a call back when it is dropped, which does nothing once the call has ended.
#[derive(Debug)]
pub(crate) struct CancelOnDrop(pub(crate) Arc<Control>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
