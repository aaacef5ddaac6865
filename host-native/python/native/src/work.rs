//! A call on its way through Python.

use std::sync::{Arc, Mutex, PoisonError};

use mxcp_core::definition::PythonSource;
use mxcp_core::registry::Output;
use mxcp_core::value::Object;
use mxcp_runtime::ports::PythonError;
use pyo3::intern;
use pyo3::prelude::*;
use tokio::sync::oneshot;

use crate::call::Call;
use crate::control::Control;
use crate::project::Project;
use crate::{contract, from_python, to_python};

type Answer = Result<Output, PythonError>;

/// What a thread has to do for a call.
#[derive(Debug)]
pub(crate) struct Work {
    /// Where the function is.
    pub(crate) project: Arc<Project>,
    /// Which one.
    pub(crate) source: Arc<PythonSource>,
    /// Its arguments.
    pub(crate) arguments: Arc<Object>,
    /// Who waits for it.
    pub(crate) reply: Reply,
}

/// Ends a call and tells what became of it, once.
#[derive(Debug)]
pub(crate) struct Reply {
    control: Arc<Control>,
    typed: bool,
    answer: oneshot::Sender<Answer>,
}

impl Reply {
    /// For a call, and where its answer comes.
    pub(crate) fn new(control: Arc<Control>, typed: bool) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        (Self { control, typed, answer }, receiver)
    }

    /// Tells what the function gave, or why it gave nothing.
    fn tell(self, py: Python<'_>, given: PyResult<Bound<'_, PyAny>>) {
        if self.control.call().is_cancelled() {
            return self.control.end(py);
        }
        let converted = given.and_then(|given| from_python::convert(&given, self.typed));
        let answer = match converted {
            Ok(converted) if converted.content => Ok(Output::Content(converted.value)),
            Ok(converted) => Ok(Output::Value(converted.value)),
            Err(error) => Err(contract::failure(py, &error)),
        };
        self.control.end(py);
        let _left = self.answer.send(answer);
    }
}

impl Work {
    /// Calls the function in this thread, or hands it to the loop.
    pub(crate) fn run(self, py: Python<'_>) {
        let Work { project, source, arguments, reply } = self;
        if !reply.control.begin(py) {
            reply.control.end(py);
            return;
        }
        let prepared = Call::of(py, reply.control.call()).and_then(|call| {
            let target = project.resolve(py, &source, &call)?;
            Ok((target, to_python::object(py, &arguments)?, call))
        });
        let (target, arguments, call) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return reply.tell(py, Err(error)),
        };
        let engine = project.engine(py);
        if !target.awaited {
            let given = engine.call_method1(intern!(py, "call"), (target.object, arguments, call));
            return reply.tell(py, given);
        }
        let control = Arc::clone(&reply.control);
        let waiting = Arc::new(Mutex::new(Some(reply)));
        let done = Py::new(py, Done { waiting: Arc::clone(&waiting) });
        let submitted = done.and_then(|done| {
            engine.call_method1(intern!(py, "submit"), (target.object, arguments, call, done))
        });
        match submitted {
            Ok(cancel) => control.hand_over(py, cancel.unbind()),
            Err(error) => {
                if let Some(reply) = take(&waiting) {
                    reply.tell(py, Err(error));
                }
            }
        }
    }
}

/// Hears what became of a task of the loop.
#[pyclass(frozen, module = "mxcp._native")]
#[derive(Debug)]
struct Done {
    waiting: Arc<Mutex<Option<Reply>>>,
}

#[pymethods]
impl Done {
    fn __call__(&self, py: Python<'_>, result: Bound<'_, PyAny>, error: Bound<'_, PyAny>) {
        // What ends a task twice is heard once.
        if let Some(reply) = take(&self.waiting) {
            reply.tell(py, if error.is_none() { Ok(result) } else { Err(PyErr::from_value(error)) });
        }
    }
}

fn take(waiting: &Mutex<Option<Reply>>) -> Option<Reply> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).take()
}
