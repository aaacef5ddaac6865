//! Runs tools that are WebAssembly components.

mod cache;
mod describe;
mod engine_config;
mod error;
mod native_code;

pub use cache::{Cache, Source};
pub use describe::{DescribeError, describe};
pub use engine_config::EngineConfig;
pub use error::Error;
