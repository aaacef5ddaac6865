//! Traces and metrics of calls, for OpenTelemetry and Prometheus (spec `telemetry.md`).
//!
//! [`Collector`] is the adapter behind [`mxcp_runtime::ports::Telemetry`]. The spans of a call are made when it has ended, from what was
//! noted while it went on; what leaves the process does so on threads of its own, so that no call ever waits for a
//! collector. Arguments, results and credentials are never part of anything, and texts of errors only where the operator
//! asks for them.

mod attribute;
mod call;
mod class;
mod collector;
mod error;
mod export;
mod meters;
mod prometheus;
mod resource;
mod settings;
mod spans;
mod sql;
mod tracer;

pub use collector::Collector;
pub use error::Error;
pub use settings::{Identity, Overrides, Settings};
