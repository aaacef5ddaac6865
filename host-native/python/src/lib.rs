//! Runs Python endpoints and plug-ins in worker processes of the user's interpreter.
//!
//! [`Workers`] is a [`mxcp_runtime::ports::PythonEngine`]. It finds the interpreter, gives it the `mxcp` package that
//! is embedded in the program, and calls functions over two pipes. A process that crashes or hangs costs the call that
//! it ran, and is replaced.
//!
//! Each process makes the plug-ins and runs the init hooks when it starts, and the shutdown hooks when it ends: the
//! variables of modules belong to a process. There is one process as long as calls come one after the other.

mod blocking;
mod decode;
mod encode;
mod engine;
mod error;
mod finding;
mod frame;
mod function;
mod generation;
mod interpreter;
mod launch;
mod message;
mod options;
mod package;
mod payload;
mod pool;
mod process;
mod running;
mod sql_type;
mod worker;

pub use engine::Workers;
pub use interpreter::find_interpreter;
pub use options::Options;
pub use package::write as write_package;
pub use process::Printed;
